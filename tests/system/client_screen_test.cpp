// ./client at a terminal: what a person sees, on a model of a terminal, against the real server.
#include <signal.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/fake_server.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/seated.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using Words = std::vector<std::string>;

Program::Seat wide(unsigned short columns) { return {24, columns, {"TERM=xterm"}}; }

// The rows from the one that begins so.
Words rows_from(const Seated& person, std::string_view beginning) {
  const Words rows = person.screen.all_rows();
  const auto found = std::find_if(
      rows.begin(), rows.end(), [&](const std::string& row) { return row.starts_with(beginning); });
  return {found, rows.end()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_screen)

// Coming in.

BOOST_AUTO_TEST_CASE(the_way_in_is_asked_for_step_by_step) {
  RunningRoom room(4);
  Seated ann(room.port());
  ann.see("* Welcome to the chatroom");
  ann.see_prompt("login or register?");
  ann.type("register\r");
  ann.see_prompt("user,password?");
  ann.type("ann,secret");
  ann.see_prompt("user,password? ann,••••••");
  ann.type("\r");
  ann.see_prompt(">");
  ann.see_status("ann");
  const Words expected{
      "login or register? register",
      "user,password? ann,••••••",
      "* hello ann",
      "* online (1): ann",
      "* ann has entered the chat",
      ">",
      "127.0.0.1:" + std::to_string(room.port()) + " · ann · 1 online · connected"};
  const Words rows = rows_from(ann, "login or");
  BOOST_TEST(rows == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_none_is_asked_for_again) {
  RunningRoom room(4);
  Seated ann(room.port());
  ann.see_prompt("login or register?");
  ann.type("let me in\r");
  ann.see("! login is for the room's accounts");
  ann.see_prompt("login or register?");
  ann.type("r\r");
  ann.see_prompt("user,password?");
  ann.type("no comma\r");
  ann.see("! there is no comma");
  ann.see_prompt("user,password?");
  ann.type("ann,pw\r");
  ann.see("* ann has entered the chat");
}

BOOST_AUTO_TEST_CASE(with_register_or_login_only_the_password_is_asked_for_and_not_shown) {
  RunningRoom room(4, {{"zoe", "hidden"}});
  for (const auto& [option, name] : {std::pair{"--register", "ann"}, std::pair{"--login", "zoe"}}) {
    Seated person(room.port(), {option, name});
    person.see_prompt(std::string("password for ") + name + "?");
    person.type("hidden\r");
    person.see(std::string("* ") + name + " has entered the chat");
    BOOST_TEST(person.screen.count(std::string("password for ") + name + "?") == 1);
    for (const char key : std::string_view("hidden")) {
      BOOST_TEST(!person.screen.shows(std::string("? ") + key));
    }
    BOOST_TEST(!person.screen.shows("•"));
  }
}

BOOST_AUTO_TEST_CASE(no_key_of_a_password_is_ever_written) {
  RunningRoom room(4);
  Seated ann(room.port());
  ann.type("register\r");
  ann.see_prompt("user,password?");
  for (const char key : std::string_view("ann,XYQZ")) ann.type({&key, 1});
  ann.type("\x17\x19");  // killed and yanked
  for (const char key : std::string_view("ann,XYQZ")) ann.type({&key, 1});
  ann.type("\r");
  ann.see("* ann has entered the chat");
  ann.type("\x19\x1B[A\x12Z");  // nor does it come back in the room
  ann.type("\x07\x03\x03");
  BOOST_TEST(ann.program.status() == 0);
  ann.see_the_end();
  for (const char key : std::string_view("XYQ")) {
    BOOST_TEST(ann.program.output().find(key) == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_password_that_is_typed_before_the_question_is_not_shown_either) {
  FakeServer server;
  Seated ann(server.port());
  Peer connection = server.accept();
  ann.type("register\rann,secret-words\r");
  BOOST_TEST(connection.read_line() == "/tagged");
  BOOST_TEST(connection.read_line() == "register");
  BOOST_TEST(connection.read_line() == "ann,secret-words");
  connection.say("* user,password?");
  connection.say("* online (1): ann");
  ann.see("* online (1): ann");
  BOOST_TEST(ann.program.output().find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refusal_says_what_to_do_next_and_ends_it_with_status_1) {
  RunningRoom room(1, {});
  const Peer ann = Peer::registered(room.port(), "ann");
  struct Try {
    std::string mode, credentials, reason, advice;
  };
  for (const Try& each :
       {Try{"register", "ann,pw", "username is already used", "register another name"},
        Try{"register", "ben,pw", "max chat users", "try again when somebody has left"},
        Try{"login", "ben,pw", "wrong username or password", "login is for the room's accounts"}}) {
    Seated other(room.port());
    other.type(each.mode + "\r" + each.credentials + "\r");
    BOOST_TEST(other.program.status() == 1);
    BOOST_TEST(same(other.program.mode(), untouched_mode()));
    const Words rows = other.see_the_end();
    BOOST_TEST(rows.at(rows.size() - 2) == "client: " + each.reason);
    BOOST_TEST(rows.back().starts_with("client: " + each.advice));
  }
}

// Talking.

BOOST_AUTO_TEST_CASE(a_line_that_comes_in_does_not_tear_the_line_being_typed) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const unsigned short columns : std::array<unsigned short, 3>{20, 80, 200}) {
    Seated ann(room.port(), {"--no-time"}, wide(columns));
    ann.type("register\rann,pw\r");
    ann.see("* ann has entered");
    ann.type("half a line\x1B[D\x1B[D");
    ann.see_prompt("> half a line");
    ben.say("may I?");
    ann.see("ben: may I?");
    ann.see_prompt("> half a line");
    BOOST_TEST(ann.screen.cursor_column() == 11);
    ann.see_status("2 online");
    ben.say(std::string(250, 'x'));
    ann.see("xxx");
    ann.see_prompt("> half a line");
    ann.see_status("2 online");
    ann.type("\x05, and the rest\r");
    BOOST_TEST(ben.read_until("ann: ") == "ann: half a line, and the rest");
    ann.see("ann: half");
    ann.type("\x03");
    BOOST_TEST(ann.program.status() == 0);
    ben.read_until("* ann has left");
  }
}

BOOST_AUTO_TEST_CASE(a_line_of_ones_own_is_on_the_screen_once_and_in_the_rooms_order) {
  FakeServer server;
  Seated ann(server.port());
  Peer connection = server.accept();
  ann.type("register\rann,pw\r");
  connection.read_until("ann,pw");
  connection.say("* online (1): ann");
  ann.see("* online");
  ann.type("good morning\r");
  BOOST_TEST(connection.read_line() == "good morning");
  ann.see_prompt(">");
  BOOST_TEST(ann.screen.count("good morning") == 0);
  connection.say("ben: I was first");
  connection.say("ann: good morning");
  ann.see("ann: good morning");
  ann.see_prompt(">");
  const Words rows = rows_from(ann, "ben:");
  BOOST_TEST(rows.at(0) == "ben: I was first");
  BOOST_TEST(rows.at(1) == "ann: good morning");
  BOOST_TEST(ann.screen.count("good morning") == 1);
}

BOOST_AUTO_TEST_CASE(wide_and_combining_characters_keep_the_cursor_where_it_belongs) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("世界 e\xCC\x81🙂x");
  ann.see_prompt("> 世界 e\xCC\x81🙂x");
  ann.until("the cursor at the end", [&] { return ann.screen.cursor_column() == 11; });
  ann.type("\x1B[D\x1B[D\x1B[D");
  ann.until("the cursor on the e", [&] { return ann.screen.cursor_column() == 7; });
  ann.type("\x7F\x7F|\x1B[3~");
  ann.see_prompt("> 世|🙂x");
  ann.type("\r");
  BOOST_TEST(ben.read_until("ann: ") == "ann: 世|🙂x");
}

BOOST_AUTO_TEST_CASE(a_line_wider_than_the_screen_scrolls_sideways) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port(), {"--no-time"}, wide(20));
  ann.type("register\rann,pw\r");
  ann.see("* ann has entered");
  ann.type("abcdefghijklmnopqrstuvwxyz");
  ann.see_prompt("> …opqrstuvwxyz");
  ann.type("\x01");
  ann.see_prompt("> abcdefghijklmno…");
  ann.type("\r");
  BOOST_TEST(ben.read_until("ann: ") == "ann: abcdefghijklmnopqrstuvwxyz");
}

