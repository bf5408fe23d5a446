#include "chat/server/serving.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>

#include "chat/base/deadline.hpp"
#include "chat/base/descriptor.hpp"
#include "chat/base/event_log.hpp"
#include "chat/base/limits.hpp"
#include "chat/base/poller.hpp"
#include "chat/base/program_name.hpp"
#include "chat/room/registry.hpp"
#include "chat/server/limits.hpp"
#include "chat/server/server.hpp"
#include "chat/server/service_manager.hpp"
#include "chat/server/successor.hpp"
#include "chat/storage/password_storage.hpp"
#include "chat/storage/room_storage.hpp"
#include "chat/storage/stored.hpp"
#include "chat/storage/transcript.hpp"

namespace chat {
namespace {

// From here on these signals wait until they are read: no code ever runs in a handler. That
// a pipe on standard error is read by nobody any more, or that a file may not grow, is no reason to
// end.
sigset_t block_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR2}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  (void)::signal(SIGPIPE, SIG_IGN);
  (void)::signal(SIGXFSZ, SIG_IGN);
  return signals;
}

// The terminal that the server was started in, unless it was told to outlive it: as nohup does, by
// a SIGHUP that is ignored. A service manager gives it none.
class OwnTerminal {
 public:
  OwnTerminal() : bound_(!ignores_hangup() && is_there()) {}

  // Whether a SIGHUP says that the terminal was closed. Then the kernel sends it, or the shell that
  // passes it on to its jobs; one from anybody else says that files have changed.
  bool is_closed(const signalfd_siginfo& hangup) const {
    const auto from = static_cast<pid_t>(hangup.ssi_pid);
    const bool passed_on = hangup.ssi_code == SI_KERNEL || from == parent_ || from == session_;
    return bound_ && passed_on && !is_there();
  }

 private:
  static bool ignores_hangup() {
    struct sigaction action {};
    return ::sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  }
  static bool is_there() {
    return static_cast<bool>(Descriptor(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)));
  }

  bool bound_;
  pid_t parent_ = ::getppid();
  pid_t session_ = ::getsid(0);
};

// The signals, as something that can be waited for together with other things.
class Signals {
 public:
  explicit Signals(const sigset_t& signals, const WakeEvent& attention)
      : fd_(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)) {
    if (!fd_) throw std::system_error(errno, std::generic_category(), "signalfd");
    poller_.add_readable(fd_, &fd_);
    poller_.add_event(attention, nullptr);
  }

  // The next one; with 0 as ssi_signo: the server wants attention, or it is time.
  signalfd_siginfo next(std::optional<Clock::time_point> due) {
    signalfd_siginfo signal{};
    if (::read(fd_.get(), &signal, sizeof signal) == sizeof signal) return signal;
    std::optional<std::chrono::milliseconds> left;
    if (due) left = std::chrono::ceil<std::chrono::milliseconds>(*due - Clock::now());
    (void)poller_.wait(left);
    return {};
  }

 private:
  Descriptor fd_;
  Poller poller_;
};

// Tells the service manager that all is well, for as long as it is.
class Watchdog {
 public:
  Watchdog(const ServiceManager& manager, Server& server) : manager_(manager), server_(server) {
    if (manager_.watchdog()) due_ = Clock::now();
  }

  std::optional<Clock::time_point> due() const { return due_; }

  void look() {
    const auto now = Clock::now();
    if (!due_ || now < *due_) return;
    if (server_.moves()) manager_.tell("WATCHDOG=1");
    due_ = now + *manager_.watchdog() / 3;
  }

 private:
  const ServiceManager& manager_;
  Server& server_;
  std::optional<Clock::time_point> due_;
};

std::string microseconds_now() {
  return std::to_string(
      std::chrono::floor<std::chrono::microseconds>(Clock::now().time_since_epoch()).count());
}

void warn_about_descriptors(std::size_t max_users) {
  const std::size_t descriptors = raise_descriptor_limit();
  if (max_users + kReservedDescriptors <= descriptors) return;
  std::cerr << program_name() << ": note: this process may open " << descriptors
            << " files (ulimit -n), "
            << "too few for " << max_users << " users\n";
}

