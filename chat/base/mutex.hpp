// A mutex that clang can check: `-Wthread-safety` proves at compile time that whatever is marked
// GUARDED_BY(mutex_) is only touched while that mutex is held. With g++ the marks vanish.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define CHAT_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define CHAT_THREAD_ANNOTATION(x)
#endif

#define CAPABILITY(name) CHAT_THREAD_ANNOTATION(capability(name))
#define SCOPED_CAPABILITY CHAT_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(mutex) CHAT_THREAD_ANNOTATION(guarded_by(mutex))
#define REQUIRES(mutex) CHAT_THREAD_ANNOTATION(requires_capability(mutex))
#define EXCLUDES(mutex) CHAT_THREAD_ANNOTATION(locks_excluded(mutex))
#define ACQUIRE(...) CHAT_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) CHAT_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS CHAT_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace chat {

class CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// Holds a Mutex for the length of a scope.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() RELEASE() = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

// Waiting for something that a Mutex guards. Every wait stands in a `while (!condition)` loop at
// the place of use, where clang sees that the condition is read under the lock.
class Condition {
 public:
  void wait(MutexLock& lock) { condition_.wait(lock.lock_); }

  // False once `deadline` has passed.
  bool wait_until(MutexLock& lock, std::chrono::steady_clock::time_point deadline) {
    return condition_.wait_until(lock.lock_, deadline) == std::cv_status::no_timeout;
  }

  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace chat
