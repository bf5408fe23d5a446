// The look of a line of the server's: its time, a colour for each name, mentions, the bell; and of
// a crowd that comes or goes at once, the number. Pure but for the time zone; NOT thread safe.
//
// The text comes neutralised: all that moves a cursor, colours or rings is put in here.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "chat/base/limits.hpp"
#include "chat/ui/columns.hpp"
#include "chat/ui/name_colors.hpp"
#include "chat/ui/server_line.hpp"

namespace chat {

enum class Bell { kNever, kMention, kAll };

struct DisplayOptions {
  bool time = true;
  bool color = true;
  Bell bell = Bell::kMention;
  Palette palette = Palette::kEight;
};

// `time` where the user is, as strftime() writes it by `format`, in less than 64 bytes.
std::string local_time(std::chrono::system_clock::time_point time, const char* format);

// The same of each time in `text` that the server gives, in UTC: 2026-11-24T12:34:56Z.
std::string with_local_times(std::string_view text);

// Now: by the clock that measures, and by the one on the wall.
struct Moment {
  Clock::time_point clock;
  std::chrono::system_clock::time_point wall;
};

class Display {
 public:
  explicit Display(DisplayOptions options) : options_(options), name_colors_(options.palette) {}

  void set_own_name(std::string_view name) { own_name_ = name; }

  // How wide the rows are into which the lines are broken (columns.hpp). 0: they are not broken.
  void set_columns(std::size_t columns) { columns_ = columns; }

  // The line as it is written, with its end; empty: it is folded.
  std::string shown(const ServerLine& line, Moment now);

  // The row above the first line that the user has not seen.
  std::string marker() const;

  // Whether it is for the user: a private line, or one that holds the user's name.
  bool mentions_me(const ServerLine& line) const;

  // More than kNoticesAtOnce arrivals and departures within kFoldTime are only counted. When is the
  // count due, and the line that gives it.
  std::optional<Clock::time_point> fold_due() const { return fold_due_; }
  std::string folded(Moment now);

 private:
  bool folds(const ServerLine& line, Clock::time_point now);
  bool rings(const ServerLine& line, Clock::time_point now);
  bool is_own(const ServerLine& line) const;
  std::string time_of(const ServerLine& line, Moment now);
  std::string body_of(const ServerLine& line);
  std::string talk_of(const ServerLine& line);
  std::string_view notice_color() const;
  std::string told(std::string_view color, std::string_view before, std::string_view text) const;
  Rows rows_behind(std::string_view before) const;
  std::string colored(std::string_view color, std::string_view text) const;

  DisplayOptions options_;
  NameColors name_colors_;
  std::string own_name_;
  std::size_t columns_ = 0;
  std::string day_;  // of the last line shown
  std::optional<Clock::time_point> rung_;
  std::deque<Clock::time_point> notices_;  // when the last ones were shown
  std::optional<Clock::time_point> fold_due_;
  std::size_t entered_ = 0;  // folded
  std::size_t left_ = 0;
};

// The room in one row, for the screen's bottom.
struct Status {
  std::string room;
  std::string name;        // empty: not in
  std::size_t online = 0;  // 0: not known
  std::string connection;
  bool connected = false;
  std::size_t waiting = 0;   // lines of the user's
  std::string warning = {};  // goes before all else
};
// At most `columns` wide. Where there is too little room, a broken connection is what stays.
std::string status_row(const Status& status, std::size_t columns);

}  // namespace chat
