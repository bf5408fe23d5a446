// The numbered room: what was said before, and what somebody who is too slow misses.
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chat/room/limits.hpp"
#include "chat/wire/line_format.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/threads.hpp"

namespace {

chat::ServerConfig with_history(std::uint64_t lines) {
  auto config = RunningRoom::config_of(300);
  config.history = lines;
  return config;
}

// Whether `line` is `text` from before: - 2026-11-24T12:34:56Z text
bool is_from_before(const std::string& line, const std::string& text) {
  return line.size() == 23 + text.size() && line.starts_with("- 2") && line.ends_with("Z " + text);
}

// The number of a tagged line of the room, said now or replayed; nothing on others.
std::optional<std::uint64_t> number_of(const std::string& line) {
  if (line.starts_with("-\t") || line.find('\t') == std::string::npos) return std::nullopt;
  return std::stoull(line);
}

bool is_replayed(const std::string& line) {
  const auto time = line.find('\t');
  const auto kind = line.find('\t', time + 1);
  return line[line.find('\t', kind + 1) - 1] == '+';
}

}  // namespace

BOOST_AUTO_TEST_SUITE(history)

BOOST_AUTO_TEST_CASE(who_comes_in_gets_the_last_lines_between_hello_and_the_list) {
  RunningRoom room(with_history(3), {});
  Peer ann = Peer::registered(room.port(), "ann");
  ann.send("one\ntwo\nthree\n");
  ann.read_until("ann: three");
  Peer ben(room.port());
  ben.send("register\nben,pw\n");
  ben.read_until("* hello ben");
  for (const char* text : {"ann: one", "ann: two", "ann: three"}) {
    const std::string line = ben.read_line();
    BOOST_TEST(is_from_before(line, text), line);
  }
  BOOST_TEST(ben.read_line() == "* online (2): ann, ben");
  BOOST_TEST(ben.read_line() == "* ben has entered the chat");
}

BOOST_AUTO_TEST_CASE(history_and_since_answer_the_one_who_asks) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  ann.send("one\ntwo\n/history 2\n/history\n/since 2\n/since 3\n/since 99\n");
  ann.send("/since\n/since x\n/since -1\n/history 1x\nlast\n");
  ann.read_until("ann: two");
  const auto expect = [&](const std::string& text) {
    const std::string line = ann.read_line();
    BOOST_TEST(is_from_before(line, text), line);
  };
  expect("ann: one");
  expect("ann: two");
  expect("* ann has entered the chat");
  expect("ann: one");
  expect("ann: two");
  expect("ann: two");
  BOOST_TEST(ann.read_line() == "* there is nothing after line 3");
  BOOST_TEST(ann.read_line() == "* there is nothing after line 99");
  for (int i = 0; i < 3; ++i) BOOST_TEST(ann.read_line().starts_with("! since which line?"));
  BOOST_TEST(ann.read_line().starts_with("! how many?"));
  BOOST_TEST(ann.read_line() == "ann: last");
}

BOOST_AUTO_TEST_CASE(in_tagged_lines_what_is_replayed_has_its_number_and_a_plus) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  ann.send("one\n/tagged\n/since 0\n");
  ann.read_until("-\t");
  const std::string entered = ann.read_line();
  BOOST_TEST(entered.starts_with("1\t"));
  BOOST_TEST(entered.ends_with("Z\tenter+\tann\thas entered the chat"));
  const std::string said = ann.read_line();
  BOOST_TEST(said.starts_with("2\t"));
  BOOST_TEST(said.ends_with("Z\tsay+\tann\tone"));
}

