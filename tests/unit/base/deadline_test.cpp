#include "chat/base/deadline.hpp"

#include <boost/test/unit_test.hpp>

namespace chat {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(deadline)

BOOST_AUTO_TEST_CASE(the_first_of_several_is_the_earliest_and_none_is_later_than_all) {
  const Clock::time_point now = Clock::now();
  BOOST_TEST((earliest({now + 2s, std::nullopt, now, now + 1s}) == now));
  BOOST_TEST(!earliest({std::nullopt, std::nullopt}).has_value());
}

BOOST_AUTO_TEST_CASE(a_timeout_is_one_that_poll_takes) {
  BOOST_TEST(poll_timeout(std::nullopt) == -1);
  BOOST_TEST(poll_timeout(-5ms) == 0);
  BOOST_TEST(poll_timeout(17ms) == 17);
  BOOST_TEST(poll_timeout(std::chrono::hours(24 * 365)) == 3'600'000);
}

BOOST_AUTO_TEST_CASE(what_is_left_is_rounded_up) {
  BOOST_TEST(poll_timeout_until(std::nullopt) == -1);
  BOOST_TEST(poll_timeout_until(Clock::now() - 1s) == 0);
  const int left = poll_timeout_until(Clock::now() + 10s);
  BOOST_TEST((left > 0 && left <= 10'000));
  BOOST_TEST(poll_timeout_until(Clock::time_point::max()) == 3'600'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
