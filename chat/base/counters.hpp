// Counters by name: refusals by their reason. Thread safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "chat/base/mutex.hpp"

namespace chat {

class Counters {
 public:
  // Where memory runs out, it is not counted.
  void add(std::string_view name) noexcept;
  std::map<std::string, std::uint64_t, std::less<>> all() const;
  std::uint64_t sum() const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> counts_ GUARDED_BY(mutex_);
};

}  // namespace chat
