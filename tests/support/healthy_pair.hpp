// Two members who talk to each other while something is done to the room: each says stamped lines,
// and both listen. None may be lost, doubled or reordered; how long each was under way is measured.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chat/base/limits.hpp"
#include "tests/support/baseline.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/threads.hpp"

// What 99 of 100 lines of a healthy pair take at most. A sanitizer makes everything slower.
inline const std::chrono::milliseconds kHealthyDelay{kSanitized ? 1000 : 100};

class HealthyPair {
 public:
  struct Report {
    std::size_t lines = 0;  // said by both together; each was heard twice
    std::chrono::microseconds p50{};
    std::chrono::microseconds p99{};
    std::chrono::microseconds slowest{};
  };

  // They register as `one` and `two`; each says a line every `interval`, from now on. Where the
  // room limits the rate, `interval` must keep to it.
  explicit HealthyPair(std::uint16_t port,
                       std::chrono::milliseconds interval = std::chrono::milliseconds(5),
                       const std::string& one = "healthy-one",
                       const std::string& two = "healthy-two")
      : names_{one, two},
        interval_(interval),
        members_{Peer::registered(port, one), Peer::registered(port, two)} {
    members_[0].read_until("* " + two + " has entered");
    for (std::size_t i = 0; i < 2; ++i) threads_.start([this, i] { listen(i); });
    threads_.start([this] { talk(); });
  }

  // Both leave once they have heard everything. Throws what went wrong, if anything did.
  Report stop() {
    threads_.stop();
    for (auto& member : members_) member.close();
    auto delays = std::move(delays_[0]);
    delays.insert(delays.end(), delays_[1].begin(), delays_[1].end());
    std::sort(delays.begin(), delays.end());
    const auto quantile = [&](std::size_t percent) {
      return std::chrono::duration_cast<std::chrono::microseconds>(
          delays[(delays.size() - 1) * percent / 100]);
    };
    return {delays.size() / 2, quantile(50), quantile(99), quantile(100)};
  }

 private:
  static constexpr std::string_view kLast = "that was all";

  void talk() {
    auto next = chat::Clock::now();
    for (long number = 0; !threads_.stopping(); ++number) {
      for (auto& member : members_) {
        const auto now = chat::Clock::now().time_since_epoch().count();
        member.say(std::to_string(number) + " " + std::to_string(now));
      }
      next += interval_;
      std::this_thread::sleep_until(next);
    }
    for (auto& member : members_) member.say(kLast);
  }

  // Lines of others are none of its business.
  void listen(std::size_t self) {
    std::array<long, 2> expected{};
    for (int ended = 0; ended < 2;) {
      const std::string line = members_[self].read_line();
      const auto now = chat::Clock::now().time_since_epoch();
      for (std::size_t i = 0; i < 2; ++i) {
        const std::string beginning = names_[i] + ": ";
        if (!line.starts_with(beginning)) continue;
        const std::string text = line.substr(beginning.size());
        if (text == kLast) {
          ++ended;
          continue;
        }
        std::size_t digits = 0;
        if (std::stol(text, &digits) != expected[i]++) {
          throw std::runtime_error(names_[self] + " expected line " +
                                   std::to_string(expected[i] - 1) + ", heard: " + line);
        }
        delays_[self].push_back(now - chat::Clock::duration(std::stoll(text.substr(digits))));
      }
    }
  }

  const std::array<std::string, 2> names_;
  const std::chrono::milliseconds interval_;
  std::array<Peer, 2> members_;
  std::array<std::vector<chat::Clock::duration>, 2> delays_;
  Threads threads_{[this] {
    for (auto& member : members_) member.socket().shutdown();
  }};
};
