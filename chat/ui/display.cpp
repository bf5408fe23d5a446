#include "chat/ui/display.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <initializer_list>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/ui/columns.hpp"
#include "chat/ui/limits.hpp"

namespace chat {
namespace {

using Kind = ServerLine::Kind;

// Selections of graphic rendition that are readable on dark and on light.
constexpr std::string_view kReset = "\x1B[0m";
constexpr std::string_view kDim = "\x1B[2m";

constexpr const char* kDay = "%A, %Y-%m-%d";
constexpr std::string_view kBold = "\x1B[1m";
constexpr std::string_view kNoticeColor = "\x1B[38;5;29m";  // where there are so many
constexpr std::string_view kErrorColor = "\x1B[1;31m";
constexpr std::string_view kPrivateColor = "\x1B[35m";
constexpr std::string_view kReversed = "\x1B[7m";
constexpr std::size_t kTimeColumns = 6;    // 21:30 and a space
constexpr std::size_t kLeastColumns = 40;  // where rows are shorter, the indent is, too
constexpr std::size_t kShortIndent = 2;
constexpr Rows::AddressMark kAddressMark = {"\x1B[4m", "\x1B[24m"};  // underlined

// Whether `text`, which is what stands in front of a name, ends in a way that makes it a part of a
// longer one: a letter or digit of any script, or such a one and a single - _ or . behind it.
bool goes_on_before(std::string_view text) {
  if (text.ends_with('.') || text.ends_with('-') || text.ends_with('_')) text.remove_suffix(1);
  return ends_in_word(text);
}
bool goes_on_behind(std::string_view text) {
  if (text.starts_with('.') || text.starts_with('-') || text.starts_with('_'))
    text.remove_prefix(1);
  return begins_with_word(text);
}

// Whether what stands between spaces at `at` is an address, a path, or of a mail address: there a
// name means nobody.
bool is_reference(std::string_view text, std::size_t at, std::size_t size) {
  constexpr std::string_view kSpaces = " \t";
  const std::size_t space = text.find_last_of(kSpaces, at);
  const std::size_t begin = space == std::string_view::npos ? 0 : space + 1;
  const std::string_view word = text.substr(begin, text.find_first_of(kSpaces, at) - begin);
  if (word.find_first_of("/\\") != std::string_view::npos) return true;
  const std::string_view before = word.substr(0, at - begin);
  const std::string_view behind = word.substr(at - begin + size);
  return behind.starts_with('@') || before.starts_with("www.") ||
         (before.ends_with('@') && ends_in_word(before.substr(0, before.size() - 1)));
}

std::string count_of(std::size_t count, std::string_view what) {
  return std::to_string(count) + (count == 1 ? " more has " : " more have ") + std::string(what);
}

}  // namespace

std::string local_time(std::chrono::system_clock::time_point time, const char* format) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::tzset();                              // who moves to another time zone sees its time
  (void)::localtime_r(&seconds, &parts);  // it cannot fail within 64 bits of seconds of a clock
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string with_local_times(std::string_view text) {
  constexpr std::size_t kSize = std::string_view("0000-00-00T00:00:00Z").size();
  std::string result;
  while (!text.empty()) {
    const auto time = parse_utc(text.substr(0, kSize));
    if (!time) {
      result += text.front();
      text.remove_prefix(1);
      continue;
    }
    result += local_time(*time, "%Y-%m-%d %H:%M:%S");
    text.remove_prefix(kSize);
  }
  return result;
}

std::string Display::shown(const ServerLine& line, Moment now) {
  if (folds(line, now.clock)) return {};
  const std::string bell = rings(line, now.clock) ? "\a" : "";
  return time_of(line, now) + body_of(line) + bell + "\n";
}

// The user's own arrival is always shown.
bool Display::folds(const ServerLine& line, Clock::time_point now) {
  if ((line.kind != Kind::kEnter && line.kind != Kind::kLeave) || line.replayed || is_own(line)) {
    return false;
  }
  while (!notices_.empty() && now - notices_.front() >= kFoldTime) notices_.pop_front();
  if (!fold_due_ && notices_.size() < kNoticesAtOnce) {
    notices_.push_back(now);
    return false;
  }
  if (!fold_due_) fold_due_ = now + kFoldTime;
  ++(line.kind == Kind::kEnter ? entered_ : left_);
  return true;
}

std::string Display::marker() const { return colored(kDim, "--- new") + "\n"; }

std::string Display::folded(Moment now) {
  if (!fold_due_) return {};
  fold_due_.reset();
  ServerLine line;
  if (entered_ > 0) line.text = count_of(entered_, "entered the chat");
  if (left_ > 0) {
    if (entered_ > 0) line.text += ", ";
    line.text += count_of(left_, "left the chat");
  }
  entered_ = left_ = 0;
  return shown(line, now);
}

bool Display::rings(const ServerLine& line, Clock::time_point now) {
  if (line.replayed || is_own(line) || options_.bell == Bell::kNever) return false;
  const bool talk =
      line.kind == Kind::kSay || line.kind == Kind::kMe || line.kind == Kind::kPrivate;
  if (!mentions_me(line) && !(talk && options_.bell == Bell::kAll)) return false;
  if (rung_ && now - *rung_ < kBellPause) return false;
  rung_ = now;
  return true;
}

bool Display::is_own(const ServerLine& line) const {
  return !own_name_.empty() && folded_name(line.from) == folded_name(own_name_);
}

// The name as a word of its own, in any case; or a private line.
bool Display::mentions_me(const ServerLine& line) const {
  if (own_name_.empty() || is_own(line)) return false;
  if (line.kind == Kind::kPrivate) return folded_name(line.to) == folded_name(own_name_);
  if (line.kind != Kind::kSay && line.kind != Kind::kMe) return false;
  const std::string text = folded_name(line.text);
  const std::string name = folded_name(own_name_);
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const std::string_view all = text;
    if (goes_on_before(all.substr(0, at)) || goes_on_behind(all.substr(at + name.size()))) continue;
    if (!is_reference(text, at, name.size())) return true;
  }
  return false;
}