BOOST_AUTO_TEST_CASE(tab_completes_names_and_commands) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "Benjamin");
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("be\thow are you?");
  ann.see_prompt("> Benjamin: how are you?");
  ann.type("\x15/msg b\t");
  ann.see_prompt("> /msg Benjamin");
  ann.type("\x15/who\t\t\t");
  ann.see_prompt("> /who");
  ann.type("\r");
  ann.until("the list twice", [&] { return ann.screen.count("* online (2)") == 2; });
}

BOOST_AUTO_TEST_CASE(the_history_is_recalled_and_searched) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("the first line\rthe second\r");
  ann.see("ann: the second");
  ann.type("\x1B[A\x1B[A");
  ann.see_prompt("> the first line");
  ann.type("\x1B[B\x1B[B\x12irs");
  ann.see_prompt("(search) irs: the first line");
  ann.type("\r");
  ben.read_until("ann: the second");
  BOOST_TEST(ben.read_until("ann: ") == "ann: the first line");
}

BOOST_AUTO_TEST_CASE(several_pasted_lines_are_shown_and_asked_about) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  BOOST_TEST(ann.screen.marks_pastes());
  ann.type("\x1B[200~one\r\n  two\nthree\x1B[201~");
  ann.see_prompt("send these 3 lines (15 bytes)? y/n");
  for (const char* row : {"| one", "|   two", "| three"}) BOOST_TEST(ann.screen.shows(row));
  ann.type("n");
  ann.see_prompt(">");
  ann.type("not that\r");
  ben.read_until("* ann has entered");
  BOOST_TEST(ben.read_line() == "ann: not that");
  ann.type("\x1B[200~one\ntwo\x1B[201~");
  ann.see_prompt("send these 2 lines (7 bytes)? y/n");
  ann.type("y");
  BOOST_TEST(ben.read_line() == "ann: one");
  BOOST_TEST(ben.read_line() == "ann: two");
}

