// One of the chatroom's programs, run as a person or a script would run it: on pipes, or on a
// pseudo-terminal. Ended by kill and wait when the object goes.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "tests/support/peer.hpp"

// What the user who runs the tests has set for the client does not hold for them, and nothing that
// one of them types is there for the next: not even root can make a folder below /dev/null.
inline const int kNoSettings =
    ::setenv("XDG_STATE_HOME", "/dev/null/none", 1) | ::setenv("XDG_CONFIG_HOME", "/nonexistent", 1);

class Program {
 public:
  enum class On { kPipes, kTerminal };

  // The pseudo-terminal, and what its user has set in the environment.
  struct Seat {
    unsigned short rows = 24;
    unsigned short columns = 80;
    std::vector<std::string> environment = {"TERM=xterm"};
  };

  // `name`: server or client, as built beside the running test program or at the top; or the path
  // of any other program.
  Program(const std::string& name, const std::vector<std::string>& arguments, On on = On::kPipes,
          const std::string& folder = ".")
      : Program(path_of(name), arguments, on, folder, Seat{}) {}

  // Where the program of this name is: what holds a slash is a path.
  static std::string path_of(const std::string& name) {
    if (name.find('/') != std::string::npos) return name;
    const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    const auto beside = here / name;
    return std::filesystem::exists(beside) ? beside.string() : (here / "../.." / name).string();
  }

  // On a terminal of its own kind.
  Program(const std::string& name, const std::vector<std::string>& arguments, const Seat& seat)
      : Program(path_of(name), arguments, On::kTerminal, ".", seat) {}

 private:
  Program(const std::string& path, const std::vector<std::string>& arguments, On on,
          const std::string& folder, const Seat& seat) {
    std::vector<char*> argv{const_cast<char*>(path.c_str())};
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    if (on == On::kTerminal) {
      int terminal = -1;
      winsize size{};
      size.ws_row = seat.rows;
      size.ws_col = seat.columns;
      pid_ = begun(::forkpty(&terminal, nullptr, nullptr, &size));
      if (pid_ == 0) {
        for (const auto& variable : seat.environment) {
          ::putenv(const_cast<char*>(variable.c_str()));
        }
        execute(path, folder, argv);
      }
      (void)::fcntl(terminal, F_SETFD, FD_CLOEXEC);
      out_ = chat::Descriptor(terminal);
      in_ = chat::Descriptor(::fcntl(terminal, F_DUPFD_CLOEXEC, 0));
      return;
    }
    int in[2], out[2], err[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0 ||
        ::pipe2(err, O_CLOEXEC) != 0) {
      throw std::runtime_error("pipe2");
    }
    pid_ = begun(::fork());
    if (pid_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::dup2(err[1], 2);
      execute(path, folder, argv);
    }
    ::close(in[0]);
    ::close(out[1]);
    ::close(err[1]);
    in_ = chat::Descriptor(in[1]);
    out_ = chat::Descriptor(out[0]);
    err_ = chat::Descriptor(err[0]);
  }

