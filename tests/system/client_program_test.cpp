// ./client as a person or a script runs it.
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <termios.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "chat/socket.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using Words = std::vector<std::string>;

Words to(std::uint16_t port) { return {"127.0.0.1", "--port", std::to_string(port)}; }

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A client on pipes, as a script runs it.
struct Piped {
  explicit Piped(std::uint16_t port) : program("client", to(port)) {}

  void come_in(const std::string& name) {
    program.type("register\n" + name + ",pw\n");
    program.read_until("* " + name + " has entered the chat\n");
  }

  Program program;
};

// What a terminal of 80 columns shows after `output`, row by row. It knows as much of a terminal as
// the client needs; whatever else comes is an error.
Words rows_after(std::string_view output) {
  constexpr std::string_view kEraseToTheRight = "\x1B[K";
  Words rows{""};
  std::size_t column = 0;
  while (!output.empty()) {
    std::size_t taken = 1;
    if (output.starts_with(kEraseToTheRight)) {
      rows.back().resize(column);
      taken = kEraseToTheRight.size();
    } else if (output.front() == '\r') {
      column = 0;
    } else if (output.front() == '\n') {
      rows.emplace_back(column, ' ');
    } else if (output.front() >= ' ') {
      if (column == 80) {
        rows.emplace_back();
        column = 0;
      }
      rows.back().resize(std::max(rows.back().size(), column + 1), ' ');
      rows.back()[column++] = output.front();
    } else {
      throw std::runtime_error("not for this terminal: " + std::string(output));
    }
    output.remove_prefix(taken);
  }
  return rows;
}

// A client on a terminal, and what its user sees.
struct Seated {
  explicit Seated(std::uint16_t port) : program("client", to(port), Program::On::kTerminal) {
    see("\r> \x1B[K");
  }

  void come_in(const std::string& name) {
    type("register\r");
    see("* user,password?\r\n");
    type(name + ",pw\r");
    see("* " + name + " has entered the chat\r\n");
    see("\r> \x1B[K");
  }

  void type(std::string_view keys) { program.type(keys); }

  // Waits until `text` has been written; the rows of the screen at that moment.
  Words see(std::string_view text) {
    seen += program.read_until(text);
    return rows_after(seen);
  }

  // The same for the line being typed, painted anew.
  Words see_typed(const std::string& line) { return see("\r> " + line + "\x1B[K"); }

  // The rows that stay when the program has ended.
  Words see_the_end() {
    seen += program.read_all();
    return rows_after(seen);
  }

  Program program;
  std::string seen;
};

// A server that says and does what the test wants.
class FakeServer {
 public:
  FakeServer() : listener_(std::move(chat::Listener::open("127.0.0.1", 0).front())) {}

  std::uint16_t port() const { return listener_.port(); }

  Peer accept() {
    pollfd entry{listener_.descriptor().get(), POLLIN, 0};
    const int patience = static_cast<int>(std::chrono::milliseconds(kPatience).count());
    if (::poll(&entry, 1, patience) != 1) throw std::runtime_error("no client comes");
    chat::AcceptError error{};
    auto socket = listener_.accept(error);
    if (!socket) throw std::runtime_error("accept");
    return Peer(std::move(*socket));
  }

 private:
  chat::Listener listener_;
};

// A port that is taken, so that no other test gets it, but where nobody listens.
struct DeafPort {
  DeafPort() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    BOOST_REQUIRE(::bind(fd.get(), generic, length) == 0);
    BOOST_REQUIRE(::getsockname(fd.get(), generic, &length) == 0);
    port = ntohs(address.sin_port);
  }

  chat::Descriptor fd;
  std::uint16_t port = 0;
};

// How a terminal is set that no program has touched.
termios untouched_mode() {
  int terminal = -1;
  int inside = -1;
  BOOST_REQUIRE(::openpty(&terminal, &inside, nullptr, nullptr, nullptr) == 0);
  const chat::Descriptor close_terminal(terminal);
  const chat::Descriptor close_inside(inside);
  termios mode{};
  BOOST_REQUIRE(::tcgetattr(terminal, &mode) == 0);
  return mode;
}

bool same(const termios& one, const termios& other) {
  const auto flags = [](const termios& mode) {
    return std::tuple(mode.c_iflag, mode.c_oflag, mode.c_cflag, mode.c_lflag);
  };
  return flags(one) == flags(other) &&
         std::equal(std::begin(one.c_cc), std::end(one.c_cc), std::begin(other.c_cc));
}

// What a server might try on a user's terminal: clear it, name its window, colour it, go back in
// the line, ring, reorder what is read; and a byte that is no text.
constexpr std::string_view kHostile =
    "a\x1B[2J b\x1B]0;owned\x07 c\xC2\x9B"
    "31m d\rover e\bf \xE2\x80\xAE g\xE2\x81\xA6 \xE2\x80\xA8 \xFF.";
