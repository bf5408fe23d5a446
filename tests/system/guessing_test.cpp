// Guessing passwords, and guessing which names there are.
#include <time.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "chat/session/limits.hpp"
#include "chat/storage/password_hash.hpp"
#include "chat/wire/protocol.hpp"
#include "tests/support/baseline.hpp"
#include "tests/support/healthy_pair.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/rounds.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/stopwatch.hpp"
#include "tests/support/threads.hpp"

namespace {

using namespace std::chrono_literals;
using chat::Clock;

const std::string kWrong = "! wrong username or password";

// With hashes that cost what real ones do.
chat::PasswordStorage account(const std::string& name, const std::string& password) {
  chat::PasswordStorage accounts;
  accounts.add(name, chat::hash_password(password));
  return accounts;
}

std::string address(int number) {
  return "127.7." + std::to_string(number / 250) + "." + std::to_string(1 + number % 250);
}

double seconds_of(clockid_t clock) {
  timespec now{};
  (void)::clock_gettime(clock, &now);
  return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
}

// How many times as much a try with a known name takes as one with an unknown name, of pairs one
// right behind the other, so that whatever else the machine does slows both.
class Ratios {
 public:
  static constexpr std::size_t kMost = 300;

  void add(double known, double unknown) {
    const double ratio = known / unknown;
    sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), ratio), ratio);
  }

  // They differ by less than 5 %.
  bool are_equal() const { return enough() && lowest() > 0.95 && highest() < 1.05; }
  bool differ() const { return enough() && (lowest() > 1.05 || highest() < 0.95); }
  // No more of them are needed.
  bool settled() const { return are_equal() || differ() || sorted_.size() >= kMost; }

  std::string text() const {
    return std::to_string(lowest()) + " to " + std::to_string(highest()) + " in " +
           std::to_string(sorted_.size()) + " pairs";
  }

 private:
  static constexpr std::size_t kFewest = 40;

  bool enough() const { return sorted_.size() >= kFewest; }
  // Between these is the true median, but for one time in a thousand.
  double lowest() const {
    return sorted_[static_cast<std::size_t>(std::floor(middle() - reach()))];
  }
  double highest() const {
    return sorted_[static_cast<std::size_t>(std::ceil(middle() + reach()))];
  }
  double middle() const { return double(sorted_.size() - 1) / 2; }
  double reach() const { return std::min(1.65 * std::sqrt(double(sorted_.size())), middle()); }

  std::vector<double> sorted_;
};

// One try with a known and one with an unknown name, in turns one first and the other. What each
// has taken by each of the clocks goes into their ratios.
template <typename Try>
void compare(Try attempt, int number, const std::vector<clockid_t>& clocks,
             std::vector<Ratios>& ratios) {
  const bool even = number % 2 == 0;
  std::vector<double> with_known, with_unknown;
  for (const bool known : {even, !even}) {
    std::vector<double>& taken = known ? with_known : with_unknown;
    for (const clockid_t clock : clocks) taken.push_back(-seconds_of(clock));
    attempt(known ? "ann" : "nobody", 2 * number + (known ? 0 : 1));
    for (std::size_t i = 0; i < clocks.size(); ++i) taken[i] += seconds_of(clocks[i]);
  }
  for (std::size_t i = 0; i < clocks.size(); ++i) ratios[i].add(with_known[i], with_unknown[i]);
}

// One guess, and at most so long for the answer. Whether it was looked at, and wrong.
bool guesses_wrong(const std::string& from, std::uint16_t port, Clock::duration patience) {
  Peer peer = Peer::from(from, port);
  peer.send("login\nann,guess\n");
  std::string answer;
  char bytes[1000];
  const auto deadline = Clock::now() + patience;
  while (answer.find("! ") == std::string::npos) {
    const auto got = peer.socket().receive_until(bytes, deadline);
    if (got.io != chat::Io::kDone) break;
    answer.append(bytes, got.bytes);
  }
  return answer.find(kWrong) != std::string::npos;
}

