// The end of the server, as an operator has ordered it: in some minutes, and told to everyone on
// the way there. Thread safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/base/poller.hpp"

namespace chat {

class Countdown {
 public:
  // `changed` is signalled when there is something to wait for anew, and outlives this.
  explicit Countdown(WakeEvent& changed) : changed_(changed) {}

  // What is to be told now, and by whom; and whether this is the end.
  struct Step {
    std::string by;
    std::string text;  // empty: nothing
    bool end = false;
  };

  void begin(const std::string& by, std::chrono::seconds left, const std::string& reason);
  bool cancel();  // false: there was none

  // When the next step is due; nothing: there is none.
  std::optional<Clock::time_point> due() const;
  Step step(Clock::time_point now);

  // As it is handed over, and taken over.
  struct State {
    bool ordered = false;
    std::chrono::milliseconds left{0};
    std::chrono::milliseconds left_to_next{0};  // until everyone is told once more
    std::string by;
    std::string reason;
  };
  State state(Clock::time_point now) const;
  void restore(const State& state);

 private:
  WakeEvent& changed_;
  mutable Mutex mutex_;
  std::optional<Clock::time_point> end_ GUARDED_BY(mutex_);
  Clock::time_point due_ GUARDED_BY(mutex_);
  std::string by_ GUARDED_BY(mutex_);
  std::string reason_ GUARDED_BY(mutex_);
};

}  // namespace chat
