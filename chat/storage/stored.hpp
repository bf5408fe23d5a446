// A value that is kept in a file and shared by all threads: whoever looks gets the whole as it was
// at one moment, and a change is one step, in the file and for everyone; or first for everyone,
// where that must not depend on a disk.
//
// All reading, writing and locking of such files is done here. T is a value that only parses and
// formats: T() is what a file that does not exist holds, take(line) adds an entry that a line of
// the file is, and throws std::invalid_argument that says what is wrong with it (lines that begin
// with # are comments and never come), text() is the whole file, and kOthers what others may do
// with a file that a server serves from. Another kind of storage is one class of this form.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/base/safe_file.hpp"

namespace chat {

template <typename T>
class Stored {
 public:
  using Change = std::function<void(T& value)>;
  using Look = std::function<void(const T& value)>;

  // A file as a value, for whoever shares it with no other thread. load() throws std::system_error
  // where it cannot be read, and std::runtime_error where it is damaged (with the line's number) or
  // not fit for `use`: see Use. save() and update() throw std::system_error, as replace_file()
  // does; what `change` throws gets through, and then nothing is saved.

  static T load(const std::string& path, Use use = Use::kAdministration) {
    T value;
    const Others others = use == Use::kService ? T::kOthers : Others::kAnything;
    read_entries(path, others, [&](std::string_view line) { value.take(line); });
    return value;
  }

  static void save(const std::string& path, const T& value) { replace_file(path, value.text()); }

  // Loads, lets `change` have its way, saves. Of several processes that do so at a time each sees
  // what the one before has saved, so that no change is lost.
  static void update(const std::string& path, const Change& change) {
    const FileLock lock(path);
    T value = load(lock.file());
    change(value);
    save(lock.file(), value);
  }

  // To serve from. Throws what load() does.
  explicit Stored(std::string path)
      : path_(std::move(path)), current_(std::make_shared<const T>(load(path_, Use::kService))) {}
  // Without a file.
  explicit Stored(T value) : current_(std::make_shared<const T>(std::move(value))) {}
  Stored(const Stored&) = delete;
  Stored& operator=(const Stored&) = delete;

  // Thread safe, from here on.

  std::shared_ptr<const T> current() const {
    MutexLock lock(mutex_);
    return current_;
  }

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

  // Makes `change`, which outlives this call, valid for everyone at once, and then stores it. Says
  // why that has failed; empty: it is stored. Until it is, it is valid all the same, also over
  // reload(), and each change() and store() tries it again. What it throws at first gets through,
  // and then nothing has changed.
  std::string apply(const Change& change, Clock::time_point deadline = lock_deadline()) {
    {
      MutexLock lock(mutex_);
      T value = *current_;
      change(value);
      current_ = std::make_shared<const T>(std::move(value));
      if (path_.empty()) return {};
      unstored_.push_back(change);
    }
    return store(deadline);
  }

  // Stores what apply() could not. As that otherwise.
  std::string store(Clock::time_point deadline = lock_deadline()) {
    MutexLock changing(changing_);
    if (!is_unstored()) return {};
    try {
      make([](T&) {}, deadline);
      return {};
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  bool is_unstored() const {
    MutexLock lock(mutex_);
    return !unstored_.empty();
  }

  // Takes what is in the file by now, unless `check` throws; `settle` as above.
  void reload(const Change& check, const Look& settle = {}) {
    MutexLock changing(changing_);
    try {
      if (!path_.empty()) take_over(check);
    } catch (...) {
      if (settle) settle(*current());
      throw;
    }
    if (settle) settle(*current());
  }

 private:
  static Clock::time_point lock_deadline() { return Clock::now() + kFileLockPatience; }

  void make(const Change& change, Clock::time_point deadline = lock_deadline())
      REQUIRES(changing_) {
    if (path_.empty()) {
      T value = *current();
      change(value);
      return set(std::move(value), 0);
    }
    const FileLock lock(path_, deadline);
    T value = load(lock.file(), Use::kService);
    std::vector<Change> unstored;
    {
      MutexLock reading(mutex_);
      unstored = unstored_;
    }
    for (const Change& one : unstored) try_change(one, value);
    change(value);
    save(lock.file(), value);
    set(std::move(value), unstored.size());
  }

  void take_over(const Change& check) REQUIRES(changing_) {
    T value = load(path_, Use::kService);
    check(value);
    set(std::move(value), 0);
  }

  // What is stored, of which the first `stored` changes are a part now.
  void set(T value, std::size_t stored) REQUIRES(changing_) {
    MutexLock lock(mutex_);
    unstored_.erase(unstored_.begin(), unstored_.begin() + static_cast<std::ptrdiff_t>(stored));
    for (const Change& change : unstored_) try_change(change, value);
    current_ = std::make_shared<const T>(std::move(value));
  }

  // It was possible when it was made; what has come into the file since may have done the same.
  static void try_change(const Change& change, T& value) {
    try {
      T changed = value;
      change(changed);
      value = std::move(changed);
    } catch (const std::runtime_error&) {
    }
  }

  const std::string path_;
  Mutex changing_;  // held for the whole of a change, and so while the file is written
  mutable Mutex mutex_;
  std::shared_ptr<const T> current_ GUARDED_BY(mutex_);
  std::vector<Change> unstored_ GUARDED_BY(mutex_);  // in current_, in their order
};

}  // namespace chat
