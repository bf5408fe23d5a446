// Measures a rate: the amount of something per second, over the last minute. NOT thread safe. Pure:
// the time is given to it.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "chat/base/limits.hpp"

namespace chat {

class RateMeter {
 public:
  explicit RateMeter(Clock::time_point begin) : begin_(begin), second_(begin) {}

  void add(std::uint64_t amount, Clock::time_point now) {
    advance(now);
    amounts_[at_] += amount;
    total_ += amount;
  }

  std::uint64_t total() const { return total_; }

  // Of the seconds that are over.
  double per_second(Clock::time_point now) {
    advance(now);
    const auto seconds = std::min<std::int64_t>(
        std::chrono::floor<std::chrono::seconds>(now - begin_).count(), std::ssize(amounts_) - 1);
    if (seconds <= 0) return 0;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < amounts_.size(); ++i) sum += i == at_ ? 0 : amounts_[i];
    return static_cast<double>(sum) / static_cast<double>(seconds);
  }

 private:
  void advance(Clock::time_point now) {
    for (std::size_t i = 0; now - second_ >= std::chrono::seconds(1); ++i) {
      if (i == amounts_.size()) {
        second_ = now;
        return;
      }
      second_ += std::chrono::seconds(1);
      at_ = (at_ + 1) % amounts_.size();
      amounts_[at_] = 0;
    }
  }

  const Clock::time_point begin_;
  Clock::time_point second_;                 // when the current one began
  std::size_t at_ = 0;                       // where it is counted
  std::array<std::uint64_t, 61> amounts_{};  // those of a minute, and the current one
  std::uint64_t total_ = 0;
};

}  // namespace chat
