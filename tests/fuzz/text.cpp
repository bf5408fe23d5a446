// The pure functions on text: what each promises of any bytes, and how they agree.
#include "chat/base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "chat/base/limits.hpp"
#include "tests/fuzz/check.hpp"

namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

// None of the characters that move, colour, end or reorder, looked for as bytes: another way than
// that of the code.
bool is_harmless(std::string_view text) {
  if (has_control(text)) return false;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const auto pair = text.substr(i, 2);
    if (pair >= "\xC2\x80" && pair <= "\xC2\x9F") return false;  // C1
    if (pair == "\xD8\x9C") return false;                        // Arabic letter mark
    if (pair >= "\xED\xA0" && pair <= "\xED\xBF") return false;  // surrogates: no UTF-8
    const auto triple = text.substr(i, 3);
    if (triple == "\xE2\x80\x8E" || triple == "\xE2\x80\x8F") return false;  // LRM, RLM
    if (triple >= "\xE2\x80\xA8" && triple <= "\xE2\x80\xAE") return false;  // LS PS, embeddings
    if (triple >= "\xE2\x81\xA6" && triple <= "\xE2\x81\xA9") return false;  // isolates
  }
  return true;
}

void check_neutralising(std::string_view text) {
  const std::string clean = chat::neutralised(text);
  check(chat::is_utf8(clean), "what was neutralised is UTF-8");
  check(!chat::needs_neutralising(clean), "what was neutralised needs no more of it");
  check(chat::neutralised(clean) == clean, "neutralising twice is neutralising once");
  check(is_harmless(clean), "what was neutralised is harmless");
  check(chat::needs_neutralising(text) == (clean != text),
        "it is needed where it changes something");
  check(chat::is_utf8(text) || chat::needs_neutralising(text), "what is not UTF-8 needs it");
  check(clean.size() <= 3 * text.size(), "a byte grows to three at most");
}

void check_sanitising(std::string_view text) {
  const std::string clean = chat::sanitised(text);
  check(!chat::needs_neutralising(clean), "what was sanitised needs no neutralising");
  check(chat::sanitised(clean) == clean, "sanitising twice is sanitising once");
  check(chat::sanitised(chat::neutralised(text)) == clean, "it does what neutralising does");
  for (const std::string_view blank : {"\u00A0", "\u3000", "\u200B", "\u3164", "\uFEFF"}) {
    check(clean.find(blank) == std::string::npos, "what was sanitised hides nothing");
  }
}

void check_names(std::string_view text) {
  if (chat::is_name(text)) {
    check(text.size() <= chat::kMaxName, "a name is short");
    check(text.find_first_of(" ,:*!/\t") == std::string_view::npos, "a name is one word");
    check(!chat::needs_neutralising(text), "a name is harmless");
    check(chat::is_name(chat::lowercase(text)), "a name in lower case is a name");
    check(chat::folded_name(text) == chat::folded_name(chat::lowercase(text)), "case is folded");
  }
  if (chat::is_password(text)) {
    check(!text.empty() && text.size() <= chat::kMaxPassword, "a password has its size");
    check(chat::is_utf8(text) && !has_control(text), "a password is text");
    check(text.find('\t') == std::string_view::npos, "a password has no TAB");
  }
  const std::string_view inner = chat::trimmed(text);
  check(chat::trimmed(inner) == inner, "trimming twice is trimming once");
  check(chat::lowercase(chat::lowercase(text)) == chat::lowercase(text),
        "lower case is lower case");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const bool located = (chat::use_utf8_locale(), true);
  (void)located;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  check_neutralising(text);
  check_sanitising(text);
  check_names(text);
  return 0;
}
