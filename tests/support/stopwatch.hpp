// How long something takes on the machine as it is at that moment. What other processes had of the
// processors meanwhile is taken off: on a machine that does nothing else, nothing. So a limit of
// time holds there as it stands, and a busy machine breaks none.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include "chat/base/limits.hpp"

// Processor time that a process has had so far; none where there is no such process.
inline std::chrono::milliseconds processor_time(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return {};
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

class Stopwatch {
 public:
  using milliseconds = std::chrono::milliseconds;

  // `child`: a program that the test has started, which counts as a part of it.
  explicit Stopwatch(pid_t child = 0) : child_(child == ::getpid() ? 0 : child) {}

  milliseconds elapsed() const {
    const milliseconds taken = (others() - others_before_) / processors();
    return std::max(wall() - std::max(taken, milliseconds(0)), milliseconds(0));
  }

  // How many times as long as on a machine for itself whatever needs a processor takes.
  double slowdown() const {
    const auto own = std::max(elapsed(), milliseconds(1));
    return std::max(1.0, double(wall().count()) / double(own.count()));
  }

 private:
  milliseconds wall() const {
    return std::chrono::duration_cast<milliseconds>(chat::Clock::now() - start_);
  }

  // Processor time that all others have had since the machine was started, with what the machine
  // below a virtual one has taken.
  milliseconds others() const {
    std::ifstream file("/proc/stat");
    std::string word;
    long user = 0, nice = 0, system = 0, idle = 0, waiting = 0, hard = 0, soft = 0, stolen = 0;
    file >> word >> user >> nice >> system >> idle >> waiting >> hard >> soft >> stolen;
    const long ticks = user + nice + system + hard + soft + stolen;
    return milliseconds(ticks * 1000 / ::sysconf(_SC_CLK_TCK)) - processor_time(::getpid()) -
           of_children() - (child_ > 0 ? processor_time(child_) : milliseconds(0));
  }

  // Of those that have been waited for, and so have no entry of their own any more.
  static milliseconds of_children() {
    rusage usage{};
    (void)::getrusage(RUSAGE_CHILDREN, &usage);
    const auto time = [](const timeval& spent) {
      return milliseconds(spent.tv_sec * 1000 + spent.tv_usec / 1000);
    };
    return time(usage.ru_utime) + time(usage.ru_stime);
  }

  static long processors() { return std::max(::sysconf(_SC_NPROCESSORS_ONLN), 1L); }

  const pid_t child_;
  const chat::Clock::time_point start_ = chat::Clock::now();
  const milliseconds others_before_ = others();
};
