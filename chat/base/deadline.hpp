// Waiting until a moment. Without one a wait has no end. Pure, and thread safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <optional>

#include "chat/base/limits.hpp"

namespace chat {

using Deadline = std::optional<Clock::time_point>;

// Returns the first of them; nothing: none of them is one.
inline Deadline earliest(std::initializer_list<Deadline> deadlines) {
  Deadline first;
  for (const Deadline& each : deadlines) {
    if (each && (!first || *each < *first)) first = each;
  }
  return first;
}

// Returns `timeout` as poll() and epoll_wait() take it, cut to an hour: whoever waits looks again.
inline int poll_timeout(std::optional<std::chrono::milliseconds> timeout) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(1);
  if (!timeout) return -1;
  return static_cast<int>(std::clamp(*timeout, std::chrono::milliseconds(0), kLongest).count());
}

// The same of the time that is left, rounded up, so that a wait does not end a moment too early and
// spin.
inline int poll_timeout_until(const Deadline& deadline) {
  if (!deadline) return poll_timeout(std::nullopt);
  return poll_timeout(std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()));
}

}  // namespace chat