BOOST_AUTO_TEST_CASE(ctrl_l_clears_the_screen_and_paints_the_line_again) {
  RunningRoom room(4);
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("half a line\x0C");
  ann.until("a clear screen", [&] { return ann.screen.rows().front() == "> half a line"; });
  ann.see_status("1 online");
  BOOST_TEST(!ann.screen.shows("has entered"));
}

// Reading.

BOOST_AUTO_TEST_CASE(each_kind_of_line_has_its_look) {
  FakeServer server;
  Seated ann(server.port());
  Peer connection = server.accept();
  ann.type("register\rann,pw\r");
  connection.read_until("ann,pw");
  // At once: the bell rings no more often than once in a second.
  connection.send(
      "* online (2): ann, ben\n"
      "ben: plain\n"
      "ben: for Ann, that is\n"
      "ann: own\n"
      "ben -> ann: between us\n"
      "! wrong\n"
      "* a notice\n"
      "* ben has left the chat\n");
  ann.see("* ben has left the chat");
  const std::string color = ann.screen.style_of("ben: plain");
  BOOST_TEST(!color.empty());
  BOOST_TEST(ann.screen.style_of(": plain") == "");
  BOOST_TEST(ann.screen.style_of("ben: for Ann") == color + ";7");
  BOOST_TEST(ann.screen.style_of("for Ann") == "1");
  BOOST_TEST(ann.screen.style_of("ann: own") == "1");
  BOOST_TEST(ann.screen.style_of("ben -> ann") == "35");
  BOOST_TEST(ann.screen.style_of("! wrong") == "1;31");
  BOOST_TEST(ann.screen.style_of("* a notice") == "");
  BOOST_TEST(ann.screen.style_of("* ben has left") == "2");
  BOOST_TEST(ann.screen.bells() == 1);
}

BOOST_AUTO_TEST_CASE(without_color_nothing_is_coloured) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  const Program::Seat no_color{24, 80, {"TERM=xterm", "NO_COLOR=1"}};
  Seated ann(room.port(), {}, no_color);
  ann.come_in("ann");
  ben.say("hello ann");
  ann.see("ben: hello ann");
  BOOST_TEST(ann.screen.bells() == 1);
  for (const char* style : {"[0m", "[1m", "[2m", "[7m", "[36m"}) {
    BOOST_TEST(ann.program.output().find(style) == std::string::npos);
  }
  Seated cid(room.port(), {"--color", "always"}, no_color);
  cid.come_in("cid");
  BOOST_TEST(cid.screen.style_of("* cid has entered") == "2");
}

BOOST_AUTO_TEST_CASE(the_bell_rings_as_often_as_wanted) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const auto& [when, bells] :
       {std::pair<std::string, std::size_t>{"never", 0}, {"mention", 0}, {"all", 1}}) {
    Seated ann(room.port(), {"--bell", when});
    ann.come_in("ann");
    ben.say("hello everybody");
    ann.see("ben: hello everybody");
    BOOST_TEST(ann.screen.bells() == bells);
    ann.type("\x03");
    BOOST_TEST(ann.program.status() == 0);
    ben.read_until("* ann has left");
  }
}

BOOST_AUTO_TEST_CASE(each_line_has_its_local_time) {
  RunningRoom room(4);
  Seated ann(room.port(), {"--register", "ann"});
  ann.type("pw\r");
  ann.see("* ann has entered the chat");
  const Words rows = ann.screen.all_rows();
  const auto row = std::find_if(rows.begin(), rows.end(), [](const std::string& each) {
    return each.ends_with(" * ann has entered the chat");
  });
  BOOST_REQUIRE((row != rows.end()));
  for (const std::size_t i : {0u, 1u, 3u, 4u}) BOOST_TEST((row->at(i) >= '0' && row->at(i) <= '9'));
  BOOST_TEST(row->at(2) == ':');
}

BOOST_AUTO_TEST_CASE(long_lines_are_broken_between_words_at_the_width_of_the_moment) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  const std::string words = "words that do not all fit into one row of forty columns";
  ben.say(words);
  ann.see("ben: " + words);
  ann.resize(24, 40);
  ann.type("!");
  ann.see_prompt("> !");
  ben.say(words);
  ann.see("     row of forty columns");
  ann.see_prompt("> !");
  const Words rows = ann.screen.all_rows();
  BOOST_TEST(rows.at(rows.size() - 4) == "ben: words that do not all fit into one");
}

