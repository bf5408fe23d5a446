// In the room: arrivals, departures, lines, commands, order.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/threads.hpp"

BOOST_AUTO_TEST_SUITE(talking)

BOOST_AUTO_TEST_CASE(a_line_goes_to_everyone_the_sender_included) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  Peer ben = Peer::registered(room.port(), "ben");
  ann.read_until("* ben has entered");
  ann.say("good morning");
  BOOST_TEST(ann.read_line() == "ann: good morning");
  BOOST_TEST(ben.read_line() == "ann: good morning");
}

BOOST_AUTO_TEST_CASE(arrival_and_departure_are_told_once_each_whatever_way_the_user_went) {
  RunningRoom room(9);
  Peer watcher = Peer::registered(room.port(), "watcher");
  const std::vector<void (*)(Peer&)> ways = {
      [](Peer& peer) { peer.say("/quit"); },
      [](Peer& peer) { peer.half_close(); },
      [](Peer& peer) { peer.close(); },
      [](Peer& peer) { peer.reset(); },
  };
  for (const auto way : ways) {
    Peer ann = Peer::registered(room.port(), "ann");
    way(ann);
    BOOST_TEST(watcher.read_line() == "* ann has entered the chat");
    BOOST_TEST(watcher.read_line() == "* ann has left the chat");
  }
  watcher.say("end");
  BOOST_TEST(watcher.read_line() == "watcher: end");
}

BOOST_AUTO_TEST_CASE(two_slashes_say_a_line_that_begins_with_one) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  ann.say("//etc/hosts");
  BOOST_TEST(ann.read_line() == "ann: /etc/hosts");
}

BOOST_AUTO_TEST_CASE(an_empty_line_does_nothing) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  ann.send("\n\r\nx\n");
  BOOST_TEST(ann.read_line() == "ann: x");
}

BOOST_AUTO_TEST_CASE(who_lists_everyone_online_to_the_one_who_asks) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  Peer ben = Peer::registered(room.port(), "ben");
  ben.say("/who");
  BOOST_TEST(ben.read_line() == "* online (2): ann, ben");
  ben.say("x");
  ann.read_until("* ben has entered");
  BOOST_TEST(ann.read_line() == "ben: x");
}

BOOST_AUTO_TEST_CASE(quit_leaves_and_ends_the_connection) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  ann.say("bye\n/quit\nnever said");
  BOOST_TEST(ann.read_line() == "ann: bye");
  BOOST_TEST(ann.read_line() == "* ann has left the chat");
  BOOST_TEST(ann.ends());
}

BOOST_AUTO_TEST_CASE(an_unknown_command_is_an_error_to_its_sender_only) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  Peer ben = Peer::registered(room.port(), "ben");
  ben.say("/dance now");
  BOOST_TEST(ben.read_line().starts_with("! unknown command /dance"));
  ben.say("x");
  ann.read_until("* ben has entered");
  BOOST_TEST(ann.read_line() == "ben: x");
}

BOOST_AUTO_TEST_CASE(a_line_cut_at_any_place_arrives_whole) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  const std::string line = "good \xE2\x98\x95 morning\r\n";
  for (std::size_t cut = 1; cut < line.size(); ++cut) {
    ann.send(line.substr(0, cut));
    ann.send(line.substr(cut));
    BOOST_TEST(ann.read_line() == "ann: good \xE2\x98\x95 morning");
  }
}

BOOST_AUTO_TEST_CASE(a_line_of_4096_bytes_is_said_and_a_longer_one_is_an_error) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  const std::string longest(4096, 'x');
  ann.say(longest);
  BOOST_TEST(ann.read_line() == "ann: " + longest);
  ann.say(longest + "x");
  BOOST_TEST(ann.read_line().starts_with("! line too long"));
  ann.say("short");
  BOOST_TEST(ann.read_line() == "ann: short");
}