// Comes in at the first try that is not refused for what only lasts a moment.
Peer persistent_owner(std::uint16_t port) {
  const auto deadline = Clock::now() + kPatience;
  while (true) {
    Peer owner = Peer::from("127.0.0.99", port);
    const std::string answer = owner.answer("login", "ann,secret");
    if (answer == "* hello ann") return owner;
    BOOST_REQUIRE_MESSAGE(chat::protocol::is_passing(answer.substr(2)), answer);
    BOOST_REQUIRE_MESSAGE((Clock::now() < deadline), answer);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(guessing)

BOOST_AUTO_TEST_CASE(a_hundred_guessers_from_20_addresses_get_few_tries_and_the_owner_gets_in) {
  RunningRoom room(account("ann", "secret"), RunningRoom::config_of(20));
  const Baseline baseline;
  const Stopwatch machine;
  HealthyPair pair(room.port());
  constexpr int kAddresses = 20;
  std::vector<std::atomic<int>> guesses(kAddresses);
  const auto most = [&] { return std::max_element(guesses.begin(), guesses.end())->load(); };
  // Without patience for the delay: they come again at once.
  std::atomic<std::chrono::milliseconds> patience{700ms};
  Threads guessers;
  for (int i = 0; i < 100; ++i) {
    guessers.start(
        [&, at = static_cast<std::size_t>(i % kAddresses), source = address(i % kAddresses)] {
          while (!guessers.stopping()) {
            try {
              guesses[at] += guesses_wrong(source, room.port(), patience.load());
            } catch (const std::runtime_error&) {
            }
          }
        });
  }
  // A second, or what so many hashes would take on this machine now: one of each of the addresses
  // may be before the owner's, and two are made at a time.
  constexpr int kHashes = 30;
  const auto start = Clock::now();
  const auto duration = std::chrono::seconds(rounds(8, 60));
  auto slowest = 0ms;
  while (Clock::now() - start < duration ||
         (most() < chat::kFreeGuesses && Clock::now() - start < duration + kPatience)) {
    const auto before = Clock::now();
    const double hash = -seconds_of(CLOCK_THREAD_CPUTIME_ID);
    (void)chat::hash_password("secret");
    const double limit =
        std::max(kSanitized ? 10.0 : 1.0, kHashes * (hash + seconds_of(CLOCK_THREAD_CPUTIME_ID)));
    {
      const Stopwatch stopwatch;
      Peer owner = persistent_owner(room.port());
      const auto took = stopwatch.elapsed();
      BOOST_TEST(std::chrono::duration<double>(took).count() <= limit);
      slowest = std::max(slowest, took);
      owner.say("/quit");
      owner.read_until("* ann has left");
    }
    // Guesses whose answer nobody has waited for count as well: on a busy machine, all of the first
    // ones. Then the next are waited for, through the delay.
    patience = Clock::now() - start < duration
                   ? std::chrono::milliseconds(static_cast<int>(700 * machine.slowdown()))
                   : 20'000ms;
    std::this_thread::sleep_until(before + 200ms);
  }
  guessers.stop();
  const auto report = pair.stop();
  BOOST_TEST_MESSAGE("owner in within " << slowest.count() << " ms; at most " << most()
                                        << " guesses from an address; p99 " << report.p99.count()
                                        << " us");
  BOOST_TEST(most() <= 10);
  BOOST_TEST(most() >= chat::kFreeGuesses);
  const std::chrono::microseconds limit(kHealthyDelay);
  BOOST_TEST(double(report.p99.count()) <= double(limit.count()) * machine.slowdown());
  BOOST_TEST(baseline.missing() == "");
}

BOOST_AUTO_TEST_CASE(after_a_few_wrong_tries_an_address_waits_and_another_does_not) {
  RunningRoom room(9, {{"ann", "secret"}});
  auto last_wrong = Clock::now();
  for (int i = 0; i < chat::kFreeGuesses; ++i) {
    last_wrong = Clock::now();
    BOOST_TEST(Peer::from("127.0.0.2", room.port()).answer("login", "ann,guess") == kWrong);
  }
  const Stopwatch stopwatch;
  BOOST_TEST(Peer::from("127.0.0.3", room.port()).answer("login", "ann,guess") == kWrong);
  BOOST_TEST((stopwatch.elapsed() < 1s));
  // Also the right one, after it: nobody learns from the time whether it was.
  BOOST_TEST(Peer::from("127.0.0.2", room.port()).answer("login", "ann,secret") == "* hello ann");
  BOOST_TEST((Clock::now() - last_wrong >= chat::kFirstGuessWait));
}

BOOST_AUTO_TEST_CASE(who_waits_to_guess_again_is_still_bound_by_the_login_deadline) {
  auto config = RunningRoom::config_of(9);
  config.login_timeout = 1s;
  RunningRoom room(config, {{"ann", "secret"}});
  // A wait that is over before the deadline, or had begun long ago, is followed by a longer one.
  const std::string timed_out = "! login timed out";
  std::string answer;
  for (int wrong = 0; wrong < 2 * chat::kFreeGuesses;) {
    answer = Peer::answer_to(room.port(), "login", "ann,guess");
    if (answer == timed_out && wrong >= chat::kFreeGuesses) break;
    BOOST_REQUIRE((answer == timed_out || answer == kWrong));
    wrong += answer == kWrong;
  }
  BOOST_TEST(answer == timed_out);
}

BOOST_AUTO_TEST_CASE(a_guesser_that_waits_and_is_gone_costs_nothing_more) {
  RunningRoom room(9, {{"ann", "secret"}});
  for (int i = 0; i < chat::kFreeGuesses; ++i) {
    (void)Peer::answer_to(room.port(), "login", "ann,guess");
  }
  // All is given back while the others still have to wait. Where they do not any more, it shows
  // nothing: once more, with the longer wait that follows.
  std::string answer = kWrong;
  for (int round = 0; round < 4 && answer == kWrong; ++round) {
    const Baseline baseline;
    std::vector<Peer> waiting;
    for (int i = 0; i < 50; ++i) {
      waiting.emplace_back(room.port());
      waiting.back().send("login\nann,guess\n");
      waiting.back().read_until("* user,password?");
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (i % 2 == 0) waiting[i].reset();
      if (i % 2 == 1) waiting[i].close();
    }
    BOOST_TEST(baseline.missing() == "");
    Peer piped(room.port());
    piped.send("login\nann,guess\nhello\n");
    piped.half_close();
    answer = piped.read_until("! ");
  }
  BOOST_TEST(answer.starts_with("! too many wrong passwords"));
}

BOOST_AUTO_TEST_CASE(a_known_and_an_unknown_name_take_the_same_work) {
  const auto accounts = account("ann", "secret");
  std::vector<Ratios> ratios(1);
  for (int i = 0; !ratios[0].settled(); ++i) {
    compare([&](const std::string& name, int) { BOOST_REQUIRE(!accounts.verify(name, "guess")); },
            i, {CLOCK_THREAD_CPUTIME_ID}, ratios);
  }
  BOOST_TEST_MESSAGE("work " << ratios[0].text());
  BOOST_TEST(ratios[0].are_equal(), ratios[0].text());
}

BOOST_AUTO_TEST_CASE(a_known_and_an_unknown_name_take_the_same_time_on_the_wire) {
  RunningRoom room(account("ann", "secret"), RunningRoom::config_of(9));
  std::vector<Ratios> ratios(2);
  const Ratios& time = ratios[0];
  const Ratios& work = ratios[1];
  for (int i = 0; !time.settled() || !work.settled(); ++i) {
    // Each from an address of its own: none has to wait for having guessed before.
    compare(
        [&](const std::string& name, int number) {
          BOOST_REQUIRE(Peer::from(address(number), room.port()).answer("login", name + ",guess") ==
                        kWrong);
        },
        i, {CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID}, ratios);
  }
  BOOST_TEST_MESSAGE("time " << time.text() << ", work " << work.text());
  // On a busy machine not even so many show that the times are equal; the work does.
  BOOST_TEST(!time.differ(), time.text());
  BOOST_TEST(work.are_equal(), work.text());
}

BOOST_AUTO_TEST_SUITE_END()
