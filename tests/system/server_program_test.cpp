// ./server as a person or a script runs it.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/held_port.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/served.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using Words = std::vector<std::string>;

void add_account(const TemporaryFolder& folder, const std::string& name) {
  Program server("server", {"--add-account", name}, Program::On::kPipes, folder.file(""));
  server.type("secret\nsecret\n");
  BOOST_REQUIRE(server.status() == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_program)

BOOST_AUTO_TEST_CASE(it_asks_on_start_for_the_maximum_number_of_users) {
  TemporaryFolder folder;
  Program server("server", Served::with_defaults({}), Program::On::kPipes, folder.file(""));
  server.read_until("Maximum number of users: ");
  server.type("7\n");
  const std::string line = server.read_until("\n");
  BOOST_TEST(line.find("maximum 7 users, 0 accounts, 7 free seats") != std::string::npos);
  const Peer ann = Peer::registered(port_in(line), "ann");
}

BOOST_AUTO_TEST_CASE(anything_but_a_whole_number_from_1_to_1000000_is_refused_with_the_reason) {
  TemporaryFolder folder;
  for (const std::string answer :
       {"0", "-1", "ten", "1.5", "1000001", "", "7x", "99999999999999999999"}) {
    Program server("server", Served::with_defaults({}), Program::On::kPipes, folder.file(""));
    server.type(answer + "\n");
    BOOST_TEST(server.status() == 1);
    BOOST_TEST(server.read_errors().find("is not a whole number from 1 to 1000000") !=
               std::string::npos);
    Program option("server", Served::with_defaults({"--max-users", answer}), Program::On::kPipes,
                   folder.file(""));
    BOOST_TEST(option.status() == 2);
    BOOST_TEST(option.read_errors().find("is not a whole number from 1 to 1000000") !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(at_the_end_of_input_it_exits_with_status_1) {
  TemporaryFolder folder;
  Program server("server", Served::with_defaults({}), Program::On::kPipes, folder.file(""));
  server.end_input();
  BOOST_TEST(server.status() == 1);
}

BOOST_AUTO_TEST_CASE(on_a_terminal_it_asks_again) {
  TemporaryFolder folder;
  Program server("server", Served::with_defaults({}), Program::On::kTerminal, folder.file(""));
  server.read_until("Maximum number of users: ");
  server.type("none\n");
  server.read_until("is not a whole number");
  server.read_until("Maximum number of users: ");
  server.type("5\n");
  server.read_until("maximum 5 users");
}

BOOST_AUTO_TEST_CASE(a_maximum_smaller_than_the_number_of_login_users_is_refused_naming_both) {
  TemporaryFolder folder;
  for (const char* name : {"ann", "ben", "cid"}) add_account(folder, name);
  Program server("server", Served::with_defaults({"--max-users", "2"}), Program::On::kPipes,
                 folder.file(""));
  BOOST_TEST(server.status() == 1);
  const std::string errors = server.read_errors();
  BOOST_TEST(errors.find("maximum of 2 users") != std::string::npos);
  BOOST_TEST(errors.find("login users, 3") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_line_says_address_port_maximum_accounts_and_free_seats) {
  TemporaryFolder folder;
  add_account(folder, "ann");
  Program server("server", Served::with_defaults({"--max-users", "4"}), Program::On::kPipes,
                 folder.file(""));
  const std::string line = server.read_until("\n");
  BOOST_TEST(line == "listening on address 127.0.0.1, port " + std::to_string(port_in(line)) +
                         ": maximum 4 users, 1 accounts, 3 free seats\n");
}

BOOST_AUTO_TEST_CASE(beyond_loopback_it_serves_both_families_and_says_what_is_unencrypted) {
  TemporaryFolder folder;
  Program server("server", {"--max-users", "4", "--port", "0"}, Program::On::kPipes,
                 folder.file(""));
  const std::string line = server.read_until("\n");
  BOOST_TEST(line.find("passwords and text travel unencrypted") != std::string::npos);
  Peer four(port_in(line), "127.0.0.1");
  four.read_until("* Welcome");
  Peer six(port_in(line), "::1");
  six.read_until("* Welcome");
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_one_clear_line_and_status_1) {
  Served first({"--max-users", "4"});
  Program second("server",
                 {"--max-users", "4", "--bind", "127.0.0.1", "--port", std::to_string(first.port)},
                 Program::On::kPipes, first.folder.file(""));
  BOOST_TEST(second.status() == 1);
  BOOST_TEST(second.read_errors() == "server: cannot listen on address 127.0.0.1 port " +
                                         std::to_string(first.port) + ": Address already in use\n");
}

BOOST_AUTO_TEST_CASE(a_restart_right_after_a_kill_binds_at_once) {
  TemporaryFolder folder;
  const HeldPort port;
  for (int i = 0; i < 3; ++i) {
    Program server("server", {"--max-users", "4", "--bind", "127.0.0.1", "--port", port.text()},
                   Program::On::kPipes, folder.file(""));
    server.read_until("\n");
    const Peer ann = Peer::registered(port.number(), "ann");
    server.signal(SIGKILL);
    BOOST_TEST(server.status() == 128 + SIGKILL);
  }
}

BOOST_AUTO_TEST_CASE(accounts_are_added_listed_used_and_removed) {
  TemporaryFolder folder;
  add_account(folder, "ann");
  add_account(folder, "Ben");
  Program list("server", {"--list-accounts"}, Program::On::kPipes, folder.file(""));
  BOOST_TEST(list.status() == 0);
  BOOST_TEST(list.read_all() == "ann\nBen\n");
  struct stat status {};
  BOOST_TEST(::stat(folder.file("password_storage").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600u);
  BOOST_TEST(folder.read("password_storage").find("secret") == std::string::npos);
  {
    Program server("server", Served::with_defaults({"--max-users", "2"}), Program::On::kPipes,
                   folder.file(""));
    const auto port = port_in(server.read_until("\n"));
    BOOST_TEST(Peer::answer_to(port, "login", "ann,secret") == "* hello ann");
  }
  Program remove("server", {"--remove-account", "ANN"}, Program::On::kPipes, folder.file(""));
  BOOST_TEST(remove.status() == 0);
  Program after("server", {"--list-accounts"}, Program::On::kPipes, folder.file(""));
  BOOST_TEST(after.status() == 0);
  BOOST_TEST(after.read_all() == "Ben\n");
}

BOOST_AUTO_TEST_CASE(on_a_terminal_the_new_password_is_not_shown) {
  TemporaryFolder folder;
  Program server("server", {"--add-account", "ann"}, Program::On::kTerminal, folder.file(""));
  server.read_until("assword");
  server.type("hidden-words\n");
  server.read_until("assword");
  server.type("hidden-words\n");
  BOOST_TEST(server.status() == 0);
  server.read_all();
  BOOST_TEST(server.output().find("hidden") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_damaged_password_storage_is_refused_with_file_and_line_number) {
  TemporaryFolder folder;
  add_account(folder, "ann");
  folder.write("password_storage", folder.read("password_storage") + "not an account\n");
  Program server("server", Served::with_defaults({"--max-users", "4"}), Program::On::kPipes,
                 folder.file(""));
  BOOST_TEST(server.status() == 1);
  BOOST_TEST(server.read_errors().find("password_storage is damaged, line 4") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(at_sigterm_and_sigint_everyone_gets_the_goodbye_and_the_status_is_0) {
  for (const int number : {SIGTERM, SIGINT}) {
    Served server({"--max-users", "300"});
    std::vector<Peer> peers;
    for (int i = 0; i < 300; ++i) {
      peers.push_back(Peer::registered(server.port, "u" + std::to_string(i)));
    }
    server.program.signal(number);
    for (Peer& peer : peers) {
      peer.read_until("* the server is shutting down");
      BOOST_TEST(peer.ends());
    }
    peers.clear();
    BOOST_TEST(server.program.status() == 0);
  }
}

BOOST_AUTO_TEST_CASE(with_all_descriptors_used_up_one_client_is_refused_and_the_room_goes_on) {
  Served server({"--max-users", "100"});
  const rlimit limit{64, 64};
  BOOST_REQUIRE(::prlimit(server.program.pid(), RLIMIT_NOFILE, &limit, nullptr) == 0);
  Peer ann = Peer::registered(server.port, "ann");
  std::vector<Peer> crowd;
  bool refused = false;
  for (int i = 0; i < 100 && !refused; ++i) {
    crowd.emplace_back(server.port);
    refused = crowd.back().read_line().starts_with("! the server cannot take more connections");
  }
  BOOST_TEST(refused);
  ann.say("still here");
  BOOST_TEST(ann.read_line() == "ann: still here");
  crowd.clear();
  while (true) {  // the descriptors come back as the workers of the crowd end
    Peer ben(server.port);
    if (ben.read_line().starts_with("* Welcome")) break;
  }
}

BOOST_AUTO_TEST_CASE(wrong_arguments_end_it_with_status_2_and_help_with_0) {
  for (const Words& words :
       {Words{"--frobnicate"}, Words{"extra"}, Words{"--port"}, Words{"--port", "65536"},
        Words{"--rate", "-1"}, Words{"--login-timeout", "0"},
        Words{"--list-accounts", "--add-account", "x"}}) {
    Program server("server", words);
    BOOST_TEST(server.status() == 2);
    BOOST_TEST(server.read_errors().starts_with("server: "));
  }
  Program help("server", {"--help"});
  BOOST_TEST(help.status() == 0);
  BOOST_TEST(help.read_all().starts_with("usage: server"));
}

// Whoever closes the terminal leaves no room behind, and no room is lost by who wanted it to stay.
BOOST_AUTO_TEST_CASE(in_a_terminal_that_is_closed_it_ends_unless_it_was_told_to_stay) {
  for (const bool stays : {false, true}) {
    TemporaryFolder folder;
    std::string command = "cd " + folder.file("") + (stays ? "; trap '' HUP" : "") + "; exec " +
                          std::filesystem::absolute(Program::path_of("server")).string();
    for (const auto& word : Served::with_defaults({"--max-users", "4"})) command += " " + word;
    Program server("/bin/bash", {"-c", command}, Program::Seat{});
    const std::string line = server.read_until("free seats");
    Peer ann = Peer::registered(port_in(line), "ann");
    server.signal(SIGHUP);  // from an operator: the terminal is there
    ann.say("still here");
    ann.read_until("ann: still here");
    server.end_input();
    server.close_output();
    if (stays) {
      server.signal(SIGHUP);
      ann.say("and here");
      ann.read_until("ann: and here");
      server.signal(SIGTERM);
    }
    ann.read_until("* the server is shutting down");
    BOOST_TEST(server.status() == 0);
  }
}

// As one that was disowned: its terminal is gone, and nobody has ended it.
BOOST_AUTO_TEST_CASE(a_server_that_outlives_its_terminal_reloads_at_a_sighup) {
  TemporaryFolder folder;
  std::string command = "set -m; cd " + folder.file("") + "; " +
                        std::filesystem::absolute(Program::path_of("server")).string();
  for (const auto& word : Served::with_defaults({"--max-users", "4", "--accounts", "a"})) {
    command += " " + word;
  }
  Program shell("/bin/bash", {"-c", command + " & echo pid $!.; wait"}, Program::Seat{});
  const std::string said = shell.read_until("free seats");
  const auto server = static_cast<pid_t>(std::stoi(said.substr(said.find("pid ") + 4)));
  Peer ann = Peer::registered(port_in(said), "ann");
  shell.end_input();
  shell.close_output();
  BOOST_TEST(shell.status() == 128 + SIGHUP);
  folder.write("a.room", "ban\tname\tann\t-\tben\t\n");
  BOOST_TEST(::kill(server, SIGHUP) == 0);
  BOOST_TEST(ann.read_until("! ") == "! you are banned");
  Peer ben = Peer::registered(port_in(said), "ben");
  BOOST_TEST(::kill(server, SIGTERM) == 0);
  ben.read_until("* the server is shutting down");
}

BOOST_AUTO_TEST_SUITE_END()
