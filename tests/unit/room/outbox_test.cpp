#include "chat/room/outbox.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "chat/room/limits.hpp"
#include "chat/room/subscriber.hpp"

namespace chat {
namespace {

using What = Outbox::What;

const TimeText kEpoch = time_text(WallTime{});

// A room's log, and one who hears it from the beginning, without a socket.
struct Reader {
  void say(const std::string& text) { log.append(Kind::kSay, "ann", text, kEpoch); }

  void post(What what, const std::string& text, MessageLog::Range lines = {}) {
    Outbox::Letters letters;
    letters.push_back({nullptr, log.end(), what, text, lines, Outbox::weight_of(text, lines)});
    outbox.expect(letters.front());
    outbox.take_first_of(letters);
  }

  Outbox::Window window() const { return {log, floor, log.end()}; }

  // What a socket that takes so many bytes gets; whether that was all there is without a turn.
  std::string take(std::size_t most) {
    std::string taken;
    while (true) {
      ready = outbox.open(cursor, window(), turn);
      std::vector<iovec> pieces;
      outbox.gather(cursor, log, log.end().in(cursor.rendering), pieces);
      if (pieces.empty() || taken.size() == most) return taken;
      std::size_t bytes = 0;
      for (const iovec& piece : pieces) {
        const std::string_view text(static_cast<const char*>(piece.iov_base), piece.iov_len);
        const std::string_view part = text.substr(0, most - taken.size());
        taken += part;
        bytes += part.size();
      }
      outbox.advance(cursor, bytes);
    }
  }

  std::string take_all() { return take(1'000'000); }

  MessageLog log;
  MessageLog::Place floor;
  Outbox outbox;
  Outbox::Cursor cursor;
  Outbox::Turn turn{kTurnLines, kRoundLines};
  bool ready = true;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(outbox)

BOOST_AUTO_TEST_CASE(letters_stand_where_they_were_posted_among_the_lines) {
  Reader reader;
  reader.say("one");
  reader.post(What::kText, "* only for you\n");
  reader.say("two");
  BOOST_TEST(reader.outbox.waiting_bytes() > 0u);
  BOOST_TEST(reader.take_all() == "ann: one\n* only for you\nann: two\n");
  BOOST_TEST(reader.outbox.empty());
  BOOST_TEST(reader.outbox.waiting_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(what_follows_a_tag_is_tagged) {
  Reader reader;
  reader.say("one");
  reader.post(What::kTag, "answer\n");
  reader.say("two");
  BOOST_TEST(reader.take_all() == "ann: one\nanswer\n2\t1970-01-01T00:00:00.000Z\tsay\tann\ttwo\n");
}

BOOST_AUTO_TEST_CASE(a_replay_reads_the_log_when_its_place_has_come) {
  Reader reader;
  reader.say("one");
  BOOST_TEST(reader.take_all() == "ann: one\n");
  reader.post(What::kReplay, "", {1, 1});
  BOOST_TEST(reader.outbox.replays() == 1);
  const std::string replayed = reader.take_all();
  BOOST_TEST(replayed.ends_with("ann: one\n"));
  BOOST_TEST(reader.outbox.replays() == 0);
}

BOOST_AUTO_TEST_CASE(a_replay_waits_for_its_turn) {
  Reader reader;
  reader.say("one");
  (void)reader.take_all();
  reader.post(What::kReplay, "", {1, 1});
  reader.say("two");
  reader.turn.lines = 0;
  BOOST_TEST(reader.take_all() == "");
  BOOST_TEST(!reader.ready);
  reader.turn.lines = kTurnLines;
  BOOST_TEST(reader.take_all().ends_with("ann: one\nann: two\n"));
  BOOST_TEST(reader.ready);
  BOOST_TEST(reader.turn.lines < kTurnLines);
  BOOST_TEST(reader.turn.round_lines < kRoundLines);
}

BOOST_AUTO_TEST_CASE(who_is_skipped_forward_gets_the_rest_of_its_line_its_letters_and_a_notice) {
  Reader reader;
  Socket none;
  Subscriber member(none);
  reader.say("one");
  reader.say("two");
  reader.post(What::kText, "* only for you\n");
  BOOST_TEST(reader.take(3) == "ann");
  reader.outbox.skip_forward(reader.cursor, reader.window(), member);
  reader.say("three");
  BOOST_TEST(reader.take_all() ==
             ": one\n* only for you\n* you missed lines 2 to 2 (/since 1)\nann: three\n");
}

// One who is skipped again and again is told once, of all.
BOOST_AUTO_TEST_CASE(notices_that_follow_each_other_are_one) {
  Reader reader;
  Socket none;
  Subscriber member(none);
  for (const char* text : {"one", "two", "three"}) {
    reader.say(text);
    reader.outbox.skip_forward(reader.cursor, reader.window(), member);
  }
  BOOST_TEST(reader.take_all() == "* you missed lines 1 to 3 (/since 0)\n");
}

// Wherever a socket is full: what was sent and what would be handed over are all, once.
BOOST_AUTO_TEST_CASE(sent_and_unsent_are_all_at_each_byte) {
  const auto filled = [] {
    auto reader = std::make_unique<Reader>();
    reader->post(What::kText, "hello\n");
    reader->say("one");
    reader->post(What::kText, "first\n");
    reader->post(What::kText, "second\n");
    reader->say("two");
    reader->post(What::kTag, "tagged from here on\n");
    reader->say("three");
    return reader;
  };
  const std::string all = filled()->take_all();
  for (std::size_t size = 0; size <= all.size(); ++size) {
    auto reader = filled();
    std::string text = reader->take(size);
    BOOST_TEST(text.size() == size);
    for (const Outbox::Unsent& unsent :
         reader->outbox.unsent(reader->cursor, reader->log, reader->log.end())) {
      text += unsent.text;
    }
    BOOST_TEST(text == all);
  }
}

// However many letters there are, and however they are cut by the socket.
BOOST_AUTO_TEST_CASE(the_order_is_the_same_however_little_the_socket_takes) {
  std::minstd_rand random(3490);
  for (int round = 0; round < 50; ++round) {
    Reader reader;
    std::string expected;
    for (int i = 0; i < 60; ++i) {
      const std::string text = std::to_string(i);
      if (random() % 2 == 0) {
        reader.say(text);
        expected += "ann: " + text + "\n";
      } else {
        reader.post(What::kText, "* " + text + "\n");
        expected += "* " + text + "\n";
      }
    }
    std::string got;
    while (got.size() < expected.size()) got += reader.take(1 + random() % 40);
    BOOST_TEST(got == expected);
    BOOST_TEST(reader.outbox.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
