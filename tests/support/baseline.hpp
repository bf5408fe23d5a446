// What a process holds: descriptors, threads, address space. Noted before something is done to the
// room, and compared afterwards: all of it is to be given back.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>

#include "tests/support/stopwatch.hpp"
#include "tests/support/threads.hpp"

// Whether what is tested runs under a sanitizer. Only the program knows: its objects of tests may
// be those of the plain build.
extern "C" {
[[gnu::weak]] void __asan_init();
[[gnu::weak]] void __tsan_init();
}
inline const bool kSanitized = &__asan_init != nullptr || &__tsan_init != nullptr;

// Those that a process has. Without those that are about to end: who has joined one may still find
// it there.
inline std::size_t threads_of(pid_t process = ::getpid()) {
  constexpr unsigned long kExiting = 4;  // PF_EXITING of the kernel's
  std::size_t count = 0;
  std::error_code ignored;  // one may go while we look
  for (std::filesystem::directory_iterator
           entry("/proc/" + std::to_string(process) + "/task", ignored),
       end;
       entry != end; entry.increment(ignored)) {
    std::ifstream file(entry->path() / "stat");
    std::string text;
    if (!std::getline(file, text)) continue;
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 6; ++i) fields >> skipped;
    unsigned long flags = 0;
    fields >> flags;
    count += (flags & kExiting) == 0 ? 1 : 0;
  }
  return count;
}

class Baseline {
 public:
  // Of this process or another. Take it once everything that is to stay is there: the server, its
  // first member.
  explicit Baseline(pid_t process = ::getpid())
      : process_(process),
        folder_("/proc/" + std::to_string(process)),
        before_(look(process == ::getpid())) {}

  // Waits until the process has given back whatever it took since. Empty, or what it still holds
  // after a while.
  std::string missing() const {
    const Stopwatch waited(process_);
    while (true) {
      const Holdings now = measure();
      std::string text = difference("descriptors", before_.descriptors, now.descriptors, 0) +
                         difference("threads", before_.threads, now.threads, 0);
      // A sanitizer keeps what was freed, and much else.
      if (!kSanitized) text += difference("KiB of VmSize", before_.size, now.size, kCache);
      if (text.empty() || waited.elapsed() >= kGivenBack) return text;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  // Resident memory, in KiB. It comes back late and in part, so it is compared by the test itself.
  std::size_t resident() const { return field("VmRSS:"); }

 private:
  struct Holdings {
    std::size_t descriptors;
    std::size_t threads;
    std::size_t size;  // KiB
  };

  static constexpr std::chrono::seconds kGivenBack{5};

  // The C library keeps up to 40 MiB of the stacks of threads that have ended, for the next ones.
  static constexpr std::size_t kCache = 48 * 1024;

  static std::string difference(const std::string& what, std::size_t before, std::size_t now,
                                std::size_t allowed) {
    if (now <= before + allowed) return {};
    return std::to_string(now) + " " + what + " instead of " + std::to_string(before) + "; ";
  }

  // The C library makes so many pools of memory, up to eight for a processor, as threads ask for
  // some at the same time, and keeps them: 64 MiB of address space each.
  static void fill_pools() {
    const auto count = 8 * std::thread::hardware_concurrency();
    std::atomic<unsigned> missing{count};
    Threads threads;
    for (unsigned i = 0; i < count; ++i) {
      threads.start([&] {
        void* volatile memory = std::malloc(1000);
        --missing;
        while (missing > 0 && !threads.stopping()) std::this_thread::yield();
        std::free(memory);
      });
    }
    threads.join();
  }

  Holdings look(bool own) const {
    if (own) fill_pools();
    return measure();
  }

  Holdings measure() const { return {descriptors(), threads_of(process_), field("VmSize:")}; }

  std::size_t descriptors() const {
    std::size_t count = 0;
    std::error_code ignored;  // one may go while we look
    for (std::filesystem::directory_iterator entry(folder_ + "/fd", ignored), end; entry != end;
         entry.increment(ignored)) {
      ++count;
    }
    return count;
  }

  std::size_t field(const std::string& name) const {
    std::ifstream file(folder_ + "/status");
    std::string word;
    std::size_t amount = 0;
    while (file >> word) {
      if (word == name && file >> amount) return amount;
    }
    return 0;
  }

  const pid_t process_;
  const std::string folder_;
  const Holdings before_;
};
