#include "chat/server/password_prompt.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "chat/base/descriptor.hpp"
#include "chat/base/limits.hpp"
#include "chat/base/system_call.hpp"
#include "chat/base/text.hpp"

namespace chat {
namespace {

// Holds back the signals that a terminal or a person sends to end or stop a process. Whichever came
// meanwhile takes effect at the end of the scope.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP}) sigaddset(&held, signal);
    came_ = Descriptor(::signalfd(-1, &held, SFD_CLOEXEC));
    if (!came_) throw_errno("signalfd");
    if (const int error = ::pthread_sigmask(SIG_BLOCK, &held, &before_); error != 0) {
      throw std::system_error(error, std::generic_category(), "pthread_sigmask");
    }
  }
  ~HeldSignals() { (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }  // it cannot fail
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  const Descriptor& came() const { return came_; }  // readable once there is one

 private:
  Descriptor came_;
  sigset_t before_{};
};

// The terminal without echo; but the Enter after the password is shown (ECHONL), so that what
// follows starts on a line of its own.
class HiddenInput {
 public:
  HiddenInput() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) throw_errno("tcgetattr");
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden.c_lflag |= ECHONL;
    if (::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) != 0) throw_errno("tcsetattr");
  }
  ~HiddenInput() { (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }  // or it has hung up
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  termios before_{};
};

void wait_for_input(const HeldSignals& signals) {
  std::array<pollfd, 2> entries{{{STDIN_FILENO, POLLIN, 0}, {signals.came().get(), POLLIN, 0}}};
  while (::poll(entries.data(), entries.size(), -1) < 0) {
    if (errno != EINTR) throw_errno("poll");
  }
  if (entries[1].revents != 0) {
    std::cerr << '\n';
    throw std::runtime_error("interrupted");
  }
}

// Byte by byte: on a pipe, whatever follows the line belongs to the next one.
std::string read_line(const std::optional<HeldSignals>& signals) {
  std::string line;
  while (true) {
    if (signals) wait_for_input(*signals);
    char byte = 0;
    const ssize_t n = ::read(STDIN_FILENO, &byte, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("cannot read the password");
    if (n == 0 && line.empty()) throw std::runtime_error("no password: the input has ended");
    if (n == 0 || byte == '\n') return line;
    if (line.size() <= kMaxPassword) line.push_back(byte);  // one more is enough to refuse it
  }
}

}  // namespace

std::string ask_new_password() {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  // The order counts: a held signal ends the process in ~HeldSignals, when the echo is back.
  std::optional<HeldSignals> signals;
  std::optional<HiddenInput> hidden;
  if (terminal) {
    signals.emplace();
    hidden.emplace();
    std::cerr << "Password: ";
  }
  std::string password = read_line(signals);
  if (!is_password(password)) {
    throw std::runtime_error("a password is 1 to " + std::to_string(kMaxPassword) +
                             " bytes of UTF-8 without control characters");
  }
  if (terminal) std::cerr << "Password again: ";
  if (read_line(signals) != password) throw std::runtime_error("the two passwords differ: nothing was changed");
  return password;
}

}  // namespace chat
