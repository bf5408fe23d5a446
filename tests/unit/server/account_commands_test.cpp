#include "chat/server/account_commands.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>

#include "chat/base/descriptor.hpp"
#include "chat/base/program_name.hpp"
#include "chat/storage/password_hash.hpp"
#include "chat/storage/password_storage.hpp"
#include "chat/storage/stored.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/temporary_folder.hpp"

namespace chat {
namespace {

const std::string kThoseThere = ": --list-accounts shows those there are";
const std::string kHash = "$y$j9T$saltsaltsalt$" + std::string(43, 'r');

// Forks a process that runs `command` and ends with its status. `prepare` is for its descriptors.
pid_t start(const std::function<void()>& prepare, const std::function<int()>& command) {
  std::cout.flush();
  std::cerr.flush();
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);
    prepare();
    ::_exit(command());
  }
  BOOST_REQUIRE(child > 0);
  return child;
}

int wait_status_of(pid_t child) {
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

struct Fixture {
  TemporaryFolder folder;
  TemporaryFolder streams;
  std::string file = folder.file("accounts");

  // Runs `command` as a program of its own, with `input` on a pipe.
  Outcome run(const std::string& input, const std::function<int()>& command) {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    BOOST_REQUIRE(::write(writing.get(), input.data(), input.size()) ==
                  static_cast<ssize_t>(input.size()));
    writing.reset();
    const auto prepare = [&] {
      ::dup2(reading.get(), STDIN_FILENO);
      const int flags = O_WRONLY | O_CREAT | O_TRUNC;
      ::dup2(::open(streams.file("out").c_str(), flags, 0600), STDOUT_FILENO);
      ::dup2(::open(streams.file("err").c_str(), flags, 0600), STDERR_FILENO);
    };
    const int status = wait_status_of(start(prepare, command));
    BOOST_REQUIRE(WIFEXITED(status));
    return {WEXITSTATUS(status), streams.read("out"), streams.read("err")};
  }

  Outcome add(const std::string& name, const std::string& input, bool is_operator = false) {
    return run(input, [&] { return add_account(file, name, is_operator); });
  }
  Outcome remove(const std::string& name) {
    return run("", [&] { return remove_account(file, name); });
  }
  Outcome list() {
    return run("", [&] { return list_accounts(file); });
  }
  void have(const std::string& name) {
    Stored<PasswordStorage>::update(file,
                                    [&](PasswordStorage& storage) { storage.add(name, kHash); });
  }
};

void check_refused(const Outcome& outcome, const std::string& reason) {
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.out == "");
  BOOST_TEST(outcome.err == program_name() + ": " + reason + "\n");
}

void check_done(const Outcome& outcome, const std::string& out) {
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.out == out);
  BOOST_TEST(outcome.err == "");
}

BOOST_FIXTURE_TEST_SUITE(account_commands, Fixture)

// Adding

