// What strangers try, and what the room makes of it. In each of these a healthy pair of members
// talks throughout, and afterwards the process holds what it held before.
#include <fcntl.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "chat/room/limits.hpp"
#include "chat/session/limits.hpp"
#include "tests/support/baseline.hpp"
#include "tests/support/healthy_pair.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/rounds.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/stopwatch.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/threads.hpp"

namespace {

using namespace std::chrono_literals;
using chat::Clock;

const int kSlowness = kSanitized ? 10 : 1;  // how much longer a sanitizer may take

// The frame of all of them.
template <typename Attack>
void survives(RunningRoom& room, Attack attack, std::chrono::milliseconds p99 = kHealthyDelay,
              std::chrono::milliseconds interval = 5ms) {
  const Baseline baseline;
  const Stopwatch machine;
  HealthyPair pair(room.port(), interval);
  attack();
  const auto report = pair.stop();
  BOOST_TEST_MESSAGE(report.lines << " lines, p50 " << report.p50.count() << " us, p99 "
                                  << report.p99.count() << " us, slowest " << report.slowest.count()
                                  << " us");
  const std::chrono::microseconds limit(p99);
  BOOST_TEST(double(report.p99.count()) <= double(limit.count()) * machine.slowdown());
  BOOST_TEST(baseline.missing() == "");
}

void shrink_input(Peer& peer) {
  const int small = 4096;
  (void)::setsockopt(peer.socket().descriptor().get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
}

std::vector<Peer> registered(RunningRoom& room, const std::string& name, int count) {
  std::vector<Peer> peers;
  for (int i = 0; i < count; ++i) {
    peers.push_back(Peer::registered(room.port(), name + std::to_string(i)));
  }
  return peers;
}

// Reads until so many have been told to have left, each once.
void expect_departures(Peer& watcher, const std::string& name, int count) {
  std::vector<int> departures(static_cast<std::size_t>(count));
  for (int left = 0; left < count; ++left) {
    std::string line;
    do {
      line = watcher.read_until("* " + name);
    } while (!line.ends_with(" has left the chat"));
    ++departures.at(std::stoul(line.substr(2 + name.size())));
  }
  BOOST_TEST((departures == std::vector<int>(static_cast<std::size_t>(count), 1)));
}

std::vector<std::string> events(const std::string& text, const std::string& event) {
  std::vector<std::string> found;
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    const std::string line = text.substr(begin, end - begin);
    if (line.find(" " + event + " ") == 20) found.push_back(line);
  }
  return found;
}

chat::Descriptor log_in(const TemporaryFolder& folder) {
  return chat::Descriptor(
      ::open(folder.file("log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(survival)

BOOST_AUTO_TEST_CASE(members_that_stop_in_mid_line_are_noticed_by_nobody) {
  RunningRoom room(200);
  survives(room, [&] {
    Peer watcher = Peer::registered(room.port(), "watcher");
    auto peers = registered(room, "u", 100);
    for (Peer& peer : peers) peer.send("half a line");
    for (Peer& peer : peers) peer.reset();
    expect_departures(watcher, "u", 100);
    for (const auto& line : watcher.transcript())
      BOOST_TEST(line.find("half") == std::string::npos);
  });
}

BOOST_AUTO_TEST_CASE(fifty_members_that_never_read_cost_little_memory_and_nobody_a_line) {
  RunningRoom room(100);
  survives(room, [&] {
    auto stalled = registered(room, "s", 50);
    for (Peer& peer : stalled) shrink_input(peer);
    Peer talker = Peer::registered(room.port(), "talker");
    const Baseline process;
    const std::size_t before = process.resident();
    std::size_t most = before;
    const std::string text(1000, 'x');
    // Ten times what they may be behind.
    for (std::size_t i = 0; i < 10 * chat::kMaxLag / text.size(); ++i) {
      talker.say(text);
      talker.read_until("talker: x");
      most = std::max(most, process.resident());
    }
    BOOST_TEST_MESSAGE("resident memory grew by " << most - before << " KiB");
    if (!kSanitized) BOOST_TEST(most <= before + 20 * 1024);
  });
}

BOOST_AUTO_TEST_CASE(members_whose_sockets_take_nothing_are_dropped_after_the_stall_timeout) {
  TemporaryFolder folder;
  auto config = RunningRoom::config_of(100);
  config.stall_timeout = 1s;
  RunningRoom room(config, {}, log_in(folder));
  survives(room, [&] {
    auto stalled = registered(room, "s", 50);
    for (Peer& peer : stalled) shrink_input(peer);
    Peer talker = Peer::registered(room.port(), "talker");
    const std::string text(1000, 'x');
    // More than a socket takes.
    for (int i = 0; i < 340; ++i) {
      talker.say(text);
      talker.read_until("talker: x");
    }
    const auto full = Clock::now();
    const Stopwatch stopwatch;
    expect_departures(talker, "s", 50);
    BOOST_TEST((Clock::now() - full > config.stall_timeout / 2));
    BOOST_TEST((stopwatch.elapsed() < kSlowness * 3s));
  });
  room.stop();
  int slow = 0;
  for (const auto& line : events(folder.read("log"), "left"))
    slow += line.ends_with("did not read");
  BOOST_TEST(slow == 50);
}

BOOST_AUTO_TEST_CASE(a_byte_now_and_then_does_not_move_the_login_deadline) {
  auto config = RunningRoom::config_of(9);
  config.login_timeout = 3s;
  RunningRoom room(config, {});
  survives(room, [&] {
    const auto start = Clock::now();
    const Stopwatch stopwatch;
    Peer slow(room.port());
    slow.read_until("* Welcome");
    std::string answer;
    std::vector<char> bytes(100);
    while (answer.find('\n') == std::string::npos) {
      BOOST_REQUIRE((Clock::now() - start < kPatience));
      if (answer.empty()) slow.send("x");
      const auto received = slow.socket().receive_until(bytes, Clock::now() + 250ms);
      answer.append(bytes.data(), received.bytes);
    }
    // 60 seconds, give or take 2, in proportion.
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
    BOOST_TEST(answer.starts_with("! login timed out"));
    BOOST_TEST(took.count() >= 2900);
    BOOST_TEST(stopwatch.elapsed().count() <= 3000 + 100 * kSlowness);
  });
}

BOOST_AUTO_TEST_CASE(a_thousand_silent_connections_keep_nobody_out) {
  (void)chat::raise_descriptor_limit();
  RunningRoom room(100, {{"ann", "secret"}});
  survives(room, [&] {
    std::vector<Peer> silent;
    auto slowest = 0ms;
    for (int i = 0; i < 1000; ++i) {
      silent.emplace_back(room.port());
      if (i % 100 != 99) continue;
      const Stopwatch stopwatch;
      Peer ann = Peer::logged_in(room.port(), "ann", "secret");
      slowest = std::max(slowest, stopwatch.elapsed());
      ann.say("/quit");
      while (ann.read_line() != "* ann has left the chat") {
      }
    }
    BOOST_TEST_MESSAGE("slowest login " << slowest.count() << " ms");
    BOOST_TEST(slowest.count() <= 1000 * kSlowness);
    // Those who came first have made room, and were told.
    const std::size_t gone = 1000 - chat::kDefaultMaxPending;
    for (std::size_t i = 0; i < gone; ++i) {
      silent[i].read_until("! too many connections wait to come in");
      BOOST_TEST(silent[i].ends());
    }
    silent.back().say("register");
    silent.back().read_until("* user,password?");
  });
}

BOOST_AUTO_TEST_CASE(many_who_are_refused_at_once_are_all_told_why_though_there_is_one_place) {
  auto config = RunningRoom::config_of(9);
  config.max_pending = 1;
  RunningRoom room(config, {});
  const Stopwatch stopwatch;
  std::vector<Peer> peers;
  for (int i = 0; i < 30; ++i) {
    peers.emplace_back(room.port());
    peers.back().send("no mode\n");
    peers.back().half_close();
  }
  for (Peer& peer : peers) peer.read_until("! expected login");
  BOOST_TEST((stopwatch.elapsed() < kSlowness * 2s));
}

BOOST_AUTO_TEST_CASE(endless_lines_are_closed_at_64_kib_before_and_after_coming_in) {
  RunningRoom room(9);
  survives(room, [&] {
    Peer watcher = Peer::registered(room.port(), "watcher");
    const std::string much(65'536, 'x');
    const auto pour = [&](Peer& peer) {
      std::size_t sent = 0;
      try {
        // What the kernels take on the way is more than the server reads; then it is over.
        while (sent < 1024UL * 1024 * 1024) {
          peer.send(much);
          sent += much.size();
        }
      } catch (const std::runtime_error&) {  // the server is gone
      }
      return sent;
    };
    const Baseline process;
    const std::size_t before = process.resident();
    Peer stranger(room.port());
    BOOST_TEST(pour(stranger) < 32UL * 1024 * 1024);
    Peer member = Peer::registered(room.port(), "member");
    BOOST_TEST(pour(member) < 32UL * 1024 * 1024);
    watcher.read_until("* member has left");
    BOOST_TEST_MESSAGE("resident memory from " << before << " to " << process.resident() << " KiB");
    if (!kSanitized) BOOST_TEST(process.resident() <= before + 1024);
  });
}

BOOST_AUTO_TEST_CASE(five_hundred_resets_while_ten_talk_give_one_departure_each_within_2_s) {
  (void)chat::raise_descriptor_limit();
  RunningRoom room(600);
  survives(room, [&] {
    auto talkers = registered(room, "t", 10);
    auto crowd = registered(room, "u", 500);
    Peer watcher = Peer::registered(room.port(), "watcher");
    Threads threads;
    for (std::size_t number = 0; number < talkers.size(); ++number) {
      threads.start([&, number] {
        const std::string name = "t" + std::to_string(number);
        for (int i = 0; !threads.stopping(); ++i) {
          talkers[number].say(std::to_string(i));
          talkers[number].read_until(name + ": " + std::to_string(i));
        }
      });
    }
    const Stopwatch stopwatch;
    for (Peer& peer : crowd) peer.reset();
    expect_departures(watcher, "u", 500);
    const auto took = stopwatch.elapsed();
    threads.stop();
    BOOST_TEST_MESSAGE("took " << took.count() << " ms");
    BOOST_TEST(took.count() <= 2000 * kSlowness);
  });
}

BOOST_AUTO_TEST_CASE(all_said_before_a_half_close_is_heard_and_of_a_reset_nothing_partial) {
  RunningRoom room(9);
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += std::to_string(i) + "\n";
  survives(room, [&] {
    Peer watcher = Peer::registered(room.port(), "watcher");
    for (int run = 0; run < rounds(kSanitized ? 10 : 100, 100); ++run) {
      {
        Peer ann = Peer::registered(room.port(), "ann");
        Threads sending([&] { ann.socket().shutdown(); });
        sending.start([&] {
          ann.send(lines + "the last words");
          ann.half_close();
        });
        int said = 0;
        bool last = false;
        for (const auto& line : ann.read_all()) {
          said += line == "ann: " + std::to_string(said);
          last = last || line == "ann: the last words";
        }
        sending.join();
        BOOST_TEST(said == 1000);
        BOOST_TEST(last);
        for (int i = 0; i < 1000; ++i) {
          BOOST_REQUIRE(watcher.read_until("ann: ") == "ann: " + std::to_string(i));
        }
        BOOST_REQUIRE(watcher.read_until("ann: ") == "ann: the last words");
        watcher.read_until("* ann has left");
      }
      Peer ben = Peer::registered(room.port(), "ben");
      ben.send(lines + "cut sh");
      ben.reset();
      int next = 0;
      std::string line;
      while ((line = watcher.read_line()) != "* ben has left the chat") {
        if (line.starts_with("ben: ")) BOOST_REQUIRE(line == "ben: " + std::to_string(next++));
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(five_hundred_come_in_within_a_second_and_a_paste_of_1000_lines_is_only_slow) {
  (void)chat::raise_descriptor_limit();
  auto config = RunningRoom::config_of(600);
  config.rate = 200;
  RunningRoom room(config, {});
  survives(
      room,
      [&] {
        std::vector<Peer> crowd;
        const Stopwatch stopwatch;
        for (int i = 0; i < 500; ++i) {
          crowd.emplace_back(room.port());
          crowd.back().send("register\nu" + std::to_string(i) + ",pw\n");
        }
        for (int i = 0; i < 500; ++i) {
          crowd[static_cast<std::size_t>(i)].read_until("* u" + std::to_string(i) + " has entered");
        }
        const auto took = stopwatch.elapsed();
        BOOST_TEST_MESSAGE("500 came in within " << took.count() << " ms");
        BOOST_TEST(took.count() <= 1000 * kSlowness);

        std::string paste;
        for (int i = 0; i < 1000; ++i) paste += "line " + std::to_string(i) + "\n";
        const auto pasted = Clock::now();
        crowd[0].send(paste);
        for (int i = 0; i < 1000; ++i) {
          BOOST_REQUIRE(crowd[0].read_until("u0: ") == "u0: line " + std::to_string(i));
        }
        BOOST_TEST((Clock::now() - pasted >= 2900ms));  // a burst of 400, then 200 a second
      },
      250ms * kSlowness, 20ms);
}

BOOST_AUTO_TEST_CASE(tls_and_http_and_connections_that_close_at_once_cost_a_line_each_at_most) {
  TemporaryFolder folder;
  auto config = RunningRoom::config_of(9);
  config.login_timeout = 2s;  // the healthy pair has to be in before that
  RunningRoom room(config, {}, log_in(folder));
  using namespace std::string_literals;
  const std::string tls = "\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03"s +
                          std::string(32, '\x8f') + "\x20"s + std::string(32, '\x0a') +
                          std::string(150, '\xc0');
  const std::string tls_without_line_end =
      "\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03"s + std::string(200, '\x8f');
  const std::string http = "GET / HTTP/1.1\r\nHost: chat.example\r\nUser-Agent: x\r\n\r\n";
  constexpr int kScans = 1000;
  survives(room, [&] {
    for (const auto& hello : {tls, tls_without_line_end, http}) {
      Peer peer(room.port());
      peer.send(hello);
      int refusals = 0;
      for (const auto& line : peer.read_all()) refusals += line.starts_with("! ");
      BOOST_TEST(refusals == 1);
    }
    for (int i = 0; i < kScans; ++i) Peer(room.port()).close();
  });
  room.stop();
  const std::string log = folder.read("log");
  BOOST_TEST(events(log, "refused").size() == 3u);
  BOOST_TEST(events(log, "gone").size() == static_cast<std::size_t>(kScans));
  BOOST_TEST(events(log, "came-in").size() == 2u);
  BOOST_TEST(events(log, "left").size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_log_tells_who_came_in_how_and_why_they_left_and_no_password) {
  TemporaryFolder folder;
  auto config = RunningRoom::config_of(3);
  config.login_timeout = 2s;  // of which only one makes use
  RunningRoom room(config, {{"ann", "tr0ub4dor"}}, log_in(folder));
  Peer watcher = Peer::registered(room.port(), "watcher");
  Peer ann = Peer::logged_in(room.port(), "ann", "tr0ub4dor");
  Peer ben = Peer::registered(room.port(), "ben");
  for (const char* line :
       {"ann,hunter2", "hunter2,ann", "ann,tr0ub4dor", "hunter2", "hun\x1Bter2,x"}) {
    (void)Peer::answer_to(room.port(), "login", line);
    (void)Peer::answer_to(room.port(), "register", line);
  }
  (void)Peer::answer_to(room.port(), "hunter2", "");
  Peer silent(room.port());
  silent.read_until("! login timed out");
  ann.say("/quit");
  watcher.read_until("* ann has left");
  ben.reset();
  watcher.read_until("* ben has left");
  watcher.half_close();
  watcher.read_all();
  room.stop();
  const std::string log = folder.read("log");
  BOOST_TEST(log.find("hunter") == std::string::npos);
  BOOST_TEST(log.find("tr0ub4dor") == std::string::npos);
  BOOST_TEST(log.find('\x1B') == std::string::npos);
  const auto ends = [&](const std::string& event, const std::string& end) {
    const auto lines = events(log, event);
    return std::count_if(lines.begin(), lines.end(),
                         [&](const std::string& line) { return line.ends_with(end); });
  };
  BOOST_TEST(ends("came-in", " ann login") == 1);
  BOOST_TEST(ends("came-in", " ben register") == 1);
  BOOST_TEST(ends("refused", " ann wrong username or password") == 1);
  BOOST_TEST(ends("refused", " - wrong username or password") == 1);
  BOOST_TEST(ends("refused", " ann password already used") == 1);
  BOOST_TEST(ends("refused", " ann username is already used") == 2);
  BOOST_TEST(ends("refused", " - max chat users") == 1);
  BOOST_TEST(ends("refused", " - login timed out") == 1);
  BOOST_TEST(ends("left", " ann quit") == 1);
  BOOST_TEST(ends("left", " ben connection lost") == 1);
  BOOST_TEST(ends("left", " watcher end of input") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
