// The room's lines in a file: what is there however the server ends.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "chat/wire/line_format.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/rounds.hpp"
#include "tests/support/served.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/threads.hpp"

namespace {

using Lines = std::vector<std::string>;

// The real server with a transcript, which outlives it.
struct Kept {
  explicit Kept(const TemporaryFolder& folder, const Lines& more = {})
      : program("server", arguments(folder, more), Program::On::kPipes, folder.file("")),
        port(port_in(program.read_until("\n"))) {}

  static Lines arguments(const TemporaryFolder& folder, const Lines& more) {
    Lines all = Served::with_defaults(
        {"--max-users", "100", "--rate", "0", "--transcript", folder.file("room")});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  Program program;
  std::uint16_t port;
};

Lines lines_of(const std::string& text) {
  std::istringstream in(text);
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Peer tagged(std::uint16_t port, const std::string& name) {
  Peer peer(port);
  peer.send("/tagged\nregister\n" + name + ",pw\n");
  peer.read_until("-\t");
  return peer;
}

// What a transcript begins with.
std::string beginning_of(const std::string& file) { return file.substr(0, file.find('\n')); }

// Of the next line of the room's that comes.
std::uint64_t next_number(Peer& peer) {
  while (true) {
    const std::string line = peer.read_line();
    if (const auto parsed = chat::parse_room_line(line)) return parsed->number;
  }
}

// Of the line that says `text`, when it comes.
std::uint64_t number_of(Peer& peer, const std::string& text) {
  while (true) {
    const std::string line = peer.read_line();
    const auto parsed = chat::parse_room_line(line);
    if (parsed && parsed->text == text) return parsed->number;
  }
}

// Whatever of `lines` is the room's own, said and not replayed.
Lines room_lines(const Lines& lines) {
  Lines all;
  for (const auto& line : lines) {
    if (chat::parse_room_line(line)) all.push_back(line);
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(transcript)

BOOST_AUTO_TEST_CASE(a_new_start_goes_on_with_the_numbers_and_the_history) {
  TemporaryFolder folder;
  {
    Kept server(folder);
    Peer ann = Peer::registered(server.port, "ann");
    ann.send("one\ntwo\n");
    ann.read_until("ann: two");
    server.program.signal(SIGTERM);
    BOOST_TEST(server.program.status() == 0);
  }
  Kept server(folder);
  Peer ben(server.port);
  ben.send("register\nben,pw\n/tagged\n/since 2\nhere\n");
  BOOST_TEST(ben.read_until("- 2").ends_with("Z * ann has entered the chat"));
  BOOST_TEST(ben.read_line().ends_with("Z ann: one"));
  BOOST_TEST(ben.read_line().ends_with("Z ann: two"));
  BOOST_TEST(ben.read_line() == "* online (1): ben");
  ben.read_until("3\t");
  BOOST_TEST(ben.read_line().starts_with("4\t"));
  BOOST_TEST(ben.read_line().starts_with("5\t"));
  BOOST_TEST(chat::parse_log_beginning(beginning_of(folder.read("room")))->after == 0);
  const Lines file = room_lines(lines_of(folder.read("room")));
  BOOST_REQUIRE(file.size() == 5u);
  for (std::size_t i = 0; i < file.size(); ++i) {
    const auto line = chat::parse_room_line(file[i]);
    BOOST_REQUIRE(line.has_value());
    BOOST_TEST(line->number == i + 1);
  }
}

// Killed at any moment, with the file as the members saw it: none of what they got is missing, and
// what is in it beyond that they hear when they come back.
BOOST_AUTO_TEST_CASE(killed_at_any_moment_the_file_holds_what_members_saw) {
  std::mt19937 random(std::random_device{}());
  TemporaryFolder folder;
  std::size_t lines = 0;
  int lives = 0;
  for (; lives < rounds(5, 200) || (lines <= 100 && lives < 100); ++lives) {
    Kept server(folder, {"--history", "0"});
    Lines seen;
    Peer watcher = tagged(server.port, "watcher");
    std::vector<Peer> talkers;
    for (int i = 0; i < 4; ++i) {
      talkers.push_back(Peer::registered(server.port, "t" + std::to_string(i)));
    }
    Threads threads([&] {
      for (Peer& talker : talkers) talker.socket().shutdown();
    });
    for (Peer& talker : talkers) {
      threads.start([&talker] {
        std::string line = "a line with some text in it\n";
        while (talker.socket().send_all(line)) {
          if (!talker.socket().wait_while_open(chat::Clock::now())) break;
        }
      });
    }
    threads.start([&] {
      for (const auto& line : room_lines(watcher.read_all())) seen.push_back(line);
    });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 100'000));
    server.program.signal(SIGKILL);
    threads.join();
    // One who is too slow misses some, so: each where its number says.
    const Lines file = room_lines(lines_of(folder.read("room")));
    for (const auto& line : seen) {
      const std::uint64_t number = chat::parse_room_line(line)->number;
      BOOST_REQUIRE(number <= file.size());
      BOOST_REQUIRE(line == file[number - 1]);
    }
    lines = file.size();
  }
  BOOST_TEST_MESSAGE(lines << " lines in " << lives << " lives");
  BOOST_TEST(lines > 100u);
}

BOOST_AUTO_TEST_CASE(a_signal_makes_it_go_on_in_a_new_file) {
  TemporaryFolder folder;
  Kept server(folder);
  Peer ann = tagged(server.port, "ann");
  ann.say("one");
  ann.read_until("2\t");
  BOOST_REQUIRE(std::rename(folder.file("room").c_str(), folder.file("old").c_str()) == 0);
  server.program.signal(SIGHUP);
  while (folder.entries().count("room") == 0) std::this_thread::yield();
  // The file is there; the room writes to it a moment later.
  std::uint64_t number = 2;
  while (room_lines(lines_of(folder.read("room"))).empty()) {
    ann.say("two");
    ann.read_until(std::to_string(++number) + "\t");
  }
  const std::string all = folder.read("old") + folder.read("room");
  BOOST_TEST(room_lines(lines_of(all)).size() == number);
  BOOST_TEST(lines_of(all).back().starts_with(std::to_string(number) + "\t"));
}

// Also where nothing was said in the new file.
BOOST_AUTO_TEST_CASE(a_file_begun_by_hand_carries_epoch_and_number_on) {
  TemporaryFolder folder;
  std::string epoch;
  {
    Kept server(folder);
    Peer ann = tagged(server.port, "ann");
    ann.say("one");
    ann.read_until("2\t");
    epoch = chat::parse_log_beginning(beginning_of(folder.read("room")))->epoch;
    BOOST_REQUIRE(std::rename(folder.file("room").c_str(), folder.file("old").c_str()) == 0);
    server.program.signal(SIGHUP);
    while (folder.entries().count("room") == 0 || folder.read("room").empty()) {
      std::this_thread::yield();
    }
    server.program.signal(SIGKILL);
    (void)server.program.status();
  }
  BOOST_TEST(beginning_of(folder.read("room")) == "# log " + epoch + " after line 2");
  Kept server(folder);
  Peer ben(server.port);
  ben.send("/tagged\nregister\nben,pw\n");
  BOOST_TEST(
      ben.read_until("-\t").ends_with("\tnotice\t" + epoch + "\tlines are tagged from here on"));
  BOOST_TEST(next_number(ben) == 3);
}

BOOST_AUTO_TEST_CASE(
    without_its_transcript_it_is_another_log_and_says_so_to_who_names_the_old_one) {
  TemporaryFolder folder;
  const auto epoch_at = [](Peer& peer) {
    peer.send("/tagged\nregister\nann,pw\n");
    const std::string line = peer.read_until("-\t");
    return line.substr(line.find("notice\t") + 7, 16);
  };
  std::string old;
  {
    Kept server(folder);
    Peer ann(server.port);
    old = epoch_at(ann);
    ann.say("/since 0@" + old);
    ann.read_until("1\t");  // its arrival; and once more
    ann.read_until("1\t");
  }
  std::filesystem::remove(folder.file("room"));
  Kept server(folder);
  Peer ann(server.port);
  const std::string epoch = epoch_at(ann);
  BOOST_TEST(epoch != old);
  ann.read_until("1\t");
  ann.say("/since 23@" + old);
  BOOST_TEST(ann.read_until("-\t").ends_with("begun anew since: all that are kept follow"));
  BOOST_TEST(ann.read_until("1\t").find("\tenter+\tann\t") != std::string::npos);
  ann.say("/since 1@" + epoch);
  BOOST_TEST(ann.read_until("-\t").ends_with("there is nothing after line 1"));
}

BOOST_AUTO_TEST_CASE(with_a_maximum_it_is_rotated_and_numbers_and_history_go_on) {
  constexpr std::size_t kMost = 2048;
  const Lines maximum{"--transcript-max", "2K"};
  TemporaryFolder folder;
  std::uint64_t last = 0;
  for (int life = 0; life < 3; ++life) {
    Kept server(folder, maximum);
    Peer ann = tagged(server.port, "ann");
    const std::uint64_t before = last;
    // Until it has just been rotated: then the new file holds next to nothing.
    bool rotated = false;
    for (std::size_t size = 0; last < before + 10 || !rotated;) {
      const std::string text = "something to be kept after " + std::to_string(last);
      ann.say(text);
      last = number_of(ann, text);  // then it is written, and nothing is under way
      const std::size_t now = folder.read("room").size();
      BOOST_REQUIRE(now <= kMost);
      rotated = now < size;
      size = now;
    }
    server.program.signal(SIGKILL);
    BOOST_TEST(server.program.status() == 128 + SIGKILL);
    last = 0;
    BOOST_TEST(chat::parse_log_beginning(beginning_of(folder.read("room"))).has_value());
    for (const auto& line : room_lines(lines_of(folder.read("room.1") + folder.read("room")))) {
      const auto parsed = chat::parse_room_line(line);
      if (last > 0) BOOST_TEST(parsed->number == last + 1);
      last = parsed->number;
    }
    BOOST_TEST(last > before);
  }
  Kept server(folder, maximum);
  Peer ben(server.port);
  ben.send("/tagged\nregister\nben,pw\n");
  ben.read_until(std::to_string(last) + "\t");      // the history
  ben.read_until(std::to_string(last + 1) + "\t");  // and ben's arrival
}

// Killed at any moment, with so small a maximum that it is most likely busy rotating.
BOOST_AUTO_TEST_CASE(killed_while_it_rotates_nothing_that_members_saw_last_is_missing) {
  std::mt19937 random(std::random_device{}());
  TemporaryFolder folder;
  for (int round = 0; round < rounds(5, 200); ++round) {
    Kept server(folder, {"--history", "0", "--transcript-max", "1K"});
    Peer watcher = tagged(server.port, "watcher");
    Peer talker = Peer::registered(server.port, "talker");
    Lines seen;
    std::thread talking([&] {
      const std::string line = "a line with some text in it\n";
      while (talker.socket().send_all(line)) {
        if (!talker.socket().wait_while_open(chat::Clock::now())) break;
      }
    });
    std::thread reading([&] { seen = room_lines(watcher.read_all()); });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 100'000));
    server.program.signal(SIGKILL);
    reading.join();
    talking.join();
    const Lines kept = room_lines(lines_of(folder.read("room.1") + folder.read("room")));
    BOOST_REQUIRE(!kept.empty());
    const std::uint64_t first = chat::parse_room_line(kept.front())->number;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      BOOST_REQUIRE(chat::parse_room_line(kept[i])->number == first + i);
    }
    for (const auto& line : seen) {
      const std::uint64_t number = chat::parse_room_line(line)->number;
      BOOST_REQUIRE(number < first + kept.size());
      if (number >= first) BOOST_REQUIRE(line == kept[number - first]);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