constexpr std::string_view kNeutralised =
    "a\xEF\xBF\xBD[2J b\xEF\xBF\xBD]0;owned\xEF\xBF\xBD c\xEF\xBF\xBD"
    "31m d\xEF\xBF\xBDover e\xEF\xBF\xBD"
    "f \xEF\xBF\xBD g\xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD.";

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
  BOOST_TEST(connection.ends() == false);  // the bytes that came before the end
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
  BOOST_TEST(other.program.read_errors() == "client: username is already used\n");
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
  Piped client(deaf.port);
  BOOST_TEST(client.program.status() == 1);
  BOOST_TEST(client.program.read_errors() == "client: cannot connect to 127.0.0.1 port " +
                                                 std::to_string(deaf.port) +
                                                 ": Connection refused\n");
}

BOOST_AUTO_TEST_CASE(wrong_arguments_end_it_with_status_2_and_usage) {
  for (const Words& words :
       {Words{}, Words{""}, Words{"--frobnicate"}, Words{"localhost", "extra"},
        Words{"localhost", "--port"}, Words{"localhost", "--port", "0"},
        Words{"localhost", "--port", "65536"}, Words{"localhost", "--port=x"}}) {
    Program client("client", words);
    BOOST_TEST(client.status() == 2);
    const std::string errors = client.read_errors();
    BOOST_TEST(errors.starts_with("client: "));
    BOOST_TEST(has(errors, "usage: client HOST"));
    BOOST_TEST(client.read_all() == "");
  }
}

BOOST_AUTO_TEST_CASE(help_is_printed_with_status_0) {
  Program client("client", {"--help"});
  BOOST_TEST(client.status() == 0);
  BOOST_TEST(client.read_all().starts_with("usage: client HOST"));
  BOOST_TEST(client.read_errors() == "");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_killed_ends_it_with_status_1_and_the_reason) {
  TemporaryFolder folder;
  Program server("server", {"--max-users", "4", "--port", "0", "--bind", "127.0.0.1"},
                 Program::On::kPipes, folder.file(""));
  const std::string line = server.read_until("\n");
  Piped ann(static_cast<std::uint16_t>(std::stoul(line.substr(line.find("port ") + 5))));
  ann.come_in("ann");
  server.signal(SIGKILL);
  BOOST_TEST(ann.program.status() == 1);
  BOOST_TEST(ann.program.read_errors() == "client: the server closed the connection\n");
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_reset_ends_it_with_status_1_and_the_reason) {
  FakeServer server;
  Piped client(server.port());
  Peer connection = server.accept();
  connection.say("* online (1): ann");
  client.program.read_until("ann\n");
  connection.reset();
  BOOST_TEST(client.program.status() == 1);
  BOOST_TEST(client.program.read_errors() == "client: the connection to the server broke\n");
}

BOOST_AUTO_TEST_CASE(the_goodbye_of_the_server_ends_it_with_status_0) {
  RunningRoom room(4);
  Piped ann(room.port());
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

// On a terminal.

BOOST_AUTO_TEST_CASE(on_a_terminal_the_password_is_not_shown) {
  RunningRoom room(4);
  Seated ann(room.port());
  ann.type("register\r");
  ann.see("* user,password?\r\n");
  for (const char key : std::string_view("ann,hidden")) ann.type({&key, 1});
  ann.see_typed("ann,******");
  ann.type("\r");
  ann.see("* ann has entered the chat");
  ann.type("\x03");
  BOOST_TEST(ann.program.status() == 0);
  ann.see_the_end();
  for (const char key : std::string_view("hidden")) {  // nor any key of it on its own
    BOOST_TEST(!has(ann.seen, "," + std::string(1, key)));
    BOOST_TEST(!has(ann.seen, "*" + std::string(1, key)));
  }
}

BOOST_AUTO_TEST_CASE(a_password_that_is_typed_before_the_question_is_not_shown_either) {
  FakeServer server;
  Seated ann(server.port());
  Peer connection = server.accept();
  ann.type("register\rann,secret-words\r");
  BOOST_TEST(connection.read_line() == "register");
  BOOST_TEST(connection.read_line() == "ann,secret-words");
  connection.say("* user,password?");
  connection.say("* online (1): ann");
  const Words rows = ann.see("(1): ann\r\n");
  const Words expected{"> register", "> ann,************", "* user,password?", "* online (1): ann",
                       ""};
  BOOST_TEST(rows == expected, boost::test_tools::per_element());
  BOOST_TEST(!has(ann.seen, "secret"));
}

BOOST_AUTO_TEST_CASE(a_line_that_comes_in_does_not_tear_the_line_being_typed) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("half a line");
  ann.see_typed("half a line");
  ben.say("may I interrupt?");
  const Words rows = ann.see_typed("half a line");
  BOOST_TEST(rows.at(rows.size() - 2) == "ben: may I interrupt?");
  BOOST_TEST(rows.back() == "> half a line");
  ann.type(", and the rest\r");
  BOOST_TEST(ben.read_until("ann: ") == "ann: half a line, and the rest");
}

