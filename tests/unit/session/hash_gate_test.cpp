#include "chat/session/hash_gate.hpp"

#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include "chat/session/limits.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/threads.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;

const Guesser kOwner{ipv4_address(1), "ann"};
const Guesser kStranger{ipv4_address(2), "ann"};

bool enter(HashGate& gate, Clock::time_point deadline) {
  return gate.enter(kOwner, deadline).answer == HashGate::Answer::kIn;
}

void leave(HashGate& gate) { gate.leave(kOwner, false); }

// A thread that waits at a gate which is full. It has stopped there when the constructor returns.
class Waiter {
 public:
  explicit Waiter(HashGate& gate, const Guesser& guesser = kOwner)
      : entered_(std::async(std::launch::async, [this, &gate, guesser] {
          thread_ = ::gettid();
          return gate.enter(guesser, deadline_).answer == HashGate::Answer::kIn;
        })) {
    while (Clock::now() < deadline_ && !sleeps()) std::this_thread::yield();
  }

  // Whether it was let in. Being told only by its deadline is a failure.
  bool entered() {
    const bool result = entered_.get();
    BOOST_TEST((Clock::now() < deadline_));
    return result;
  }

 private:
  bool sleeps() const {
    std::ifstream file("/proc/self/task/" + std::to_string(thread_) + "/stat");
    std::string number, name, state;
    return file >> number >> name >> state && state == "S";
  }

  const Clock::time_point deadline_ = Clock::now() + kPatience;
  std::atomic<pid_t> thread_{0};
  std::future<bool> entered_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(hash_gate)

BOOST_AUTO_TEST_CASE(there_are_as_many_places_as_were_said) {
  HashGate gate(2);
  BOOST_TEST(enter(gate, Clock::now()));
  BOOST_TEST(enter(gate, Clock::now()));
  BOOST_TEST(!enter(gate, Clock::now()));
  leave(gate);
  BOOST_TEST(enter(gate, Clock::now()));
  BOOST_TEST(!enter(gate, Clock::now()));
}

BOOST_AUTO_TEST_CASE(of_many_threads_no_more_than_the_places_are_inside_at_a_time) {
  HashGate gate(2);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> refused{0};
  Threads threads;
  for (int i = 0; i < 8; ++i) {
    threads.start([&] {
      for (int turn = 0; turn < 200; ++turn) {
        if (!enter(gate, Clock::now() + kPatience)) {
          ++refused;
          return;
        }
        const int now = ++inside;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        --inside;
        leave(gate);
      }
    });
  }
  threads.join();
  BOOST_TEST(most <= 2);
  BOOST_TEST(refused == 0);
}

BOOST_AUTO_TEST_CASE(whoever_finds_no_place_before_the_deadline_is_refused) {
  HashGate gate(0);
  const auto deadline = Clock::now() + 20ms;
  BOOST_TEST(!enter(gate, deadline));
  BOOST_TEST((Clock::now() >= deadline));
}

BOOST_AUTO_TEST_CASE(a_place_left_is_taken_by_one_who_waits) {
  HashGate gate(1);
  BOOST_TEST(enter(gate, Clock::now()));
  Waiter waiter(gate);
  leave(gate);
  BOOST_TEST(waiter.entered());
  BOOST_TEST(!enter(gate, Clock::now()));
}

BOOST_AUTO_TEST_CASE(closing_sends_all_away_who_wait) {
  HashGate gate(0);
  Waiter first(gate);
  Waiter second(gate);
  gate.close();
  BOOST_TEST(!first.entered());
  BOOST_TEST(!second.entered());
}

BOOST_AUTO_TEST_CASE(a_closed_gate_lets_nobody_in_though_there_are_places) {
  HashGate gate(2);
  gate.close();
  BOOST_TEST(!enter(gate, Clock::now() + kPatience));
}

BOOST_AUTO_TEST_CASE(of_those_who_wait_the_source_that_has_guessed_wrong_least_goes_first) {
  HashGate gate(1);
  BOOST_TEST((gate.enter(kStranger, Clock::now()).answer == HashGate::Answer::kIn));
  gate.leave(kStranger, true);
  BOOST_TEST((gate.enter(kStranger, Clock::now()).answer == HashGate::Answer::kIn));
  Waiter stranger(gate, kStranger);
  Waiter owner(gate, kOwner);
  gate.leave(kStranger, false);
  BOOST_TEST(owner.entered());
  leave(gate);
  BOOST_TEST(stranger.entered());
}

BOOST_AUTO_TEST_CASE(after_the_free_wrong_ones_a_source_is_told_when_to_come_again) {
  HashGate gate(2);
  for (int i = 0; i < kFreeGuesses; ++i) {
    BOOST_TEST((gate.enter(kStranger, Clock::now()).answer == HashGate::Answer::kIn));
    gate.leave(kStranger, true);
  }
  const auto turn = gate.enter(kStranger, Clock::now() + kPatience);
  BOOST_TEST((turn.answer == HashGate::Answer::kLater));
  BOOST_TEST((turn.due > Clock::now()));
  BOOST_TEST(enter(gate, Clock::now()));
}

BOOST_AUTO_TEST_CASE(those_who_wait_while_their_source_guesses_wrong_are_told_too) {
  HashGate gate(1);
  for (int i = 1; i < kFreeGuesses; ++i) {
    BOOST_TEST((gate.enter(kStranger, Clock::now()).answer == HashGate::Answer::kIn));
    gate.leave(kStranger, true);
  }
  BOOST_TEST((gate.enter(kStranger, Clock::now()).answer == HashGate::Answer::kIn));
  Waiter waiter(gate, kStranger);
  gate.leave(kStranger, true);
  BOOST_TEST(!waiter.entered());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
