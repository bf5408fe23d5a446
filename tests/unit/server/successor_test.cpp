// The program that takes this one's place is this test program once more, which then runs one case
// alone: of the suite that is disabled otherwise, whose cases play the successor.
#include "chat/server/successor.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace chat {
namespace {

constexpr const char* kVariable = "CHATROOM_TAKE_OVER";

Successor that_plays(const std::string& part, const std::string& more = "") {
  std::vector<std::string> words = {"server",
                                    "--run_test=successor_plays/" + part,
                                    "--log_level=nothing",
                                    "--report_level=no",
                                    "--",
                                    more};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return Successor(argv.data());
}

// Words on the command line behind --, with the program's name in front.
std::vector<std::string> own_words() {
  const auto& suite = boost::unit_test::framework::master_test_suite();
  return {suite.argv, suite.argv + suite.argc};
}

bool is_closed_on_execution(int fd) { return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }

Descriptor some_file() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

// A value of the variable, for as long as a test takes.
struct Variable {
  explicit Variable(const std::string& value) { ::setenv(kVariable, value.c_str(), 1); }
  ~Variable() { ::unsetenv(kVariable); }
};

// More than the kernel takes in one argument.
const std::string kTooLong(1 << 20, 'x');

bool is_too_long(const std::system_error& error) { return error.code().value() == E2BIG; }

}  // namespace

BOOST_AUTO_TEST_SUITE(successor_plays, *boost::unit_test::disabled())

BOOST_AUTO_TEST_CASE(one_that_is_ready) {
  BOOST_REQUIRE(own_words().back() == "--check");
  const auto question = left_by_predecessor();
  BOOST_REQUIRE(question.has_value());
  BOOST_REQUIRE(max_users_asked(*question) == 42u);
  answer_ready(*question);
}

BOOST_AUTO_TEST_CASE(one_that_says_nothing) { BOOST_REQUIRE(left_by_predecessor().has_value()); }

BOOST_AUTO_TEST_CASE(one_that_fails_after_its_answer) {
  answer_ready(left_by_predecessor().value());
  BOOST_REQUIRE(false);
}

// Where the room's own threads block signals, and its input is a terminal.
BOOST_AUTO_TEST_CASE(one_that_looks_at_what_it_is_given) {
  sigset_t blocked;
  BOOST_REQUIRE(::sigprocmask(SIG_BLOCK, nullptr, &blocked) == 0);
  BOOST_REQUIRE(::sigismember(&blocked, SIGTERM) == 0);
  struct sigaction of_pipe {};
  BOOST_REQUIRE(::sigaction(SIGPIPE, nullptr, &of_pipe) == 0);
  BOOST_REQUIRE(of_pipe.sa_handler == SIG_DFL);
  struct stat input {
  }, nothing{};
  BOOST_REQUIRE(::fstat(STDIN_FILENO, &input) == 0);
  BOOST_REQUIRE(::stat("/dev/null", &nothing) == 0);
  BOOST_REQUIRE(input.st_rdev == nothing.st_rdev);
  struct stat output {
  }, errors{};
  BOOST_REQUIRE(::fstat(STDOUT_FILENO, &output) == 0);
  BOOST_REQUIRE(::fstat(STDERR_FILENO, &errors) == 0);
  BOOST_REQUIRE(output.st_ino == errors.st_ino);
  const auto question = left_by_predecessor();
  const int secret = std::stoi(own_words().at(1));  // a descriptor that is not for it
  BOOST_REQUIRE(secret != question->get());
  BOOST_REQUIRE(::fcntl(secret, F_GETFD) < 0);
  answer_ready(*question);
}

BOOST_AUTO_TEST_CASE(one_that_takes_over) {
  BOOST_REQUIRE(own_words().back() != "--check");
  const auto left = left_by_predecessor();
  BOOST_REQUIRE(left.has_value());
  BOOST_REQUIRE(!left_by_predecessor().has_value());  // once
  const Handover handover = Handover::read(*left);
  BOOST_REQUIRE(handover.max_users == 42u);
  BOOST_REQUIRE(handover.listeners.size() == 1u);
  BOOST_REQUIRE(handover.sessions.size() == 1u);
  BOOST_REQUIRE(::fcntl(handover.listeners.front(), F_GETFD) >= 0);
  BOOST_REQUIRE(::fcntl(handover.sessions.front().socket, F_GETFD) >= 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(successor)

BOOST_AUTO_TEST_CASE(one_that_says_so_is_ready) {
  BOOST_TEST(that_plays("one_that_is_ready").is_ready(42));
  BOOST_TEST(!that_plays("one_that_is_ready").is_ready(41));  // it has other accounts
}

BOOST_AUTO_TEST_CASE(one_that_does_not_answer_or_fails_is_not_ready) {
  BOOST_TEST(!that_plays("one_that_says_nothing").is_ready(42));
  BOOST_TEST(!that_plays("one_that_fails_after_its_answer").is_ready(42));
}

BOOST_AUTO_TEST_CASE(one_that_is_asked_begins_as_from_a_shell_with_no_descriptor_of_the_room) {
  sigset_t terminating, before;
  (void)::sigemptyset(&terminating);
  (void)::sigaddset(&terminating, SIGTERM);
  BOOST_REQUIRE(::pthread_sigmask(SIG_BLOCK, &terminating, &before) == 0);
  const auto pipe_before = ::signal(SIGPIPE, SIG_IGN);
  const Descriptor secret = some_file();
  const bool ready =
      that_plays("one_that_looks_at_what_it_is_given", std::to_string(secret.get())).is_ready(42);
  (void)::signal(SIGPIPE, pipe_before);
  (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  BOOST_TEST(ready);
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_executed_is_an_error_and_takes_nothing_over) {
  const Successor successor = that_plays("", kTooLong);
  BOOST_CHECK_EXCEPTION((void)successor.is_ready(42), std::system_error, is_too_long);
  const Descriptor listener = some_file();
  const Descriptor member = some_file();
  Handover handover;
  handover.listeners = {listener.get()};
  handover.sessions.emplace_back().socket = member.get();
  BOOST_CHECK_EXCEPTION(successor.take_over(handover), std::system_error, is_too_long);
  BOOST_TEST(is_closed_on_execution(listener.get()));
  BOOST_TEST(is_closed_on_execution(member.get()));
  BOOST_TEST(!left_by_predecessor().has_value());
}

BOOST_AUTO_TEST_CASE(one_that_takes_over_has_the_room_with_its_sockets) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      const Descriptor listener = some_file();
      const Descriptor member = some_file();
      Handover handover;
      handover.max_users = 42;
      handover.listeners = {listener.get()};
      handover.sessions.emplace_back().socket = member.get();
      that_plays("one_that_takes_over").take_over(handover);
    } catch (const std::exception&) {
      ::_exit(99);
    }
  }
  BOOST_REQUIRE(child > 0);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_CASE(what_is_left_is_a_descriptor_and_given_once) {
  BOOST_TEST(!left_by_predecessor().has_value());
  for (const char* value : {"", "x", "3x", "-"}) {
    const Variable variable(value);
    BOOST_CHECK_THROW((void)left_by_predecessor(), std::runtime_error);
    BOOST_TEST(!left_by_predecessor().has_value(), value);
  }
  const Descriptor file = some_file();
  const int given = ::fcntl(file.get(), F_DUPFD, 0);
  const Variable variable(std::to_string(given));
  const auto left = left_by_predecessor();
  BOOST_REQUIRE(left.has_value());
  BOOST_TEST(left->get() == given);
  BOOST_TEST(is_closed_on_execution(given));
  BOOST_TEST(!left_by_predecessor().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
