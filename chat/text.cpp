#include "chat/text.hpp"

#include <cstddef>
#include <cstdint>

#include "chat/limits.hpp"

namespace chat {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Decoded {
  char32_t code_point;
  std::size_t length;  // 0: not well-formed here
};

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

bool is_harmful(char32_t c) {
  if (c < 0x20) return c != '\t';
  if (c < 0x7F) return false;
  if (c <= 0x9F) return true;                                  // DEL, C1
  if (c == 0x061C || c == 0x200E || c == 0x200F) return true;  // bidirectional marks
  if (c == 0x2028 || c == 0x2029) return true;                 // line and paragraph separator
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
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

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || !is_alphanumeric(name.front())) return false;
  for (const char c : name) {
    if (!is_alphanumeric(c) && c != '_' && c != '.' && c != '-') return false;
  }
  return true;
}

std::string folded_name(std::string_view name) { return lowercase(name); }

std::string name_skeleton(std::string_view name) {
  std::string skeleton;
  for (const char c : lowercase(name)) {
    char like = c;
    if (c == '0') like = 'o';
    if (c == '1' || c == 'i') like = 'l';
    if (c == '-' || c == '.') like = '_';
    if (like == '_' && skeleton.ends_with('_')) continue;
    skeleton += like;
  }
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

std::string lowercase(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace chat