BOOST_AUTO_TEST_CASE(a_stream_without_line_ends_is_closed_at_64_kib) {
  RunningRoom room(9);
  Peer ben = Peer::registered(room.port(), "ben");
  Peer ann = Peer::registered(room.port(), "ann");
  ann.send(std::string(65'536, 'x'));
  ann.say("\nstill in");
  ann.read_until("ann: still in");
  ann.send(std::string(65'537, 'x'));
  ann.read_until("! line too long");
  ben.read_until("* ann has left");
}

BOOST_AUTO_TEST_CASE(control_and_bidirectional_characters_become_the_replacement_character) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  ann.say("a\x1B[2J\tb\x07 c\xC2\x9B d\xE2\x80\xAE e\rf");
  BOOST_TEST(ann.read_line() ==
             "ann: a\xEF\xBF\xBD[2J\tb\xEF\xBF\xBD c\xEF\xBF\xBD d\xEF\xBF\xBD e\xEF\xBF\xBD"
             "f");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_utf8_is_refused_whole) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  ann.say("caf\xE9");
  BOOST_TEST(ann.read_line().starts_with("! not UTF-8"));
}

BOOST_AUTO_TEST_CASE(at_a_half_close_everything_is_processed_the_unterminated_line_included) {
  RunningRoom room(9);
  Peer ben = Peer::registered(room.port(), "ben");
  Peer ann = Peer::registered(room.port(), "ann");
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "line " + std::to_string(i) + "\n";
  ann.send(lines + "the last");
  ann.half_close();
  ben.read_until("* ann has entered");
  for (int i = 0; i < 1000; ++i) {
    BOOST_REQUIRE(ann.read_line() == "ann: line " + std::to_string(i));
    BOOST_REQUIRE(ben.read_line() == "ann: line " + std::to_string(i));
  }
  BOOST_TEST(ann.read_line() == "ann: the last");
  BOOST_TEST(ben.read_line() == "ann: the last");
  BOOST_TEST(ben.read_line() == "* ann has left the chat");
  BOOST_TEST(ann.read_line() == "* ann has left the chat");
  BOOST_TEST(ann.ends());
}

BOOST_AUTO_TEST_CASE(a_megabyte_said_before_anything_is_read_comes_back_whole) {
  RunningRoom room(9);
  Peer ann = Peer::registered(room.port(), "ann");
  constexpr int kLines = 2000;
  const std::string text(500, 'x');
  Threads talker([&] { ann.socket().shutdown(); });
  talker.start([&] {
    for (int i = 0; i < kLines; ++i) ann.say(std::to_string(i) + text);
    ann.half_close();
  });
  talker.join();
  int said = 0;
  for (const std::string& line : ann.read_all()) {
    if (line.starts_with("ann: ")) BOOST_REQUIRE(line == "ann: " + std::to_string(said++) + text);
  }
  BOOST_TEST(said == kLines);
}

BOOST_AUTO_TEST_CASE(everyone_sees_all_lines_in_one_and_the_same_order) {
  constexpr int kMembers = 12;
  constexpr int kLines = 200;
  RunningRoom room(kMembers);
  std::vector<std::vector<std::string>> transcripts(kMembers);
  Threads threads;
  for (int i = 0; i < kMembers; ++i) {
    threads.start([&, i] {
      Peer peer = Peer::registered(room.port(), "u" + std::to_string(i));
      Threads talker([&] { peer.socket().shutdown(); });
      talker.start([&] {
        for (int line = 0; line < kLines; ++line) peer.say(std::to_string(line));
        peer.say("end");
      });
      for (int ends = 0; ends < 1;) {
        // A member stays until it has heard its own last line.
        if (peer.read_line() == "u" + std::to_string(i) + ": end") ++ends;
      }
      talker.join();
      peer.half_close();
      peer.read_all();
      transcripts[static_cast<std::size_t>(i)] = peer.transcript();
    });
  }
  threads.join();
  for (const auto& one : transcripts) {
    for (const auto& other : transcripts) {
      // From the later arrival to the earlier departure of the two, both have the same lines.
      const auto arrival = std::find_if(one.begin(), one.end(), [](const std::string& line) {
        return line.ends_with("has entered the chat");
      });
      BOOST_REQUIRE(arrival != one.end());
      auto theirs = std::find(other.begin(), other.end(), *arrival);
      if (theirs == other.end()) continue;  // the other came later: seen the other way round
      const auto length = std::min(one.end() - arrival, other.end() - theirs);
      BOOST_REQUIRE(length > 0);
      BOOST_TEST(std::equal(arrival, arrival + length, theirs));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_joiners_list_and_the_notices_after_it_agree) {
  constexpr std::size_t kComers = 40;
  RunningRoom room(100);
  std::vector<std::string> problems(kComers);
  Threads threads;
  for (std::size_t i = 0; i < kComers; ++i) {
    threads.start([&, i] {
      const std::string name = "u" + std::to_string(i);
      Peer peer(room.port());
      peer.send("register\n" + name + ",pw\n");
      const std::string list = peer.read_until("* online (");
      std::set<std::string> online;
      std::string names = list.substr(list.find(": ") + 2) + ", ";
      for (std::size_t comma; (comma = names.find(", ")) != std::string::npos;) {
        online.insert(names.substr(0, comma));
        names.erase(0, comma + 2);
      }
      if (peer.read_line() != "* " + name + " has entered the chat") problems[i] = "own arrival";
      peer.say("/who");
      while (true) {
        const std::string line = peer.read_line();
        if (line.starts_with("* online (")) break;
        const std::string who = line.substr(2, line.find(' ', 2) - 2);
        if (line.ends_with("has entered the chat") && !online.insert(who).second) {
          problems[i] = "in the list and announced: " + who;
        }
        if (line.ends_with("has left the chat") && online.erase(who) == 0) {
          problems[i] = "left without having been there: " + who;
        }
      }
    });
  }
  threads.join();
  for (const auto& problem : problems) BOOST_TEST(problem == "");
}

BOOST_AUTO_TEST_CASE(a_long_list_takes_several_lines_of_at_most_4096_bytes) {
  constexpr int kMembers = 150;
  RunningRoom room(kMembers);
  std::vector<Peer> peers;
  for (int i = 0; i < kMembers; ++i) {
    peers.push_back(
        Peer::registered(room.port(), "a-rather-long-name-of-member-" + std::to_string(i)));
  }
  std::size_t names = 0;
  int lines = 0;
  for (const auto& line : peers.back().transcript()) {
    if (!line.starts_with("* online (150): ")) continue;
    ++lines;
    BOOST_TEST(line.size() <= 4096u);
    names += static_cast<std::size_t>(std::count(line.begin(), line.end(), ',')) + 1;
  }
  BOOST_TEST(lines == 2);
  BOOST_TEST(names == 150u);
}

BOOST_AUTO_TEST_SUITE_END()
