#include "chat/ui/display.hpp"

#include <stdlib.h>
#include <time.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "chat/base/text.hpp"
#include "chat/ui/columns.hpp"

namespace chat {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A reader in UTC; the moment moves on when the test says so.
class Reader {
 public:
  explicit Reader(DisplayOptions options = {false, false, Bell::kMention}) : display(options) {
    use_utf8_locale();
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    display.set_own_name("Ann");
    now.wall = std::chrono::system_clock::from_time_t(1'795'555'800);  // 2026-11-24 21:30
  }

  std::string see(std::string_view line) { return display.shown(parse_server_line(line), now); }
  void wait(Clock::duration time) {
    now.clock += time;
    now.wall += std::chrono::duration_cast<std::chrono::system_clock::duration>(time);
  }

  Display display;
  Moment now{};
};

const DisplayOptions kTimes{true, false, Bell::kMention};
const DisplayOptions kColors{false, true, Bell::kNever};

}  // namespace

BOOST_AUTO_TEST_SUITE(display)

BOOST_AUTO_TEST_CASE(without_time_and_color_the_line_is_as_the_server_sent_it) {
  Reader reader;
  for (const std::string line : {"ben: hello", "ben -> cid: psst", "* ben has entered the chat",
                                 "* online (1): ann", "! wrong", "* a notice"}) {
    BOOST_TEST(reader.see(line) == line + "\n");
  }
}

BOOST_AUTO_TEST_CASE(each_line_has_its_time_and_a_new_day_its_own_line) {
  Reader reader(kTimes);
  BOOST_TEST(reader.see("ben: hello") == "21:30 ben: hello\n");
  reader.wait(hours(2));
  BOOST_TEST(reader.see("ben: late") == "23:30 ben: late\n");
  reader.wait(hours(1));
  BOOST_TEST(reader.see("ben: early") == "--- Wednesday, 2026-11-25\n00:30 ben: early\n");
}

BOOST_AUTO_TEST_CASE(a_first_line_of_another_day_says_which) {
  Reader reader(kTimes);
  BOOST_TEST(reader.see("- 2026-11-23T08:15:00Z ben: hello") ==
             "--- Monday, 2026-11-23\n08:15 ben: hello\n");
  BOOST_TEST(reader.see("ben: again") == "--- Tuesday, 2026-11-24\n21:30 ben: again\n");
}

BOOST_AUTO_TEST_CASE(a_line_from_before_has_the_time_when_it_was_said) {
  Reader reader(kTimes);
  BOOST_TEST(reader.see("- 2026-11-24T08:15:00Z ben: hello ann") == "08:15 ben: hello ann\n");
}

BOOST_AUTO_TEST_CASE(times_in_what_the_server_says_are_those_of_the_user) {
  Reader reader;
  ::setenv("TZ", "CET-1", 1);
  BOOST_TEST(reader.see("! you are muted until 2026-11-24T23:30:00Z") ==
             "! you are muted until 2026-11-25 00:30:00\n");
  BOOST_TEST(reader.see("* 2026-11-24T21:30:00Z") == "* 2026-11-24 22:30:00\n");
  for (const std::string said :
       {"ben: at 2026-11-24T23:30:00Z", "* no 2026-13-44T99:30:00Z", "* 2026-11-24T23:30:00"}) {
    BOOST_TEST(reader.see(said) == said + "\n");
  }
}

BOOST_AUTO_TEST_CASE(a_time_zone_that_changes_is_followed) {
  Reader reader(kTimes);
  ::setenv("TZ", "JST-9", 1);
  BOOST_TEST(reader.see("ben: hello").ends_with("06:30 ben: hello\n"));
  ::setenv("TZ", "CET-1", 1);
  BOOST_TEST(reader.see("ben: hello").ends_with("22:30 ben: hello\n"));
}

BOOST_AUTO_TEST_CASE(a_name_has_one_color_in_any_case_and_names_differ) {
  Reader reader(kColors);
  BOOST_TEST(reader.see("ben: x") == reader.see("ben: x"));
  BOOST_TEST(reader.see("BEN: x").substr(0, 5) == reader.see("ben: x").substr(0, 5));
  std::set<std::string> colors;
  for (char c = 'a'; c <= 'z'; ++c) {
    const std::string line = reader.see(std::string(1, c) + "x: hello");
    colors.insert(line.substr(0, line.find('m')));
  }
  BOOST_TEST(colors.size() == 6);
}

BOOST_AUTO_TEST_CASE(only_whole_words_are_mentions_and_ring) {
  Reader reader;
  for (const std::string text : {"ann", "hello Ann!", "ANN: look", "@ann", "(ann)", "I saw ann.",
                                 "ann...", "banner ann", "for ann-", "ünann ann"}) {
    BOOST_TEST(reader.see("ben: " + text) == "ben: " + text + "\a\n");
    reader.wait(seconds(1));
  }
  for (const std::string text : {"...ann", "-ann", "_ann_", "ann, and more", "so...ann",
                                 "ann:", "\"ann\"", "ann's", "世ann ann", "@ann@ ann"}) {
    BOOST_TEST(reader.see("ben: " + text) == "ben: " + text + "\a\n");
    reader.wait(seconds(1));
  }
  for (const std::string text : {"",
                                 "anna",
                                 "joann",
                                 "ann_2",
                                 "ann.b",
                                 "ann-marie",
                                 "a n n",
                                 "réann",
                                 "ünann",
                                 "annе",
                                 "ann\xCC\x81",
                                 "世ann",
                                 "marie-ann",
                                 "http://ann/x",
                                 "https://example.org/?to=ann",
                                 "www.ann.org",
                                 "/home/ann",
                                 "src/ann/x.cpp",
                                 "~/ann",
                                 "C:\\ann",
                                 "ann@example.org",
                                 "ben@ann",
                                 "ann/x"}) {
    BOOST_TEST(reader.see("ben: " + text) == "ben: " + text + "\n");
  }
}

BOOST_AUTO_TEST_CASE(what_is_private_rings_and_ones_own_lines_and_old_ones_do_not) {
  Reader reader;
  BOOST_TEST(reader.see("ben -> Ann: psst") == "ben -> Ann: psst\a\n");
  reader.wait(seconds(1));
  BOOST_TEST(reader.see("ann: I am ann") == "ann: I am ann\n");
  BOOST_TEST(reader.see("Ann -> ben: psst") == "Ann -> ben: psst\n");
  BOOST_TEST(reader.see("* ann was here") == "* ann was here\n");
  BOOST_TEST(reader.see("- 2026-11-24T08:15:00Z ben: ann?") == "ben: ann?\n");
}

BOOST_AUTO_TEST_CASE(what_somebody_does_looks_and_rings_like_what_is_said) {
  Reader reader;
  BOOST_TEST(reader.see("~ ben waves to ann") == "~ ben waves to ann\a\n");
  BOOST_TEST(reader.see("~ ann waves to ann") == "~ ann waves to ann\n");
  Reader colors(kColors);
  const std::string said = colors.see("ben: hello");
  const std::string name = said.substr(0, said.find(':'));
  BOOST_TEST(colors.see("~ ben waves") == "~ " + name + " waves\n");
  const std::string mention = colors.see("ben: ann");
  BOOST_TEST(colors.see("~ ben ann") ==
             "~ " + mention.substr(0, mention.find(':')) + mention.substr(mention.find(':') + 1));
  Reader all({false, false, Bell::kAll});
  BOOST_TEST(all.see("~ ben waves") == "~ ben waves\a\n");
}

BOOST_AUTO_TEST_CASE(what_an_operator_did_stands_there_as_it_came) {
  Reader reader;
  BOOST_TEST(reader.see("17\t2026-11-24T21:30:00.007Z\tnotice\tben\thas set the topic: ann") ==
             "* ben has set the topic: ann\n");
}

BOOST_AUTO_TEST_CASE(the_bell_rings_at_most_once_a_second) {
  Reader reader;
  BOOST_TEST(reader.see("ben: ann") == "ben: ann\a\n");
  reader.wait(milliseconds(999));
  BOOST_TEST(reader.see("ben: ann") == "ben: ann\n");
  reader.wait(milliseconds(1));
  BOOST_TEST(reader.see("ben: ann") == "ben: ann\a\n");
}

BOOST_AUTO_TEST_CASE(the_bell_can_ring_for_all_talk_or_never) {
  Reader all({false, false, Bell::kAll});
  BOOST_TEST(all.see("ben: x") == "ben: x\a\n");
  all.wait(seconds(1));
  BOOST_TEST(all.see("* ben has left the chat") == "* ben has left the chat\n");
  BOOST_TEST(all.see("ann: x") == "ann: x\n");
  Reader never({false, false, Bell::kNever});
  BOOST_TEST(never.see("ben: ann") == "ben: ann\n");
}

BOOST_AUTO_TEST_CASE(up_to_five_arrivals_and_departures_a_second_are_shown) {
  Reader reader;
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < 5; ++i) BOOST_TEST(reader.see("* ben has left the chat") != "");
    BOOST_TEST(!reader.display.fold_due());
    reader.wait(seconds(1));
  }
}

