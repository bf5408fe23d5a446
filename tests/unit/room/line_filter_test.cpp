#include "chat/room/line_filter.hpp"

#include <boost/test/unit_test.hpp>

#include "chat/room/message_log.hpp"

namespace chat {
namespace {

RoomLine line_of(Kind kind, std::string_view from) {
  return {7, "2026-11-24T12:34:56.789Z", kind, from, "x"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(line_filter)

BOOST_AUTO_TEST_CASE(of_who_is_ignored_what_is_said_and_done_is_hidden_and_no_more) {
  const LineFilter filter{"ann", {"ben"}, false};
  BOOST_TEST(filter.hides_anything());
  BOOST_TEST(filter.hides(line_of(Kind::kSay, "BEN")));
  BOOST_TEST(filter.hides(line_of(Kind::kMe, "ben")));
  BOOST_TEST(!filter.hides(line_of(Kind::kSay, "cid")));
  for (const Kind kind : {Kind::kEnter, Kind::kLeave, Kind::kNotice}) {
    BOOST_TEST(!filter.hides(line_of(kind, "ben")));
  }
}

BOOST_AUTO_TEST_CASE(quiet_hides_who_comes_and_goes_but_not_oneself) {
  const LineFilter filter{"ann", {}, true};
  for (const Kind kind : {Kind::kEnter, Kind::kLeave}) {
    BOOST_TEST(filter.hides(line_of(kind, "ben")));
    BOOST_TEST(!filter.hides(line_of(kind, "Ann")));
  }
  BOOST_TEST(!filter.hides(line_of(Kind::kSay, "ben")));
  BOOST_TEST(!LineFilter{}.hides_anything());
}

// In either rendering, in pieces, and with the goodbye behind the last line.
BOOST_AUTO_TEST_CASE(the_log_filters_lines_and_keeps_the_goodbye) {
  MessageLog log;
  const TimeText time = time_text(WallTime());
  for (int i = 0; i < 10; ++i) log.append(Kind::kSay, i % 2 == 0 ? "ann" : "ben", "text", time);
  log.append_unnumbered("* bye\n");
  const LineFilter filter{"cid", {"ben"}, false};
  for (const Rendering rendering : {Rendering::kPlain, Rendering::kTagged}) {
    for (const std::size_t enough : {std::size_t{1}, std::size_t{100000}}) {
      MessageLog::Range lines{1, 10};
      std::string all;
      while (!lines.empty()) {
        std::string part;
        log.filter(lines, rendering, filter, log.end(), enough, 3, part);
        all += part;
      }
      const bool plain = rendering == Rendering::kPlain;
      BOOST_TEST(all.ends_with(plain ? "* bye\n" : "\tbye\n"));
      BOOST_TEST(all.find("ben") == std::string::npos);
      const auto count = std::count(all.begin(), all.end(), '\n');
      BOOST_TEST(count == (plain ? 6 : 11));
    }
  }
  MessageLog::Range lines{1, 10};
  std::string replayed;
  log.replay(lines, Rendering::kTagged, &filter, {}, log.end(), 100000, 100, replayed);
  BOOST_TEST(replayed.find("ben") == std::string::npos);
  BOOST_TEST(replayed.find("\n10\t1970-01-01T00:00:00.000Z\thidden+\t-\t\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