BOOST_AUTO_TEST_CASE(a_crowd_that_comes_or_goes_at_once_is_folded_into_one_line) {
  FakeServer server;
  Seated ann(server.port());
  Peer connection = server.accept();
  ann.type("register\rann,pw\r");
  connection.read_until("ann,pw");
  connection.say("* online (1): ann");
  std::string crowd;
  for (int i = 0; i < 40; ++i) crowd += "* p" + std::to_string(i) + " has entered the chat\n";
  for (int i = 0; i < 10; ++i) crowd += "* p" + std::to_string(i) + " has left the chat\n";
  connection.send(crowd + "* ann has entered the chat\n");
  ann.see("* 35 more have entered the chat, 10 more have left the chat");
  ann.see_status("31 online");
  BOOST_TEST(ann.screen.count(" has entered the chat") == 6);
  BOOST_TEST(ann.screen.count(" has left the chat") == 0);
}

BOOST_AUTO_TEST_CASE(the_status_line_can_be_left_out_and_fits_any_width) {
  RunningRoom room(4);
  Seated ann(room.port(), {"--no-time", "--no-status"});
  ann.come_in("ann");
  BOOST_TEST(ann.screen.row_below_cursor() == "");
  BOOST_TEST(!ann.screen.shows("online ·"));
  Seated ben(room.port(), {"--no-time"}, wide(20));
  ben.type("register\rben,pw\r");
  ben.see("* ben has entered");
  ben.see_status("ben · 2 online");
}

BOOST_AUTO_TEST_CASE(what_a_hostile_server_sends_is_neutralised_on_a_terminal) {
  FakeServer server;
  Seated ann(server.port());
  Peer connection = server.accept();
  connection.say(kHostile);
  ann.see("* a\xEF\xBF\xBD[2J b");
  connection.say("! " + std::string(kHostile));
  BOOST_TEST(ann.program.status() == 1);
  const std::string end = ann.program.read_all();
  BOOST_TEST(end.find("client: " + std::string(kNeutralised) + "\r\n") != std::string::npos);
  for (const char* harmful : {"\x1B[2J", "\x1B]", "\x07", "\xC2\x9B", "\b", "\xE2\x80\xAE"}) {
    BOOST_TEST(ann.program.output().find(harmful) == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(the_log_of_a_screen_is_plain_and_one_that_fails_is_remarked_upon_once) {
  RunningRoom room(4);
  const TemporaryFolder folder;
  Seated ann(room.port(), {"--no-time", "--log", folder.file("log")});
  ann.come_in("ann");
  BOOST_TEST(folder.read("log").ends_with(" * ann has entered the chat\n"));
  BOOST_TEST(folder.read("log").find('\x1B') == std::string::npos);
  Seated ben(room.port(), {"--no-time", "--log", "/dev/full"});
  ben.come_in("ben");
  BOOST_TEST(ben.screen.count("! cannot write to /dev/full: No space left on device") == 1);
}

// The window.

BOOST_AUTO_TEST_CASE(a_new_size_leaves_one_prompt_one_status_and_every_line) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  ben.say("before");
  ann.see("ben: before");
  ann.type("a line that is longer than thirty columns are");
  ann.see_prompt("> a line that is longer than thirty columns are");
  const std::array<std::pair<unsigned short, unsigned short>, 6> sizes = {
      {{24, 30}, {10, 200}, {24, 40}, {3, 40}, {24, 33}, {24, 80}}};
  for (const auto& [rows, columns] : sizes) {
    ann.resize(rows, columns);
    const std::string text = "at " + std::to_string(columns);
    ben.say(text);
    ann.see("ben: " + text);
    // A key that is seen comes after all that the new size has caused.
    ann.type("!");
    ann.until("the key", [&] { return ann.screen.row_at_cursor().ends_with("are!"); });
    ann.type("\x7F");
    ann.until("the key's end", [&] { return ann.screen.row_at_cursor().ends_with("are"); });
    if (rows > 3) ann.see_status("2 online");
    BOOST_TEST(ann.screen.count("> ") == 1, ann.described());
    BOOST_TEST(ann.screen.count("ben: before") == 1);
  }
  ann.see_prompt("> a line that is longer than thirty columns are");
}

BOOST_AUTO_TEST_CASE(on_a_terminal_that_cuts_its_rows_a_new_size_loses_no_line_either) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port(), {"--no-time"}, {}, ScreenModel::Resize::kCuts);
  ann.come_in("ann");
  ben.say("before");
  ann.see("ben: before");
  ann.type("a short line");
  ann.see_prompt("> a short line");
  for (const unsigned short columns : std::array<unsigned short, 3>{40, 120, 20}) {
    ann.resize(24, columns);
    ben.say("at " + std::to_string(columns));
    ann.see("ben: at " + std::to_string(columns));
    ann.type("!");
    ann.see_prompt("> a short line!");
    ann.type("\x7F");
    ann.see_prompt("> a short line");
    ann.see_status("2 online");
    BOOST_TEST(ann.screen.count("> ") == 1);
    BOOST_TEST(ann.screen.count("ben: before") == 1);
  }
}