 public:
  ~Program() {
    if (pid_ > 0) {
      (void)::kill(pid_, SIGKILL);
      (void)::waitpid(pid_, nullptr, 0);
    }
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void type(std::string_view text) {
    // Not for longer: what is ignored would be so in the programs to come as well.
    const auto before = ::signal(SIGPIPE, SIG_IGN);
    const ssize_t written = ::write(in_.get(), text.data(), text.size());
    (void)::signal(SIGPIPE, before);
    if (written != static_cast<ssize_t>(text.size())) {
      throw std::runtime_error("the program does not take its input");
    }
  }
  void end_input() { in_.reset(); }
  void close_output() { out_.reset(); }
  void close_errors() { err_.reset(); }
  // Thread safe. Nothing once status() was asked for: it would go to every process there is.
  void signal(int number) {
    const pid_t running = pid_;
    if (running > 0) (void)::kill(running, number);
  }
  pid_t pid() const { return pid_; }

  void resize(unsigned short rows, unsigned short columns) {
    winsize size{};
    size.ws_row = rows;
    size.ws_col = columns;
    if (::ioctl(out_.get(), TIOCSWINSZ, &size) != 0) throw std::runtime_error("TIOCSWINSZ");
  }

  // How the pseudo-terminal is set now; also when the program has ended.
  termios mode() const {
    termios mode{};
    if (::tcgetattr(out_.get(), &mode) != 0) throw std::runtime_error("tcgetattr");
    return mode;
  }

  void set_mode(const termios& mode) {
    if (::tcsetattr(out_.get(), TCSANOW, &mode) != 0) throw std::runtime_error("tcsetattr");
  }

  // All that came on standard output up to and including `text`, which is waited for.
  std::string read_until(std::string_view text) {
    return read_until(text, out_, output_, consumed_);
  }
  // The same of standard error.
  std::string read_errors_until(std::string_view text) {
    return read_until(text, err_, errors_, errors_consumed_);
  }

  // What comes next on standard output; nothing at its end.
  std::string read_more() {
    const std::size_t before = output_.size();
    (void)read_some(out_, output_);
    consumed_ = output_.size();
    return output_.substr(before);
  }

  // The rest of both outputs, up to their ends.
  std::string read_all() {
    while (read_some(out_, output_)) {
    }
    return output_.substr(std::exchange(consumed_, output_.size()));
  }
  std::string read_errors() {
    while (read_some(err_, errors_)) {
    }
    return errors_.substr(std::exchange(errors_consumed_, errors_.size()));
  }
  const std::string& output() const { return output_; }

  // Waits for the end: the exit status, or 128 + the signal that ended it.
  int status() {
    const auto deadline = chat::Clock::now() + kPatience;
    const chat::Descriptor process(pidfd());
    pollfd entry{process.get(), POLLIN, 0};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - chat::Clock::now()).count();
    if (::poll(&entry, 1, static_cast<int>(left)) != 1) {
      throw std::runtime_error("the program does not end; it said: " + output_);
    }
    int result = 0;
    (void)::waitpid(pid_.exchange(-1), &result, 0);
    return WIFEXITED(result) ? WEXITSTATUS(result) : 128 + WTERMSIG(result);
  }

 private:
  [[noreturn]] static void execute(const std::string& path, const std::string& folder,
                                   const std::vector<char*>& argv) {
    if (::chdir(folder.c_str()) == 0) ::execv(path.c_str(), argv.data());
    ::_exit(127);
  }

  static pid_t begun(pid_t process) {
    if (process < 0) throw std::runtime_error("fork");
    return process;
  }

  // glibc 2.36 is the first to have pidfd_open() itself.
  int pidfd() const { return static_cast<int>(::syscall(SYS_pidfd_open, pid_.load(), 0)); }

  std::string read_until(std::string_view text, const chat::Descriptor& from, std::string& all,
                         std::size_t& consumed) {
    while (true) {
      const auto found = all.find(text, consumed);
      if (found != std::string::npos) {
        const std::string result = all.substr(consumed, found + text.size() - consumed);
        consumed = found + text.size();
        return result;
      }
      if (!read_some(from, all)) {
        throw std::runtime_error("no \"" + std::string(text) + "\" in: " + all.substr(consumed));
      }
    }
  }

  // False at the end of the output.
  bool read_some(const chat::Descriptor& from, std::string& into) {
    pollfd entry{from.get(), POLLIN, 0};
    const int timeout = static_cast<int>(std::chrono::milliseconds(kPatience).count());
    if (::poll(&entry, 1, timeout) != 1) {
      throw std::runtime_error("nothing more came after: " + into);
    }
    char bytes[4096];
    const ssize_t n = ::read(from.get(), bytes, sizeof bytes);
    if (n <= 0) return false;  // a pseudo-terminal whose program has ended gives an error
    into.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  std::atomic<pid_t> pid_ = -1;
  chat::Descriptor in_;
  chat::Descriptor out_;
  chat::Descriptor err_;
  std::string output_;
  std::size_t consumed_ = 0;
  std::string errors_;
  std::size_t errors_consumed_ = 0;
};

// The arguments of a client that goes to this port of this machine.
inline std::vector<std::string> to(std::uint16_t port, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"127.0.0.1", "--port", std::to_string(port)};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}
