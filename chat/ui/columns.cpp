#include "chat/ui/columns.hpp"

#include <wchar.h>

#include <algorithm>
#include <utility>

namespace chat {
namespace {

constexpr std::size_t kTabStop = 8;
constexpr char32_t kEmojiSelector = 0xFE0F;
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

// The most that a terminal makes of it: some show a symbol as an emoji, two columns wide, where
// U+FE0F asks for it, and what is newer than the C library may be an emoji, too.
std::size_t most_columns_of(std::string_view text) {
  std::size_t columns = 0;
  std::size_t last = 0;
  for (std::size_t at = 0; at < text.size(); at = next_code_point(text, at)) {
    const char32_t c = code_point_at(text, at);
    const std::size_t more = c == kEmojiSelector && last == 1         ? 1
                             : ::wcwidth(static_cast<wchar_t>(c)) < 0 ? 2
                                                                      : width(c);
    columns += more;
    last = more;
  }
  return columns;
}

// A word, or a wide character: the lines of scripts without spaces are broken between those.
std::size_t end_of_word(std::string_view text) {
  std::size_t end = next_character(text, 0);
  if (most_columns_of(text.substr(0, end)) > 1) return end;
  while (end < text.size() && text[end] != ' ' && text[end] != '\t') {
    const std::size_t next = next_character(text, end);
    if (most_columns_of(text.substr(end, next - end)) > 1) break;
    end = next;
  }
  return end;
}

bool is_address(std::string_view word) {
  return (word.starts_with("https://") || word.starts_with("http://")) &&
         std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace

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

Rows::Rows(std::size_t at, std::size_t indent, std::size_t columns, AddressMark mark)
    : at_(columns > 0 && at > columns ? (at - 1) % columns + 1 : at),
      indent_(std::min(indent, columns / 2)),
      columns_(columns),
      mark_(mark) {}

std::string Rows::add(std::string_view text) {
  if (columns_ == 0) return std::string(text);
  std::string rows;
  while (!text.empty()) {
    if (text.front() == ' ' || text.front() == '\t') {
      spaces_ += text.front() == ' ' ? 1 : kTabStop - (at_ + spaces_) % kTabStop;
      text.remove_prefix(1);
      continue;
    }
    const std::string_view word = text.substr(0, end_of_word(text));
    add_word(word, rows);
    text.remove_prefix(word.size());
  }
  return rows;
}

void Rows::add_word(std::string_view word, std::string& rows) {
  const std::size_t width = most_columns_of(word);
  const bool is_long = indent_ + width > columns_;
  // A long word goes on in the row that was begun, where there is room for any of it.
  if (at_ + spaces_ + (is_long ? 1 : width) > columns_) begin_row(rows);
  rows.append(spaces_, ' ');
  at_ += std::exchange(spaces_, 0);
  if (is_long && !mark_.on.empty() && is_address(word)) {
    rows.append(mark_.on).append(word).append(mark_.off);
    at_ = columns_;  // what follows begins a row: the address's last one may look like a beginning
    return;
  }
  while (at_ + most_columns_of(word) > columns_) {
    std::size_t end = 0;
    std::size_t used = 0;
    while (true) {
      const std::size_t next = next_character(word, end);
      used += most_columns_of(word.substr(end, next - end));
      if (at_ + used > columns_) break;
      end = next;
    }
    // A character that is wider than a row has to stand there all the same.
    if (end == 0 && at_ <= indent_) end = next_character(word, 0);
    rows += word.substr(0, end);
    word.remove_prefix(end);
    if (word.empty()) return;
    begin_row(rows);
  }
  rows += word;
  at_ += most_columns_of(word);
}

void Rows::begin_row(std::string& rows) {
  rows.append("\n").append(indent_, ' ');
  at_ = indent_;
  spaces_ = 0;
}

}  // namespace chat