// Both where terminals break the rows that are too long for it, and where they cut them off.
BOOST_AUTO_TEST_CASE(a_narrower_screen_loses_no_line_above_a_long_one_being_typed) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const auto resize : {ScreenModel::Resize::kBreaks, ScreenModel::Resize::kCuts}) {
    for (std::size_t length = 30; length < 78; ++length) {
      Seated ann(room.port(), {"--no-time", "--register", "ann"}, {}, resize);
      ann.type("pw\r");
      ann.see("* ann has entered");
      const std::string typed = std::string(length - 1, 'x') + "|";
      ann.type(typed);
      ann.see_prompt("> " + typed);
      ben.say("the last");
      ann.see("ben: the last");
      ann.see_prompt("> " + typed);
      for (const unsigned short columns : std::array<unsigned short, 3>{79, 60, 40}) {
        ann.resize(24, columns);
        ann.type("!");
        ann.until("the key", [&] { return ann.screen.row_at_cursor().ends_with("|!"); });
        ann.type("\x7F");
        ann.until("its end", [&] { return ann.screen.row_at_cursor().ends_with("|"); });
        ann.see_status("2 online");
        BOOST_TEST(ann.screen.count("> ") == 1, ann.described());
        const Words rows = rows_from(ann, "ben:");
        BOOST_TEST(rows.size() == 3, ann.described());
      }
      ann.type("\x03\x03");
      BOOST_TEST(ann.program.status() == 0);
      ben.read_until("* ann has left");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_screen_of_a_quarter_of_its_width_loses_no_line_either) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const auto resize : {ScreenModel::Resize::kBreaks, ScreenModel::Resize::kCuts}) {
    Seated ann(room.port(), {"--no-time", "--register", "ann"}, {}, resize);
    ann.type("pw\r");
    ann.see("* ann has entered");
    ben.say("the last");
    ann.see("ben: the last");
    const std::string typed = std::string(70, 'x') + "|";
    ann.type(typed);
    ann.see_prompt("> " + typed);
    ann.resize(24, 20);
    ann.type("!");
    ann.until("the key", [&] { return ann.screen.row_at_cursor().ends_with("|!"); });
    ann.see_status("2 online");
    BOOST_TEST(ann.screen.count("ben: the last") == 1, ann.described());
    ann.type("\x03\x03");
    BOOST_TEST(ann.program.status() == 0);
    ben.read_until("* ann has left");
  }
}

// Over a slow line.
BOOST_AUTO_TEST_CASE(a_narrower_screen_of_which_the_client_hears_later_keeps_its_rows) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const auto resize : {ScreenModel::Resize::kBreaks, ScreenModel::Resize::kCuts}) {
    Seated ann(room.port(), {"--no-time", "--register", "ann"}, {}, resize);
    ann.type("pw\r");
    ann.see("* ann has entered");
    ann.see_status("2 online");
    ann.screen.resize(24, 40);
    ben.say("the first");
    ann.see("ben: the first");
    ann.see_status("127.0.0.1:");
    ann.type(std::string(50, 'x') + "|");
    ann.until("the cursor at the edge", [&] { return ann.screen.cursor_column() == 39; });
    ben.say("the second");
    ann.see("ben: the second");
    ann.see_status("127.0.0.1:");
    ann.resize(24, 40);
    ann.type("!");
    ann.until("the key", [&] { return ann.screen.row_at_cursor().ends_with("|!"); });
    const Words rows = rows_from(ann, "ben: the first");
    BOOST_TEST(rows.size() == 4, ann.described());
    BOOST_TEST(rows.at(1) == "ben: the second", ann.described());
    BOOST_TEST(ann.screen.count("> ") == 1);
    ann.type("\x03\x03");
    BOOST_TEST(ann.program.status() == 0);
    ben.read_until("* ann has left");
  }
}

BOOST_AUTO_TEST_CASE(two_hundred_lines_while_one_types_leave_every_line_whole) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  const std::size_t before = ann.program.output().size();
  std::string typed;
  for (int i = 0; i < 200; ++i) {
    ben.say("line " + std::to_string(i));
    if (i % 10 != 0) continue;
    typed += static_cast<char>('a' + i / 10);
    ann.type(typed.substr(typed.size() - 1));
  }
  ann.see("ben: line 199");
  ann.see_prompt("> " + typed);
  ann.see_status("2 online");
  const auto all = ann.screen.all_rows();
  const auto first = std::find(all.begin(), all.end(), "ben: line 0");
  BOOST_REQUIRE(all.end() - first >= 202);
  for (int i = 0; i < 200; ++i) BOOST_TEST(first[i] == "ben: line " + std::to_string(i));
  // The screen is never cleared as a whole.
  BOOST_TEST(ann.program.output().find("\x1B[2J", before) == std::string::npos);
}

