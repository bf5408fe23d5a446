// Passwords that are typed in the room: what the client shows, keeps and sends of them.
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

struct AtTerminal {
  explicit AtTerminal(const Words& options = {"--no-time"}) : ann(server.port(), options) {
    ann.see_prompt("login or register?");
    ann.type("login\rann,pw\r");
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
  ann.see_prompt("old password?");
  for (const char key : std::string_view("XYQ\x17\x19\tXYQ")) ann.type({&key, 1});
  ann.type("\x1B[A\x12Q\r");  // no key of the editor brings it back
  ann.see_prompt("new password?");
  seat.connection().say("ben: hello");
  ann.see("ben: hello");
  ann.type("/quit\r");  // as good a password as any
  ann.see_prompt("the same once more?");
  ann.type("/quit\r");
  const std::string sent = seat.connection().read_line();
  BOOST_TEST(sent.starts_with("/password "));
  BOOST_TEST(sent.find("XYQ") != std::string::npos);
  BOOST_TEST(sent.ends_with("\t/quit"));
  seat.connection().say("* your password is changed");
  ann.see("* your password is changed");
  ann.see_prompt(">");
  ann.type("\x19\x1B[Asaid\r");
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

BOOST_AUTO_TEST_CASE(what_differs_and_what_is_given_up_is_not_sent_and_the_next_line_is_talk) {
  AtTerminal seat;
  for (const std::string keys : {"\x1B", "\x07", "\r", "half\x1B", "XYQ\r\r", "XYQ\rYXQ\r"}) {
    seat.ann.type("/account add bob\r");
    seat.ann.see_prompt("password for bob?");
    seat.ann.type(keys);
    seat.ann.see_prompt(">");
    BOOST_TEST(seat.ann.screen.shows("nothing was changed"));
  }
  BOOST_TEST(seat.ann.screen.shows("the new passwords are not the same: nothing was changed"));
  seat.ann.type("hello\r");
  BOOST_TEST(seat.connection().read_line() == "hello");
}

BOOST_AUTO_TEST_CASE(passwords_behind_the_command_are_not_sent) {
  AtTerminal seat;
  for (const std::string line : {"/password XYQ QYX", "\x1B[200~/password XYQ\tQYX\x1B[201~",
                                 "\x1B[200~/account add bob\tXYQ\x1B[201~"}) {
    seat.ann.type(line + "\r");
    seat.ann.see("! not sent: type /");
    seat.ann.type("\x1B[A");  // nor are they remembered
    seat.ann.see_prompt(">");
  }
  seat.ann.type("hello\r");
  BOOST_TEST(seat.connection().read_line() == "hello");
}

// The server says so, and would say the same of what was typed.
BOOST_AUTO_TEST_CASE(who_is_registered_is_not_asked) {
  FakeServer server;
  Seated ann(server.port(), {"--no-time"});
  ann.see_prompt("login or register?");
  ann.type("register\rann,pw\r");
  Peer peer = came_in(server);
  ann.see_prompt(">");
  ann.type("/password\r");
  BOOST_TEST(peer.read_line() == "/password");
  peer.say("! /password is for accounts");
  ann.see("! /password is for accounts");
  ann.type("hello\r");
  BOOST_TEST(peer.read_line() == "hello");
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

// Cut before each key of it: what was typed is one line of the next connection, or of none.
BOOST_AUTO_TEST_CASE(wherever_the_connection_is_cut_no_password_is_said) {
  const Words keys{"/password\r", "XYQ", "\r", "QYX", "\r", "QYX", "\r"};
  for (std::size_t cut = 0; cut <= keys.size(); ++cut) {
    AtTerminal seat;
    std::vector<Peer> second;
    for (std::size_t i = 0; i <= keys.size(); ++i) {
      if (i == cut) {
        if (i == keys.size()) BOOST_TEST(seat.connection().read_line() == "/password XYQ\tQYX");
        seat.connection().reset();
        second.push_back(came_back(seat.server));
        seat.ann.see_status("connected");
      }
      if (i < keys.size()) seat.ann.type(keys[i]);
    }
    if (cut == keys.size()) {
      seat.ann.see("nobody knows whether the password was changed");
    } else {
      BOOST_TEST(second.back().read_line() == "/password XYQ\tQYX");
    }
    seat.ann.see_prompt(">");
    seat.ann.type("hello\r");
    BOOST_TEST(second.back().read_line() == "hello");
    BOOST_TEST(!seat.ann.screen.shows("XYQ"));
  }
}

BOOST_AUTO_TEST_CASE(a_command_that_waits_for_a_connection_is_shown_without_its_passwords) {
  AtTerminal seat;
  seat.server.stop_listening();
  seat.connection().reset();
  seat.ann.see_status("reconnecting");
  seat.ann.type("/password\rXYQ\rQYX\rQYX\r");
  seat.ann.see("/password (hidden)");
  seat.ann.type("\x03");
  seat.ann.see("! not said: /password (hidden)");
  seat.ann.type("y");
  BOOST_TEST(seat.ann.program.status() == 1);
  BOOST_TEST(seat.ann.program.output().find("XYQ") == std::string::npos);
  BOOST_TEST(seat.ann.program.output().find("QYX") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(on_a_pipe_the_lines_behind_the_command_are_sent_in_it_and_never_said) {
  for (const bool twice : {false, true}) {
    FakeServer server;
    Program ann("client", to(server.port()));
    ann.type("login\nann,pw\n/password\n0ld\n/quit\n" + std::string(twice ? "/quit\n" : "") +
             "hello\n/password 0ld\tn3w\n/account add bob\nb0b\nbye\n");
    ann.end_input();
    Peer peer = came_in(server);
    for (const char* line :
         {"/password 0ld\t/quit", "hello", "/password 0ld\tn3w", "/account add bob\tb0b", "bye"}) {
      BOOST_TEST(peer.read_line() == line);
    }
    BOOST_TEST(peer.ends());
  }
}

BOOST_AUTO_TEST_CASE(on_a_pipe_wherever_the_connection_is_cut_no_password_is_said) {
  const Words typed{"/password\n", "0ld\n", "n3w\n", "n3w\n", "hello\n"};
  for (std::size_t cut = 0; cut < typed.size(); ++cut) {
    FakeServer server;
    Program ann("client", to(server.port()));
    ann.type("login\nann,pw\n");
    std::vector<Peer> peers;
    peers.push_back(came_in(server));
    for (std::size_t i = 0; i < typed.size(); ++i) {
      if (i == cut) {
        peers.back().reset();
        peers.push_back(came_back(server));
      }
      ann.type(typed[i]);
    }
    (void)peers.back().read_until("hello");
    for (const Peer& peer : peers) {
      for (const std::string& line : peer.transcript()) {
        const bool secret =
            line.find("0ld") != std::string::npos || line.find("n3w") != std::string::npos;
        BOOST_TEST((!secret || line == "/password 0ld\tn3w"), line);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(on_a_pipe_what_is_no_password_or_is_missing_changes_nothing_and_says_so) {
  FakeServer server;
  Program ann("client", to(server.port()));
  ann.type("login\nann,pw\n/account add bob\n" + std::string(600, 'x') +
           "\nhello\n/password\n0ld\n");
  ann.end_input();
  Peer peer = came_in(server);
  BOOST_TEST(peer.read_line() == "hello");
  BOOST_TEST(peer.ends());
  peer.say("1\t2026-11-24T12:34:56.789Z\tsay\tann\thello");
  peer.close();
  const std::string errors = ann.read_errors();
  BOOST_TEST(errors.find("without control characters: nothing was changed") != std::string::npos);
  BOOST_TEST(errors.find("the input has ended: nothing was changed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_comes_back_does_so_with_the_password_that_was_changed_last) {
  FakeServer server;
  Program ann("client", to(server.port()));
  ann.type("login\nann,pw\n/password\npw\nn3w\n/account add bob\nb0b\n");
  {
    Peer first = came_in(server);
    BOOST_TEST(first.read_line() == "/password pw\tn3w");
    first.say("* your password is changed");
    BOOST_TEST(first.read_line() == "/account add bob\tb0b");
    first.reset();
  }
  Peer second = server.accept();
  second.read_until("resume");
  BOOST_TEST(second.read_line() == "ann,n3w");
}

BOOST_AUTO_TEST_SUITE_END()
