// Threads of a test's own. What one of them throws is thrown once more by join(), in the test's
// thread, where it is that test's failure: in its own thread it would end the whole program, and
// all tests to come. None outlives its test, whatever happens there.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <list>
#include <thread>
#include <utility>

// Declare it behind all that its threads use.
class Threads {
 public:
  // `end` makes them end where stopping() alone does not, such as in a read(). It is called, by
  // whichever thread, when one has failed, and by the destructor where they are not joined yet.
  explicit Threads(std::function<void()> end = [] {}) : end_(std::move(end)) {}
  ~Threads() {
    if (threads_.empty()) return;
    stop_ = true;
    end_();
    wait();
  }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  template <typename Work>
  std::thread& start(Work work) {
    return threads_.emplace_back([this, work = std::move(work)]() mutable {
      try {
        work();
      } catch (...) {
        fail();
      }
    });
  }

  // Thread safe. Whether they are to end: stop() was called, or one has failed.
  bool stopping() const { return stop_; }

  // Waits for all of them. Throws what the first that failed has thrown.
  void join() {
    wait();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

  // The same, and has them end.
  void stop() {
    stop_ = true;
    join();
  }

 private:
  // The first failure is the one that tells something; the others follow from it.
  void fail() {
    if (!failed_.exchange(true)) failure_ = std::current_exception();
    stop_ = true;
    end_();
  }

  void wait() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  const std::function<void()> end_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;  // of the thread that set failed_; the test's once all are joined
  std::list<std::thread> threads_;
};