// Leaving, and being stopped.

BOOST_AUTO_TEST_CASE(ctrl_c_ctrl_d_and_quit_log_out_and_leave_the_terminal_as_it_was) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const std::string keys : {"\x03", "\x04", "/quit\r"}) {
    Seated ann(room.port());
    ann.come_in("ann");
    BOOST_TEST(!same(ann.program.mode(), untouched_mode()));
    ann.type(keys);
    ben.read_until("* ann has left the chat");
    BOOST_TEST(ann.program.status() == 0);
    BOOST_TEST(same(ann.program.mode(), untouched_mode()));
    const Words rows = ann.see_the_end();
    BOOST_TEST(rows.back().starts_with("* ann has "));  // no prompt, no status
    BOOST_TEST(!ann.screen.marks_pastes());
  }
}

BOOST_AUTO_TEST_CASE(alt_and_a_key_is_an_escape_sequence_while_the_client_is_there) {
  RunningRoom room(4);
  std::string command = Program::path_of("client");
  for (const auto& word : to(room.port(), {"--no-time"})) command += " " + word;
  Seated ann("/bin/bash", {"-c", "set -m; " + command + "; echo stopped; read; fg; read"},
             {40, 100, {"TERM=xterm"}});
  ann.come_in("ann");
  BOOST_TEST(ann.screen.alt_escapes());
  ann.type("\x1A");
  ann.see("stopped");
  BOOST_TEST(!ann.screen.alt_escapes());
  ann.type("\n");
  ann.see_prompt(">");
  BOOST_TEST(ann.screen.alt_escapes());
  ann.type("\x03");
  ann.see("* ann has left");
  ann.until("the old keys", [&] { return !ann.screen.marks_pastes(); });
  BOOST_TEST(!ann.screen.alt_escapes());
}

BOOST_AUTO_TEST_CASE(ctrl_c_in_the_middle_of_a_line_clears_it_and_sends_nothing_of_it) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  ben.read_until("* ann has entered");
  ann.type("not meant to be sai\x03");
  ann.see_prompt(">");
  ann.type("\x19");
  ann.see_prompt("> not meant to be sai");
  ann.type("\x03");
  ann.see_prompt(">");
  ann.type("\x03");
  BOOST_TEST(ben.read_line() == "* ann has left the chat");
  BOOST_TEST(ann.program.status() == 0);
}

BOOST_AUTO_TEST_CASE(what_is_typed_while_the_connection_is_away_is_shown_and_asked_about) {
  FakeServer server;
  Seated ann(server.port());
  ann.see_prompt("login or register?");
  ann.type("register\r");
  ann.see_prompt("user,password?");
  ann.type("ann,pw\r");
  Peer connection = server.accept();
  connection.read_until("ann,pw");
  connection.say("* online (1): ann");
  ann.see_prompt(">");
  server.stop_listening();
  connection.close();
  ann.see_status("reconnecting");
  ann.type("\x1B[200~the\tfirst\x1B[201~\r/msg ben the second\r");
  ann.see_status("2 lines wait");
  ann.see_prompt(">");
  const Words waiting{"  the first", "  /msg ben the second", ">"};
  const Words rows = rows_from(ann, "  the first");
  BOOST_TEST(Words(rows.begin(), rows.begin() + 3) == waiting, boost::test_tools::per_element());
  BOOST_TEST(ann.screen.style_of("the first") == "2");
  ann.type("\x04");
  ann.see_prompt("leave without saying that? y/n");
  for (const char* line : {"! not said: the", "! not said: /msg ben the second"}) ann.see(line);
  ann.type("n");
  ann.see_prompt(">");
  ann.type("third\r");
  ann.see_status("3 lines wait");
  ann.type("/quit\r");
  ann.see_prompt("leave without saying that? y/n");
  ann.type("y");
  BOOST_TEST(ann.program.status() == 1);
  const Words end = ann.see_the_end();
  BOOST_TEST(end.back() == "client: not said: third");
  BOOST_TEST(same(ann.program.mode(), untouched_mode()));
}

BOOST_AUTO_TEST_CASE(signals_that_mean_nothing_do_not_end_it) {
  RunningRoom room(4);
  Seated ann(room.port());
  ann.come_in("ann");
  for (const int number : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL, SIGPWR,
                           SIGSTKFLT, SIGXFSZ, SIGRTMIN, SIGRTMAX}) {
    ann.program.signal(number);
    const std::string text = "after " + std::to_string(number);
    ann.type(text + "\r");
    ann.see("ann: " + text);
  }
}

