#include "chat/base/counters.hpp"

#include <new>

namespace chat {

void Counters::add(std::string_view name) noexcept {
  MutexLock lock(mutex_);
  try {
    const auto found = counts_.find(name);
    ++(found != counts_.end() ? found : counts_.emplace(name, 0).first)->second;
  } catch (const std::bad_alloc&) {
  }
}

std::map<std::string, std::uint64_t, std::less<>> Counters::all() const {
  MutexLock lock(mutex_);
  return counts_;
}

std::uint64_t Counters::sum() const {
  MutexLock lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts_) sum += count;
  return sum;
}

}  // namespace chat
