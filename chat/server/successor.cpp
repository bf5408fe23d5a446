#include "chat/server/successor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "chat/server/limits.hpp"

namespace chat {
namespace {

constexpr const char* kVariable = "CHATROOM_TAKE_OVER";

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// This process's, and where to find `left`.
std::vector<std::string> environment_with(const Descriptor& left) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  variables.push_back(std::string(kVariable) + "=" + std::to_string(left.get()));
  return variables;
}

// What a process is started with; the calls for that return an error.
class SpawnSettings {
 public:
  // `given` is what it has besides standard error, which its output goes to as well.
  explicit SpawnSettings(const Descriptor& given) {
    sigset_t none, all;
    (void)::sigemptyset(&none);
    (void)::sigfillset(&all);
    if (::posix_spawn_file_actions_init(&actions) != 0) fail(ENOMEM, "posix_spawn");
    if (::posix_spawnattr_init(&attributes) != 0) {
      (void)::posix_spawn_file_actions_destroy(&actions);
      fail(ENOMEM, "posix_spawn");
    }
    // To the same number: then it is not closed by the execution.
    (void)::posix_spawn_file_actions_adddup2(&actions, given.get(), given.get());
    (void)::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    (void)::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    (void)::posix_spawnattr_setsigmask(&attributes, &none);
    (void)::posix_spawnattr_setsigdefault(&attributes, &all);
    (void)::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    (void)::posix_spawn_file_actions_destroy(&actions);
    (void)::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

// Whether it ended by itself in time, and well. glibc 2.36 is the first to have pidfd_open().
bool ends_well(pid_t child) {
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd entry{process.get(), POLLIN, 0};
  const auto timeout = std::chrono::milliseconds(kReadyTimeout).count();
  if (::poll(&entry, 1, static_cast<int>(timeout)) != 1) (void)::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Successor::Successor(char* const* argv) : path_(PATH_MAX, '\0') {
  const ssize_t length = ::readlink("/proc/self/exe", path_.data(), path_.size());
  if (length >= 0) path_.resize(static_cast<std::size_t>(length));
  if (length < 0) path_ = *argv == nullptr ? "" : *argv;  // where there is no /proc
  for (; *argv != nullptr; ++argv) arguments_.emplace_back(*argv);
}

bool Successor::is_ready(std::size_t max_users) const {
  const Descriptor question = ask_whether_ready(max_users);
  const SpawnSettings settings(question);
  auto arguments = arguments_;
  arguments.emplace_back("--check");
  auto environment = environment_with(question);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, path_.c_str(), &settings.actions, &settings.attributes,
                                  pointers_to(arguments).data(), pointers_to(environment).data());
  if (error != 0) fail(error, path_);
  return ends_well(child) && chat::is_ready(question);
}

void Successor::take_over(const Handover& handover) const {
  const Descriptor left = handover.write();
  std::vector<int> given = handover.listeners;
  for (const auto& connection : handover.sessions) given.push_back(connection.socket);
  given.push_back(left.get());
  const auto give = [&](bool outlives) {
    for (const int fd : given) outlive_execution(fd, outlives);
  };
  auto arguments = arguments_;
  auto environment = environment_with(left);
  const auto argv = pointers_to(arguments);
  const auto envp = pointers_to(environment);
  give(true);
  (void)::execve(path_.c_str(), argv.data(), envp.data());
  const int error = errno;
  give(false);
  fail(error, path_);
}

std::optional<Descriptor> left_by_predecessor() {
  const char* const value = std::getenv(kVariable);
  if (value == nullptr) return std::nullopt;
  int fd = -1;
  const char* const end = value + std::strlen(value);
  const auto [stop, error] = std::from_chars(value, end, fd);
  (void)::unsetenv(kVariable);
  if (error != std::errc{} || stop != end) {
    throw std::runtime_error(std::string(kVariable) + " is no descriptor");
  }
  outlive_execution(fd, false);
  return Descriptor(fd);
}

}  // namespace chat
