#include "chat/client/proxy_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "chat/base/text.hpp"
#include "chat/client/limits.hpp"

namespace chat {
namespace {

// ssh's last line where it gets no connection; why is in the line before.
constexpr std::string_view kForwardingFailed = "stdio forwarding failed";

void drop_line_ends(std::string& text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
}

[[noreturn]] void fail(int error) {
  throw std::system_error(error, std::generic_category(), "the proxy command");
}

// What the shell takes for one word.
std::string shell_word(std::string_view word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

ProxyCommand::ProxyCommand(const std::string& command) {
  std::array<int, 2> way{}, errors{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, way.data()) != 0) fail(errno);
  socket_ = Socket(Descriptor(way[0]));
  const Descriptor far(way[1]);
  if (::pipe2(errors.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail(errno);
  errors_ = Descriptor(errors[0]);
  const Descriptor far_errors(errors[1]);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  (void)::sigemptyset(&none);
  (void)::sigfillset(&all);
  if (const int error = ::posix_spawn_file_actions_init(&actions); error != 0) fail(error);
  if (const int error = ::posix_spawnattr_init(&attributes); error != 0) fail(error);
  (void)::posix_spawn_file_actions_adddup2(&actions, far.get(), STDIN_FILENO);
  (void)::posix_spawn_file_actions_adddup2(&actions, far.get(), STDOUT_FILENO);
  (void)::posix_spawn_file_actions_adddup2(&actions, far_errors.get(), STDERR_FILENO);
  (void)::posix_spawnattr_setsigmask(&attributes, &none);
  (void)::posix_spawnattr_setsigdefault(&attributes, &all);
  (void)::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string shell = "sh", option = "-c", text = command;
  const std::array<char*, 4> argv{shell.data(), option.data(), text.data(), nullptr};
  const int error = ::posix_spawn(&pid_, "/bin/sh", &actions, &attributes, argv.data(), environ);
  (void)::posix_spawn_file_actions_destroy(&actions);
  (void)::posix_spawnattr_destroy(&attributes);
  if (error != 0) fail(error);
}

ProxyCommand::~ProxyCommand() {
  if (pid_ < 0) return;
  interrupt();
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd entry{process.get(), POLLIN, 0};
  (void)::poll(&entry, 1, kProxyGrace.count());
  (void)::kill(-pid_, SIGKILL);  // whoever of them is still there
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// All of its session: the shell may have made others.
void ProxyCommand::interrupt() const { (void)::kill(-pid_, SIGTERM); }

// What it says and why it ends come from different places: a moment is given to the former.
std::string ProxyCommand::last_words() {
  std::string words;
  std::array<char, 1024> part;
  pollfd entry{errors_.get(), POLLIN, 0};
  while (::poll(&entry, 1, kLastWordsWait.count()) == 1) {
    const ssize_t n = ::read(errors_.get(), part.data(), part.size());
    if (n <= 0) break;
    words.append(part.data(), static_cast<std::size_t>(n));
  }
  drop_line_ends(words);
  if (words.size() > kForwardingFailed.size() && words.ends_with(kForwardingFailed)) {
    words.resize(words.size() - kForwardingFailed.size());
    drop_line_ends(words);
  }
  return neutralised(words.substr(words.rfind('\n') + 1));
}

std::string ssh_command(const std::string& host, std::uint16_t port) {
  // It cannot ask: the terminal is the client's.
  return "exec ssh -o BatchMode=yes -o ServerAliveInterval=15 -o ServerAliveCountMax=3 -W "
         "localhost:" +
         std::to_string(port) + " -- " + shell_word(host);
}

}  // namespace chat
