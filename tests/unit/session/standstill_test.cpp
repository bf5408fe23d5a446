#include "chat/session/standstill.hpp"

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstddef>
#include <list>
#include <thread>

#include "chat/net/socket.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/socket_pair.hpp"
#include "tests/support/threads.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;

// Works until it is stopped, and stands where that is wanted.
class Worker {
 public:
  explicit Worker(Standstill& standstill) {
    thread_.start([this, &standstill] {
      while (!thread_.stopping()) {
        if (standstill.is_wanted()) const Standstill::Aside aside(standstill, stands_);
        ++steps_;
        std::this_thread::yield();
      }
    });
  }

  bool stands() const { return stands_; }
  long steps() const { return steps_; }

 private:
  std::atomic<long> steps_{0};
  Standstill::Standing stands_{false};
  Threads thread_;
};

bool comes_true(const auto& condition) {
  const auto deadline = Clock::now() + kPatience;
  while (!condition() && Clock::now() < deadline) std::this_thread::yield();
  return condition();
}

BOOST_AUTO_TEST_SUITE(standstill)

BOOST_AUTO_TEST_CASE(all_stand_while_it_is_wanted_and_go_on_afterwards) {
  constexpr std::size_t kWorkers = 20;
  Standstill standstill;
  std::list<Worker> workers;
  for (std::size_t i = 0; i < kWorkers; ++i) workers.emplace_back(standstill);
  for (int round = 0; round < 20; ++round) {
    standstill.want();
    std::size_t standing = 0;
    const auto deadline = Clock::now() + kPatience;
    while (standing < kWorkers && Clock::now() < deadline) {
      standing = standstill.standing(standing, deadline);
    }
    BOOST_REQUIRE(standing == kWorkers);
    std::list<long> steps;
    for (const Worker& worker : workers) {
      BOOST_TEST(worker.stands());
      steps.push_back(worker.steps());
    }
    std::this_thread::yield();
    auto before = steps.begin();
    for (const Worker& worker : workers) BOOST_TEST(worker.steps() == *before++);
    standstill.end();
    before = steps.begin();
    for (const Worker& worker : workers) {
      BOOST_TEST(comes_true([&] { return worker.steps() > *before; }));
      ++before;
    }
  }
}

BOOST_AUTO_TEST_CASE(who_waits_for_something_stands_and_does_not_go_on_before_the_end) {
  Standstill standstill;
  Standstill::Standing stands{false};
  std::atomic<bool> has_come{false};
  std::atomic<bool> goes_on{false};
  Threads waiting([&] {
    has_come = true;
    standstill.end();
  });
  waiting.start([&] {
    {
      const Standstill::Aside aside(standstill, stands);
      while (!has_come) std::this_thread::yield();
    }
    goes_on = true;
  });
  BOOST_TEST(comes_true([&] { return stands.load(); }));
  standstill.want();
  has_come = true;
  // That it does not go on can only be seen by giving it the time to.
  BOOST_TEST(standstill.standing(1, Clock::now() + 50ms) == 1u);
  BOOST_TEST(!goes_on);
  BOOST_TEST(stands);
  standstill.end();
  waiting.join();
  BOOST_TEST(goes_on);
  BOOST_TEST(!stands);
  BOOST_TEST(standstill.standing(0, Clock::now()) == 0u);
}

BOOST_AUTO_TEST_CASE(where_none_is_wanted_nobody_is_held_up) {
  Standstill standstill;
  Standstill::Standing stands{false};
  BOOST_TEST(!standstill.is_wanted());
  {
    const Standstill::Aside aside(standstill, stands);
    BOOST_TEST(stands);
  }
  BOOST_TEST(!stands);
}

BOOST_AUTO_TEST_CASE(a_nudge_gets_a_worker_out_of_a_call_that_blocks) {
  SocketPair ends;
  Socket& near = ends.near;
  Standstill standstill;
  for (const bool with_deadline : {false, true}) {
    std::atomic<bool> done{false};
    Io io = Io::kDone;
    Threads threads([&] { near.shutdown(); });
    std::thread& worker = threads.start([&] {
      std::array<char, 16> bytes;
      io = with_deadline ? near.receive_until(bytes, Clock::now() + kPatience).io
                         : near.receive(bytes).io;
      done = true;
    });
    const auto start = Clock::now();
    while (!done && Clock::now() < start + kPatience / 2) {
      Standstill::nudge(worker);  // it may not be there yet, and then needs another one
      std::this_thread::yield();
    }
    BOOST_TEST(done);
    if (!done) near.shutdown();
    threads.join();
    BOOST_TEST((io == Io::kWouldBlock));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace chat