BOOST_AUTO_TEST_CASE(more_are_counted_and_told_once_within_a_second) {
  Reader reader;
  for (int i = 0; i < 5; ++i) BOOST_TEST(reader.see("* ben has entered the chat") != "");
  BOOST_TEST(reader.see("* cid has entered the chat") == "");
  BOOST_REQUIRE(reader.display.fold_due().has_value());
  BOOST_TEST((*reader.display.fold_due() - reader.now.clock == seconds(1)));
  BOOST_TEST(reader.see("ben: meanwhile") != "");
  for (int i = 0; i < 100; ++i) BOOST_TEST(reader.see("* dan has left the chat") == "");
  reader.wait(seconds(1));
  BOOST_TEST(reader.display.folded(reader.now) ==
             "* 1 more has entered the chat, 100 more have left the chat\n");
  BOOST_TEST(!reader.display.fold_due());
  BOOST_TEST(reader.display.folded(reader.now) == "");
  BOOST_TEST(reader.see("* eve has left the chat") != "");
}

BOOST_AUTO_TEST_CASE(ones_own_arrival_is_never_folded) {
  Reader reader;
  for (int i = 0; i < 9; ++i) (void)reader.see("* ben has entered the chat");
  BOOST_TEST(reader.see("* ann has entered the chat") == "* ann has entered the chat\n");
}