BOOST_AUTO_TEST_CASE(ctrl_c_and_quit_before_coming_in_end_it_with_status_0) {
  RunningRoom room(4);
  for (const std::string keys : {"\x03", "/quit\r", "\x04"}) {
    Seated ann(room.port());
    ann.see("* Welcome");
    ann.type(keys);
    BOOST_TEST(ann.program.status() == 0);
    BOOST_TEST(same(ann.program.mode(), untouched_mode()));
  }
}

BOOST_AUTO_TEST_CASE(while_it_connects_keys_are_not_echoed_and_ctrl_c_ends_it) {
  const DeafPort deaf(true);
  Seated ann(deaf.port());
  ann.see_prompt("login or register?");
  ann.see_status("connecting");
  ann.type("register\rann,hidden");
  ann.see_prompt("user,password? ann,••••••");
  BOOST_TEST(!ann.screen.shows("hidden"));
  ann.type("\x03\x03");
  BOOST_TEST(ann.program.status() == 0);
  BOOST_TEST(same(ann.program.mode(), untouched_mode()));
  ann.see_the_end();
  BOOST_TEST(!ann.screen.marks_pastes());
}

BOOST_AUTO_TEST_CASE(without_a_screen_a_password_is_not_echoed_and_a_signal_ends_connecting) {
  const DeafPort deaf(true);
  Seated ann(deaf.port(), {"--json", "--register", "ann"});
  ann.see("password for ann?");
  ann.type("hidden\n");
  ann.program.signal(SIGTERM);
  BOOST_TEST(ann.program.status() == 1);
  BOOST_TEST(same(ann.program.mode(), untouched_mode()));
  ann.see_the_end();
  BOOST_TEST(ann.screen.shows("client: ended before coming in"));
  BOOST_TEST(!ann.screen.shows("hidden"));
}

BOOST_AUTO_TEST_CASE(sigterm_logs_out_and_leaves_the_terminal_as_it_was) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("half a line");
  ann.see_prompt("> half a line");
  ann.program.signal(SIGTERM);
  ben.read_until("* ann has left the chat");
  BOOST_TEST(ann.program.status() == 0);
  BOOST_TEST(same(ann.program.mode(), untouched_mode()));
}

BOOST_AUTO_TEST_CASE(a_broken_connection_leaves_the_terminal_as_it_was_and_says_so) {
  FakeServer server;
  Seated ann(server.port(), {"--no-time", "--no-reconnect"});
  Peer connection = server.accept();
  connection.say("* online (1): ann");
  ann.see("(1): ann");
  connection.reset();
  BOOST_TEST(ann.program.status() == 1);
  BOOST_TEST(same(ann.program.mode(), untouched_mode()));
  const Words rows = ann.see_the_end();
  BOOST_TEST(rows.back() == "client: the connection to the server broke");
  BOOST_TEST(!ann.screen.marks_pastes());
}

BOOST_AUTO_TEST_CASE(closing_the_window_logs_out) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  ann.program.end_input();
  ann.program.close_output();
  ben.read_until("* ann has left the chat");
  BOOST_TEST(ann.program.status() < 128);
}

BOOST_AUTO_TEST_CASE(a_stop_from_outside_is_recovered_from_when_it_is_continued) {
  RunningRoom room(4);
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("half a line");
  ann.see_prompt("> half a line");
  ann.program.signal(SIGSTOP);
  ann.program.set_mode(untouched_mode());  // as a shell does
  ann.program.signal(SIGCONT);
  const auto deadline = chat::Clock::now() + kPatience;
  const auto is_raw = [&] { return (ann.program.mode().c_lflag & ICANON) == 0; };
  while (!is_raw() && chat::Clock::now() < deadline) std::this_thread::yield();
  BOOST_TEST(is_raw());
  ann.type(" and more\r");
  ann.see("ann: half a line and more");
}

// A shell with job control runs the client, which is stopped and brought back to the foreground.
BOOST_AUTO_TEST_CASE(ctrl_z_stops_it_and_fg_brings_everything_back) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  std::string command = Program::path_of("client");
  for (const auto& word : to(room.port(), {"--no-time"})) command += " " + word;
  Seated ann("/bin/bash", {"-c", "set -m; " + command + "; stty -a; fg >/dev/null; echo over"},
             {40, 100, {"TERM=xterm"}});
  ann.come_in("ann");
  ann.type("half a line\x1A");
  ann.see(" icanon");  // what the shell's stty sees
  BOOST_TEST(!ann.screen.shows("-icanon"));
  ann.see_prompt("> half a line");
  ann.type(" is enough\r");
  BOOST_TEST(ben.read_until("ann: ") == "ann: half a line is enough");
  ann.type("\x03");
  ann.see("over");
  BOOST_TEST(!ann.screen.marks_pastes());
}

