#include "chat/ui/attention.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>

namespace chat {
namespace {

using namespace std::chrono_literals;

const std::string kTitled = "\x1B]2;(1) a.test\a";
const std::string kSaved = "\x1B[22;2t";
const std::string kBack = "\x1B]2;a.test\a\x1B[23;2t";

struct Fixture {
  Attention attention{"a.test", notify_options("xterm-256color", "")};
  Moment now{Clock::now(), std::chrono::sys_days(std::chrono::year(2026) / 11 / 27)};

  std::string comes(const std::string& line, bool concerns = true) {
    return attention.shown(parse_server_line(line), concerns, now);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(attention, Fixture)

BOOST_AUTO_TEST_CASE(who_looks_is_told_of_nothing) {
  BOOST_TEST(comes("ben: hi ann") == "");
  BOOST_TEST(!attention.takes_marker());
  BOOST_TEST(attention.looks() == "");
}

BOOST_AUTO_TEST_CASE(who_looks_elsewhere_gets_a_title_and_a_notification_and_the_title_goes_back) {
  attention.looks_away(now);
  BOOST_TEST(comes("ben: hi all", false) == "");
  BOOST_TEST(comes("ben: hi ann") == kSaved + kTitled + "\x1B]9;ben: hi ann\a");
  now.clock += 2s;
  BOOST_TEST(comes("ben -> ann: psst") == "\x1B]2;(2) a.test\a\x1B]9;ben: psst\a");
  BOOST_TEST(comes("- 2026-11-24T12:34:56Z ben: ann, before") == "");
  BOOST_TEST(attention.looks() == kBack);
  BOOST_TEST(attention.looks() == "");
  attention.looks_away(now);
  now.clock += 2s;
  BOOST_TEST(comes("ben: ann").starts_with(kSaved + kTitled));
}

BOOST_AUTO_TEST_CASE(what_others_say_neither_ends_a_sequence_nor_begins_one) {
  attention.looks_away(now);
  ServerLine line;
  line.kind = ServerLine::Kind::kSay;
  line.from = "ben";
  line.text = "a\a\x1B]0;b\x1B\\;c\x9C\td";
  const std::string told = attention.shown(line, true, now).substr((kSaved + kTitled).size());
  const std::string text = told.substr(4, told.size() - 5);
  BOOST_TEST(told.starts_with("\x1B]9;ben: a"));
  BOOST_TEST(told.ends_with("\a"));
  for (const char forbidden : {'\a', '\x1B', ';', '\t'}) {
    BOOST_TEST(text.find(forbidden) == std::string::npos);
  }
  now.clock += 2s;
  line.text = std::string(4000, 'x');
  BOOST_TEST(attention.shown(line, true, now).size() < 300u);
}

BOOST_AUTO_TEST_CASE(there_is_one_notification_a_second) {
  attention.looks_away(now);
  int notifications = 0;
  for (int i = 0; i < 100; ++i) {
    notifications += comes("ben: ann").find("\x1B]9;") != std::string::npos ? 1 : 0;
    now.clock += 50ms;
  }
  BOOST_TEST(notifications == 5);
}

BOOST_AUTO_TEST_CASE(terminals_are_told_in_their_own_way_through_tmux_too) {
  Attention other("a.test", notify_options("rxvt-unicode", ""));
  other.looks_away(now);
  BOOST_TEST(other.shown(parse_server_line("ben: ann"), true, now) ==
             kSaved + kTitled + "\x1B]777;notify;a.test;ben: ann\a");
  Attention inner("a.test", notify_options("tmux-256color", "/tmp/tmux-0/default,1,0"));
  inner.looks_away(now);
  BOOST_TEST(inner.shown(parse_server_line("ben: ann"), true, now) ==
             kSaved + kTitled + "\x1BPtmux;\x1B\x1B]9;ben: ann\a\x1B\\");
}

BOOST_AUTO_TEST_CASE(it_can_be_turned_off_and_on) {
  attention.looks_away(now);
  BOOST_TEST(!attention.toggle());
  BOOST_TEST(comes("ben: ann") == "");
  BOOST_TEST(attention.toggle());
  BOOST_TEST(comes("ben: ann").starts_with(kSaved + "\x1B]2;(2) a.test\a"));
  NotifyOptions never;
  never.how = Notifying::kNever;
  Attention silent("a.test", never);
  silent.looks_away(now);
  BOOST_TEST(silent.shown(parse_server_line("ben: ann"), true, now) == "");
}

BOOST_AUTO_TEST_CASE(a_marker_stands_above_the_first_line_that_was_not_seen) {
  attention.looks_away(now);
  BOOST_TEST(attention.takes_marker());
  BOOST_TEST(!attention.takes_marker());
  attention.looks_away(now);  // reported twice
  BOOST_TEST(!attention.takes_marker());
  (void)attention.looks();
  BOOST_TEST(!attention.takes_marker());
  attention.looks_away(now);
  BOOST_TEST(attention.takes_marker());
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_on_a_screen_is_summed_up) {
  attention.looks_away(now);
  for (int i = 0; i < 19; ++i) (void)comes("ben: hi", false);
  (void)comes("* cid has entered the chat", false);
  (void)attention.looks();
  BOOST_TEST(attention.summary() == "");
  attention.looks_away(now);
  for (int i = 0; i < 30; ++i) (void)comes("ben: hi", i < 2);
  (void)attention.looks();
  BOOST_TEST(attention.summary() ==
             "since " + local_time(now.wall, "%H:%M") + ": 30 lines, 2 are for you");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