BOOST_AUTO_TEST_CASE(a_long_line_is_broken_between_words_and_goes_on_under_its_text) {
  Reader reader(kTimes);
  reader.display.set_columns(40);
  const std::string words = "words that do not all fit into one row";
  BOOST_TEST(reader.see("ben: " + words) ==
             "21:30 ben: words that do not all fit\n"
             "           into one row\n");
  BOOST_TEST(reader.see("ann: " + words) ==
             "21:30 ann: words that do not all fit\n"
             "           into one row\n");
  BOOST_TEST(reader.see("ben -> cid: " + words) ==
             "21:30 ben -> cid: words that do not all\n"
             "                  fit into one row\n");
  BOOST_TEST(reader.see("* " + words) ==
             "21:30 * words that do not all fit into\n"
             "        one row\n");
  BOOST_TEST(reader.see("! " + words) ==
             "21:30 ! words that do not all fit into\n"
             "        one row\n");
  BOOST_TEST(reader.see("* ben-of-the-long-name has entered the chat") ==
             "21:30 * ben-of-the-long-name has entered\n"
             "        the chat\n");
}

BOOST_AUTO_TEST_CASE(without_times_and_after_a_long_name_half_a_row_is_left) {
  Reader reader;
  reader.display.set_columns(40);
  BOOST_TEST(reader.see("ben: " + std::string(35, 'x') + " yy") ==
             "ben: " + std::string(35, 'x') + "\n     yy\n");
  const std::string name(32, 'n');
  BOOST_TEST(reader.see(name + ": one two three") ==
             name + ": one\n" + std::string(20, ' ') + "two three\n");
}

