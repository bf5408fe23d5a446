// ./client on pipes, as a script runs it.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fake_server.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using Words = std::vector<std::string>;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A client on pipes, as a script runs it.
struct Piped {
  explicit Piped(std::uint16_t port, const Words& more = {}) : program("client", to(port, more)) {}

  void come_in(const std::string& name) {
    program.type("register\n" + name + ",pw\n");
    program.read_until("* " + name + " has entered the chat\n");
  }

  Program program;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(client_program)

// On pipes.

BOOST_AUTO_TEST_CASE(on_pipes_it_prints_what_the_server_says_and_ends_with_0_at_the_end_of_input) {
  RunningRoom room(4);
  Piped ann(room.port());
  ann.program.type("register\nann,pw\ngood morning\nthe last, unterminated line");
  ann.program.end_input();
  BOOST_TEST(ann.program.read_all() ==
             "* Welcome to the chatroom. Type login or register, press Enter, then type "
             "user,password\n"
             "* user,password?\n"
             "* hello ann\n"
             "* online (1): ann\n"
             "* ann has entered the chat\n"
             "ann: good morning\n"
             "ann: the last, unterminated line\n"
             "* ann has left the chat\n");
  BOOST_TEST(ann.program.read_errors() == "");
  BOOST_TEST(ann.program.status() == 0);
}

BOOST_AUTO_TEST_CASE(at_the_end_of_input_it_half_closes_and_prints_what_still_comes) {
  FakeServer server;
  Piped client(server.port());
  Peer connection = server.accept();
  connection.say("* online (1): ann");
  client.program.type("the last line");
  client.program.end_input();
  BOOST_TEST(connection.read_line() == "/tagged");
  BOOST_TEST(connection.read_line() == "the last line");
  BOOST_TEST(connection.ends());
  connection.say("still");
  connection.send("coming");
  connection.close();
  BOOST_TEST(client.program.read_all() == "* online (1): ann\nstill\ncoming\n");
  BOOST_TEST(client.program.status() == 0);
}

BOOST_AUTO_TEST_CASE(quit_ends_it_with_status_0_although_its_input_is_open) {
  RunningRoom room(4);
  Piped ann(room.port());
  ann.come_in("ann");
  ann.program.type("/quit\n");
  BOOST_TEST(ann.program.status() == 0);
}

BOOST_AUTO_TEST_CASE(a_refusal_ends_it_by_itself_with_status_1_and_the_reason) {
  RunningRoom room(4);
  const Peer ann = Peer::registered(room.port(), "ann");
  Piped other(room.port());
  other.program.type("register\nann,pw\n");
  BOOST_TEST(other.program.status() == 1);  // its input is still open
  BOOST_TEST(other.program.read_errors() ==
             "client: username is already used\n"
             "client: register another name, or login if it is an account of yours\n");
}

BOOST_AUTO_TEST_CASE(an_input_that_ends_before_coming_in_is_status_1) {
  RunningRoom room(4);
  Piped client(room.port());
  client.program.type("register\n");
  client.program.end_input();
  BOOST_TEST(client.program.status() == 1);
  BOOST_TEST(client.program.read_errors().starts_with("client: "));
}

BOOST_AUTO_TEST_CASE(where_nobody_listens_the_reason_names_host_and_port) {
  const DeafPort deaf;
  Piped client(deaf.port());
  BOOST_TEST(client.program.status() == 1);
  BOOST_TEST(client.program.read_errors() == "client: cannot connect to 127.0.0.1 port " +
                                                 std::to_string(deaf.port()) +
                                                 ": Connection refused\n");
}

BOOST_AUTO_TEST_CASE(wrong_arguments_end_it_with_status_2_and_one_line) {
  for (const Words& words :
       {Words{}, Words{""}, Words{"--frobnicate"}, Words{"localhost", "extra"},
        Words{"localhost", "--port"}, Words{"localhost", "--port", "0"},
        Words{"localhost", "--port", "65536"}, Words{"localhost", "--port=x"}}) {
    Program client("client", words);
    BOOST_TEST(client.status() == 2);
    const std::string errors = client.read_errors();
    BOOST_TEST(errors.starts_with("client: "));
    BOOST_TEST(errors.ends_with("; see client --help\n"));
    BOOST_TEST(std::count(errors.begin(), errors.end(), '\n') == 1);
    BOOST_TEST(client.read_all() == "");
  }
}

BOOST_AUTO_TEST_CASE(help_is_printed_with_status_0) {
  Program client("client", {"--help"});
  BOOST_TEST(client.status() == 0);
  BOOST_TEST(client.read_all().starts_with("usage: client [HOST]"));
  BOOST_TEST(client.read_errors() == "");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_killed_ends_it_with_status_1_and_the_reason) {
  TemporaryFolder folder;
  Program server("server", {"--max-users", "4", "--port", "0", "--bind", "127.0.0.1"},
                 Program::On::kPipes, folder.file(""));
  const std::string line = server.read_until("\n");
  Piped ann(static_cast<std::uint16_t>(std::stoul(line.substr(line.find("port ") + 5))),
            {"--no-reconnect"});
  ann.come_in("ann");
  server.signal(SIGKILL);
  BOOST_TEST(ann.program.status() == 1);
  BOOST_TEST(ann.program.read_errors() == "client: the server closed the connection\n");
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_reset_ends_it_with_status_1_and_the_reason) {
  FakeServer server;
  Piped client(server.port(), {"--no-reconnect"});
  Peer connection = server.accept();
  connection.say("* online (1): ann");
  client.program.read_until("ann\n");
  connection.reset();
  BOOST_TEST(client.program.status() == 1);
  BOOST_TEST(client.program.read_errors() == "client: the connection to the server broke\n");
}

BOOST_AUTO_TEST_CASE(the_goodbye_of_the_server_ends_it_with_status_0) {
  RunningRoom room(4);
  Piped ann(room.port(), {"--no-reconnect"});
  ann.come_in("ann");
  room.stop();
  BOOST_TEST(ann.program.read_all() == "* the server is shutting down\n");
  BOOST_TEST(ann.program.status() == 0);
}

BOOST_AUTO_TEST_CASE(sigterm_and_sigint_log_out) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const int number : {SIGTERM, SIGINT}) {
    Piped ann(room.port());
    ann.come_in("ann");
    ann.program.signal(number);
    ben.read_until("* ann has left the chat");
    BOOST_TEST(ann.program.status() == 0);
  }
}

