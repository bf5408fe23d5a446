// Whether the server still answers, by what comes in the conversation: whatever lies between may
// keep a connection open that leads nowhere. Pure; NOT thread safe.
//
// The client asks (/ping) when what it has said does not come back, and after a long silence; when
// nothing at all comes after that, the connection is lost.
#pragma once

#include <chrono>
#include <optional>

#include "chat/base/limits.hpp"

namespace chat {

class Liveness {
 public:
  // In the room, by a new connection, which is asked after so long a silence; and that it is over.
  // In between:
  void begin(Clock::time_point now, std::chrono::milliseconds silence);
  void end() { begun_ = false; }

  // Something was said that is to come back.
  void said(Clock::time_point now);
  // Something has come; that all that was said has, or will not: the answer stands behind it.
  void heard(Clock::time_point now);
  void heard_all() { said_.reset(); }

  bool waits_for_answer() const { return asked_.has_value(); }

  // When act() has something to do, and what. Asking means that it was done.
  enum class Act { kNothing, kAsk, kLost };
  std::optional<Clock::time_point> due() const;
  Act act(Clock::time_point now);

 private:
  bool begun_ = false;
  std::chrono::milliseconds silence_{};
  Clock::time_point heard_{};              // the last time
  std::optional<Clock::time_point> said_;  // the first that has not come back
  std::optional<Clock::time_point> asked_;
};

}  // namespace chat
