#include "chat/guess_limit.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace chat {
namespace {

using namespace std::chrono_literals;

constexpr Source kStranger{1};
constexpr Source kOwner{2};

void guess(GuessLimit& limit, const Source& source, bool wrong, Clock::time_point now) {
  limit.begin(source, now);
  limit.end(source, wrong, now);
}

Source numbered(std::size_t number) {
  Source source{};
  for (std::size_t i = 0; i < 4; ++i) source[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return source;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(guess_limit)

BOOST_AUTO_TEST_CASE(the_first_wrong_ones_are_free_then_the_waits_double_up_to_the_longest) {
  GuessLimit limit;
  const Clock::time_point start = Clock::time_point{} + 1h;
  for (int i = 1; i < kFreeGuesses; ++i) {
    guess(limit, kStranger, true, start);
    BOOST_TEST(limit.may_begin(kStranger, start));
  }
  for (const auto wait : {2s, 4s, 8s, 16s, 32s, 32s, 32s}) {
    guess(limit, kStranger, true, start);
    BOOST_TEST((limit.due(kStranger, start) == start + wait));
    BOOST_TEST(!limit.may_begin(kStranger, start + wait - 1ms));
    BOOST_TEST(limit.may_begin(kStranger, start + wait));
  }
}

BOOST_AUTO_TEST_CASE(one_source_has_at_most_10_guesses_in_any_minute_of_a_day) {
  GuessLimit limit;
  std::vector<Clock::time_point> guesses;
  const Clock::time_point start = Clock::time_point{} + 1h;
  for (auto now = start; now < start + 24h; now += 250ms) {
    while (limit.may_begin(kStranger, now)) {
      guess(limit, kStranger, true, now);
      guesses.push_back(now);
      BOOST_REQUIRE(guesses.size() < 10'000u);
    }
  }
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < guesses.size(); ++last) {
    while (guesses[last] - guesses[first] >= 60s) ++first;
    most = std::max(most, last - first + 1);
  }
  BOOST_TEST(most <= 10u);
}

BOOST_AUTO_TEST_CASE(others_and_the_account_are_not_touched) {
  GuessLimit limit;
  const Clock::time_point start = Clock::time_point{} + 1h;
  for (int i = 0; i < 100; ++i) guess(limit, kStranger, true, start);
  BOOST_TEST(limit.may_begin(kOwner, start));
  BOOST_TEST(limit.standing(kOwner, start) < limit.standing(kStranger, start));
}

BOOST_AUTO_TEST_CASE(right_ones_cost_nothing_and_make_up_for_nothing) {
  GuessLimit limit;
  const Clock::time_point start = Clock::time_point{} + 1h;
  for (int i = 0; i < 100; ++i) guess(limit, kOwner, false, start);
  BOOST_TEST(limit.size() == 0u);
  for (int i = 0; i < kFreeGuesses; ++i) guess(limit, kStranger, true, start);
  guess(limit, kStranger, false, start + 2s);
  BOOST_TEST(limit.may_begin(kStranger, start + 2s));
  guess(limit, kStranger, true, start + 2s);
  BOOST_TEST((limit.due(kStranger, start + 2s) == start + 2s + 4s));
}

BOOST_AUTO_TEST_CASE(many_at_a_time_have_no_more_than_the_free_ones_under_way_and_then_one) {
  GuessLimit limit;
  const Clock::time_point start = Clock::time_point{} + 1h;
  int under_way = 0;
  while (limit.may_begin(kStranger, start)) {
    limit.begin(kStranger, start);
    ++under_way;
  }
  BOOST_TEST(under_way == kFreeGuesses);
  for (int i = 0; i < under_way; ++i) limit.end(kStranger, true, start);
  const auto due = limit.due(kStranger, start);
  BOOST_TEST(limit.may_begin(kStranger, due));
  limit.begin(kStranger, due);
  BOOST_TEST(!limit.may_begin(kStranger, due));
}

BOOST_AUTO_TEST_CASE(after_a_while_without_a_wrong_one_it_is_forgotten) {
  GuessLimit limit;
  const Clock::time_point start = Clock::time_point{} + 1h;
  for (int i = 0; i < 10; ++i) guess(limit, kStranger, true, start);
  BOOST_TEST(limit.standing(kStranger, start + kGuessMemory - 1s) == 10);
  BOOST_TEST(limit.standing(kStranger, start + kGuessMemory) == 0);
  guess(limit, kStranger, true, start + kGuessMemory);
  BOOST_TEST(limit.standing(kStranger, start + kGuessMemory) == 1);
}

BOOST_AUTO_TEST_CASE(only_so_many_sources_are_remembered_and_the_one_longest_quiet_goes_first) {
  GuessLimit limit;
  const Clock::time_point start = Clock::time_point{} + 1h;
  for (std::size_t i = 0; i < kMaxGuessSources + 10; ++i) {
    guess(limit, numbered(i), true, start + i * 1ms);
  }
  const auto end = start + (kMaxGuessSources + 10) * 1ms;
  BOOST_TEST(limit.size() == kMaxGuessSources);
  BOOST_TEST(limit.standing(numbered(9), end) == 0);
  BOOST_TEST(limit.standing(numbered(10), end) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
