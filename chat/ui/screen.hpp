// The screen at a terminal, and its only writer: the server's lines, below them the line being
// typed and a status line.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/ui/attention.hpp"
#include "chat/ui/display.hpp"
#include "chat/ui/line_editor.hpp"
#include "chat/ui/moderation.hpp"
#include "chat/ui/output.hpp"
#include "chat/ui/plain_row.hpp"
#include "chat/ui/roster.hpp"
#include "chat/ui/server_line.hpp"
#include "chat/ui/terminal.hpp"

namespace chat {

struct ScreenOptions {
  DisplayOptions display;
  bool status = true;
  std::string room;  // as the status line names it
  NotifyOptions notify = {};
};

// Each change is one write, so that a line that comes in never tears the one being typed, and
// nothing flickers: erase the two rows at the bottom, print, paint them again. The rows are painted
// wherever the cursor is, with moves relative to it: no part of the screen is reserved, so there is
// nothing to lose when its size changes.
//
// On a plain screen (see Terminal) the line being typed is echoed by a PlainRow, and nothing else
// is painted.
//
// The mutex is held while writing, which is what keeps the order: a terminal that takes no output
// holds up whoever wants to paint, and nobody else.
class Screen : public Output {
 public:
  Screen(Terminal& terminal, ScreenOptions options);  // `terminal` outlives it
  ~Screen() override;

  void show(std::span<const ServerLine> lines) override EXCLUDES(mutex_);
  void tell(std::string_view news) override EXCLUDES(mutex_);
  void suspend(Terminal::Stop stop) override EXCLUDES(mutex_);
  void continued() override EXCLUDES(mutex_);
  std::optional<Clock::time_point> fold_due() override EXCLUDES(mutex_);
  void show_folded() override EXCLUDES(mutex_);
  void ask(LineEditor::Question question) override EXCLUDES(mutex_);
  void confirm(std::string_view question) override EXCLUDES(mutex_);
  void set_own_name(std::string_view name, bool account) override EXCLUDES(mutex_);
  void enter_room() override EXCLUDES(mutex_);
  void set_waiting(const std::vector<std::string>& lines) override EXCLUDES(mutex_);
  void set_connection(std::string_view state, bool connected) override EXCLUDES(mutex_);
  void clear() override EXCLUDES(mutex_);
  void resized() override EXCLUDES(mutex_);
  void end_typing() override EXCLUDES(mutex_);

  // Lines that were typed in earlier sessions, oldest first.
  void remember(std::span<const std::string> lines) EXCLUDES(mutex_);

  // Keys into the line editor; whether there is half a key, and that its rest does not come; and
  // what they amount to, one by one, until there is nothing more.
  void type(std::string_view keys) EXCLUDES(mutex_);
  bool is_key_unfinished() EXCLUDES(mutex_);
  void lapse_key() EXCLUDES(mutex_);
  std::optional<LineEditor::Event> next_event() EXCLUDES(mutex_);

 private:
  void follow(const ServerLine& line) REQUIRES(mutex_);
  std::string noticed(const ServerLine& line) REQUIRES(mutex_);
  std::string own_notice(std::string_view text) REQUIRES(mutex_);
  bool is_own(std::string_view name) const REQUIRES(mutex_);
  std::string shown(const LineEditor::Event& event) REQUIRES(mutex_);
  void repaint(std::string_view above) REQUIRES(mutex_);
  std::string erasure() REQUIRES(mutex_);
  std::string moves_to_top(std::size_t columns) const REQUIRES(mutex_);
  std::string bottom() REQUIRES(mutex_);
  std::string waiting_rows() REQUIRES(mutex_);
  std::string typed_row() REQUIRES(mutex_);

  Terminal& terminal_;
  const ScreenOptions options_;
  Mutex mutex_;
  Display display_ GUARDED_BY(mutex_);
  Attention attention_ GUARDED_BY(mutex_);
  Roster roster_ GUARDED_BY(mutex_);
  Moderation moderation_ GUARDED_BY(mutex_);
  LineEditor editor_ GUARDED_BY(mutex_);
  Status status_ GUARDED_BY(mutex_);
  PlainRow plain_row_ GUARDED_BY(mutex_);
  std::vector<std::string> waiting_ GUARDED_BY(mutex_);
  std::string own_name_ GUARDED_BY(mutex_);
  std::string wrote_last_ GUARDED_BY(mutex_);  // to this user alone
  bool typing_ GUARDED_BY(mutex_);             // there is a line to paint
  bool in_room_ GUARDED_BY(mutex_) = false;
  // What was painted: how wide the screen was, and each row above the one that is typed; whether
  // there is a warning.
  std::size_t columns_ GUARDED_BY(mutex_) = 0;
  std::vector<std::size_t> above_ GUARDED_BY(mutex_);
  bool warned_ GUARDED_BY(mutex_) = false;
  std::size_t cursor_ GUARDED_BY(mutex_) = 0;  // the column it was left in
};

}  // namespace chat
