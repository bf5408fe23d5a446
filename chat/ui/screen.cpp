#include "chat/ui/screen.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/ui/columns.hpp"
#include "chat/ui/limits.hpp"
#include "chat/wire/limits.hpp"

namespace chat {
namespace {

// Of a terminal's many sequences, those few that all of them know.
constexpr std::string_view kEraseBelow = "\r\x1B[J";  // the cursor's row, and what is below
constexpr std::string_view kEraseRight = "\x1B[K";
constexpr std::string_view kClear = "\x1B[H\x1B[2J";
constexpr std::string_view kUp = "\x1B[A";
constexpr std::string_view kMarkPastes = "\x1B[?2004h";
constexpr std::string_view kMarkNoPastes = "\x1B[?2004l";
// Of xterm and its kin: Alt+key comes as ESC and the key, not as a letter. It is put back as it
// was.
constexpr std::string_view kSaveAlt = "\x1B[?1036s";
constexpr std::string_view kAltEscapes = "\x1B[?1036h";
constexpr std::string_view kRestoreAlt = "\x1B[?1036r";
constexpr std::string_view kReportFocus = "\x1B[?1004h";
constexpr std::string_view kReportNoFocus = "\x1B[?1004l";
constexpr std::string_view kDoNotWrap = "\x1B[?7l";
constexpr std::string_view kWrap = "\x1B[?7h";
constexpr std::string_view kReversed = "\x1B[7m";
constexpr std::string_view kDim = "\x1B[2m";
constexpr std::string_view kBell = "\a";
constexpr std::string_view kReset = "\x1B[0m";

constexpr std::size_t kCandidatesIndent = 2;  // of a row that goes on

constexpr std::size_t kRowsForStatus = 4;  // lower than this, there is none

Moment now() { return {Clock::now(), std::chrono::system_clock::now()}; }

// To the row that the cursor was left in, at column `cursor`, before the screen became narrower
// than that. Some terminals then break the row: the cursor goes with its character, into the next
// one. Others cut the row off: the cursor stays in it, in the last column. Nothing tells them apart
// but the column. So two spaces are written: in the last column the second one goes to the next
// row, elsewhere both fit. Now the cursor is one row below its own in either case.
//
// Narrower than half, it can be in a row further down, or in the last column in either case. Then a
// part of what was typed may stay above, but a line of the chat never goes. So it is only for
// terminals of which nothing is known.
std::string to_row_of(std::size_t cursor, std::size_t columns) {
  if (cursor < columns || (cursor + 1) % columns == 0) return {};
  return std::string("  ").append(kUp);
}

// On a plain screen nothing stands in the room's row before somebody types.
std::string_view without_prompt(std::string_view row) {
  return row.starts_with(LineEditor::kPrompt) ? row.substr(LineEditor::kPrompt.size()) : row;
}

// How pastes and Alt come: at first, with how the latter was saved; and as they came before.
std::string taking_keys(const Terminal& terminal, bool save) {
  if (!terminal.can_paint()) return {};
  std::string keys(kMarkPastes);
  if (!terminal.is_plain()) keys += kReportFocus;
  if (terminal.is_like_xterm()) keys.append(save ? kSaveAlt : "").append(kAltEscapes);
  return keys;
}
std::string leaving_keys(const Terminal& terminal) {
  if (!terminal.can_paint()) return {};
  return std::string(kMarkNoPastes)
      .append(terminal.is_plain() ? "" : kReportNoFocus)
      .append(terminal.is_like_xterm() ? kRestoreAlt : "");
}

}  // namespace

Screen::Screen(Terminal& terminal, ScreenOptions options)
    : terminal_(terminal),
      options_(std::move(options)),
      display_(options_.display),
      attention_(options_.room, options_.notify),
      // Both are called with the mutex held.
      editor_([this](std::string_view before)
                  NO_THREAD_SAFETY_ANALYSIS { return complete(before, roster_, moderation_); },
              [this]() NO_THREAD_SAFETY_ANALYSIS { return wrote_last_; }),
      typing_(true) {
  const MutexLock lock(mutex_);
  status_.room = options_.room;
  status_.connection = "connecting";
  terminal_.write(taking_keys(terminal_, true));
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

void Screen::show(std::span<const ServerLine> lines) {
  if (lines.empty()) return;
  const MutexLock lock(mutex_);
  std::string above;
  for (const ServerLine& line : lines) {
    if (line.hidden) {
      follow(line);
      continue;
    }
    follow(line);
    above += noticed(line) + display_.shown(line, now());
  }
  status_.online = roster_.size();
  repaint(above);
}

// What stands above a line that the user does not see now; and what the terminal is told of it.
std::string Screen::noticed(const ServerLine& line) {
  if (line.replayed || terminal_.is_plain()) return {};
  const bool marked = attention_.takes_marker();
  return attention_.shown(line, display_.mentions_me(line), now()) +
         (marked ? display_.marker() : "");
}

std::string Screen::own_notice(std::string_view text) {
  if (text.empty()) return {};
  ServerLine line;
  line.text = text;
  return display_.shown(line, now());
}

// An account's name may be written in another way than the user did.
void Screen::follow(const ServerLine& line) {
  roster_.follow(line);
  moderation_.follow(line);
  const bool to_me = line.kind == ServerLine::Kind::kPrivate && !is_own(line.from);
  if (to_me && !line.replayed && !line.hidden) wrote_last_ = line.from;
  if (line.kind != ServerLine::Kind::kEnter || line.replayed) return;
  if (is_own(line.from)) status_.name = own_name_ = line.from;
}

bool Screen::is_own(std::string_view name) const {
  return folded_name(name) == folded_name(own_name_);
}

std::optional<Clock::time_point> Screen::fold_due() {
  const MutexLock lock(mutex_);
  return display_.fold_due();
}

void Screen::show_folded() {
  const MutexLock lock(mutex_);
  repaint(display_.folded(now()));
}

void Screen::tell(std::string_view news) {
  const MutexLock lock(mutex_);
  if (!typing_) return;
  ServerLine line;
  line.kind = ServerLine::Kind::kError;
  line.text = news;
  repaint(display_.shown(line, now()));
}

void Screen::remember(std::span<const std::string> lines) {
  const MutexLock lock(mutex_);
  for (const std::string& line : lines) editor_.remember(line);
}

void Screen::clear() {
  const MutexLock lock(mutex_);
  if (!terminal_.is_plain() && typing_) repaint(kClear);
}

void Screen::set_own_name(std::string_view name, bool account) {
  const MutexLock lock(mutex_);
  moderation_.set_own(name, account);
  display_.set_own_name(own_name_ = name);
  if (in_room_) status_.name = name;
}

void Screen::enter_room() {
  const MutexLock lock(mutex_);
  in_room_ = true;
  status_.name = own_name_;
  editor_.ask({});
  terminal_.show_typing();
}

// Where there is no status line, what changes is said.
void Screen::set_connection(std::string_view state, bool connected) {
  const MutexLock lock(mutex_);
  const bool news = terminal_.is_plain() && in_room_ && connected != status_.connected;
  status_.connection = state;
  status_.connected = connected;
  if (!connected) roster_.connection_lost();
  repaint(news ? "! " + status_.connection + "\n" : "");
}

void Screen::set_waiting(const std::vector<std::string>& lines) {
  const MutexLock lock(mutex_);
  if (lines == waiting_) return;
  std::string news;
  if (terminal_.is_plain() && lines.size() > waiting_.size()) {
    news = "! waits for the connection: " + lines.back() + "\n";
  }
  waiting_ = lines;
  status_.waiting = lines.size();
  repaint(news);
}

void Screen::confirm(std::string_view question) {
  const MutexLock lock(mutex_);
  editor_.confirm(question);
  repaint({});
}

void Screen::type(std::string_view keys) {
  const MutexLock lock(mutex_);
  editor_.feed(keys);
}

bool Screen::is_key_unfinished() {
  const MutexLock lock(mutex_);
  return editor_.is_unfinished();
}

void Screen::lapse_key() {
  const MutexLock lock(mutex_);
  editor_.lapse();
}

// A key that only edits costs no more than the row it changes.
std::optional<LineEditor::Event> Screen::next_event() {
  const MutexLock lock(mutex_);
  auto event = editor_.next();
  if (event && event->kind == LineEditor::Event::Kind::kLine && terminal_.is_plain()) {
    terminal_.write(plain_row_.finish(without_prompt(event->row)));
    return event;  // the next question is not known yet
  }
  const std::string above = event ? shown(*event) : "";
  const bool only_row = typing_ && above.empty() && columns_ == terminal_.size().columns &&
                        warned_ == editor_.is_full();
  if (only_row && !terminal_.is_plain()) {
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
    case Kind::kPasteRefused:
      return std::string(kBell) + "! not pasted: " + event.text + "\n";
    case Kind::kCandidates:
      return Rows(0, kCandidatesIndent, columns_).add("  " + event.text) + "\n";
    case Kind::kFull:
      terminal_.write(kBell);
      return {};
    case Kind::kClearScreen:
      return std::string(terminal_.is_plain() ? "" : kClear);
    case Kind::kLooks:
      terminal_.write(attention_.looks());
      return own_notice(attention_.summary());
    case Kind::kLooksAway:
      attention_.looks_away(now());
      return {};
    case Kind::kToggleNotifying:
      return own_notice(attention_.toggle() ? "you are notified of mentions (Alt+N: not)"
                                            : "you are not notified of mentions (Alt+N: again)");
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
  const MutexLock lock(mutex_);
  if (!typing_) return;
  cursor_ = 0;
  above_.clear();
  terminal_.write(taking_keys(terminal_, false).append(erasure()).append(bottom()));
}

void Screen::suspend(Terminal::Stop stop) {
  const MutexLock lock(mutex_);
  if (typing_)
    terminal_.write(erasure().append(attention_.looks()).append(leaving_keys(terminal_)));
  terminal_.suspend(stop);
  if (typing_) terminal_.write(taking_keys(terminal_, true).append(bottom()));
}

void Screen::end_typing() {
  const MutexLock lock(mutex_);
  if (!typing_) return;
  typing_ = false;
  terminal_.write(erasure().append(attention_.looks()).append(leaving_keys(terminal_)));
}

void Screen::repaint(std::string_view above) {
  if (!typing_) return terminal_.write(above);
  if (terminal_.is_plain()) {
    const std::string news = plain_row_.add(above);
    return terminal_.write(news + bottom());
  }
  terminal_.write(erasure().append(above).append(bottom()));
}

std::string Screen::erasure() {
  if (terminal_.is_plain()) return plain_row_.end();
  return moves_to_top(terminal_.size().columns).append(kEraseBelow);
}

// From where the cursor was left to the first row that was painted. A row that the terminal breaks
// has become several; the cursor is in the one that has its column.
std::string Screen::moves_to_top(std::size_t columns) const {
  std::string moves;
  const bool narrower = columns < columns_;
  const auto narrowed = terminal_.narrowed();
  const bool broken = narrower && narrowed == Terminal::Narrowed::kBreaks;
  if (narrower && narrowed == Terminal::Narrowed::kUnknown) moves = to_row_of(cursor_, columns);
  std::size_t rows = broken ? cursor_ / columns : 0;
  for (const std::size_t width : above_) rows += broken ? (width + columns - 1) / columns : 1;
  for (; rows > 0; --rows) moves += kUp;
  return moves;
}

// Each row stays one, also where the screen has become narrower and nobody has said so yet.
std::string Screen::bottom() {
  if (terminal_.is_plain()) {
    const LineEditor::Row row = editor_.row();
    return plain_row_.become(without_prompt(row.prompt), row.text);
  }
  const auto [rows, columns] = terminal_.size();
  columns_ = columns;
  display_.set_columns(columns);
  warned_ = editor_.is_full();
  status_.warning = warned_ ? "the line is full: " + std::to_string(kMaxLine) + " bytes" : "";
  const std::string above = rows < kRowsForStatus ? (above_.clear(), "") : waiting_rows();
  if (!options_.status || rows < kRowsForStatus) return above + typed_row();
  std::string row = status_row(status_, columns - 1);
  if (options_.display.color) row = std::string(kReversed).append(row).append(kReset);
  return std::string(above)
      .append("\n")
      .append(kDoNotWrap)
      .append(row)
      .append(kUp)
      .append("\r")
      .append(typed_row());
}

// The last of them. A TAB would be as wide as the terminal likes.
std::string Screen::waiting_rows() {
  above_.clear();
  if (waiting_.empty()) return {};
  std::string rows(kDoNotWrap);
  const std::size_t skipped = waiting_.size() - std::min(waiting_.size(), kMaxWaitingRows);
  for (std::size_t i = skipped; i < waiting_.size(); ++i) {
    const std::string mark = i == skipped && skipped > 0 ? "… " : "  ";
    std::string row = mark + waiting_[i];
    std::replace(row.begin(), row.end(), '\t', ' ');
    const std::string_view shown = fitting(row, columns_ - 1);
    above_.push_back(columns_of(shown));
    rows.append(options_.display.color ? kDim : "").append(shown);
    rows.append(options_.display.color ? kReset : "").append("\n");
  }
  return rows.append(kWrap);
}

// What stands before the cursor is painted once more, so that the cursor is where the terminal has
// it: not all agree on how wide an emoji is.
std::string Screen::typed_row() {
  const LineView view = editor_.view(columns_);
  cursor_ = view.cursor;
  std::string row(kDoNotWrap);
  row.append(view.row).append(kEraseRight).append("\r");
  return row.append(view.row, 0, view.before).append(kWrap);
}

}  // namespace chat
