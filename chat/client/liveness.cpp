#include "chat/client/liveness.hpp"

#include <algorithm>

#include "chat/client/limits.hpp"

namespace chat {

void Liveness::begin(Clock::time_point now, std::chrono::milliseconds silence) {
  begun_ = true;
  silence_ = silence;
  heard_ = now;
  said_.reset();
  asked_.reset();
}

void Liveness::said(Clock::time_point now) {
  if (!said_) said_ = now;
}

void Liveness::heard(Clock::time_point now) {
  heard_ = now;
  asked_.reset();
}

std::optional<Clock::time_point> Liveness::due() const {
  if (!begun_) return std::nullopt;
  if (asked_) return *asked_ + kAnswerWait;
  const auto silence = heard_ + silence_;
  return said_ ? std::min(silence, std::max(*said_, heard_) + kAnswerWait) : silence;
}

Liveness::Act Liveness::act(Clock::time_point now) {
  const auto when = due();
  if (!when || now < *when) return Act::kNothing;
  if (asked_) return Act::kLost;
  asked_ = now;
  return Act::kAsk;
}

}  // namespace chat
