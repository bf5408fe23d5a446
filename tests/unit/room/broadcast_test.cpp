#include "chat/room/broadcast.hpp"

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "chat/room/limits.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/socket_pair.hpp"

namespace chat {
namespace {

// A member of which the test holds the far end. `narrow`: its socket takes only some KiB at a time.
struct Hearer : SocketPair {
  explicit Hearer(bool narrow = false) {
    const int least = 1;  // the kernel makes of it what it needs
    if (narrow)
      (void)::setsockopt(near.descriptor().get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  }

  // What comes, up to and including `last`; less, where that does not come.
  std::string read_until(const std::string& last) {
    const auto deadline = Clock::now() + kPatience;
    std::array<char, 4096> part;
    while (!text.ends_with(last)) {
      const IoResult received = far.receive_until(part, deadline);
      if (received.io != Io::kDone) return text + "(no more)";
      text.append(part.data(), received.bytes);
    }
    return std::exchange(text, {});
  }

  // At least so many bytes of what comes.
  void read(std::size_t bytes) {
    std::array<char, 4096> part;
    while (bytes > 0) {
      const IoResult received = far.receive_until(part, Clock::now() + kPatience);
      BOOST_REQUIRE((received.io == Io::kDone));
      bytes -= std::min(bytes, received.bytes);
    }
  }

  Subscriber member{near};
  std::string text;
};

// ann and ben talk, cid hears.
struct Trio {
  explicit Trio(Rendering rendering = Rendering::kPlain) {
    for (Hearer* one : {&ann, &ben}) {
      BOOST_REQUIRE(
          broadcast.enter(one->member, Rendering::kPlain, {}, one == &ann ? "ann" : "ben"));
    }
    BOOST_REQUIRE(broadcast.enter(cid.member, rendering, {}, "cid"));
    (void)cid.read_until("has entered the chat\n");
  }

  bool says(Hearer& who, const std::string& text) {
    return broadcast.say(who.member, &who == &ann ? "ann" : "ben", text);
  }

  // So much that cid's socket is full, and the round that found it so is over.
  std::string fill(Hearer& talker) {
    std::string lines;
    const std::string name = &talker == &ann ? "ann: " : "ben: ";
    for (const char c : {'1', '2', '3'}) {
      BOOST_REQUIRE(says(talker, std::string(4000, c)));
      lines += name + std::string(4000, c) + "\n";
    }
    const auto deadline = Clock::now() + kPatience;
    while (broadcast.figures().slow == 0) {
      BOOST_REQUIRE((Clock::now() < deadline));
      std::this_thread::yield();
    }
    return lines;
  }

