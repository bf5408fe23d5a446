// What a slow, stalled or vanished member does to the others, and to itself.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/baseline.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/stopwatch.hpp"
#include "tests/support/threads.hpp"

namespace {

constexpr std::size_t kGibibyte = 1024UL * 1024 * 1024;

std::size_t address_space_of_this_process() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages;
  return pages * 4096;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(isolation)

// The talker reads its own echo, so it is never slow itself; the stalled one reads nothing.
BOOST_AUTO_TEST_CASE(a_member_who_stops_reading_stays_and_delays_nobody) {
  RunningRoom room(9);
  Peer stalled = Peer::registered(room.port(), "stalled");
  Peer listener = Peer::registered(room.port(), "listener");
  Peer talker = Peer::registered(room.port(), "talker");
  listener.read_until("* talker has entered");
  const std::string text(4000, 'x');
  std::chrono::milliseconds slowest{0};
  for (int i = 0; i < 2000; ++i) {
    const Stopwatch stopwatch;
    const std::string said = "talker: " + std::to_string(i) + text;
    talker.say(std::to_string(i) + text);
    for (Peer* peer : {&talker, &listener}) BOOST_REQUIRE(peer->read_line() == said);
    slowest = std::max(slowest, stopwatch.elapsed());
  }
  BOOST_TEST(slowest.count() < 1000);
  stalled.read_until("* you missed lines ");
}

BOOST_AUTO_TEST_CASE(a_member_who_reads_slowly_but_keeps_up_misses_nothing) {
  RunningRoom room(9);
  Peer slow = Peer::registered(room.port(), "slow");
  Peer talker = Peer::registered(room.port(), "talker");
  slow.read_until("* talker has entered");
  const int small = 32 * 1024;
  (void)::setsockopt(slow.socket().descriptor().get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  const std::string text(1000, 'y');
  for (int round = 0; round < 10; ++round) {
    // More than its socket takes, less than may wait for one member: it catches up.
    for (int i = 0; i < 400; ++i) {
      talker.say(std::to_string(i) + text);
      BOOST_REQUIRE(talker.read_line() == "talker: " + std::to_string(i) + text);
    }
    for (int i = 0; i < 400; ++i) {
      BOOST_REQUIRE(slow.read_line() == "talker: " + std::to_string(i) + text);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_member_who_talks_without_reading_is_slowed_down_and_not_dropped) {
  RunningRoom room(9);
  Peer talker = Peer::registered(room.port(), "talker");
  const std::string text(1000, 'z');
  Threads talking([&] { talker.socket().shutdown(); });
  talking.start([&] {
    for (int i = 0; i < 5000; ++i) talker.say(text);
    talker.say("/quit");
  });
  // It begins to read only when its own side is full: nothing has been lost by then or later.
  int said = 0;
  for (const auto& line : talker.read_all()) said += line == "talker: " + text;
  talking.join();
  BOOST_TEST(said == 5000);
}

BOOST_AUTO_TEST_CASE(answers_that_nobody_reads_do_not_gather_without_bound) {
  RunningRoom room(9);
  Peer watcher = Peer::registered(room.port(), "watcher");
  Peer asker = Peer::registered(room.port(), "asker");
  Threads asking([&] { asker.socket().shutdown(); });
  asking.start([&] {
    for (int i = 0; i < 100'000; ++i) asker.say("/help");
    asker.half_close();
  });
  watcher.read_until("* asker has entered");
  watcher.say("not delayed");
  BOOST_TEST(watcher.read_line() == "watcher: not delayed");
  std::size_t answers = 0;
  for (const auto& line : asker.read_all()) answers += line.starts_with("* /help");
  asking.join();
  BOOST_TEST(answers == 100'000u);
}

BOOST_AUTO_TEST_CASE(lines_beyond_the_rate_are_delayed_and_not_dropped) {
  auto config = RunningRoom::config_of(9);
  config.rate = 20;
  RunningRoom room(config, {});
  Peer ann = Peer::registered(room.port(), "ann");
  const auto start = chat::Clock::now();
  for (int i = 0; i < 60; ++i) ann.say(std::to_string(i));
  for (int i = 0; i < 40; ++i) BOOST_TEST(ann.read_line() == "ann: " + std::to_string(i));
  const auto burst = chat::Clock::now() - start;
  for (int i = 40; i < 60; ++i) BOOST_TEST(ann.read_line() == "ann: " + std::to_string(i));
  const auto all = chat::Clock::now() - start;
  BOOST_TEST((burst < all));
  BOOST_TEST(std::chrono::duration_cast<std::chrono::milliseconds>(all).count() >= 950);
}

BOOST_AUTO_TEST_CASE(the_delay_of_the_rate_does_not_hold_up_a_reset_or_a_stop) {
  auto config = RunningRoom::config_of(9);
  config.rate = 1;
  RunningRoom room(config, {});
  Peer ann = Peer::registered(room.port(), "ann");
  Peer ben = Peer::registered(room.port(), "ben");
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "line\n";
  ann.send(lines);
  ben.send(lines);
  ben.read_until("ann: line");
  const Stopwatch stopwatch;
  ann.reset();
  ben.read_until("* ann has left");
  BOOST_TEST((stopwatch.elapsed() < std::chrono::seconds(5)));
  room.stop();
  BOOST_TEST((stopwatch.elapsed() < std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_CASE(finished_workers_are_joined_though_nobody_connects_any_more) {
  RunningRoom room(50);
  const std::size_t before = threads_of();
  std::vector<Peer> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(Peer::registered(room.port(), "u" + std::to_string(i)));
  }
  BOOST_TEST(threads_of() == before + 20);
  peers.clear();
  const auto deadline = chat::Clock::now() + kPatience;
  while (threads_of() > before && chat::Clock::now() < deadline) {
    std::this_thread::yield();
  }
  BOOST_TEST(threads_of() == before);
}

BOOST_AUTO_TEST_CASE(finished_workers_are_joined_while_others_keep_connecting) {
  RunningRoom room(50);
  const std::size_t before = address_space_of_this_process();
  Threads crowd;
  for (int i = 0; i < 4; ++i) {
    crowd.start([&] {
      for (int n = 0; n < 1000; ++n) Peer(room.port()).close();
    });
  }
  crowd.join();
  // A thread that nobody has joined keeps its stack of 8 MiB: 4,000 of them would be 32 GiB.
  BOOST_TEST(address_space_of_this_process() < before + 2 * kGibibyte);
}

BOOST_AUTO_TEST_CASE(a_reset_of_many_at_once_gives_exactly_one_departure_each) {
  constexpr int kMembers = 100;
  RunningRoom room(kMembers + 1);
  Peer watcher = Peer::registered(room.port(), "watcher");
  std::vector<Peer> peers;
  for (int i = 0; i < kMembers; ++i) {
    peers.push_back(Peer::registered(room.port(), "u" + std::to_string(i)));
  }
  for (Peer& peer : peers) peer.reset();
  std::vector<int> departures(kMembers);
  for (int left = 0; left < kMembers;) {
    const std::string line = watcher.read_line();
    if (!line.ends_with("has left the chat")) continue;
    ++departures[std::stoul(line.substr(3))];
    ++left;
  }
  watcher.say("end");
  BOOST_TEST(watcher.read_line() == "watcher: end");
  for (const int n : departures) BOOST_TEST(n == 1);
}

BOOST_AUTO_TEST_CASE(at_a_stop_everyone_gets_the_goodbye_and_end_of_file_except_who_does_not_read) {
  constexpr int kMembers = 100;
  RunningRoom room(kMembers + 1);
  std::vector<Peer> peers;
  for (int i = 0; i < kMembers; ++i) {
    peers.push_back(Peer::registered(room.port(), "u" + std::to_string(i)));
  }
  Peer stalled = Peer::registered(room.port(), "stalled");
  const int small = 1024;
  (void)::setsockopt(stalled.socket().descriptor().get(), SOL_SOCKET, SO_RCVBUF, &small,
                     sizeof small);
  const Stopwatch stopwatch;
  Threads stopping;
  stopping.start([&] { room.stop(); });
  for (Peer& peer : peers) {
    peer.read_until("* the server is shutting down");
    BOOST_TEST(peer.ends());
    peer.close();
  }
  stopping.join();
  BOOST_TEST((stopwatch.elapsed() < std::chrono::seconds(6)));
}

BOOST_AUTO_TEST_SUITE_END()