BOOST_AUTO_TEST_CASE(an_account_is_added_with_two_lines_on_a_pipe) {
  check_done(add("Ann", "secret, with a comma\nsecret, with a comma\n"), "added account Ann\n");
  const auto storage = Stored<PasswordStorage>::load(file);
  BOOST_TEST((storage.verify("ann", "secret, with a comma") == "Ann"));
  BOOST_TEST(folder.read("accounts").find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_second_line_may_lack_its_end_and_what_follows_it_is_left_alone) {
  check_done(add("ann", "secret\nsecret"), "added account ann\n");
  check_done(add("ben", "secret\nsecret\nmore\n"), "added account ben\n");
}

BOOST_AUTO_TEST_CASE(two_different_passwords_are_refused) {
  for (const char* second : {"Secret", "secret ", "secre", ""}) {
    check_refused(add("ann", std::string("secret\n") + second + "\n"),
                  "the two passwords differ: nothing was changed");
  }
  BOOST_TEST(folder.entries().empty());
}

BOOST_AUTO_TEST_CASE(a_password_that_nobody_could_log_in_with_is_refused) {
  const std::string reason = "a password is 1 to 511 bytes of UTF-8 without control characters";
  for (const std::string& password :
       {std::string(), std::string(512, 'x'), std::string(5000, 'x'), std::string("a\tb"),
        std::string("a\x1b"), std::string("a\xFF"), std::string("a\0b", 3)}) {
    check_refused(add("ann", password + "\n" + password + "\n"), reason);
  }
  BOOST_TEST(folder.entries().empty());
}

BOOST_AUTO_TEST_CASE(the_longest_password_is_taken) {
  const std::string longest(511, 'x');
  check_done(add("ann", longest + "\n" + longest + "\n"), "added account ann\n");
  BOOST_TEST((Stored<PasswordStorage>::load(file).verify("ann", longest) == "ann"));
  // One byte more is another password, even where it is cut off after it.
  check_refused(add("ben", longest + "\n" + longest + "x\n"),
                "the two passwords differ: nothing was changed");
}

BOOST_AUTO_TEST_CASE(input_that_ends_too_early_is_refused) {
  check_refused(add("ann", ""), "no password: the input has ended");
  check_refused(add("ann", "secret\n"), "no password: the input has ended");
  BOOST_TEST(folder.entries().empty());
}

BOOST_AUTO_TEST_CASE(a_bad_name_is_refused_before_any_question) {
  for (const std::string& name : {std::string(), std::string("-ann"), std::string("a b"),
                                  std::string("a:b"), std::string(33, 'a')}) {
    check_refused(add(name, ""),
                  "a name is 1 to 32 of the characters A-Z a-z 0-9 _ . - and begins with a letter "
                  "or digit");
  }
}

BOOST_AUTO_TEST_CASE(a_name_that_is_there_in_any_case_is_refused_before_any_question) {
  have("Ann");
  check_refused(add("aNN", ""),
                "there is an account Ann already: choose another name, or remove it first");
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_refused_with_file_and_line_and_left_alone) {
  folder.write("accounts", "# accounts\nann\n");
  const std::string reason = file + " is damaged, line 2: not name:hash";
  check_refused(add("ben", "secret\nsecret\n"), reason);
  check_refused(remove("ann"), reason);
  check_refused(list(), reason);
  BOOST_TEST(folder.read("accounts") == "# accounts\nann\n");
}

BOOST_AUTO_TEST_CASE(a_missing_folder_is_refused) {
  file = folder.file("missing/accounts");
  check_refused(add("ann", "secret\nsecret\n"),
                "cannot open folder " + folder.file("missing") + ": No such file or directory");
}

BOOST_AUTO_TEST_CASE(an_operators_account_is_marked_as_such_and_no_other) {
  check_done(add("Ann", "secret\nsecret\n", true), "added account Ann\n");
  check_done(add("ben", "secret\nsecret\n"), "added account ben\n");
  check_done(list(), "Ann (operator)\nben\n");
}

BOOST_AUTO_TEST_CASE(an_account_that_is_there_does_not_become_an_operators) {
  have("Ann");
  check_refused(add("ann", "", true),
                "there is an account Ann already: choose another name, or remove it first");
  check_done(list(), "Ann\n");
}

// Removing and listing

BOOST_AUTO_TEST_CASE(an_account_is_removed_in_any_case) {
  have("Ann");
  have("ben");
  check_done(remove("aNN"), "removed account Ann\n");
  check_done(list(), "ben\n");
}

BOOST_AUTO_TEST_CASE(the_last_operator_may_be_removed_by_the_machines_owner) {
  check_done(add("ann", "secret\nsecret\n", true), "added account ann\n");
  check_done(remove("ann"), "removed account ann\n");
  check_done(list(), "");
}

BOOST_AUTO_TEST_CASE(removing_an_unknown_account_is_refused_and_creates_no_file) {
  check_refused(remove("ann"), "there is no account ann in " + file + kThoseThere);
  BOOST_TEST(folder.entries().empty());
  have("ben");
  check_refused(remove("ann"), "there is no account ann in " + file + kThoseThere);
  check_refused(remove("\x1b[2J"), "there is no account \xEF\xBF\xBD[2J in " + file + kThoseThere);
}

BOOST_AUTO_TEST_CASE(the_accounts_are_listed_by_name_one_in_a_line) {
  check_done(list(), "");
  for (const char* name : {"cid", "Ben", "ann"}) have(name);
  check_done(list(), "ann\nBen\ncid\n");
}

BOOST_AUTO_TEST_CASE(a_list_that_cannot_be_written_is_an_error) {
  have("ann");
  const auto outcome = run("", [&] {
    ::dup2(::open("/dev/full", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    return list_accounts(file);
  });
  check_refused(outcome, "cannot write to standard output");
}

// On a terminal

// `add_account` on a terminal of its own, of which the test is the screen and the keyboard.
struct TerminalFixture : Fixture {
  TerminalFixture() {
    int screen_fd = -1;
    int keyboard_fd = -1;
    BOOST_REQUIRE(::openpty(&screen_fd, &keyboard_fd, nullptr, nullptr, nullptr) == 0);
    screen = Descriptor(screen_fd);
    terminal = Descriptor(keyboard_fd);
    const auto prepare = [&] {
      ::setsid();
      ::ioctl(terminal.get(), TIOCSCTTY, 0);
      for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(terminal.get(), fd);
    };
    child = start(prepare, [&] { return add_account(file, "ann", false); });
  }

  bool echoes() {
    termios settings{};
    BOOST_REQUIRE(::tcgetattr(terminal.get(), &settings) == 0);
    return (settings.c_lflag & (ECHO | ECHONL)) == ECHO;
  }

  void type(const std::string& keys) {
    BOOST_REQUIRE(::write(screen.get(), keys.data(), keys.size()) ==
                  static_cast<ssize_t>(keys.size()));
  }

  void see(const std::string& text) {
    while (shown.find(text) == std::string::npos) {
      pollfd entry{screen.get(), POLLIN, 0};
      const int patience = static_cast<int>(std::chrono::milliseconds(kPatience).count());
      BOOST_REQUIRE_MESSAGE(::poll(&entry, 1, patience) == 1, "not seen: " + text);
      std::array<char, 256> part;
      const ssize_t n = ::read(screen.get(), part.data(), part.size());
      BOOST_REQUIRE(n > 0);
      shown.append(part.data(), static_cast<std::size_t>(n));
    }
  }

  Descriptor screen;
  Descriptor terminal;
  pid_t child = -1;
  std::string shown;
};

BOOST_FIXTURE_TEST_CASE(on_a_terminal_it_asks_twice_and_shows_no_password, TerminalFixture) {
  see("Password: ");
  BOOST_TEST(!echoes());
  type("secret\n");
  see("Password again: ");
  BOOST_TEST(!echoes());
  type("secret\n");
  see("added account ann\r\n");
  BOOST_TEST(wait_status_of(child) == 0);
  BOOST_TEST(shown == "Password: \r\nPassword again: \r\nadded account ann\r\n");
  BOOST_TEST(echoes());
  BOOST_TEST((Stored<PasswordStorage>::load(file).verify("ann", "secret") == "ann"));
}

BOOST_FIXTURE_TEST_CASE(a_mistake_on_a_terminal_gives_the_echo_back, TerminalFixture) {
  see("Password: ");
  type("secret\n");
  see("Password again: ");
  type("other\n");
  see(program_name() + ": the two passwords differ: nothing was changed\r\n");
  const int status = wait_status_of(child);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 1));
  BOOST_TEST(echoes());
}

BOOST_FIXTURE_TEST_CASE(the_end_of_input_on_a_terminal_gives_the_echo_back, TerminalFixture) {
  see("Password: ");
  type("\x04");  // Ctrl+D
  see("no password: the input has ended\r\n");
  const int status = wait_status_of(child);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 1));
  BOOST_TEST(echoes());
}

BOOST_FIXTURE_TEST_CASE(ctrl_c_ends_the_process_and_gives_the_echo_back, TerminalFixture) {
  see("Password: ");
  type("secr\x03");
  const int status = wait_status_of(child);
  BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGINT));
  BOOST_TEST(echoes());
  BOOST_TEST(folder.entries().empty());
}

BOOST_FIXTURE_TEST_CASE(a_request_to_terminate_gives_the_echo_back, TerminalFixture) {
  see("Password: ");
  BOOST_REQUIRE(::kill(child, SIGTERM) == 0);
  const int status = wait_status_of(child);
  BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
  BOOST_TEST(echoes());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace chat
