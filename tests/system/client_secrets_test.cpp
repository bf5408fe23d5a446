// Passwords that the server asks for in the room: what the client shows, keeps and sends of them.
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/base/text.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/seated.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kTagged = "* lines are tagged from here on";

// The server's end of a client that has just come in.
Peer came_in(FakeServer& server) {
  Peer peer = server.accept();
  peer.read_until("ann,pw");
  peer.say(kTagged);
  peer.say("* online (1): ann");
  return peer;
}

// The same of one that has come back, and caught up.
Peer came_back(FakeServer& server) {
  Peer peer = server.accept();
  peer.read_until("/since");
  peer.read_until("/tagged");
  peer.say(kTagged);
  peer.say("* online (1): ann");
  peer.say(kTagged);
  return peer;
}

void takes_command(Peer& peer, std::string_view command) {
  BOOST_TEST(peer.read_until("/tagged") == "/tagged");
  BOOST_TEST(peer.read_line() == command);
  peer.say(kTagged);
}

bool holds(const Words& lines, std::string_view part) {
  for (const std::string& line : lines) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

struct AtTerminal {
  explicit AtTerminal(const Words& options = {"--no-time"}) : ann(server.port(), options) {
    ann.see_prompt("login or register?");
    ann.type("register\rann,pw\r");
    peer.emplace_back(came_in(server));
    ann.see("* online (1): ann");
    ann.see_prompt(">");
  }
  Peer& connection() { return peer.back(); }

  FakeServer server;
  Seated ann;
  std::vector<Peer> peer;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(client_secrets)

BOOST_AUTO_TEST_CASE(at_a_terminal_the_answers_are_never_shown_kept_or_logged) {
  const TemporaryFolder folder;
  AtTerminal seat({"--no-time", "--log", folder.file("log")});
  Seated& ann = seat.ann;
  ann.type("/password\r");
  takes_command(seat.connection(), "/password");
  ann.see_prompt("(hidden)");
  seat.connection().say("* old password?");
  ann.see_prompt("old password?");
  for (const char key : std::string_view("XYQ\x17\x19\tXYQ")) ann.type({&key, 1});
  ann.type("\x1B[A\x12Q\r");  // no key of the editor brings it back
  BOOST_TEST(seat.connection().read_line().find("XYQ") != std::string::npos);
  seat.connection().say("* new password?");
  ann.see_prompt("new password?");
  seat.connection().say("ben: hello");
  ann.see("ben: hello");
  ann.type("/quit\r");  // as good a password as any
  BOOST_TEST(seat.connection().read_line() == "/quit");
  seat.connection().say("* your password is changed");
  ann.see("* your password is changed");
  ann.see_prompt(">");
  ann.type("\x19\x1B[A");
  ann.see_prompt("> /password");
  ann.type("\x15said\r");
  BOOST_TEST(seat.connection().read_line() == "said");
  ann.type("\x03");
  (void)seat.connection().read_all();  // up to its end
  seat.connection().close();
  BOOST_TEST(ann.program.status() == 0);
  ann.see_the_end();
  BOOST_TEST(ann.program.output().find('Q') == std::string::npos);
  BOOST_TEST(ann.program.output().find("/quit") == std::string::npos);
  BOOST_TEST(folder.read("log").find("XYQ") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(esc_ctrl_g_and_an_empty_line_give_up) {
  AtTerminal seat;
  for (const std::string key : {"\x1B", "\x07", "\r"}) {
    seat.ann.type("/account add bob\r");
    takes_command(seat.connection(), "/account add bob");
    seat.connection().say("* password for bob?");
    seat.ann.see_prompt("password for bob?");
    if (key != "\r") {
      seat.ann.type("half");
    }
    seat.ann.type(key);
    BOOST_TEST(seat.connection().read_line() == "");
    seat.connection().say("* nothing was changed");
    seat.ann.see_prompt(">");
  }
}

BOOST_AUTO_TEST_CASE(where_the_command_is_refused_the_next_line_is_one_as_any_other) {
  AtTerminal seat;
  seat.ann.type("/password\r");
  takes_command(seat.connection(), "/password");
  seat.ann.see_prompt("(hidden)");
  seat.connection().say("! /password is for accounts");
  seat.ann.see("! /password is for accounts");
  seat.ann.see_prompt(">");
  seat.ann.type("hello\r");
  BOOST_TEST(seat.connection().read_line() == "hello");
}

BOOST_AUTO_TEST_CASE(passwords_that_are_pasted_behind_the_command_are_not_said) {
  AtTerminal seat;
  for (const std::string command : {"/password", "/account add ben", " /PASSWORD "}) {
    seat.ann.type("\x1B[200~" + command + "\nXYQ\nQYX\x1B[201~");
    seat.ann.see("! not pasted: " + std::string(chat::trimmed(command)) + " has to be typed");
    seat.ann.see_prompt(">");
  }
  seat.ann.type("y\r");
  BOOST_TEST(seat.connection().read_line() == "y");
  BOOST_TEST(!seat.ann.screen.shows("XYQ"));
}

BOOST_AUTO_TEST_CASE(a_cut_connection_takes_the_question_along_and_says_so) {
  AtTerminal seat;
  seat.ann.type("/password\r");
  takes_command(seat.connection(), "/password");
  seat.connection().say("* old password?");
  seat.ann.see_prompt("old password?");
  seat.ann.type("half");
  seat.connection().reset();
  seat.ann.see("! the password was not changed: the connection was lost");
  seat.ann.see_prompt("(press Enter)");
  Peer second = came_back(seat.server);
  seat.ann.see_status("connected");
  second.say("ben: hello");  // nor does the row change by what comes
  seat.ann.see("ben: hello");
  seat.ann.type("other half\r");  // typed blindly
  seat.ann.see("! not sent: nobody asks for it any more");
  seat.ann.see_prompt(">");
  seat.ann.type("hello\r");
  BOOST_TEST(second.read_line() == "hello");
  seat.ann.type("\x03");
  BOOST_TEST(!holds(second.read_all(), "half"));
}

BOOST_AUTO_TEST_CASE(without_a_connection_the_command_is_not_taken) {
  AtTerminal seat;
  seat.server.stop_listening();
  seat.connection().reset();
  seat.ann.see_status("reconnecting");
  seat.ann.type("/password\r");
  seat.ann.see("! not sent: there is no connection now");
  seat.ann.see_prompt(">");
}

BOOST_AUTO_TEST_CASE(
    on_a_pipe_secrets_wait_for_their_questions_and_what_is_not_asked_for_is_dropped) {
  for (const bool refused : {false, true}) {
    FakeServer server;
    Program ann("client", to(server.port()));
    ann.type("register\nann,pw\n/password\n0ld\n/quit\nhello\n");
    ann.end_input();
    Peer peer = came_in(server);
    takes_command(peer, "/password");
    if (refused) {
      peer.say("! /password is for accounts");
    } else {
      peer.say("* old password?");
      BOOST_TEST(peer.read_line() == "0ld");
      peer.say("* new password?");
      BOOST_TEST(peer.read_line() == "/quit");
      peer.say("* your password is changed");
    }
    BOOST_TEST(peer.read_line() == "hello");
    BOOST_TEST(peer.ends());
    if (refused) BOOST_TEST(!holds(peer.transcript(), "0ld"));
  }
}

BOOST_AUTO_TEST_CASE(on_a_pipe_a_cut_connection_drops_them_wherever_it_is_cut) {
  for (int asked = 0; asked <= 1; ++asked) {
    FakeServer server;
    Program ann("client", to(server.port()));
    ann.type("register\nann,pw\n/password\n0ld\nn3w\nhello\n");
    {
      Peer first = came_in(server);
      takes_command(first, "/password");
      if (asked > 0) {
        first.say("* old password?");
        BOOST_TEST(first.read_line() == "0ld");
      }
      first.reset();
    }
    Peer second = came_back(server);
    BOOST_TEST(second.read_line() == "hello");
    ann.end_input();
    BOOST_TEST(second.ends());
    for (const char* secret : {"0ld", "n3w", "/password"}) {
      BOOST_TEST(!holds(second.transcript(), secret));
    }
    second.say("1\t2026-11-24T12:34:56.789Z\tsay\tann\thello");
    second.close();
    BOOST_TEST(ann.read_errors().find("the password was not changed: the connection was lost") !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(who_comes_back_does_so_with_the_password_that_was_changed_last) {
  FakeServer server;
  Program ann("client", to(server.port()));
  ann.type("login\nann,pw\n/password\npw\nn3w\n/account add bob\nb0b\n");
  {
    Peer first = came_in(server);
    takes_command(first, "/password");
    first.say("* old password?");
    BOOST_TEST(first.read_line() == "pw");
    first.say("* new password?");
    BOOST_TEST(first.read_line() == "n3w");
    first.say("* your password is changed");
    takes_command(first, "/account add bob");
    first.reset();
  }
  Peer second = server.accept();
  second.read_until("resume");
  BOOST_TEST(second.read_line() == "ann,n3w");
}

// The server would refuse it as a line, and take the next one for the password.
BOOST_AUTO_TEST_CASE(what_is_no_line_gives_up) {
  FakeServer server;
  Program ann("client", to(server.port()));
  ann.type("register\nann,pw\n/account add bob\n" + std::string(5000, 'x') + "\nhello\n");
  Peer peer = came_in(server);
  takes_command(peer, "/account add bob");
  peer.say("* password for bob?");
  BOOST_TEST(peer.read_line() == "");
  peer.say("* nothing was changed");
  BOOST_TEST(peer.read_line() == "hello");
}

BOOST_AUTO_TEST_SUITE_END()
