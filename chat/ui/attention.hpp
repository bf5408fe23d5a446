// While the user looks elsewhere: what happens meanwhile is counted, a mention or a private message
// stands in the window's title and is notified of, and a marker stands above the first line that
// was not seen. It needs a terminal that reports its focus; for any other the user always looks.
// Pure: what it gives is for the terminal. NOT thread safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/ui/display.hpp"
#include "chat/ui/server_line.hpp"

namespace chat {

// How a terminal is told to notify its user.
enum class Notifying { kNever, kOsc9, kOsc777 };

// By the environment: TERM, and TMUX, which is to hand notifications on.
struct NotifyOptions {
  Notifying how = Notifying::kOsc9;
  bool in_tmux = false;
};
NotifyOptions notify_options(std::string_view term, std::string_view tmux);

class Attention {
 public:
  // `room` is what the title says.
  Attention(std::string room, NotifyOptions options) : room_(std::move(room)), options_(options) {}

  // The user looks again: the title is as it was. Or looks away at `now`.
  std::string looks();
  void looks_away(Moment now);

  // A line that is shown now; `concerns` the user: a mention, or a private message.
  std::string shown(const ServerLine& line, bool concerns, Moment now);

  // Whether the marker stands above the next line that is shown: once, while the user is away.
  bool takes_marker();

  // Once it looks again: what has come meanwhile, in words; empty: no more than fits on a screen.
  std::string summary() const;

  // Whether it notifies from here on: it did not before, or the other way round.
  bool toggle();

 private:
  std::string title(std::size_t count) const;
  std::string notification(std::string_view text) const;

  const std::string room_;
  NotifyOptions options_;
  bool notifies_ = true;
  bool away_ = false;
  bool marked_ = false;  // there is a marker for this absence
  bool titled_ = false;  // the title is the client's
  std::size_t lines_ = 0;
  std::size_t concerning_ = 0;
  WallTime since_;
  std::optional<Clock::time_point> notified_;
};

}  // namespace chat
