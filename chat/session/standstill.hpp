// Brings all workers to a standstill, each at a place where another program could take it up: see
// Server::stand_still(). Thread safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"

namespace chat {

class Standstill {
 public:
  // From here on SIGUSR1 interrupts system calls and does nothing else, in the whole process.
  Standstill();
  Standstill(const Standstill&) = delete;
  Standstill& operator=(const Standstill&) = delete;

  // A worker's own part.
  using Standing = std::atomic<bool>;

  // For workers.

  bool is_wanted() const { return wanted_.load(std::memory_order_acquire); }

  // While it waits for something that others may take as it is, a worker counts as standing; it
  // does not go on from there until no standstill is wanted.
  class Aside {
   public:
    Aside(Standstill& standstill, Standing& standing);
    ~Aside();
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

   private:
    Standstill& standstill_;
    Standing& standing_;
  };

  // For the one who wants it.

  void want();
  void end();
  // How many stand. Waits until `deadline` for one more than `before`.
  std::size_t standing(std::size_t before, Clock::time_point deadline);
  // Gets a worker out of a system call that blocks; it may be just before it, and need another.
  static void nudge(std::thread& worker);

 private:
  std::atomic<bool> wanted_{false};
  Mutex mutex_;
  Condition changed_;
  Condition ended_;
  std::size_t standing_ GUARDED_BY(mutex_) = 0;
};

}  // namespace chat
