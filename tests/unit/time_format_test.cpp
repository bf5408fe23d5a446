#include "chat/time_format.hpp"

#include <boost/test/unit_test.hpp>

namespace chat {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(time_format)

BOOST_AUTO_TEST_CASE(times_are_utc_to_the_second) {
  BOOST_TEST(utc_text(std::chrono::system_clock::time_point(1999ms)) == "1970-01-01T00:00:01Z");
}

BOOST_AUTO_TEST_CASE(durations_are_whole_units) {
  BOOST_TEST(duration_text(-5s) == "0 s");
  BOOST_TEST(duration_text(59s) == "59 s");
  BOOST_TEST(duration_text(60s) == "1 min");
  BOOST_TEST(duration_text(3599s) == "59 min");
  BOOST_TEST(duration_text(24h - 1s) == "23 h");
  BOOST_TEST(duration_text(49h) == "2 d");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
