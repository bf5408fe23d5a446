#include "tests/bench/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <system_error>
#include <utility>

namespace bench {
namespace {

constexpr std::chrono::seconds kStopPatience{20};  // far more than needed: sanitizers are slow

[[noreturn]] void throw_errno(const std::string& operation) {
  throw std::system_error(errno, std::generic_category(), operation);
}

pid_t fork_child(const std::function<void()>& body) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw_errno("fork");
  if (pid > 0) return pid;
  // The parent may have died before the prctl: then its id is no longer ours.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent) {
    try {
      body();
    } catch (const std::exception& error) {
      std::cerr << error.what() << std::endl;
    }
  }
  ::_exit(127);
}

void redirect(int number, const chat::Descriptor& to) {
  if (::dup2(to.get(), number) < 0) throw_errno("dup2");
}

void redirect_to_log(const std::string& log) {
  const chat::Descriptor file(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file) throw_errno("open " + log);
  redirect(STDOUT_FILENO, file);
  redirect(STDERR_FILENO, file);
}

// The number behind `key` in one of the kernel's lists of "key: number".
double number_of(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return std::strtod(line.c_str() + key.size(), nullptr);
  }
  return 0;
}

std::string proc(pid_t pid) { return "/proc/" + std::to_string(pid); }

}  // namespace

Child::Child(pid_t pid) : pid_(pid) {
  // glibc 2.36 is the first to have pidfd_open() itself. The descriptor is close-on-exec.
  process_ = chat::Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process_) throw_errno("pidfd_open");
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), process_(std::move(other.process_)) {}

Child::~Child() {
  if (pid_ <= 0) return;
  (void)::kill(pid_, SIGKILL);
  (void)::waitpid(pid_, nullptr, 0);
}

Child Child::program(const std::vector<std::string>& arguments, const std::string& log,
                     const chat::Descriptor* output) {
  return Child(fork_child([&] {
    redirect_to_log(log);
    if (output != nullptr) redirect(STDOUT_FILENO, *output);
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    throw_errno("execv " + arguments.front());
  }));
}

Child Child::copy(const std::function<void()>& body, const std::string& log) {
  return Child(fork_child([&] {
    redirect_to_log(log);
    body();
  }));
}

bool Child::ends_within(std::chrono::milliseconds time) const {
  pollfd entry{process_.get(), POLLIN, 0};
  return ::poll(&entry, 1, static_cast<int>(time.count())) == 1;
}

std::optional<int> Child::stop() {
  (void)::kill(pid_, SIGTERM);
  if (!ends_within(kStopPatience)) (void)::kill(pid_, SIGKILL);
  int status = 0;
  if (::waitpid(std::exchange(pid_, -1), &status, 0) < 0) throw_errno("waitpid");
  if (!WIFEXITED(status)) return std::nullopt;
  return WEXITSTATUS(status);
}

std::optional<std::string> find_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) +
                             ":/usr/sbin:/usr/local/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path file = std::filesystem::path(folder) / name;
    if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) return file.string();
  }
  return std::nullopt;
}

std::chrono::nanoseconds cpu_time(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

double resident_kib(pid_t pid) { return number_of(proc(pid) + "/status", "VmRSS:"); }

std::size_t sleeps(pid_t pid) {
  double sum = 0;
  for (const auto& task : std::filesystem::directory_iterator(proc(pid) + "/task")) {
    sum += number_of(task.path().string() + "/status", "voluntary_ctxt_switches:");
  }
  return static_cast<std::size_t>(sum);
}

}  // namespace bench
