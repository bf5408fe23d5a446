// Lets at most a few threads compute a password hash at the same time: each takes tens of
// milliseconds and 16 MiB, and anyone who reaches the port can ask for one.
#pragma once

#include "chat/limits.hpp"
#include "chat/mutex.hpp"

namespace chat {

class HashGate {
 public:
  explicit HashGate(int places) : places_(places) {}

  // Thread safe, all of them.

  // Waits for a place. False: `deadline` has passed, or the gate is closed.
  bool enter(Clock::time_point deadline) {
    MutexLock lock(mutex_);
    while (places_ == 0 && !closed_) {
      if (!changed_.wait_until(lock, deadline)) return false;
    }
    if (closed_) return false;
    --places_;
    return true;
  }

  void leave() {
    MutexLock lock(mutex_);
    ++places_;
    // All of them: a single one may be giving up at this very moment, and the place would stay
    // free.
    changed_.notify_all();
  }

  // Sends everyone who waits away.
  void close() {
    MutexLock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  Mutex mutex_;
  Condition changed_;
  int places_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace chat
