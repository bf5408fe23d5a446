#include "chat/room/countdown.hpp"

#include <array>

namespace chat {
namespace {

using std::chrono::seconds;

// How much is left when everyone is told.
constexpr std::array<seconds, 8> kTold = {seconds(3600), seconds(1800), seconds(600), seconds(300),
                                          seconds(120),  seconds(60),   seconds(30),  seconds(10)};

std::string text_of(seconds left) {
  const auto amount = [](long count, const char* unit) {
    return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
  };
  return left.count() % 60 == 0 ? amount(left.count() / 60, "minute")
                                : amount(left.count(), "second");
}

Clock::time_point next_due(Clock::time_point end, Clock::time_point now) {
  for (const seconds left : kTold) {
    if (end - left > now) return end - left;
  }
  return end;
}

}  // namespace

void Countdown::begin(const std::string& by, seconds left, const std::string& reason) {
  {
    MutexLock lock(mutex_);
    due_ = Clock::now();
    end_ = due_ + left;
    by_ = by;
    reason_ = reason;
  }
  changed_.signal();
}

bool Countdown::cancel() {
  MutexLock lock(mutex_);
  const bool going_on = end_.has_value();
  end_.reset();
  return going_on;
}

std::optional<Clock::time_point> Countdown::due() const {
  MutexLock lock(mutex_);
  if (!end_) return std::nullopt;
  return due_;
}

Countdown::Step Countdown::step(Clock::time_point now) {
  MutexLock lock(mutex_);
  if (!end_ || now < due_) return {};
  const std::string reason = reason_.empty() ? "" : ": " + reason_;
  const auto left = std::chrono::round<seconds>(*end_ - now);
  if (left <= seconds(0)) return {by_, "stops the server now" + reason, true};
  due_ = next_due(*end_, now);
  return {by_, "stops the server in " + text_of(left) + reason, false};
}

Countdown::State Countdown::state(Clock::time_point now) const {
  MutexLock lock(mutex_);
  if (!end_) return {};
  return {true, std::chrono::ceil<std::chrono::milliseconds>(*end_ - now),
          std::chrono::ceil<std::chrono::milliseconds>(due_ - now), by_, reason_};
}

void Countdown::restore(const State& state) {
  if (!state.ordered) return;
  const auto now = Clock::now();
  MutexLock lock(mutex_);
  end_ = now + state.left;
  due_ = now + state.left_to_next;
  by_ = state.by;
  reason_ = state.reason;
}

}  // namespace chat