// Returns where nobody has taken over.
void hand_over(Server& server, const Successor& successor, std::size_t max_users, EventLog& log) {
  bool stands = false;
  try {
    // What the new program finds in the files is all that it knows of bans.
    if (const std::string failure = server.store(); !failure.empty()) {
      return log.write("not-handed-over",
                       "what operators have changed cannot be stored: " + failure);
    }
    if (!successor.is_ready(max_users)) {
      return log.write("not-handed-over",
                       "the new program could not start, for the reason above; this one goes on");
    }
    stands = true;
    std::optional<Handover> handover = server.stand_still();
    stands = handover.has_value();
    if (!stands)
      return log.write("not-handed-over",
                       "some connections did not stop in time; this program goes on: try again");
    handover->max_users = max_users;
    log.write("handed-over", std::to_string(handover->sessions.size()) + " connections");
    successor.take_over(*handover);
  } catch (const std::exception& error) {
    log.write("not-handed-over", error.what());
  }
  if (stands) server.go_on();
}

// A worker that is woken does not preempt the broadcaster, or another worker, in the middle of its
// work: in a busy room half of the time would go into switching between them. Best effort, and only
// where nobody has chosen otherwise. Threads inherit it.
void schedule_in_batches() {
  const sched_param none{};
  if (::sched_getscheduler(0) == SCHED_OTHER) (void)::sched_setscheduler(0, SCHED_BATCH, &none);
}

}  // namespace

void serve(ServerOptions options, char* const* argv) {
  schedule_in_batches();
  const Successor successor(argv);
  ServiceManager manager;
  options.config.listeners = manager.take_listeners();
  std::optional<Handover> taken_over;
  if (const auto left = left_by_predecessor()) taken_over = Handover::read(*left);
  Stored<PasswordStorage> accounts(options.accounts_file);
  Stored<RoomStorage> storage(RoomStorage::file_beside(options.accounts_file));
  auto& config = options.config;
  if (taken_over) config.max_users = taken_over->max_users;
  if (config.max_users == 0) {
    config.max_users = ask_max_users(std::cin, std::cout, ::isatty(STDIN_FILENO) == 1);
  }
  warn_about_descriptors(config.max_users);
  const sigset_t signals = block_signals();
  const OwnTerminal terminal;
  limit_thread_stacks();
  options.log.priorities = logs_to_journal();
  EventLog log(standard_error(), options.log);
  Server server(config, accounts, storage, log, taken_over ? &*taken_over : nullptr);
  taken_over.reset();
  Signals waiting(signals,
                  server.attention());  // all that can fail is done before it says it is up
  std::cout << start_line(server, config, *accounts.current()) << std::endl;
  log.write("started", "port " + std::to_string(server.port()));
  Watchdog watchdog(manager, server);
  manager.tell("READY=1");
  std::uint32_t signal = 0;
  bool hung_up = false;
  while (signal != SIGINT && signal != SIGTERM && !hung_up && !server.attend()) {
    const auto next = waiting.next(earliest({server.attention_due(), watchdog.due()}));
    signal = next.ssi_signo;
    watchdog.look();
    hung_up = signal == SIGHUP && terminal.is_closed(next);
    if (signal == SIGHUP && !hung_up) {
      manager.tell("RELOADING=1\nMONOTONIC_USEC=" + microseconds_now());
      server.reload();
      manager.tell("READY=1");
    }
    if (signal == SIGUSR2) hand_over(server, successor, config.max_users, log);
  }
  manager.tell("STOPPING=1");
  server.stop();
  if (const std::string failure = server.store(); !failure.empty()) {
    log.write("not-stored", failure);
  }
  log.write("stopped", signal == SIGINT    ? "SIGINT"
                       : signal == SIGTERM ? "SIGTERM"
                       : hung_up           ? "its terminal was closed"
                                           : "by an operator");
}

void check(const ServerOptions& options) {
  const auto question = left_by_predecessor();
  const std::size_t max_users = question ? max_users_asked(*question) : options.config.max_users;
  const auto accounts = Stored<PasswordStorage>::load(options.accounts_file, Use::kService);
  const auto storage =
      Stored<RoomStorage>::load(RoomStorage::file_beside(options.accounts_file), Use::kService);
  if (max_users != 0) (void)seats_beside(accounts, max_users);
  if (!options.config.transcript.empty()) Transcript::check(options.config.transcript);
  if (question) return answer_ready(*question);
  std::cout << "it could serve: " << accounts.login_users() << " accounts, of them "
            << accounts.operators() << " operators, "
            << storage.bans(std::chrono::system_clock::now()).size() << " bans\n";
}

}  // namespace chat