// With the date, if the day differs from the line before; for the first line, if it is not today.
std::string Display::time_of(const ServerLine& line, Moment now) {
  if (!options_.time) return {};
  const auto time = line.time.value_or(now.wall);
  std::string day = local_time(time, kDay);
  std::string result;
  if (day_.empty()) day_ = local_time(now.wall, kDay);
  if (day != day_) result = colored(kDim, "--- " + day) + "\n";
  day_ = std::move(day);
  return result + colored(kDim, local_time(time, "%H:%M")) + " ";
}

std::string Display::body_of(const ServerLine& line) {
  switch (line.kind) {
    case Kind::kSay:
    case Kind::kMe:
      return talk_of(line);
    case Kind::kPrivate:
      return told(kPrivateColor, line.from + " -> " + line.to + ": ", line.text);
    case Kind::kEnter:
    case Kind::kLeave:
      return told(kDim, "* ", line.from + " " + line.text);
    case Kind::kError:
      return told(kErrorColor, "! ", with_local_times(line.text));
    case Kind::kNotice:
      if (line.from.empty()) break;
      return told(notice_color(), "* ", line.from + " " + line.text);
    case Kind::kOnline:
    case Kind::kUnknown:
      break;
  }
  return told(notice_color(), "* ", with_local_times(line.text));
}

// ann: hello, or ~ ann waves
std::string Display::talk_of(const ServerLine& line) {
  const std::string_view before = line.kind == Kind::kMe ? "~ " : "";
  const std::string_view after = line.kind == Kind::kMe ? " " : ": ";
  Rows rows = rows_behind(std::string(before) + line.from + std::string(after));
  const bool mentions = mentions_me(line);
  std::string color(is_own(line) ? kBold : name_colors_.of(line.from));
  if (mentions) color += kReversed;
  std::string result = rows.add(before);
  result += colored(color, rows.add(line.from));
  result += rows.add(after);
  const std::string text = rows.add(line.text);
  return result + (mentions ? colored(kBold, text) : text);
}

std::string Display::told(std::string_view color, std::string_view before,
                          std::string_view text) const {
  Rows rows = rows_behind(before);
  const std::string begin = rows.add(before);
  return colored(color, begin + rows.add(text));
}

std::string_view Display::notice_color() const {
  return options_.palette == Palette::kEight ? "" : kNoticeColor;
}

// A row that follows is indented under the text.
Rows Display::rows_behind(std::string_view before) const {
  const std::size_t at = options_.time ? kTimeColumns : 0;
  const std::size_t indent = columns_ < kLeastColumns ? kShortIndent : at + columns_of(before);
  return Rows(at, indent, columns_, options_.color ? kAddressMark : Rows::AddressMark{});
}

std::string Display::colored(std::string_view color, std::string_view text) const {
  if (!options_.color || color.empty()) return std::string(text);
  return std::string(color).append(text).append(kReset);
}

std::string status_row(const Status& status, std::size_t columns) {
  const std::string online = status.online == 0 ? "" : std::to_string(status.online) + " online";
  const auto joined = [](std::initializer_list<std::string_view> parts) {
    std::string row;
    for (const std::string_view part : parts) {
      if (part.empty()) continue;
      if (!row.empty()) row += " · ";
      row += part;
    }
    return row;
  };
  std::string connection = status.connection;
  if (status.waiting > 0) {
    connection += " · " + std::to_string(status.waiting) +
                  (status.waiting == 1 ? " line waits" : " lines wait");
  }
  const std::string_view trouble =
      status.connected && status.waiting == 0 ? std::string_view() : connection;
  const std::array<std::string, 4> rows = {
      joined({status.warning, status.room, status.name, online, connection}),
      joined({status.warning, status.name, online, connection}),
      joined({status.warning, status.name, online, trouble}),
      joined({status.warning, trouble.empty() ? online : trouble})};
  for (const std::string& row : rows) {
    if (columns_of(row) <= columns) return row;
  }
  return std::string(fitting(rows.back(), columns));
}

}  // namespace chat
