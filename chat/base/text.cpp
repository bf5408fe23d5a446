#include "chat/base/text.hpp"

#include <wchar.h>
#include <wctype.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <clocale>
#include <cstddef>
#include <cstdint>

#include "chat/base/limits.hpp"

namespace chat {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Decoded {
  char32_t code_point;
  std::size_t length;  // 0: not well-formed here
};

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_continuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// The character at the beginning of `text`, which is not empty.
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  char32_t code_point = 0;
  char32_t smallest = 0;  // a smaller one in this length is an overlong form
  if ((lead & 0xE0) == 0xC0) {
    length = 2, code_point = lead & 0x1Fu, smallest = 0x80;
  } else if ((lead & 0xF0) == 0xE0) {
    length = 3, code_point = lead & 0x0Fu, smallest = 0x800;
  } else if ((lead & 0xF8) == 0xF0) {
    length = 4, code_point = lead & 0x07u, smallest = 0x10000;
  } else {
    return {0, 0};
  }
  if (text.size() < length) return {0, 0};
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte(i))) return {0, 0};
    code_point = (code_point << 6) | (byte(i) & 0x3Fu);
  }
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < smallest || surrogate || code_point > 0x10FFFF) return {0, 0};
  return {code_point, length};
}

wint_t lower(char32_t c) { return ::towlower(static_cast<wint_t>(c)); }

bool is_harmful(char32_t c) {
  if (c < 0x20) return c != '\t';
  if (c < 0x7F) return false;
  if (c <= 0x9F) return true;                                  // DEL, C1
  if (c == 0x061C || c == 0x200E || c == 0x200F) return true;  // bidirectional marks
  if (c == 0x2028 || c == 0x2029) return true;                 // line and paragraph separator
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t size>
bool is_in(const std::array<Range, size>& ranges, char32_t c) {
  const auto* const range =
      std::find_if(ranges.begin(), ranges.end(), [c](const Range& one) { return c <= one.last; });
  return range != ranges.end() && c >= range->first;
}

// Unicode's spaces, and what else has a width and no ink: the empty Braille cell, the null note.
constexpr std::array<Range, 7> kBlank = {{{0xA0, 0xA0},
                                          {0x1680, 0x1680},
                                          {0x2000, 0x200A},
                                          {0x202F, 0x202F},
                                          {0x205F, 0x205F},
                                          {0x2800, 0x2800},
                                          {0x3000, 0x3000}}};
constexpr char32_t kNullNote = 0x1D159;

// Unicode's Default_Ignorable_Code_Point, without what is_harmful().
constexpr std::array<Range, 16> kInvisible = {{{0xAD, 0xAD},
                                               {0x34F, 0x34F},
                                               {0x115F, 0x1160},
                                               {0x17B4, 0x17B5},
                                               {0x180B, 0x180F},
                                               {0x200B, 0x200D},
                                               {0x2060, 0x2065},
                                               {0x206A, 0x206F},
                                               {0x3164, 0x3164},
                                               {0xFE00, 0xFE0F},
                                               {0xFEFF, 0xFEFF},
                                               {0xFFA0, 0xFFA0},
                                               {0xFFF0, 0xFFFB},
                                               {0x1BCA0, 0x1BCA3},
                                               {0x1D173, 0x1D17A},
                                               {0xE0000, 0xE0FFF}}};

constexpr char32_t kNonJoiner = 0x200C;
constexpr char32_t kJoiner = 0x200D;

bool is_blank(char32_t c) { return c == kNullNote || is_in(kBlank, c); }
bool is_joiner(char32_t c) { return c == kJoiner || c == kNonJoiner; }
bool is_selector(char32_t c) { return c == 0xFE0E || c == 0xFE0F; }  // as text, as an emoji

// What can be shown as an emoji, generously: symbols, and the keys of a telephone.
constexpr std::array<Range, 8> kEmoji = {{{'#', '#'},
                                          {'*', '*'},
                                          {'0', '9'},
                                          {0xA9, 0xA9},
                                          {0xAE, 0xAE},
                                          {0x203C, 0x2BFF},
                                          {0x3030, 0x3299},
                                          {0x1F000, 0x1FAFF}}};

// Scripts in which a joiner makes another word: Arabic and Syriac to the end of the Indic ones and
// Sinhala, Myanmar, Khmer and Mongolian.
constexpr std::array<Range, 4> kJoining = {
    {{0x600, 0xDFF}, {0x1000, 0x109F}, {0x1780, 0x18AF}, {0xA840, 0xA87F}}};

// Whether a joiner between `before` and `after` makes what is seen another thing.
bool joins(char32_t before, char32_t joiner, char32_t after) {
  if (is_in(kJoining, before) && is_in(kJoining, after)) return true;
  const bool emoji = before >= 0x80 && (is_in(kEmoji, before) || before == 0xFE0F);
  return joiner == kJoiner && emoji && after >= 0x80 && is_in(kEmoji, after);
}

// Whether the C library says that it takes no column: a combining mark, as what is invisible is
// sorted out before.
bool is_mark(char32_t c) {
  return c >= 0x300 && !is_selector(c) && ::wcwidth(static_cast<wchar_t>(c)) == 0;
}

// Lines of plain ASCII are by far the most: they need no decoding.
bool is_plain_ascii(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) return false;
  }
  return true;
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_utf8(std::string_view text) {
  if (is_plain_ascii(text)) return true;
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    if (decoded.length == 0) return false;
    text.remove_prefix(decoded.length);
  }
  return true;
}