  Hearer ann;
  Hearer ben;
  Hearer cid{true};
  Broadcast broadcast;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(broadcast)

// However many lines a replay has to look at, others have their rounds in between.
BOOST_AUTO_TEST_CASE(a_replay_has_a_turn_in_each_of_many_rounds) {
  constexpr std::size_t kTurns = 20;
  Trio room;
  std::uint64_t last = room.broadcast.last_number();
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    for (std::size_t i = 1; i < kTurnLines; ++i) BOOST_REQUIRE(room.says(room.ben, "x"));
    BOOST_REQUIRE(room.says(room.ben, "turn"));
    for (Hearer* one : {&room.ann, &room.ben, &room.cid}) (void)one->read_until("turn\n");
  }
  const std::uint64_t before = room.broadcast.moves();
  auto heard = std::async(std::launch::async, [&] { return room.cid.read_until("* the end\n"); });
  BOOST_REQUIRE(room.broadcast.replay(room.cid.member, {last + 1, room.broadcast.last_number()}));
  // The next one begins only when this one is over.
  last = room.broadcast.last_number();
  BOOST_REQUIRE(room.broadcast.replay(room.cid.member, {last, last}));
  BOOST_TEST(room.broadcast.moves() - before >= kTurns);
  BOOST_REQUIRE(room.broadcast.tell(room.cid.member, "* the end\n"));
  BOOST_TEST(heard.get().ends_with("* the end\n"));
}

BOOST_AUTO_TEST_CASE(a_member_has_one_replay_at_a_time) {
  Trio room;
  for (int i = 0; i < 80; ++i) {
    BOOST_REQUIRE(room.says(room.ann, std::string(1000, 'x') + std::to_string(i)));
  }
  (void)room.cid.read_until("x79\n");
  const std::uint64_t last = room.broadcast.last_number();
  BOOST_REQUIRE(room.broadcast.replay(room.cid.member, {last - 79, last}));
  std::atomic<bool> over{false};
  auto second = std::async(std::launch::async, [&] {
    const bool replayed = room.broadcast.replay(room.cid.member, {last, last});
    over = true;
    return replayed;
  });
  room.cid.read(40'000);
  BOOST_TEST(!over);
  room.cid.read(40'000);
  BOOST_TEST(second.get());
}

BOOST_AUTO_TEST_CASE(many_replays_at_once_all_come_to_their_end) {
  Trio room;
  for (int i = 0; i < 3000; ++i) BOOST_REQUIRE(room.says(room.ben, "x" + std::to_string(i)));
  const std::uint64_t last = room.broadcast.last_number();
  std::vector<std::unique_ptr<Hearer>> hearers;
  for (int i = 0; i < 40; ++i) {
    Hearer& one = *hearers.emplace_back(std::make_unique<Hearer>(i % 2 == 0));
    BOOST_REQUIRE(room.broadcast.enter(one.member, Rendering::kPlain, {}, "one"));
    BOOST_REQUIRE(room.broadcast.replay(one.member, {last - 2999, last}));
  }
  BOOST_REQUIRE(room.says(room.ben, "the end"));
  for (const auto& one : hearers) {
    const std::string heard = one->read_until("ben: the end\n");
    BOOST_TEST(heard.ends_with("ben: the end\n"));
    for (int i = 0; i < 3000; i += 100) {
      BOOST_TEST(heard.find("x" + std::to_string(i) + "\n") != std::string::npos);
    }
  }
  for (const auto& one : hearers) {
    room.broadcast.leave(one->member, "one", false);
    room.broadcast.wait_until_released(one->member);
  }
}

// Such as that a password is changed.
BOOST_AUTO_TEST_CASE(what_is_done_already_is_reported_also_while_the_room_is_held) {
  Trio room;
  room.broadcast.hold();
  BOOST_TEST(!room.broadcast.tell(room.cid.member, "* not now\n"));
  BOOST_TEST(room.broadcast.report(room.cid.member, "* done\n"));
  BOOST_TEST(room.cid.read_until("* done\n") == "* done\n");
  room.broadcast.go_on();
  BOOST_TEST(room.broadcast.tell(room.cid.member, "* now\n"));
  BOOST_TEST(room.cid.read_until("* now\n") == "* now\n");
}

// Otherwise the goodbye, which has no number, would be taken for a part of its last line.
BOOST_AUTO_TEST_CASE(who_has_left_when_the_room_ends_hears_no_more_than_that) {
  Trio room;
  const std::string lines = room.fill(room.ann);
  room.broadcast.leave(room.cid.member, "cid", true);
  const auto end = std::async(std::launch::async, [&] { room.broadcast.close("* bye\n"); });
  const std::string last = "* cid has left the chat\n";
  BOOST_TEST(room.ann.read_until("* bye\n").ends_with(last + "* bye\n"));
  BOOST_TEST(room.cid.read_until(last) == lines + last);
  room.broadcast.wait_until_released(room.cid.member);
}

namespace {

// `line` of the room, without time, which the test does not know.
std::string expected(Rendering rendering, std::uint64_t number, bool replayed,
                     const std::string& from, const std::string& text) {
  if (rendering == Rendering::kPlain) return (replayed ? "- " : "") + from + ": " + text + "\n";
  return std::to_string(number) + "\tsay" + (replayed ? "+\t" : "\t") + from + "\t" + text + "\n";
}

// Takes the times out of `lines`.
std::string without_times(const std::string& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size();) {
    const std::size_t end = lines.find('\n', i) + 1;
    std::string line = lines.substr(i, end - i);
    const std::size_t tab = line.find('\t');
    if (line.starts_with("- 20")) line.erase(2, line.find(' ', 2) - 1);
    if (!line.starts_with("-\t") && tab != std::string::npos) {
      line.erase(tab, line.find('\t', tab + 1) - tab);
    }
    text += line;
    i = end;
  }
  return text;
}

// Many lines and letters at random, to one whose socket is nearly always full.
void check_at_random(unsigned seed, Rendering rendering) {
  std::mt19937 random(seed);
  Trio room(rendering);
  const std::string end = rendering == Rendering::kPlain ? "* end\n" : "-\tend\n";
  auto heard = std::async(std::launch::async, [&] { return room.cid.read_until(end); });
  std::vector<std::pair<std::string, std::string>> said(3);  // who came in, not replayed here
  std::string all;
  for (int i = 0; i < 600; ++i) {
    const unsigned what = static_cast<unsigned>(random() % 16);
    const std::string mark =
        (rendering == Rendering::kPlain ? "* " : "-\t") + std::to_string(i) + "\n";
    if (what < 10) {
      const std::string from = random() % 2 == 0 ? "ann" : "ben";
      const std::string text = std::to_string(i) + std::string(random() % 400, 'x');
      BOOST_REQUIRE(room.says(from == "ann" ? room.ann : room.ben, text));
      said.emplace_back(from, text);
      all += expected(rendering, said.size(), false, from, text);
    } else if (what < 15) {
      BOOST_REQUIRE(room.broadcast.tell(room.cid.member, mark));
      all += mark;
    } else {
      const std::uint64_t last = said.size();
      const std::uint64_t first =
          std::max<std::uint64_t>(4, last - std::min<std::uint64_t>(last, random() % 50));
      BOOST_REQUIRE(room.broadcast.replay(room.cid.member, {first, last}));
      for (std::uint64_t n = first; n <= last; ++n) {
        const auto& [from, text] = said[n - 1];
        all += expected(rendering, n, true, from, text);
      }
    }
  }
  BOOST_REQUIRE(room.broadcast.tell(room.cid.member, end));
  const std::string got = without_times(heard.get());
  const auto at = std::mismatch(got.begin(), got.end(), all.begin(), all.end()).first - got.begin();
  BOOST_TEST((got == all + end), "seed " << seed << " at " << at << ": "
                                         << got.substr(static_cast<std::size_t>(at), 100));
}

}  // namespace

BOOST_AUTO_TEST_CASE(of_lines_and_letters_each_comes_in_its_place_and_numbers_have_no_gap) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    for (const Rendering rendering : {Rendering::kPlain, Rendering::kTagged}) {
      check_at_random(seed, rendering);
    }
  }
}

// The talker makes the round of a lone line itself, in which the line behind it could not be.
BOOST_AUTO_TEST_CASE(the_rounds_of_one_who_says_several_lines_are_the_broadcasters) {
  constexpr std::uint64_t kLines = 200;
  Trio room;
  const std::uint64_t before = room.broadcast.moves();
  for (std::uint64_t i = 0; i < kLines; ++i) {
    BOOST_REQUIRE(room.broadcast.say(room.ann.member, "ann", "x", Kind::kSay, true));
    (void)room.ben.read_until("ann: x\n");
  }
  // The first may be in a round that had begun.
  BOOST_TEST(room.broadcast.moves() - before >= kLines - 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
