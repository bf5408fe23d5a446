#include "chat/base/rate_meter.hpp"

#include <boost/test/unit_test.hpp>

namespace chat {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(rate_meter)

BOOST_AUTO_TEST_CASE(it_says_how_much_a_second_over_the_last_minute) {
  const Clock::time_point begin{};
  RateMeter meter(begin);
  BOOST_TEST(meter.per_second(begin) == 0);
  for (int i = 0; i < 10; ++i) meter.add(5, begin + i * 1s);
  BOOST_TEST(meter.per_second(begin + 10s) == 5);
  BOOST_TEST(meter.per_second(begin + 20s) == 2.5);
  BOOST_TEST(meter.per_second(begin + 60s) == 50.0 / 60);
  BOOST_TEST(meter.per_second(begin + 65s) == 25.0 / 60);  // the first ones are forgotten
  BOOST_TEST(meter.per_second(begin + 1h) == 0);
  meter.add(60, begin + 1h);
  BOOST_TEST(meter.per_second(begin + 1h + 1s) == 1);
  BOOST_TEST(meter.total() == 110u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
