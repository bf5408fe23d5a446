#include "chat/base/time_format.hpp"

#include <boost/test/unit_test.hpp>

namespace chat {
namespace {

using namespace std::chrono;

WallTime at(long long milliseconds_since_1970) {
  return WallTime(milliseconds(milliseconds_since_1970));
}

std::string text_of(WallTime time) {
  const TimeText text = time_text(time);
  return {text.data(), text.size()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(time_format)

BOOST_AUTO_TEST_CASE(a_time_is_utc_to_the_millisecond) {
  BOOST_TEST(text_of(at(0)) == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(text_of(at(1'795'523'696'789)) == "2026-11-24T12:34:56.789Z");
  BOOST_TEST(text_of(at(1'709'251'199'999)) == "2024-02-29T23:59:59.999Z");
  BOOST_TEST(text_of(WallTime(microseconds(1999))) == "1970-01-01T00:00:00.001Z");
}

BOOST_AUTO_TEST_CASE(times_are_utc_to_the_second) {
  BOOST_TEST(utc_text(WallTime(1999ms)) == "1970-01-01T00:00:01Z");
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
