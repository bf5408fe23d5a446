#include "chat/room/message_log.hpp"

#include <boost/test/unit_test.hpp>

#include "chat/base/limits.hpp"
#include "chat/room/limits.hpp"
#include "chat/storage/limits.hpp"
#include "chat/wire/limits.hpp"

namespace chat {
namespace {

using Place = MessageLog::Place;

const TimeText kEpoch = time_text(WallTime{});

std::string read(const MessageLog& log, Rendering rendering, Place from = {}) {
  std::string text;
  const auto end = log.end().in(rendering);
  for (auto at = from.in(rendering); at < end;) {
    const iovec piece = log.piece(rendering, at, end);
    text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    at += piece.iov_len;
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message_log)

BOOST_AUTO_TEST_CASE(each_line_is_there_in_both_renderings_with_the_next_number) {
  MessageLog log;
  BOOST_TEST(log.end().number == 0u);
  log.append(Kind::kEnter, "ann", kEntered, kEpoch);
  log.append(Kind::kSay, "ann", "hello", kEpoch);
  log.append(Kind::kLeave, "ann", kLeft, kEpoch);
  BOOST_TEST(log.end().number == 3u);
  BOOST_TEST(read(log, Rendering::kPlain) ==
             "* ann has entered the chat\nann: hello\n* ann has left the chat\n");
  BOOST_TEST(read(log, Rendering::kTagged) ==
             "1\t1970-01-01T00:00:00.000Z\tenter\tann\thas entered the chat\n"
             "2\t1970-01-01T00:00:00.000Z\tsay\tann\thello\n"
             "3\t1970-01-01T00:00:00.000Z\tleave\tann\thas left the chat\n");
}

BOOST_AUTO_TEST_CASE(a_line_that_does_not_count_has_no_number) {
  MessageLog log;
  log.append_unnumbered("* bye\n");
  BOOST_TEST(log.end().number == 0u);
  BOOST_TEST(read(log, Rendering::kPlain) == "* bye\n");
  const std::string tagged = read(log, Rendering::kTagged);
  BOOST_TEST(tagged.starts_with("-\t"));
  BOOST_TEST(tagged.ends_with("Z\tnotice\t-\tbye\n"));
}

// Whatever fits() lets in overwrites nothing behind the floor, in neither rendering.
BOOST_AUTO_TEST_CASE(what_fits_loses_nothing_behind_the_floor) {
  for (const std::size_t size : {1UL, 60UL, 3 * kMaxLine}) {
    MessageLog log;
    const std::string name(kMaxName, 'n');
    const std::string text(size, 'x');
    for (int i = 0; i < 3; ++i) log.append(Kind::kSay, name, text, kEpoch);
    const Place floor = log.end();
    std::string plain, first;
    while (log.fits(size, floor)) {
      log.append(Kind::kSay, name, text, kEpoch);
      if (first.empty()) {
        plain = read(log, Rendering::kPlain, floor);
        first = read(log, Rendering::kTagged, floor);
      }
    }
    BOOST_TEST(log.end().tagged - floor.tagged <= 2 * kKeptTagged);
    BOOST_TEST(log.end().plain - floor.plain <= 2 * kKeptPlain);
    BOOST_TEST(read(log, Rendering::kPlain, floor).starts_with(plain));
    BOOST_TEST(read(log, Rendering::kTagged, floor).starts_with(first));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
