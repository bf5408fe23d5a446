#include "chat/ui/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <system_error>

#include "chat/base/deadline.hpp"
#include "chat/base/environment.hpp"
#include "chat/base/system_call.hpp"

namespace chat {
namespace {

constexpr std::string_view kKitty = "xterm-kitty";

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

// The signals are blocked for every thread to come, and read from a descriptor, where the thread
// that waits for input waits for them too.
Descriptor take_signals() {
  const sigset_t set =
      set_of({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGWINCH, SIGTSTP, SIGCONT});
  const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  if (error != 0) throw std::system_error(error, std::generic_category(), "pthread_sigmask");
  Descriptor fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw_errno("signalfd");
  // A closed pipe is an error of write(), a file that is too long one as well. What else would end
  // the program has no meaning to it, and would leave the terminal in another mode.
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL,
                           SIGSTKFLT, SIGPWR}) {
    (void)std::signal(signal, SIG_IGN);  // it cannot fail
  }
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) (void)std::signal(signal, SIG_IGN);
  return fd;
}

void poll_all(std::span<pollfd> entries, std::optional<Clock::time_point> deadline) {
  while (::poll(entries.data(), entries.size(), poll_timeout_until(deadline)) < 0) {
    if (errno != EINTR) throw_errno("poll");
  }
}

// Waits for the output to drain; the terminal may be gone, and then there is nothing to set.
void set_mode(int when, const termios& mode) {
  while (::tcsetattr(STDIN_FILENO, when, &mode) != 0 && errno == EINTR) {
  }
}

}  // namespace

Terminal::Terminal(Wanted wanted)
    : signals_(take_signals()),
      has_screen_(wanted != Wanted::kNoScreen && ::isatty(STDIN_FILENO) != 0 &&
                  ::isatty(STDOUT_FILENO) != 0),
      plain_(has_screen_ && (wanted == Wanted::kPlain || !can_paint())) {
  if (::tcgetattr(STDIN_FILENO, &own_) != 0) return;  // not a terminal
  saved_ = own_;
  if (has_screen_) {
    own_.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN | ISIG);
    own_.c_iflag &= ~static_cast<tcflag_t>(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
    own_.c_cc[VMIN] = 1;
    own_.c_cc[VTIME] = 0;
  } else {
    own_.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    own_.c_lflag |= ECHONL;
  }
  take_over();
}

// Not TCSAFLUSH: what was typed ahead counts.
void Terminal::take_over() {
  if (saved_) set_mode(TCSADRAIN, own_);
}

void Terminal::restore() {
  if (saved_) set_mode(TCSAFLUSH, *saved_);
}

Terminal::Ready Terminal::wait(bool input, const Descriptor* sending,
                               std::optional<Clock::time_point> deadline) {
  // poll() rather than epoll: standard input may be a file. It passes over a negative descriptor.
  std::array<pollfd, 5> entries{{{input ? STDIN_FILENO : -1, POLLIN, 0},
                                 {sending != nullptr ? sending->get() : -1, POLLOUT, 0},
                                 {signals_.get(), POLLIN, 0},
                                 {wake_.descriptor().get(), POLLIN, 0},
                                 {STDOUT_FILENO, 0, 0}}};  // errors are reported unasked
  poll_all(entries, deadline);
  Ready ready;
  ready.input = entries[0].revents != 0;
  ready.sending = entries[1].revents != 0;
  ready.woken = entries[3].revents != 0;
  ready.output_closed = entries[4].revents != 0;
  take_signals_into(ready);
  std::uint64_t wakes = 0;
  if (ready.woken) (void)!::read(wake_.descriptor().get(), &wakes, sizeof wakes);
  return ready;
}

// Non-blocking: none is no harm.
void Terminal::take_signals_into(Ready& ready) {
  signalfd_siginfo taken{};
  while (::read(signals_.get(), &taken, sizeof taken) == sizeof taken) {
    switch (taken.ssi_signo) {
      case SIGWINCH:
        ready.resized = true;
        break;
      case SIGTSTP:
        ready.stopped = true;
        break;
      case SIGCONT:
        ready.continued = true;
        break;
      default:
        ready.ended = true;
    }
  }
}

// The signal that this process sends itself takes effect while it is let through; for a job that
// has no shell it has none (POSIX: orphaned process groups).
void Terminal::suspend(Stop stop) {
  restore();
  const sigset_t set = set_of({SIGTSTP});
  (void)::kill(stop == Stop::kJob ? 0 : ::getpid(), SIGTSTP);
  (void)::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  (void)::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  take_over();
}

std::optional<std::size_t> Terminal::read(std::span<char> into) {
  const ssize_t n = ::read(STDIN_FILENO, into.data(), into.size());
  if (n > 0) return static_cast<std::size_t>(n);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return 0;
  return std::nullopt;  // a terminal that is gone ends the input like any other end
}

void Terminal::write(std::string_view bytes) {
  while (!bytes.empty()) {
    std::array<pollfd, 2> entries{
        {{STDOUT_FILENO, POLLOUT, 0}, {stop_.descriptor().get(), POLLIN, 0}}};
    poll_all(entries, std::nullopt);
    if (entries[0].revents == 0) return;  // stopped, and it would block
    // A pipe that is ready takes this much without blocking.
    const ssize_t n =
        ::write(STDOUT_FILENO, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (n < 0 && errno != EINTR && errno != EAGAIN) throw_errno("cannot write to standard output");
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

Terminal::Size Terminal::size() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {24, 80};
  return {size.ws_row, size.ws_col};
}

bool Terminal::can_paint() const {
  const std::string_view name = environment("TERM");
  return !name.empty() && name != "dumb";
}

bool Terminal::is_like_xterm() const {
  const std::string_view name = environment("TERM");
  return name.starts_with("xterm") && name != kKitty;
}

// The innermost is what counts: tmux keeps the variables of the terminal that it runs in.
Terminal::Narrowed Terminal::narrowed() const {
  const std::string_view name = environment("TERM");
  if (!environment("TMUX").empty() || name.starts_with("tmux")) return Narrowed::kBreaks;
  if (name == kKitty || !environment("VTE_VERSION").empty()) return Narrowed::kBreaks;
  return environment("XTERM_VERSION").empty() ? Narrowed::kUnknown : Narrowed::kCuts;
}

std::size_t Terminal::output_columns() const {
  return ::isatty(STDOUT_FILENO) != 0 ? size().columns : 0;
}

void Terminal::show_typing() {
  if (!saved_ || has_screen_) return;
  own_ = *saved_;
  take_over();
}

}  // namespace chat
