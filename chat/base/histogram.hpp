// A histogram of durations: counts by upper bounds, as OpenMetrics has them. NOT thread
// safe.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chat {

struct Histogram {
  static constexpr std::array<double, 9> kBounds = {0.0001, 0.0003, 0.001, 0.003, 0.01,
                                                    0.03,   0.1,    0.3,   1};  // seconds

  void add(std::chrono::nanoseconds time, std::uint64_t times) {
    const double seconds = std::chrono::duration<double>(time).count();
    std::size_t i = 0;
    while (i < kBounds.size() && seconds > kBounds[i]) ++i;
    counts[i] += times;
    sum += seconds * static_cast<double>(times);
  }

  std::array<std::uint64_t, kBounds.size() + 1> counts{};  // the last one: longer than all bounds
  double sum = 0;
};

}  // namespace chat
