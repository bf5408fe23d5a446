// The client by way of a program: all is as on a direct connection.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/fake_server.hpp"
#include "tests/support/program.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/seated.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

// A program that goes between, made of what there is everywhere.
std::string between(std::uint16_t port) {
  return "bash -c 'exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(port) +
         "; cat <&0 >&3 & cat <&3; kill $!'";
}

// In place of ssh: says this, and fails.
std::string said_with_ssh(const std::string& words) {
  const TemporaryFolder folder;
  folder.write("ssh", "#!/bin/sh\nprintf '" + words + "' >&2\nexit 255\n");
  std::filesystem::permissions(folder.file("ssh"), std::filesystem::perms::owner_all);
  Program ann("/usr/bin/env", {"PATH=" + folder.file("") + ":/usr/bin:/bin",
                               Program::path_of("client"), "--ssh", "ann@far"});
  BOOST_TEST(ann.status() == 1);
  return ann.read_errors();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(proxy_command)

BOOST_AUTO_TEST_CASE(one_comes_in_talks_and_leaves_by_it) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Program ann("client", {"--proxy-command", between(room.port())});
  ann.type("register\nann,pw\nhello\n");
  BOOST_TEST(ben.read_until("ann: ") == "ann: hello");
  ben.say("hi");
  ann.read_until("ben: hi\n");
  ann.type("/quit\n");
  BOOST_TEST(ann.status() == 0);
  ben.read_until("* ann has left the chat");
}

// It does not pass on that the client has no more to say.
BOOST_AUTO_TEST_CASE(at_the_end_of_the_input_one_leaves_once_all_was_said) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Program ann("client", {"--proxy-command", between(room.port())});
  ann.type("register\nann,pw\none\ntwo\n/who\nthree\n");
  ann.end_input();
  BOOST_TEST(ann.status() == 0);
  const std::string output = ann.read_all();
  BOOST_TEST(output.find("ann: three\n") != std::string::npos);
  BOOST_TEST(ben.read_until("ann: ") == "ann: one");
  ben.read_until("ann: three");
  BOOST_TEST(ben.read_line() == "* ann has left the chat");
}

BOOST_AUTO_TEST_CASE(ctrl_c_and_ctrl_d_leave_by_it_at_once) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const std::string key : {"\x03", "\x04"}) {
    Program ann("client", {"--proxy-command", between(room.port())}, Program::On::kTerminal);
    ann.type("register\rann,pw\r");
    ben.read_until("* ann has entered the chat");
    ann.read_until("* ann has entered");
    ann.type(key);
    BOOST_TEST(ann.status() == 0);
    ben.read_until("* ann has left the chat");
  }
}

BOOST_AUTO_TEST_CASE(what_it_says_is_why_one_does_not_come_in) {
  Program ann("client", {"--proxy-command", "echo it is broken >&2; exit 3"});
  BOOST_TEST(ann.status() == 1);
  BOOST_TEST(ann.read_errors() == "client: cannot connect to echo: it is broken\n");
  Program ben("client", {"--proxy-command", "/nowhere/at/all"});
  BOOST_TEST(ben.status() == 1);
  BOOST_TEST(ben.read_errors().find("/nowhere/at/all") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(why_ssh_does_not_lead_there_is_said_and_what_to_do) {
  BOOST_TEST(said_with_ssh("ann@far: Permission denied (publickey).\\r\\n") ==
             "client: cannot connect to ann@far: ann@far: Permission denied (publickey). It cannot "
             "ask here: first make `ssh ann@far` work without a question.\n");
  BOOST_TEST(said_with_ssh("channel 0: open failed: Connection refused\\r\\n"
                           "stdio forwarding failed\\r\\n") ==
             "client: cannot connect to ann@far: channel 0: open failed: Connection refused\n");
}

BOOST_AUTO_TEST_CASE(a_refusal_reads_as_ever) {
  RunningRoom room(2);
  Peer ann = Peer::registered(room.port(), "ann");
  Program other("client", {"--proxy-command", between(room.port())});
  other.type("register\nann,pw\n");
  BOOST_TEST(other.status() == 1);
  BOOST_TEST(other.read_errors().find("username is already used") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(where_it_ends_the_client_comes_back_by_another) {
  FakeServer server;
  Program ann("client", {"--proxy-command", between(server.port())});
  server.let_in(ann, "ann").close();
  Peer second = server.accept();
  BOOST_TEST(second.read_until("resume") == "resume");
  second.say("! you were kicked by ben");
  second.close();
  BOOST_TEST(ann.status() == 1);
}

BOOST_AUTO_TEST_CASE(one_that_does_not_want_to_end_is_ended) {
  RunningRoom room(2);
  const TemporaryFolder folder;
  const std::string stubborn = "trap '' TERM; echo $$ > " + folder.file("pid") + "; " +
                               between(room.port()) + "; sleep 1000";
  Program ann("client", {"--proxy-command", stubborn});
  ann.type("register\nann,pw\n");
  ann.read_until("* ann has entered the chat\n");
  pid_t shell = 0;
  std::istringstream(folder.read("pid")) >> shell;
  BOOST_REQUIRE(shell > 0);
  ann.signal(SIGINT);
  BOOST_TEST(ann.status() == 0);
  BOOST_TEST(::kill(shell, 0) != 0);
}

BOOST_AUTO_TEST_CASE(ctrl_c_ends_both_while_it_connects) {
  const TemporaryFolder folder;
  const std::vector<std::string> arguments{"--proxy-command",
                                           "echo $$ > " + folder.file("pid") + "; sleep 1000"};
  Program ann("client", arguments, Program::On::kTerminal);
  pid_t between = 0;
  const auto deadline = chat::Clock::now() + kPatience;
  while (between == 0 && chat::Clock::now() < deadline) {
    std::istringstream(folder.read("pid")) >> between;
  }
  BOOST_REQUIRE(between > 0);
  ann.type("\x03");
  BOOST_TEST(ann.status() == 0);
  while (::kill(between, 0) == 0 && chat::Clock::now() < deadline) {
  }
  BOOST_TEST(::kill(between, 0) != 0);
}

BOOST_AUTO_TEST_SUITE_END()
