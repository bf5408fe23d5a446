// How many lines one member may send: so many a second, after a burst of twice that. Lines beyond
// it are not dropped but read later (back-pressure): the sender's own kernel makes it wait.
// NOT thread safe: it belongs to one worker. Pure: the time is given to it.
#pragma once

#include <algorithm>

#include "chat/limits.hpp"

namespace chat {

class RateLimit {
 public:
  // 0: no limit.
  explicit RateLimit(int lines_per_second)
      : interval_(lines_per_second == 0
                      ? Clock::duration::zero()
                      : Clock::duration(std::chrono::seconds(1)) / lines_per_second),
        burst_(2 * lines_per_second) {}

  // Counts one line; gives the time from which on it may be handled.
  Clock::time_point next(Clock::time_point now) {
    if (burst_ == 0) return now;
    // due_ is when the lines so far would have been sent at the even rate: a burst may run ahead.
    due_ = std::max(due_, now) + interval_;
    return due_ - burst_ * interval_;
  }

 private:
  Clock::duration interval_;
  int burst_;
  Clock::time_point due_{};
};

}  // namespace chat