BOOST_AUTO_TEST_CASE(what_is_not_kept_any_more_is_said_in_one_line) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  const std::string text(4000, 'x');
  // Since the log lets go of lines a round late, some more than it keeps.
  const std::uint64_t lines = chat::kKeptPlain / text.size() + 50;
  for (std::uint64_t i = 0; i < lines; ++i) {
    ann.say(text);
    ann.read_until("ann: x");
  }
  ann.say("/since 0");
  const std::string notice = ann.read_line();
  BOOST_REQUIRE(notice.starts_with("* lines 1 to "));
  BOOST_TEST(notice.ends_with(" are not kept any more"));
  const std::uint64_t gone = std::stoull(notice.substr(13));
  for (std::uint64_t i = gone; i < lines + 1; ++i) {
    BOOST_REQUIRE(is_from_before(ann.read_line(), "ann: " + text));
  }
  ann.say("/who");
  BOOST_TEST(ann.read_line() == "* online (1): ann");
}

// Each gets the history, the seam, and what follows as one sequence of numbers without a gap.
BOOST_AUTO_TEST_CASE(nothing_is_missing_or_doubled_at_the_seam_while_fifty_talk) {
  constexpr int kTalkers = 50;
  constexpr int kJoiners = 200;
  RunningRoom room(with_history(20), {});
  std::vector<Peer> talkers;
  for (int i = 0; i < kTalkers; ++i) {
    talkers.push_back(Peer::registered(room.port(), "t" + std::to_string(i)));
  }
  Threads talking;
  for (Peer& talker : talkers) {
    talking.start([&talking, &talker, own = std::string()]() mutable {
      for (int i = 0; !talking.stopping(); ++i) {
        own = "line " + std::to_string(i);
        talker.say(own);
        while (!talker.read_line().ends_with(own)) {
        }
      }
      talker.half_close();
      (void)talker.read_all();
    });
  }
  for (int i = 0; i < kJoiners; ++i) {
    Peer joiner(room.port());
    joiner.send("/tagged\nregister\nj" + std::to_string(i) + ",pw\n");
    std::uint64_t last = 0;
    std::size_t before = 0;
    std::size_t live = 0;
    while (live < 30) {
      const std::string line = joiner.read_line();
      const auto number = number_of(line);
      if (!number) continue;
      BOOST_REQUIRE((last == 0 || *number == last + 1));
      last = *number;
      const bool replayed = is_replayed(line);
      BOOST_REQUIRE((!replayed || live == 0));
      ++(replayed ? before : live);
    }
    BOOST_REQUIRE(before == 20u);
  }
  talking.stop();
}

// It gets whole lines up to a point, is told what it has missed, and goes on from there.
BOOST_AUTO_TEST_CASE(a_member_who_is_too_slow_is_skipped_forward_and_told_what_it_missed) {
  for (const bool tagged : {false, true}) {
    RunningRoom room(9);
    Peer slow = Peer::registered(room.port(), "slow");
    if (tagged) {
      slow.say("/tagged");
      slow.read_until("-\t");
    }
    Peer talker = Peer::registered(room.port(), "talker");
    talker.say("/tagged");
    talker.read_until("-\t");
    const std::string text(4000, 'x');
    std::uint64_t last = 0;
    // Some of it the sockets hold, and that much and more it falls behind.
    for (int i = 0; i < 2000; ++i) {
      talker.say(text);
      last = number_of(talker.read_line()).value();
    }
    // slow's own arrival, the talker's, and all that was said: each is heard, or missed and told
    // so.
    std::uint64_t next = 3;
    std::uint64_t missed = 0;
    while (next <= last) {
      const std::string line = slow.read_line();
      const std::string notice = "you missed lines " + std::to_string(next) + " to ";
      const auto at = line.find(notice);
      if (at == std::string::npos) {
        next += line.ends_with(text) ? 1 : 0;
        continue;
      }
      BOOST_TEST(line.starts_with(tagged ? "-\t" : "* "));
      BOOST_TEST(line.ends_with(" (/since " + std::to_string(next - 1) + ")"));
      const std::uint64_t until = std::stoull(line.substr(at + notice.size()));
      missed += until + 1 - next;
      next = until + 1;
    }
    BOOST_TEST(missed > 0u);
    BOOST_TEST(next == last + 1);
    talker.say("after");
    BOOST_TEST(slow.read_line().ends_with("after"));
    slow.say("/since " + std::to_string(last));
    BOOST_TEST(slow.read_line().ends_with("after"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
