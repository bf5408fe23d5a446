#include "chat/terminal.hpp"

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
#include <cstdlib>
#include <string>
#include <system_error>

namespace chat {
namespace {

[[noreturn]] void throw_errno(const char* operation) {
  throw std::system_error(errno, std::generic_category(), operation);
}

bool terminal_can_paint() {
  const char* name = std::getenv("TERM");
  return name != nullptr && *name != '\0' && std::string_view(name) != "dumb";
}

// Signals that end the client: blocked for every thread to come, and read from a descriptor, where
// the thread that waits for input waits for them too.
Descriptor take_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&set, signal);
  const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  if (error != 0) throw std::system_error(error, std::generic_category(), "pthread_sigmask");
  Descriptor fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw_errno("signalfd");
  (void)std::signal(SIGPIPE, SIG_IGN);  // it cannot fail; a closed pipe is an error of write()
  return fd;
}

// No `deadline`: for ever. Rounded up, so that it does not return a moment too early and spin.
int milliseconds_until(std::optional<Clock::time_point> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<long>(left, 0, 3'600'000));
}

void poll_all(std::span<pollfd> entries, std::optional<Clock::time_point> deadline) {
  while (::poll(entries.data(), entries.size(), milliseconds_until(deadline)) < 0) {
    if (errno != EINTR) throw_errno("poll");
  }
}

// Waits for the output to drain; the terminal may be gone, and then there is nothing to set.
void set_mode(int when, const termios& mode) { (void)::tcsetattr(STDIN_FILENO, when, &mode); }

}  // namespace

void reserve_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // open() gives the lowest number that is free. Read-only: writing there fails, as it should.
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
}

Terminal::Terminal()
    : signals_(take_signals()),
      has_screen_(::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0 &&
                  terminal_can_paint()) {
  termios mode{};
  if (::tcgetattr(STDIN_FILENO, &mode) != 0) return;  // not a terminal
  saved_ = mode;
  if (has_screen_) {
    mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN | ISIG);
    mode.c_iflag &= ~static_cast<tcflag_t>(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
  } else {
    mode.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    mode.c_lflag |= ECHONL;
  }
  set_mode(TCSADRAIN, mode);  // not TCSAFLUSH: what was typed ahead counts
}

Terminal::~Terminal() {
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
  ready.signal = entries[2].revents != 0;
  ready.woken = entries[3].revents != 0;
  ready.output_closed = entries[4].revents != 0;
  ready.timed_out = deadline && Clock::now() >= *deadline;
  signalfd_siginfo taken{};
  // Which one it was makes no difference; non-blocking, so that none is no harm either.
  if (ready.signal) (void)!::read(signals_.get(), &taken, sizeof taken);
  return ready;
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

std::size_t Terminal::columns() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

void Terminal::show_typing() {
  if (saved_ && !has_screen_) set_mode(TCSADRAIN, *saved_);
}

Screen::Screen(Terminal& terminal) : terminal_(terminal), typing_(terminal.has_screen()) {
  const MutexLock lock(mutex_);
  editor_.set_secret(true);
  repaint({});
}

void Screen::print(std::string_view lines) {
  if (lines.empty()) return;
  const MutexLock lock(mutex_);
  repaint(lines);
}

std::vector<LineEditor::Event> Screen::type(std::string_view keys) {
  const MutexLock lock(mutex_);
  auto events = editor_.feed(keys);
  std::string above;
  for (const auto& event : events) {
    if (event.kind == LineEditor::Event::Kind::kLine && !in_room_) above += event.shown + '\n';
  }
  if (typing_) repaint(above);
  return events;
}

void Screen::enter_room() {
  const MutexLock lock(mutex_);
  in_room_ = true;
  editor_.set_secret(false);
  repaint({});
  terminal_.show_typing();
}

void Screen::end_typing() {
  if (!terminal_.has_screen()) return;  // then the mutex may be held by a write nobody reads
  const MutexLock lock(mutex_);
  if (!typing_) return;
  typing_ = false;
  terminal_.write(LineEditor::hide());
}

void Screen::repaint(std::string_view above) {
  if (!typing_) return terminal_.write(above);
  std::string painting;
  if (!above.empty()) painting.append(LineEditor::hide()).append(above);
  terminal_.write(painting + editor_.repaint(terminal_.columns()));
}

}  // namespace chat
