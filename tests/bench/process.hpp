// Child processes, and what the kernel says about them. NOT thread safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chat/base/descriptor.hpp"

namespace bench {

// A process that this one started. Ended, by its id, when the object goes; the kernel ends it
// should this process die first. What it prints is appended to `log`.
class Child {
 public:
  // Runs a program, found in PATH or the folders of system programs. Its standard output goes to
  // `output` if there is one.
  static Child program(const std::vector<std::string>& arguments, const std::string& log,
                       const chat::Descriptor* output = nullptr);
  // Runs `body` in a copy of this process.
  static Child copy(const std::function<void()>& body, const std::string& log);

  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }

  // True as soon as it has ended; false when that has not happened in `time`.
  bool ends_within(std::chrono::milliseconds time) const;
  // Asks it to end. Its exit status; none where it had to be killed or was ended by a signal.
  std::optional<int> stop();

 private:
  explicit Child(pid_t pid);

  pid_t pid_ = -1;
  chat::Descriptor process_;  // a pidfd: what can be waited for with a deadline
};

// The path of a program that is installed.
std::optional<std::string> find_program(const std::string& name);

// All threads together, those that have ended too; user and system.
std::chrono::nanoseconds cpu_time(pid_t pid);
// What is resident: all threads' stacks counted.
double resident_kib(pid_t pid);
// How often its threads went to sleep, all that are there now together.
std::size_t sleeps(pid_t pid);

}  // namespace bench