bool needs_neutralising(std::string_view text) {
  if (is_plain_ascii(text)) return false;
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    if (decoded.length == 0 || is_harmful(decoded.code_point)) return true;
    text.remove_prefix(decoded.length);
  }
  return false;
}

std::string neutralised(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    const std::size_t length = decoded.length == 0 ? 1 : decoded.length;
    if (decoded.length == 0 || is_harmful(decoded.code_point)) {
      result += kReplacement;
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return result;
}

void use_utf8_locale() {
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) (void)std::setlocale(LC_CTYPE, "");
}

std::string sanitised(std::string_view text) {
  if (is_plain_ascii(text)) return std::string(text);
  std::string result;
  result.reserve(text.size());
  char32_t last = 0;    // what was added last
  char32_t joiner = 0;  // has come since; 0: none
  std::size_t marks = 0;
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    const std::string_view bytes = text.substr(0, std::max<std::size_t>(decoded.length, 1));
    const bool harmful = decoded.length == 0 || is_harmful(decoded.code_point);
    const char32_t c = harmful                        ? U'\uFFFD'
                       : is_blank(decoded.code_point) ? U' '
                                                      : decoded.code_point;
    text.remove_prefix(bytes.size());
    if (is_joiner(c)) joiner = c;
    if (is_selector(c) ? !is_in(kEmoji, last) : is_in(kInvisible, c)) continue;
    marks = is_mark(c) ? marks + 1 : 0;
    if (marks > kMaxMarks) continue;
    if (joiner != 0 && joins(last, joiner, c)) result += joiner == kJoiner ? "\u200D" : "\u200C";
    joiner = 0;
    result += harmful ? kReplacement : c == U' ' ? " " : bytes;
    last = c;
  }
  return result;
}

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || !is_alphanumeric(name.front())) return false;
  for (const char c : name) {
    if (!is_alphanumeric(c) && c != '_' && c != '.' && c != '-') return false;
  }
  return true;
}

std::string folded_name(std::string_view name) { return lowercase(name); }

bool is_name_before(std::string_view one, std::string_view other) {
  return std::lexicographical_compare(one.begin(), one.end(), other.begin(), other.end(),
                                      [](char a, char b) { return lowered(a) < lowered(b); });
}

std::string name_skeleton(std::string_view name) {
  std::string skeleton;
  for (const char c : lowercase(name)) {
    char like = c;
    if (c == '0') like = 'o';
    if (c == '1' || c == 'i') like = 'l';
    if (c == '5') like = 's';
    if (c == '-' || c == '.') like = '_';
    if (like == '_' && (skeleton.empty() || skeleton.ends_with('_'))) continue;
    if (skeleton.ends_with('r') && like == 'n') skeleton.pop_back(), like = 'm';
    if (skeleton.ends_with('v') && like == 'v') skeleton.pop_back(), like = 'w';
    skeleton += like;
  }
  if (skeleton.ends_with('_')) skeleton.pop_back();
  return skeleton;
}

bool is_password(std::string_view password) {
  if (password.empty() || password.size() > kMaxPassword || !is_utf8(password)) return false;
  return password.find('\t') == std::string_view::npos && !needs_neutralising(password);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string lowercase(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lowered(c);
  return result;
}

bool begins_with_word(std::string_view text) {
  if (text.empty()) return false;
  const char32_t c = decode(text).code_point;
  return ::iswalnum(static_cast<wint_t>(c)) != 0 ||
         (c >= 0x80 && ::wcwidth(static_cast<wchar_t>(c)) == 0);
}

bool ends_in_word(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_continuation(static_cast<unsigned char>(text[--begin]))) {
  }
  return begins_with_word(text.substr(begin));
}

std::optional<std::size_t> find_in_any_case(std::string_view text, std::string_view part) {
  const auto begins_with_part = [part](std::string_view rest) {
    for (std::string_view wanted = part; !wanted.empty();) {
      if (rest.empty()) return false;
      const Decoded one = decode(rest);
      const Decoded other = decode(wanted);
      if (lower(one.code_point) != lower(other.code_point)) return false;
      rest.remove_prefix(std::max<std::size_t>(one.length, 1));
      wanted.remove_prefix(std::max<std::size_t>(other.length, 1));
    }
    return true;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (begins_with_part(text.substr(at))) return at;
    at += std::max<std::size_t>(decode(text.substr(at)).length, 1);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

}  // namespace chat
