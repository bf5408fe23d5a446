#include "chat/screen.hpp"

#include <chrono>
#include <system_error>
#include <utility>

#include "chat/columns.hpp"
#include "chat/text.hpp"

namespace chat {
namespace {

// Of a terminal's many sequences, those few that all of them know.
constexpr std::string_view kEraseBelow = "\r\x1B[J";  // the cursor's row, and what is below
constexpr std::string_view kEraseRight = "\x1B[K";
constexpr std::string_view kClear = "\x1B[H\x1B[2J";
constexpr std::string_view kUp = "\x1B[A";
// Pastes come bracketed, and Alt+key as ESC and the key, not as a letter like xterm's by default.
// The latter is put back as it was; a terminal that does not know it passes over it.
constexpr std::string_view kSaveAlt = "\x1B[?1036s";
constexpr std::string_view kTakeKeys = "\x1B[?2004h\x1B[?1036h";
constexpr std::string_view kLeaveKeys = "\x1B[?2004l\x1B[?1036r";
constexpr std::string_view kDoNotWrap = "\x1B[?7l";
constexpr std::string_view kWrap = "\x1B[?7h";
constexpr std::string_view kReversed = "\x1B[7m";
constexpr std::string_view kReset = "\x1B[0m";

constexpr std::size_t kPlainIndent = 2;    // of a row that goes on, where there is no screen
constexpr std::size_t kRowsForStatus = 4;  // lower than this, there is none

Moment now() { return {Clock::now(), std::chrono::system_clock::now()}; }

std::string to_column(std::size_t column) {
  return column == 0 ? "\r" : "\r\x1B[" + std::to_string(column) + "C";
}

// To the row that the cursor was left in, at column `cursor`, before the screen became narrower
// than that. Some terminals then break the row: the cursor goes with its character, into the next
// one. Others cut the row off: the cursor stays in it, in the last column. Nothing tells them apart
// but the column. So two spaces are written: in the last column the second one goes to the next
// row, elsewhere both fit. Now the cursor is one row below its own in either case.
//
// Narrower than half, it can be in a row further down, or in the last column in either case. Then a
// part of what was typed may stay above, but a line of the chat never goes.
std::string to_row_of(std::size_t cursor, std::size_t columns) {
  if (cursor < columns || (cursor + 1) % columns == 0) return {};
  return std::string("  ").append(kUp);
}

}  // namespace

Screen::Screen(Terminal& terminal, ScreenOptions options)
    : terminal_(terminal),
      options_(std::move(options)),
      display_(options_.display),
      editor_([this](std::string_view before) NO_THREAD_SAFETY_ANALYSIS {
        return complete(before, roster_);  // within type(), which holds the mutex
      }),
      typing_(terminal.has_screen()) {
  const MutexLock lock(mutex_);
  status_.room = options_.room;
  status_.connection = "connecting";
  if (typing_) terminal_.write(std::string(kSaveAlt).append(kTakeKeys));
}

Screen::~Screen() {
  try {
    end_typing();
  } catch (const std::system_error&) {  // the terminal is gone: so is what was painted
  }
}

void Screen::ask(LineEditor::Question question) {
  const MutexLock lock(mutex_);
  editor_.ask(std::move(question));
  repaint({});
}

bool Screen::has_typed() {
  const MutexLock lock(mutex_);
  return !editor_.empty();
}

void Screen::show(std::span<const ServerLine> lines) {
  if (lines.empty()) return;
  const MutexLock lock(mutex_);
  std::string above;
  for (const ServerLine& line : lines) {
    if (!terminal_.has_screen() && options_.output == Output::kLines) {
      above += Rows(0, kPlainIndent, terminal_.output_columns()).add(plain_line(line)) + '\n';
      continue;
    }
    follow(line);
    above += painted(line, now());
  }
  status_.online = roster_.size();
  repaint(above);
}

// An account's name may be written in another way than the user did.
void Screen::follow(const ServerLine& line) {
  roster_.follow(line);
  if (line.kind != ServerLine::Kind::kEnter || line.replayed) return;
  if (folded_name(line.from) == folded_name(own_name_)) status_.name = own_name_ = line.from;
}

std::string Screen::painted(const ServerLine& line, Moment moment) {
  if (terminal_.has_screen()) return display_.shown(line, moment);
  return options_.output == Output::kJson ? json_of(line, moment.wall) : "";
}

std::optional<Clock::time_point> Screen::fold_due() {
  const MutexLock lock(mutex_);
  return display_.fold_due();
}

void Screen::show_folded() {
  const MutexLock lock(mutex_);
  repaint(display_.folded(now()));
}

void Screen::remark(std::string_view text) {
  const MutexLock lock(mutex_);
  if (!typing_) return;
  ServerLine line;
  line.kind = ServerLine::Kind::kError;
  line.text = text;
  repaint(display_.shown(line, now()));
}

void Screen::set_own_name(std::string_view name) {
  const MutexLock lock(mutex_);
  display_.set_own_name(own_name_ = name);
}

void Screen::enter_room() {
  const MutexLock lock(mutex_);
  in_room_ = true;
  status_.name = own_name_;
  editor_.ask({});
  terminal_.show_typing();
}

void Screen::set_connection(std::string_view state, bool connected) {
  const MutexLock lock(mutex_);
  status_.connection = state;
  status_.connected = connected;
  repaint({});
}

void Screen::type(std::string_view keys) {
  const MutexLock lock(mutex_);
  editor_.feed(keys);
}

// A key that only edits costs no more than the row it changes.
std::optional<LineEditor::Event> Screen::next_event() {
  const MutexLock lock(mutex_);
  auto event = editor_.next();
  const std::string above = event ? shown(*event) : "";
  if (typing_ && above.empty() && columns_ == terminal_.size().columns) {
    terminal_.write("\r" + typed_row());
  } else {
    repaint(above);
  }
  return event;
}

// Before the user is in, the line typed stays where it was typed. In the room it goes: it comes
// back from the server, and stands in the room's order.
std::string Screen::shown(const LineEditor::Event& event) {
  using Kind = LineEditor::Event::Kind;
  switch (event.kind) {
    case Kind::kLine:
      return in_room_ ? "" : event.row + "\n";
    case Kind::kPasted: {
      std::string rows = "| ";
      for (const char c : event.text) rows.append(c == '\n' ? "\n| " : std::string(1, c));
      return rows + "\n";
    }
    case Kind::kPasteTooLong:
      return "! more was pasted than can be sent at once: " + std::to_string(kMaxPaste / 1024) +
             " KiB\n";
    case Kind::kClearScreen:
      return std::string(kClear);
    default:
      return {};
  }
}

void Screen::resized() {
  const MutexLock lock(mutex_);
  repaint({});
}

// Where the cursor was left, nobody knows any more.
void Screen::continued() {
  terminal_.take_over();
  if (!terminal_.has_screen()) return;
  const MutexLock lock(mutex_);
  if (!typing_) return;
  cursor_ = 0;
  terminal_.write(std::string(kTakeKeys).append(erasure()).append(bottom()));
}

void Screen::suspend(Terminal::Stop stop) {
  if (!terminal_.has_screen()) return terminal_.suspend(stop);
  const MutexLock lock(mutex_);
  if (typing_) terminal_.write(erasure().append(kLeaveKeys));
  terminal_.suspend(stop);
  if (typing_) terminal_.write(std::string(kSaveAlt).append(kTakeKeys).append(bottom()));
}

void Screen::end_typing() {
  if (!terminal_.has_screen()) return;  // then the mutex may be held by a write nobody reads
  const MutexLock lock(mutex_);
  if (!typing_) return;
  typing_ = false;
  terminal_.write(erasure().append(kLeaveKeys));
}

void Screen::repaint(std::string_view above) {
  if (!typing_) return terminal_.write(above);
  terminal_.write(erasure().append(above).append(bottom()));
}

std::string Screen::erasure() {
  const std::size_t columns = terminal_.size().columns;
  std::string moves;
  if (columns < columns_) moves = to_row_of(cursor_, columns);
  return moves.append(kEraseBelow);
}

// Each row stays one, also where the screen has become narrower and nobody has said so yet.
std::string Screen::bottom() {
  const auto [rows, columns] = terminal_.size();
  columns_ = columns;
  display_.set_columns(columns);
  if (!options_.status || rows < kRowsForStatus) return typed_row();
  std::string row = status_row(status_, columns - 1);
  if (options_.display.color) row = std::string(kReversed).append(row).append(kReset);
  return std::string("\n").append(kDoNotWrap).append(row).append(kUp).append("\r") + typed_row();
}

std::string Screen::typed_row() {
  const LineView view = editor_.view(columns_);
  cursor_ = view.cursor;
  std::string row(kDoNotWrap);
  return row.append(view.row).append(kEraseRight).append(kWrap).append(to_column(view.cursor));
}

}  // namespace chat