BOOST_AUTO_TEST_CASE(a_line_of_ones_own_is_on_the_screen_once) {
  RunningRoom room(4);
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("good morning\r");
  ann.see("ann: good morning\r\n");
  const Words rows = ann.see_typed("");
  BOOST_TEST(rows.back() == "> ");
  BOOST_TEST(std::count_if(rows.begin(), rows.end(),
                           [](const std::string& row) { return has(row, "good morning"); }) == 1);
}

BOOST_AUTO_TEST_CASE(ctrl_c_and_ctrl_d_log_out_and_leave_the_terminal_as_it_was) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const std::string key : {"\x03", "\x04"}) {
    Seated ann(room.port());
    ann.come_in("ann");
    BOOST_TEST(!same(ann.program.mode(), untouched_mode()));
    ann.type(key);
    ben.read_until("* ann has left the chat");
    BOOST_TEST(ann.program.status() == 0);
    BOOST_TEST(same(ann.program.mode(), untouched_mode()));
    BOOST_TEST(ann.see_the_end().back() == "");
  }
}

BOOST_AUTO_TEST_CASE(ctrl_c_in_the_middle_of_a_line_sends_nothing_of_it) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("not meant to be sai\x03");
  ben.read_until("* ann has entered");
  BOOST_TEST(ben.read_line() == "* ann has left the chat");
  BOOST_TEST(ann.program.status() == 0);
}

BOOST_AUTO_TEST_CASE(ctrl_c_before_coming_in_ends_it_with_status_0) {
  RunningRoom room(4);
  Seated ann(room.port());
  ann.see("* Welcome");
  ann.type("\x03");
  BOOST_TEST(ann.program.status() == 0);
  BOOST_TEST(same(ann.program.mode(), untouched_mode()));
}

BOOST_AUTO_TEST_CASE(a_refusal_leaves_the_terminal_as_it_was_and_its_reason_on_it) {
  RunningRoom room(4);
  const Peer ann = Peer::registered(room.port(), "ann");
  Seated other(room.port());
  other.type("register\rann,pw\r");
  BOOST_TEST(other.program.status() == 1);
  BOOST_TEST(same(other.program.mode(), untouched_mode()));
  const Words rows = other.see_the_end();
  BOOST_TEST(rows.at(rows.size() - 2) == "client: username is already used");
  BOOST_TEST(rows.back() == "");
}

BOOST_AUTO_TEST_CASE(sigterm_logs_out_and_leaves_the_terminal_as_it_was) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port());
  ann.come_in("ann");
  ann.type("half a line");
  ann.see_typed("half a line");
  ann.program.signal(SIGTERM);
  ben.read_until("* ann has left the chat");
  BOOST_TEST(ann.program.status() == 0);
  BOOST_TEST(same(ann.program.mode(), untouched_mode()));
}

BOOST_AUTO_TEST_CASE(a_broken_connection_leaves_the_terminal_as_it_was) {
  FakeServer server;
  Seated ann(server.port());
  Peer connection = server.accept();
  connection.say("* online (1): ann");
  ann.see("(1): ann");
  connection.reset();
  BOOST_TEST(ann.program.status() == 1);
  BOOST_TEST(same(ann.program.mode(), untouched_mode()));
  const Words rows = ann.see_the_end();
  BOOST_TEST(rows.at(rows.size() - 2) == "client: the connection to the server broke");
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

BOOST_AUTO_TEST_CASE(what_a_hostile_server_sends_is_neutralised_on_a_terminal) {
  FakeServer server;
  Seated ann(server.port());
  Peer connection = server.accept();
  connection.say(kHostile);
  ann.program.read_until("\r\x1B[K" + std::string(kNeutralised) + "\r\n");
  connection.say("! " + std::string(kHostile));
  BOOST_TEST(ann.program.status() == 1);
  BOOST_TEST(has(ann.program.read_all(), "client: " + std::string(kNeutralised) + "\r\n"));
  for (const char* harmful : {"\x1B[2J", "\x1B]", "\x07", "\xC2\x9B", "\b", "\xE2\x80\xAE"}) {
    BOOST_TEST(!has(ann.program.output(), harmful));
  }
}

BOOST_AUTO_TEST_SUITE_END()
