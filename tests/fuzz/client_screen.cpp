// What a client shows: any bytes of a server, and any keys of a user, between which the line being
// typed is painted anew. Nothing of either reaches the terminal but text, and the few controls that
// the client itself sends.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "chat/base/limits.hpp"
#include "chat/base/text.hpp"
#include "chat/client/limits.hpp"
#include "chat/net/line_reader.hpp"
#include "chat/ui/columns.hpp"
#include "chat/ui/display.hpp"
#include "chat/ui/line_editor.hpp"
#include "chat/ui/moderation.hpp"
#include "chat/ui/roster.hpp"
#include "chat/ui/server_line.hpp"
#include "chat/wire/limits.hpp"
#include "tests/fuzz/check.hpp"

namespace {

// Takes the client's own colours, ESC [ numbers m, out of `painting`.
std::string without_colors(std::string_view painting) {
  std::string text;
  while (!painting.empty()) {
    if (painting.starts_with("\x1B[")) {
      const auto end = painting.find_first_not_of("0123456789;", 2);
      check(end != std::string_view::npos && painting[end] == 'm', "only colours are set");
      painting.remove_prefix(end + 1);
    } else {
      text += painting.front();
      painting.remove_prefix(1);
    }
  }
  return text;
}

// Each row fits, and all but the line's first are seen to go on with it. An address may be longer.
void check_rows(std::string_view shown, std::size_t columns) {
  constexpr std::size_t kTimeColumns = 6;
  if (columns < kTimeColumns) return;
  bool first = true;
  while (!shown.empty()) {
    const std::string_view row = shown.substr(0, shown.find('\n'));
    shown.remove_prefix(row.size() + 1);
    if (first && row.starts_with("--- ")) continue;  // a new day
    check(first || row.starts_with(' '), "a row that goes on is indented");
    check(chat::columns_of(row) <= columns, "a row fits");
    first = false;
  }
}

void check_shown(std::string shown, bool colored, std::size_t columns) {
  if (shown.empty()) return;  // folded
  check(shown.ends_with('\n'), "what is shown ends its line");
  std::erase(shown, '\a');
  if (!colored) check_rows(shown, columns);
  if (colored) shown = without_colors(shown);
  std::erase(shown, '\n');
  check(!chat::needs_neutralising(shown), "between, there is only text");
}

void check_row(const chat::LineView& view, std::size_t columns) {
  check(!chat::needs_neutralising(view.row), "the typed row is only text");
  const std::size_t width = chat::columns_of(view.row);
  check(columns < 2 || width < columns, "which fits into the row");
  check(view.cursor <= width, "and has the cursor in it");
}

void type(chat::LineEditor& editor, std::string_view keys) {
  using Kind = chat::LineEditor::Event::Kind;
  editor.feed(keys);
  while (const auto event = editor.next()) {
    if (event->kind != Kind::kLine) continue;
    check(event->text.size() <= chat::kMaxLine, "a typed line is one that the server takes");
    check(!chat::needs_neutralising(event->text), "and it is text");
    check(!chat::needs_neutralising(event->row), "and so is what stays of it");
  }
}

}  // namespace

// The first byte is the width, and says by its bits what the client is set to; pieces that begin
// with K are keys, the others come from the server.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const bool located = (chat::use_utf8_locale(), true);
  (void)located;
  if (size == 0) return 0;
  const std::size_t columns = bytes[0];
  const bool colored = bytes[0] % 2 == 1;
  std::string_view left(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  chat::LineReader reader(chat::kMaxServerLine, chat::kMaxUnterminated);
  chat::Roster roster;
  chat::Moderation moderation;
  chat::LineEditor editor(
      [&](std::string_view before) { return complete(before, roster, moderation); });
  if (bytes[0] % 4 < 2) editor.ask({"user,password? ", chat::LineEditor::Mask::kAfterComma, false});
  chat::Display display({true, colored, chat::Bell::kAll});
  display.set_own_name("ann");
  display.set_columns(columns);
  const chat::Moment moment{chat::Clock::time_point{}, {}};
  while (!left.empty()) {
    const std::string_view piece = left.substr(0, left.find('\0'));
    left.remove_prefix(std::min(left.size(), piece.size() + 1));
    if (piece.starts_with('K')) {
      type(editor, piece.substr(1));
      check_row(editor.view(columns), columns);
      continue;
    }
    const auto space = reader.space();
    const std::size_t count = std::min(space.size(), piece.size());
    std::copy_n(piece.data(), count, space.data());
    reader.received(count);
    while (const auto text = reader.next()) {
      const auto line = chat::parse_server_line(chat::sanitised(text->text));
      roster.follow(line);
      moderation.follow(line);
      check_shown(display.shown(line, moment), colored, columns);
      const std::string json = chat::json_of(line, moment.wall);
      check(json.ends_with('\n') && !chat::needs_neutralising(json.substr(0, json.size() - 1)),
            "a JSON object is one line of text");
    }
  }
  check_shown(display.folded(moment), colored, columns);
  return 0;
}
