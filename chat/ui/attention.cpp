#include "chat/ui/attention.hpp"

#include <algorithm>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/ui/columns.hpp"
#include "chat/ui/limits.hpp"

namespace chat {
namespace {

constexpr std::string_view kSaveTitle = "\x1B[22;2t";
constexpr std::string_view kRestoreTitle = "\x1B[23;2t";
constexpr std::string_view kEnd = "\a";  // of a control string

// Terminals that know OSC 777, and not OSC 9.
constexpr std::string_view kOsc777Terminals[] = {"rxvt", "foot"};

// Of another's text: no control character, which would end the string, and no field of its own.
std::string field(std::string_view text) {
  std::string result = neutralised(text);
  std::replace(result.begin(), result.end(), ';', ',');
  std::replace(result.begin(), result.end(), '\t', ' ');
  return std::string(fitting(result, kNotificationColumns));
}

// A program in tmux reaches the terminal so, where tmux allows it.
std::string through_tmux(std::string_view sequence) {
  std::string result = "\x1BPtmux;";
  for (const char c : sequence) result.append(c == '\x1B' ? 2 : 1, c);
  return result + "\x1B\\";
}

}  // namespace

NotifyOptions notify_options(std::string_view term, std::string_view tmux) {
  const bool osc777 = std::any_of(std::begin(kOsc777Terminals), std::end(kOsc777Terminals),
                                  [&](std::string_view known) { return term.starts_with(known); });
  return {osc777 ? Notifying::kOsc777 : Notifying::kOsc9, !tmux.empty()};
}

// Where a terminal does not save its title, the room's name is the better one to be left.
std::string Attention::looks() {
  away_ = false;
  if (!std::exchange(titled_, false)) return {};
  return title(0).append(kRestoreTitle);
}

void Attention::looks_away(Moment now) {
  if (away_) return;
  away_ = true;
  marked_ = false;
  lines_ = concerning_ = 0;
  since_ = now.wall;
}

std::string Attention::shown(const ServerLine& line, bool concerns, Moment now) {
  if (!away_ || line.replayed) return {};
  using Kind = ServerLine::Kind;
  if (line.kind == Kind::kSay || line.kind == Kind::kMe || line.kind == Kind::kPrivate) ++lines_;
  if (!concerns) return {};
  ++concerning_;
  if (!notifies_ || options_.how == Notifying::kNever) return {};
  std::string result = std::exchange(titled_, true) ? "" : std::string(kSaveTitle);
  result += title(concerning_);
  if (notified_ && now.clock - *notified_ < kNotificationPause) return result;
  notified_ = now.clock;
  return result + notification(line.from + ": " + line.text);
}

bool Attention::takes_marker() { return away_ && !std::exchange(marked_, true); }

std::string Attention::summary() const {
  if (lines_ < kLinesWorthASummary) return {};
  std::string text =
      "since " + local_time(since_, "%H:%M") + ": " + std::to_string(lines_) + " lines";
  if (concerning_ == 0) return text;
  return text + ", " + std::to_string(concerning_) + (concerning_ == 1 ? " is" : " are") +
         " for you";
}

bool Attention::toggle() { return notifies_ = !notifies_; }

std::string Attention::title(std::size_t count) const {
  const std::string number = count == 0 ? "" : "(" + std::to_string(count) + ") ";
  return std::string("\x1B]2;").append(number).append(field(room_)).append(kEnd);
}

std::string Attention::notification(std::string_view text) const {
  std::string sequence = options_.how == Notifying::kOsc777
                             ? "\x1B]777;notify;" + field(room_) + ";"
                             : std::string("\x1B]9;");
  sequence.append(field(text)).append(kEnd);
  return options_.in_tmux ? through_tmux(sequence) : sequence;
}

}  // namespace chat
