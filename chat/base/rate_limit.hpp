// A token bucket: so many lines (or the like) a second, after a burst, which is twice that for one
// member's lines. Lines beyond it are not dropped but read later (back-pressure): the sender's own
// kernel makes it wait.
// NOT thread safe: it belongs to one worker, or to whoever holds its lock. Pure: the time is given
// to it.
#pragma once

#include <algorithm>

#include "chat/base/limits.hpp"

namespace chat {

class RateLimit {
 public:
  // 0: no limit.
  explicit RateLimit(int per_second) : RateLimit(per_second, 2 * per_second) {}
  RateLimit(int per_second, int burst)
      : interval_(per_second == 0 ? Clock::duration::zero()
                                  : Clock::duration(std::chrono::seconds(1)) / per_second),
        burst_(burst) {}

  // Counts one line; gives the time from which on it may be handled.
  Clock::time_point next(Clock::time_point now) {
    if (burst_ == 0) return now;
    spent_until_ = std::max(spent_until_, now) + interval_;
    return spent_until_ - burst_ * interval_;
  }

  // Counts so many lines more, that have been handled.
  void charge(int lines) { spent_until_ += lines * interval_; }

  // The time from which on one more could be handled.
  Clock::time_point due(Clock::time_point now) const {
    return std::max(spent_until_, now) + interval_ - burst_ * interval_;
  }

  // When the lines so far would have been sent at the even rate: a burst may run ahead. From then
  // on the bucket is full again.
  Clock::time_point spent_until() const { return spent_until_; }
  // It goes on from where another one stood.
  void restore(Clock::time_point spent_until) { spent_until_ = spent_until; }

 private:
  Clock::duration interval_;
  int burst_;
  Clock::time_point spent_until_{};
};

}  // namespace chat