BOOST_AUTO_TEST_CASE(esc_is_a_key_of_its_own_once_nothing_follows) {
  RunningRoom room(4);
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("Hello\r");
  ann.see("ann: Hello");
  ann.type("\x12hello\x1B");
  ann.see_prompt("> Hello");
  ann.type("\x05, Peter\r");
  ann.see("ann: Hello, Peter");
}

BOOST_AUTO_TEST_CASE(only_terminals_that_know_it_are_asked_to_send_alt_as_escape) {
  RunningRoom room(4);
  for (const auto& [term, known] :
       {std::pair{"xterm-256color", true}, {"xterm-kitty", false}, {"linux", false}}) {
    Seated ann(room.port(), {"--no-time"}, {24, 80, {std::string("TERM=") + term}});
    ann.see_prompt("login or register?");
    ann.type("\x03");
    BOOST_TEST(ann.program.status() == 0);
    ann.see_the_end();
    BOOST_TEST((ann.program.output().find("1036") != std::string::npos) == known);
  }
}

// Where the client knows what the terminal makes of rows that are too long.
BOOST_AUTO_TEST_CASE(narrowed_to_a_quarter_nothing_stays_behind_where_the_terminal_is_known) {
  FakeServer server;
  using Resize = ScreenModel::Resize;
  for (const auto& [kind, resize] : {std::pair{"TMUX=/tmp/tmux,1,0", Resize::kBreaks},
                                     {"XTERM_VERSION=XTerm(379)", Resize::kCuts}}) {
    Seated ann(server.port(), {"--no-time", "--register", "ann"}, {24, 80, {"TERM=xterm", kind}},
               resize);
    Peer connection = let_in(server, ann);
    connection.say("ben: the last");
    ann.see("ben: the last");
    const std::string waits = "waits " + std::string(60, 'y');
    connection.close();
    ann.see_status("reconnecting");
    ann.type(waits + "\r");
    ann.see("  " + waits);
    const std::string typed = std::string(70, 'x') + "|";
    ann.type(typed);
    ann.see_prompt("> " + typed);
    ann.resize(24, 20);
    ann.type("!");
    ann.until("the key", [&] { return ann.screen.row_at_cursor().ends_with("|!"); });
    const Words rows = rows_from(ann, "ben: the last");
    BOOST_TEST(rows.size() == 4, ann.described());
    BOOST_TEST(rows[1].starts_with("  waits yyy"), ann.described());
    BOOST_TEST(ann.screen.count("x") == 1, ann.described());
  }
}

BOOST_AUTO_TEST_CASE(on_a_dumb_terminal_and_a_plain_screen_no_line_tears_the_one_being_typed) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const bool dumb : {true, false}) {
    Words options{"--no-time"};
    if (!dumb) options.push_back("--plain");
    Seated ann(room.port(), options, {24, 80, {dumb ? "TERM=dumb" : "TERM=xterm"}});
    ann.see("* Welcome");
    ann.type("register\r");
    ann.see_prompt("user,password?");
    ann.type("ann,hidden\r");
    ann.see("* ann has entered the chat");
    ann.type("half a li");
    ann.see_prompt("half a li");
    ben.say("meanwhile");
    ben.read_until("ben: meanwhile");
    ann.type(
        "nf\x7F"
        "e\r");
    ann.see("ben: meanwhile");
    ann.see("ann: half a line");
    const Words expected{"half a line", "ben: meanwhile", "ann: half a line"};
    const Words rows = rows_from(ann, "half a");
    BOOST_TEST(rows == expected, boost::test_tools::per_element());
    BOOST_TEST(!ann.screen.shows("hidden"));
    ann.type("\x04");
    BOOST_TEST(ann.program.status() == 0);
    ann.see_the_end();
    BOOST_TEST((!dumb || ann.program.output().find('\x1B') == std::string::npos));
    BOOST_TEST(ann.program.output().find("\x1B[J") == std::string::npos);
    BOOST_TEST(same(ann.program.mode(), untouched_mode()));
    ben.read_until("* ann has left");
  }
}

BOOST_AUTO_TEST_CASE(what_users_of_other_chats_type_does_what_they_expect_or_says_why_not) {
  RunningRoom room(8);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("/w ben psst\r");
  BOOST_TEST(ben.read_until("ann -> ben") == "ann -> ben: psst");
  ann.type("/names\r");
  ann.see("* online (2): ann, ben");
  ann.type("/nick eve\r");
  ann.see("! a name is yours until you leave");
  ann.type("s/helo/hello/\r");
  ann.see("! not sent: /edit TEXT corrects");
  ann.type("s/helo/hello/\r");
  BOOST_TEST(ben.read_until("ann: ") == "ann: s/helo/hello/");
  ann.type("/hsitory\r");
  ann.see("! unknown command /hsitory; is it /history?");
  ann.type("/clear\r");
  ben.say("after");
  ann.see("ben: after");
  BOOST_TEST(!ann.screen.shows("is it /history?"));
  ann.type("/exit\r");
  BOOST_TEST(ann.program.status() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
