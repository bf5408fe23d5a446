// What is kept in a file and shared by all threads: whoever looks gets the whole as it was at one
// moment, and a change is one step, in the file and for everyone.
//
// T has load(path) and save(path), is a value, and is said to be empty by T().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "chat/mutex.hpp"
#include "chat/safe_file.hpp"

namespace chat {

template <typename T>
class Stored {
 public:
  // Throws what T::load() does.
  explicit Stored(std::string path)
      : path_(std::move(path)), current_(std::make_shared<const T>(T::load(path_))) {}
  // Without a file.
  explicit Stored(T value) : current_(std::make_shared<const T>(std::move(value))) {}
  Stored(const Stored&) = delete;
  Stored& operator=(const Stored&) = delete;

  // Thread safe, from here on.

  std::shared_ptr<const T> current() const {
    MutexLock lock(mutex_);
    return current_;
  }

  using Change = std::function<void(T& value)>;
  using Look = std::function<void(const T& value)>;

  // Lets `change` have its way with what is in the file by now. What it throws, or saving does,
  // gets through, and then nothing has changed. In either case `settle`, where there is one, is
  // told at the end what is valid then: of several changes at a time, in their order.
  void change(const Change& change, const Look& settle = {}) {
    MutexLock changing(changing_);
    try {
      make(change);
    } catch (...) {
      if (settle) settle(*current());
      throw;
    }
    if (settle) settle(*current());
  }

  // Takes what is in the file by now, unless `check` throws; `settle` as above.
  void reload(const Change& check, const Look& settle = {}) {
    MutexLock changing(changing_);
    try {
      if (!path_.empty()) load(check);
    } catch (...) {
      if (settle) settle(*current());
      throw;
    }
    if (settle) settle(*current());
  }

 private:
  void make(const Change& change) REQUIRES(changing_) {
    if (path_.empty()) {
      T value = *current();
      change(value);
      return set(std::move(value));
    }
    const FileLock lock(path_);
    T value = T::load(lock.file());
    change(value);
    value.save(lock.file());
    set(std::move(value));
  }

  void load(const Change& check) REQUIRES(changing_) {
    T value = T::load(path_);
    check(value);
    set(std::move(value));
  }

  void set(T value) REQUIRES(changing_) {
    auto next = std::make_shared<const T>(std::move(value));
    MutexLock lock(mutex_);
    current_ = std::move(next);
  }

  const std::string path_;
  Mutex changing_;  // held for the whole of a change, and so while the file is written
  mutable Mutex mutex_;
  std::shared_ptr<const T> current_ GUARDED_BY(mutex_);
};

}  // namespace chat
