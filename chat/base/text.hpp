// Pure functions on text: what is valid UTF-8, what may be shown, what is a name.
// Thread safe, but for use_utf8_locale(): none of them keeps anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

// Sets the process's character set, whatever the environment says: the room talks UTF-8. Call it
// before there is a second thread.
void use_utf8_locale();

// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF,
// nothing cut short.
bool is_utf8(std::string_view text);

// `text` with every character that could move a cursor, colour a screen, end a line or reorder what
// is shown replaced by U+FFFD: C0 and C1 controls except TAB, DEL, the line and paragraph
// separators, the bidirectional marks, embeddings, overrides and isolates. So is each byte that is
// not UTF-8.
std::string neutralised(std::string_view text);

// Whether neutralised() would change `text`.
bool needs_neutralising(std::string_view text);

// What others get of a text that a user typed: neutralised(), with a space for every character that
// is as blank as one; without the characters that nobody sees (zero-width ones, fillers, tags), but
// for a joiner or a variation selector inside an emoji and a joiner inside a word of a script that
// needs it; and with at most kMaxMarks combining marks on a character. What it returns, it leaves
// as it is. It knows the marks after use_utf8_locale().
std::string sanitised(std::string_view text);

// [A-Za-z0-9][A-Za-z0-9_.-]{0,31}
bool is_name(std::string_view name);

// Names are equal in any case: two are the same user when their folded forms are equal.
std::string folded_name(std::string_view name);
bool is_name_before(std::string_view one, std::string_view other);  // in a list, in any case

// Names that look alike on a screen have the same one: letters in any case, 0 as o, 1 and i as l,
// 5 as s, rn as m, vv as w, each run of _ - . as one, and none at the end.
std::string name_skeleton(std::string_view name);

// 1 to 511 bytes of UTF-8 without control characters.
bool is_password(std::string_view password);

std::string_view trimmed(std::string_view text);  // without spaces and TABs around it
std::string lowercase(std::string_view text);     // ASCII

// A whole number in decimal, and nothing else.
std::optional<std::uint64_t> parse_number(std::string_view text);

// Removes `prefix` from the front of `text`. Returns false where it does not stand there.
bool take_prefix(std::string_view& text, std::string_view prefix);

// Whether `text` begins, or ends, with a letter or digit of any script, after use_utf8_locale(), or
// a mark on one.
bool begins_with_word(std::string_view text);
bool ends_in_word(std::string_view text);

// Where in `text` the text `part` begins, in any case, of any script after use_utf8_locale(). Both
// are UTF-8.
std::optional<std::size_t> find_in_any_case(std::string_view text, std::string_view part);

}  // namespace chat
