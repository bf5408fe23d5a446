#include "chat/base/rate_limit.hpp"

#include <boost/test/unit_test.hpp>

namespace chat {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point kStart{1000s};

// How many lines in a row may be handled at `now`. It takes one more to find out.
int lines_at_once(RateLimit& limit, Clock::time_point now) {
  int lines = 0;
  while (lines < 10'000 && limit.next(now) <= now) ++lines;
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_limit)

BOOST_AUTO_TEST_CASE(a_burst_of_twice_the_rate_passes_at_once) {
  for (const int rate : {1, 2, 5, 1000}) {
    RateLimit limit(rate);
    BOOST_TEST(lines_at_once(limit, kStart) == 2 * rate);
  }
}

BOOST_AUTO_TEST_CASE(after_the_burst_lines_are_evenly_spaced) {
  RateLimit limit(5);
  for (int i = 0; i < 10; ++i) limit.next(kStart);
  for (int i = 1; i <= 20; ++i) BOOST_TEST((limit.next(kStart) == kStart + i * 200ms));
}

BOOST_AUTO_TEST_CASE(whoever_waits_for_each_turn_keeps_the_even_rate) {
  RateLimit limit(5);
  for (int i = 0; i < 10; ++i) limit.next(kStart);
  auto now = kStart;
  for (int i = 0; i < 20; ++i) now = limit.next(now);
  BOOST_TEST((now == kStart + 20 * 200ms));
}

BOOST_AUTO_TEST_CASE(lines_at_the_rate_never_wait) {
  RateLimit limit(5);
  for (int i = 0; i < 100; ++i) {
    const auto now = kStart + i * 200ms;
    BOOST_TEST((limit.next(now) <= now));
  }
}

BOOST_AUTO_TEST_CASE(a_pause_gives_back_as_many_lines_as_it_lasts) {
  RateLimit limit(5);
  for (int i = 0; i < 10; ++i) limit.next(kStart);
  BOOST_TEST(lines_at_once(limit, kStart + 600ms) == 3);
}

BOOST_AUTO_TEST_CASE(a_long_pause_gives_no_more_than_the_burst) {
  RateLimit limit(5);
  for (int i = 0; i < 10; ++i) limit.next(kStart);
  BOOST_TEST(lines_at_once(limit, kStart + 1h) == 10);
}

BOOST_AUTO_TEST_CASE(a_rate_of_0_is_no_limit) {
  RateLimit limit(0);
  for (int i = 0; i < 10'000; ++i) BOOST_REQUIRE((limit.next(kStart) == kStart));
}

BOOST_AUTO_TEST_CASE(asking_when_one_more_is_due_counts_nothing) {
  RateLimit limit(5, 3);
  for (int i = 0; i < 100; ++i) BOOST_TEST((limit.due(kStart) <= kStart));
  BOOST_TEST(lines_at_once(limit, kStart) == 3);
  BOOST_TEST((limit.due(kStart + 1h) <= kStart + 1h));
}

BOOST_AUTO_TEST_CASE(one_that_goes_on_from_another_has_what_that_one_had_left) {
  RateLimit old(5);
  for (int i = 0; i < 7; ++i) old.next(kStart);
  RateLimit limit(5);
  limit.restore(old.spent_until());
  BOOST_TEST(lines_at_once(limit, kStart) == 3);
}

BOOST_AUTO_TEST_CASE(what_costs_more_puts_off_the_next_line) {
  RateLimit limit(10);
  const Clock::time_point now{};
  (void)limit.next(now + std::chrono::hours(1));
  const auto before = limit.due(now + std::chrono::hours(1));
  limit.charge(3);
  BOOST_TEST((limit.due(now + std::chrono::hours(1)) - before == std::chrono::milliseconds(300)));
  RateLimit none(0);
  none.charge(1000);
  BOOST_TEST((none.next(now) == now));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
