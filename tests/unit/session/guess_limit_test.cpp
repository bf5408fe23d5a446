#include "chat/session/guess_limit.hpp"

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "chat/session/limits.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;

const Guesser kStranger(ipv4_address(1), "ann");
const Guesser kOwner(ipv4_address(2), "ann");

void guess(GuessLimit& limit, const Guesser& guesser, bool wrong, Clock::time_point now) {
  limit.begin(guesser, now);
  limit.end(guesser, wrong, now);
}

Guesser numbered(std::size_t number) {
  return {ipv4_address(static_cast<std::uint32_t>(number)), "ann"};
}

// In the /64 network `last` of the /56 network `middle` of one /48.
Guesser in_network(std::uint8_t middle, std::uint8_t last) {
  return {Source{0x20, 1, 0xd, 0xb8, 0, 0, middle, last}, "ann"};
}

int against(const GuessLimit& limit, const Guesser& guesser, Clock::time_point now) {
  return limit.standing(guesser, now).back();
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
  BOOST_TEST((limit.standing(kOwner, start) < limit.standing(kStranger, start)));
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
  BOOST_TEST(against(limit, kStranger, start + kGuessMemory - 1s) == 10);
  BOOST_TEST(against(limit, kStranger, start + kGuessMemory) == 0);
  guess(limit, kStranger, true, start + kGuessMemory);
  BOOST_TEST(against(limit, kStranger, start + kGuessMemory) == 1);
}

BOOST_AUTO_TEST_CASE(only_so_many_are_remembered_and_the_one_longest_quiet_goes_first) {
  GuessLimit limit;
  const Clock::time_point start = Clock::time_point{} + 1h;
  constexpr std::size_t kSources = kMaxGuessRecords / 2 + 10;  // of each, its account and all
  for (std::size_t i = 0; i < kSources; ++i) guess(limit, numbered(i), true, start + i * 1ms);
  const auto end = start + kSources * 1ms;
  BOOST_TEST(limit.size() <= kMaxGuessRecords);
  BOOST_TEST(against(limit, numbered(9), end) == 0);
  BOOST_TEST(against(limit, numbered(20), end) == 1);
}

BOOST_AUTO_TEST_CASE(another_account_of_the_same_source_has_its_own_tries_and_the_next_turn) {
  GuessLimit limit;
  const Clock::time_point start = Clock::time_point{} + 1h;
  const Guesser other(kStranger.source, "ben");
  for (int i = 0; i < kFreeGuesses; ++i) guess(limit, kStranger, true, start);
  BOOST_TEST(!limit.may_begin(kStranger, start));
  BOOST_TEST(limit.may_begin(other, start));
  BOOST_TEST((limit.standing(other, start) < limit.standing(kStranger, start)));
}

BOOST_AUTO_TEST_CASE(a_source_has_at_most_132_guesses_a_minute_however_many_names_it_tries) {
  GuessLimit limit;
  const Clock::time_point start = Clock::time_point{} + 1h;
  int guesses = 0;
  for (auto now = start; now < start + 60s; now += 100ms) {
    for (int i = 0; i < 20; ++i) {
      const Guesser guesser(kStranger.source, "name" + std::to_string(guesses));
      if (!limit.may_begin(guesser, now)) break;
      guess(limit, guesser, true, now);
      ++guesses;
    }
  }
  BOOST_TEST(guesses <= 132);
  BOOST_TEST(guesses > 100);  // and they do not starve
}

BOOST_AUTO_TEST_CASE(the_networks_of_a_48_guess_together_with_a_larger_allowance) {
  const Clock::time_point start = Clock::time_point{} + 1h;
  for (const bool in_one_56 : {true, false}) {
    GuessLimit limit;
    int guesses = 0;
    for (std::uint8_t i = 0; i < 79; ++i) {
      const Guesser guesser = in_one_56 ? in_network(0, i) : in_network(i, 0);
      if (!limit.may_begin(guesser, start)) continue;
      guess(limit, guesser, true, start);
      ++guesses;
    }
    BOOST_TEST(guesses == kFreeGuesses * (in_one_56 ? 2 : 4));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
