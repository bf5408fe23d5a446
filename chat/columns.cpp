#include "chat/columns.hpp"

#include <wchar.h>

#include <algorithm>
#include <clocale>

namespace chat {
namespace {

constexpr char32_t kJoiner = 0x200D;  // joins the emoji before and after it into one

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::size_t next_code_point(std::string_view text, std::size_t at) {
  do ++at;
  while (at < text.size() && is_continuation(text[at]));
  return at;
}

std::size_t previous_code_point(std::string_view text, std::size_t at) {
  do --at;
  while (at > 0 && is_continuation(text[at]));
  return at;
}

char32_t code_point_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  char32_t result = lead < 0x80   ? lead
                    : lead < 0xE0 ? lead & 0x1Fu
                                  : lead & (lead < 0xF0 ? 0xFu : 7u);
  for (++at; at < text.size() && is_continuation(text[at]); ++at) {
    result = (result << 6) | (static_cast<unsigned char>(text[at]) & 0x3Fu);
  }
  return result;
}

// What the C library does not know is shown as one replacement sign.
std::size_t width(char32_t c) {
  const int columns = ::wcwidth(static_cast<wchar_t>(c));
  return columns < 0 ? 1 : static_cast<std::size_t>(columns);
}

bool is_skin_tone(char32_t c) { return c >= 0x1F3FB && c <= 0x1F3FF; }
bool is_regional(char32_t c) { return c >= 0x1F1E6 && c <= 0x1F1FF; }

// Flags are pairs of regional letters.
bool ends_a_flag(std::string_view text, std::size_t at) {
  std::size_t before = 0;
  while (at > 0 && is_regional(code_point_at(text, at = previous_code_point(text, at)))) ++before;
  return before % 2 == 1;
}

// Whether the code point at `at` belongs to the character before it.
bool continues_character(std::string_view text, std::size_t at) {
  if (at == 0) return false;
  const char32_t c = code_point_at(text, at);
  if (c < 0x80) return false;
  if (width(c) == 0 || is_skin_tone(c)) return true;
  if (code_point_at(text, previous_code_point(text, at)) == kJoiner) return true;
  return is_regional(c) && ends_a_flag(text, at);
}

}  // namespace

void use_utf8_locale() {
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) (void)std::setlocale(LC_CTYPE, "");
}

std::size_t next_character(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
  do at = next_code_point(text, at);
  while (at < text.size() && continues_character(text, at));
  return at;
}

std::size_t previous_character(std::string_view text, std::size_t at) {
  while (at > 0) {
    at = previous_code_point(text, at);
    if (!continues_character(text, at)) break;
  }
  return at;
}

std::size_t character_boundary(std::string_view text, std::size_t at) {
  while (at < text.size() && (is_continuation(text[at]) || continues_character(text, at))) ++at;
  return at;
}

// Joined emoji count as if they stood side by side, as they do on a terminal that cannot join them:
// where it can, the text takes less than is said here, and never more.
std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size(); at = next_code_point(text, at)) {
    columns += width(code_point_at(text, at));
  }
  return columns;
}

std::string_view fitting(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  while (end < text.size()) {
    const std::size_t next = next_character(text, end);
    const std::size_t needed = columns_of(text.substr(end, next - end));
    if (needed > columns) break;
    columns -= needed;
    end = next;
  }
  return text.substr(0, end);
}

std::string wrapped(std::string_view text, std::size_t at, std::size_t indent,
                    std::size_t columns) {
  std::string rows;
  while (!text.empty()) {
    const std::size_t spaces = std::min(text.find_first_not_of(' '), text.size());
    const std::size_t end = std::min(text.find(' ', spaces), text.size());
    const std::string_view word = text.substr(spaces, end - spaces);
    const std::size_t width = columns_of(word);
    if (at + spaces + width > columns && indent + width <= columns) {
      if (width > 0) rows.append("\n").append(indent, ' ');
      at = indent;
    } else {
      rows.append(spaces, ' ');
      at += spaces;
    }
    rows += word;
    at += width;
    if (at > columns) at = (at - 1) % columns + 1;
    text.remove_prefix(end);
  }
  return rows;
}

}  // namespace chat