BOOST_AUTO_TEST_CASE(an_output_that_is_closed_ends_it_with_status_1) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Piped ann(room.port());
  ann.come_in("ann");
  ann.program.close_output();
  ben.read_until("* ann has left the chat");
  BOOST_TEST(ann.program.status() == 1);
  BOOST_TEST(has(ann.program.read_errors(), "standard output"));
}

BOOST_AUTO_TEST_CASE(an_output_that_is_closed_while_it_writes_ends_it_with_status_1) {
  FakeServer server;
  Piped client(server.port());
  Peer connection = server.accept();
  connection.say("* online (1): ann");
  // More than a pipe holds, less than the socket's buffers hold besides.
  for (int i = 0; i < 25; ++i) connection.say(std::string(4000, 'x'));
  client.program.read_until("\n");
  client.program.close_output();
  BOOST_TEST(client.program.status() == 1);  // and not ended by SIGPIPE
  BOOST_TEST(has(client.program.read_errors(), "standard output"));
}

BOOST_AUTO_TEST_CASE(what_a_hostile_server_sends_is_neutralised_in_output_and_reason) {
  FakeServer server;
  Piped client(server.port());
  Peer connection = server.accept();
  connection.say(kHostile);
  connection.say("! " + std::string(kHostile));
  BOOST_TEST(client.program.read_all() ==
             std::string(kNeutralised) + "\n! " + std::string(kNeutralised) + "\n");
  BOOST_TEST(client.program.read_errors() == "client: " + std::string(kNeutralised) + "\n");
  BOOST_TEST(client.program.status() == 1);
}

BOOST_AUTO_TEST_CASE(a_server_that_sends_a_line_without_end_is_left_with_status_1) {
  FakeServer server;
  Piped client(server.port());
  Peer connection = server.accept();
  connection.send(std::string(100'000, 'x'));
  BOOST_TEST(client.program.status() == 1);
  BOOST_TEST(client.program.read_errors() == "client: the server sends no lines\n");
  BOOST_TEST(client.program.read_all() == "");
}

BOOST_AUTO_TEST_SUITE_END()
