// Whoever reads what a program writes goes away: no program dies of SIGPIPE.
#include <signal.h>
#include <termios.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/siege/survived.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pipes)

BOOST_AUTO_TEST_CASE(a_client_whose_reader_takes_one_line_says_so_and_ends_with_status_1) {
  Served server({"--max-users", "10"});
  const TemporaryFolder folder;
  Program shell("/bin/sh",
                {"-c", "(\"$0\" 127.0.0.1 --port \"$1\"; echo $? >status) | head -n 1",
                 Program::path_of("client"), std::to_string(server.port)},
                Program::On::kPipes, folder.file(""));
  BOOST_TEST(shell.read_all().starts_with("* Welcome"));
  BOOST_TEST(shell.status() == 0);
  BOOST_TEST(folder.read("status") == "1\n");
  BOOST_TEST(has(shell.read_errors(), "client: standard output was closed"));
}

BOOST_AUTO_TEST_CASE(a_client_whose_server_is_killed_says_so_and_restores_the_terminal) {
  Served server({"--max-users", "10"});
  Program before("client", {"--help"}, Program::On::kTerminal);  // which changes no mode
  BOOST_TEST(before.status() == 0);
  const termios untouched = before.mode();
  auto words = to(server.port);
  words.push_back("--no-reconnect");
  Program client("client", words, Program::On::kTerminal);
  client.read_until("* Welcome");
  client.type("register\rann,pw\r");
  client.read_until("* ann has entered the chat");
  BOOST_TEST(client.mode().c_lflag != untouched.c_lflag);
  server.program.signal(SIGKILL);
  BOOST_TEST(client.status() == 1);
  const std::string rest = client.read_all();
  BOOST_TEST((has(rest, "client: the server closed the connection") ||
              has(rest, "client: the connection to the server broke")));
  const termios after = client.mode();
  BOOST_TEST(after.c_lflag == untouched.c_lflag);
  BOOST_TEST(after.c_iflag == untouched.c_iflag);
  BOOST_TEST(after.c_oflag == untouched.c_oflag);
}

BOOST_AUTO_TEST_CASE(a_server_goes_on_though_nobody_reads_its_output_or_its_log) {
  Served server({"--max-users", "50", "--rate", "0"});
  server.program.close_output();
  server.program.close_errors();
  survives("no reader of the log", server, [&] {
    for (int i = 0; i < 200; ++i) {
      Peer peer = Peer::registered(server.port, "u" + std::to_string(i));
      peer.say("gone before the answer comes");
      peer.reset();
    }
  });
  server.program.signal(SIGTERM);
  BOOST_TEST(server.program.status() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
