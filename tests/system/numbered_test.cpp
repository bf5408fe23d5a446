// The numbered room: tagged lines.
#include <boost/test/unit_test.hpp>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "chat/wire/line_format.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/threads.hpp"

namespace {

using chat::Rendering;

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::size_t begin = 0;
  for (int i = 0; i < 4; ++i) {
    const auto tab = line.find('\t', begin);
    BOOST_REQUIRE_MESSAGE(tab != std::string::npos, "not tagged: " << line);
    fields.push_back(line.substr(begin, tab - begin));
    begin = tab + 1;
  }
  fields.push_back(line.substr(begin));
  return fields;
}

// The answer to /tagged, which has the log's epoch as its FROM.
constexpr const char* kTagged = "lines are tagged from here on";

// Kind, from and text of a line of the member's own.
void check_own(const std::string& line, const std::string& kind, const std::string& text) {
  const auto fields = fields_of(line);
  BOOST_TEST(fields[0] == "-");
  BOOST_TEST(fields[2] == kind);
  BOOST_TEST((fields[3] == "-" || text == kTagged));
  BOOST_TEST(fields[4] == text);
}

// A member who gets tagged lines from the beginning, and has read up to its own arrival.
Peer tagged_member(std::uint16_t port, const std::string& name,
                   const std::string& mode = "register") {
  Peer peer(port);
  peer.send("/tagged\n" + mode + "\n" + name + ",pw\n");
  while (true) {
    const std::string line = peer.read_line();
    if (line.ends_with("\tenter\t" + name + "\thas entered the chat")) return peer;
  }
}

// The plain line that a tagged one of the room stands for.
std::string plain_of(const std::string& tagged) {
  const auto line = chat::parse_room_line(tagged);
  BOOST_REQUIRE_MESSAGE(line.has_value(), tagged);
  std::string text;
  for (const auto piece : chat::plain_pieces(line->kind, line->from, line->text)) text += piece;
  text.pop_back();
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(numbered)

BOOST_AUTO_TEST_CASE(before_coming_in_tagged_lines_begin_with_the_answer) {
  RunningRoom room(9);
  Peer ann(room.port());
  ann.send("/Tagged \nregister\n/tagged\nann,pw\n/who\n/dance\nhello\n/quit\n");
  BOOST_TEST(ann.read_line().starts_with("* Welcome"));
  check_own(ann.read_line(), "notice", kTagged);
  check_own(ann.read_line(), "notice", "user,password?");
  check_own(ann.read_line(), "notice", kTagged);
  check_own(ann.read_line(), "notice", "hello ann");
  check_own(ann.read_line(), "online", "online (1): ann");
  auto fields = fields_of(ann.read_line());
  BOOST_TEST(fields[0] == "1");
  BOOST_TEST(fields[2] == "enter");
  BOOST_TEST(fields[3] == "ann");
  check_own(ann.read_line(), "online", "online (1): ann");
  BOOST_TEST(fields_of(ann.read_line())[4].starts_with("ann: here "));
  check_own(ann.read_line(), "error", "unknown command /dance; /help lists the commands");
  fields = fields_of(ann.read_line());
  BOOST_TEST(fields[0] == "2");
  BOOST_TEST(fields[2] == "say");
  BOOST_TEST(fields[4] == "hello");
  fields = fields_of(ann.read_line());
  BOOST_TEST(fields[0] == "3");
  BOOST_TEST(fields[2] == "leave");
  BOOST_TEST(ann.ends());
}

BOOST_AUTO_TEST_CASE(refusals_and_the_goodbye_are_tagged_too) {
  RunningRoom room(9);
  Peer stranger(room.port());
  stranger.send("/tagged\ndance\n");
  (void)stranger.read_line();
  (void)stranger.read_line();
  check_own(stranger.read_line(), "error", "expected login, register or resume");
  BOOST_TEST(stranger.ends());
  Peer ann = tagged_member(room.port(), "ann");
  room.stop();
  check_own(ann.read_line(), "notice", "the server is shutting down");
  BOOST_TEST(ann.ends());
}

// Members switch while others talk, and again: each line is there once, before or after.
BOOST_AUTO_TEST_CASE(a_switch_in_the_middle_of_talk_loses_and_doubles_nothing) {
  constexpr int kLines = 4'000;  // less than kMaxLag: nobody is dropped for reading slowly
  constexpr int kLast = 400;     // of them, said only when everyone has switched
  RunningRoom room(9);
  Peer watcher = tagged_member(room.port(), "watcher");
  Peer talker = Peer::registered(room.port(), "talker");
  std::vector<Peer> members;
  for (int i = 0; i < 4; ++i) {
    members.push_back(Peer::registered(room.port(), "m" + std::to_string(i)));
  }
  watcher.read_until("6\t");
  std::latch switched(static_cast<std::ptrdiff_t>(members.size()));
  std::vector<std::vector<std::string>> heard(members.size());
  Threads threads([&] {
    talker.socket().shutdown();
    for (Peer& member : members) member.socket().shutdown();
  });
  threads.start([&] {
    while (talker.read_line() != "* talker has left the chat") {
    }
  });
  threads.start([&] {
    for (int i = 0; i < kLines; ++i) {
      while (i == kLines - kLast && !switched.try_wait() && !threads.stopping()) {
        std::this_thread::yield();
      }
      talker.say(std::to_string(i));
    }
    talker.half_close();
  });
  for (std::size_t i = 0; i < members.size(); ++i) {
    threads.start([&, i] {
      const std::size_t turn = (i + 1) * kLines / 5;
      bool waited_for = true;
      while (true) {
        std::string line = members[i].read_line();
        if (waited_for && line.starts_with("-\t")) {
          waited_for = false;
          switched.count_down();
        }
        if (line == "talker: " + std::to_string(turn)) members[i].say("/tagged");
        if (line.ends_with("\t" + std::to_string(turn + 100))) members[i].say("/tagged");
        if (line.ends_with("talker has left the chat") ||
            line.ends_with("talker\thas left the chat")) {
          return;
        }
        heard[i].push_back(std::move(line));
      }
    });
  }
  std::vector<std::string> expected;
  for (int i = 0; i < kLines; ++i) {
    const std::string line = watcher.read_line();
    BOOST_REQUIRE(fields_of(line)[0] == std::to_string(i + 7));
    expected.push_back(plain_of(line));
  }
  threads.join();
  for (const auto& lines : heard) {
    std::vector<std::string> plain;
    bool tagged = false;
    for (const auto& line : lines) {
      const bool own = line.starts_with("-\t");
      if (own) check_own(line, "notice", kTagged);
      tagged = tagged || own;
      if (line.ends_with("has entered the chat") || own) continue;
      plain.push_back(tagged ? plain_of(line) : line);
    }
    BOOST_TEST(tagged);
    BOOST_TEST((plain == expected));
  }
}

BOOST_AUTO_TEST_SUITE_END()