// The row that eve wants to be seen is another one's: in whatever way it is said, and in rows of
// any width, it is not one.
BOOST_AUTO_TEST_CASE(no_text_makes_a_row_that_looks_like_a_line_of_its_own) {
  const std::string forged[] = {"18:44 ben: yes", "ben: yes", "* ben has left the chat", "! no"};
  const std::string blanks[] = {" ",
                                "\t",
                                "\u00A0",
                                "\u3000",
                                "\u2003",
                                "\u2800",
                                "x",
                                "\u4E16",
                                "\u2764\uFE0F",
                                "a\u0301",
                                "\u1100\u1161\u11A8"};
  const std::string befores[] = {"eve: ok", "~ eve", "eve -> ann: ok",
                                 std::string(30, 'e') + ": ok", "* eve has set the topic: ok"};
  for (const bool time : {true, false}) {
    for (std::size_t columns = 6; columns <= 90; ++columns) {
      Reader reader({time, false, Bell::kNever});
      reader.display.set_columns(columns);
      for (const std::string& before : befores) {
        for (const std::string& blank : blanks) {
          for (std::size_t times = 0; times <= columns; times += 1 + times / 7) {
            std::string text = before;
            for (std::size_t i = 0; i < times; ++i) text += blank;
            text += forged[(times + columns) % std::size(forged)];
            const std::string rows = reader.see(sanitised(text));
            for (std::size_t begin = 0; begin < rows.size();) {
              const std::size_t end = rows.find('\n', begin);
              const std::string row = rows.substr(begin, end - begin);
              if (columns_of(row) > columns) {
                BOOST_FAIL(std::to_string(columns) + " columns are too few: " + rows);
              }
              if ((begin > 0) != row.starts_with(' ')) BOOST_FAIL("not marked: " + rows);
              begin = end + 1;
            }
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(on_a_narrow_screen_rows_are_broken_and_indented_too) {
  Reader reader;
  reader.display.set_columns(20);
  BOOST_TEST(reader.see("ben: words that do not all fit into one row") ==
             "ben: words that do\n  not all fit into\n  one row\n");
  reader.display.set_columns(0);
  BOOST_TEST(reader.see("ben: two words") == "ben: two words\n");
}

BOOST_AUTO_TEST_CASE(an_address_stays_whole_and_underlined) {
  Reader reader(kColors);
  reader.display.set_columns(20);
  const std::string address = "https://example.org/0123456789";
  BOOST_TEST(reader.see("ben: " + address).ends_with(": \x1B[4m" + address + "\x1B[24m\n"));
}

BOOST_AUTO_TEST_CASE(the_color_of_a_mention_goes_on_in_the_next_row) {
  Reader reader(kColors);
  reader.display.set_columns(40);
  const std::string row = reader.see("ben: ann, words that do not fit into one row");
  BOOST_TEST(row.ends_with(":\x1B[1m ann, words that do not fit into one\n     row\x1B[0m\n"));
}

BOOST_AUTO_TEST_CASE(the_status_row_keeps_what_matters_most) {
  use_utf8_locale();
  const Status status{"example.org:4000", "ann", 3, "connected", true};
  BOOST_TEST(status_row(status, 79) == "example.org:4000 · ann · 3 online · connected");
  BOOST_TEST(status_row(status, 40) == "ann · 3 online · connected");
  BOOST_TEST(status_row(status, 19) == "ann · 3 online");
  BOOST_TEST(status_row(status, 10) == "3 online");
  BOOST_TEST(status_row(status, 3) == "3 o");
  const Status broken{"example.org", "ann", 3, "reconnecting in 4 s", false};
  BOOST_TEST(status_row(broken, 20) == "reconnecting in 4 s");
  BOOST_TEST(status_row(broken, 10) == "reconnecti");
  BOOST_TEST(status_row({"example.org", "", 0, "connecting", false}, 79) ==
             "example.org · connecting");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
