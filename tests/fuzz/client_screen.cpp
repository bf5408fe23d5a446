// What a client shows: any bytes of a server, and any keys of a user, between which the line being
// typed is painted anew. Nothing of either reaches the terminal but text, and the few controls that
// the client itself sends.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "chat/limits.hpp"
#include "chat/line_editor.hpp"
#include "chat/line_reader.hpp"
#include "chat/text.hpp"
#include "tests/fuzz/check.hpp"

namespace {

constexpr std::string_view kEraseToTheRight = "\x1B[K";

// One row of the screen, painted over the cursor's.
void check_row(std::string_view painting, std::size_t columns) {
  check(painting.starts_with('\r'), "a row is painted from its beginning");
  check(painting.ends_with(kEraseToTheRight), "and what lay behind it is erased");
  painting.remove_prefix(1);
  painting.remove_suffix(kEraseToTheRight.size());
  check(!chat::needs_neutralising(painting), "between, there is only text");
  const auto characters = std::count_if(painting.begin(), painting.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
  check(columns < 4 || static_cast<std::size_t>(characters) < columns, "which fits into the row");
}

void type(chat::LineEditor& editor, std::string_view keys) {
  using Kind = chat::LineEditor::Event::Kind;
  for (const auto& event : editor.feed(keys)) {
    if (event.kind != Kind::kLine) continue;
    check(event.line.size() <= chat::kMaxLine, "a typed line is one that the server takes");
    check(!chat::needs_neutralising(event.line), "and it is text");
    check(!chat::needs_neutralising(event.shown), "and so is what stays of it");
  }
}

}  // namespace

// The first byte is the width; pieces that begin with K are keys, the others come from the server.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t columns = bytes[0];
  std::string_view left(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  chat::LineReader reader(chat::kMaxServerLine, chat::kMaxUnterminated);
  chat::LineEditor editor;
  editor.set_secret(bytes[0] % 2 == 1);
  check_row(chat::LineEditor::hide(), columns);
  while (!left.empty()) {
    const std::string_view piece = left.substr(0, left.find('\0'));
    left.remove_prefix(std::min(left.size(), piece.size() + 1));
    if (piece.starts_with('K')) {
      type(editor, piece.substr(1));
      check_row(editor.repaint(columns), columns);
      continue;
    }
    const auto space = reader.space();
    const std::size_t count = std::min(space.size(), piece.size());
    std::copy_n(piece.data(), count, space.data());
    reader.received(count);
    while (const auto line = reader.next()) {
      check(!chat::needs_neutralising(chat::neutralised(line->text)), "a line is only text");
    }
  }
  return 0;
}
