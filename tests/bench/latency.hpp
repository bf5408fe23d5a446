// How long lines took, as a histogram: adding is a few instructions, whatever the number of lines.
// A quantile is exact to 1/128 of itself. NOT thread safe.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

class Latency {
 public:
  void add(std::uint64_t nanoseconds) {
    ++counts_[std::min(index(nanoseconds), counts_.size() - 1)];
    ++total_;
    max_ = std::max(max_, nanoseconds);
  }
  void clear() { *this = {}; }

  // Microseconds; 0 where nothing was added.
  double quantile(double q) const {
    const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(total_));
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      below += counts_[i];
      if (below > rank) return static_cast<double>(value(i)) / 1000;
    }
    return max();
  }
  double max() const { return static_cast<double>(max_) / 1000; }

 private:
  // Each power of two has 128 steps; below 256 every value has its own.
  static std::size_t index(std::uint64_t v) {
    const int shift = std::max(0, static_cast<int>(std::bit_width(v)) - 8);
    return 128 * static_cast<std::size_t>(shift) + (v >> shift);
  }
  static std::uint64_t value(std::size_t i) {
    const std::size_t shift = i < 256 ? 0 : i / 128 - 1;
    return static_cast<std::uint64_t>(i - 128 * shift) << shift;
  }

  std::array<std::uint32_t, 128 * 32> counts_{};  // up to half a minute
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace bench
