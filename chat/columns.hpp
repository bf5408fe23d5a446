// How text lies on a screen: its characters as a person counts them (a letter with its accents, an
// emoji with its modifiers), and how many columns each takes. Text is well-formed UTF-8 and holds
// no control characters (see text.hpp).
//
// Pure and thread safe, but for the C library's wcwidth(), which knows the widths only after
// use_utf8_locale().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chat {

// Sets the process's character set, whatever the environment says: the room talks UTF-8. Before
// there is a second thread.
void use_utf8_locale();

// Where the character after the one at `at` begins; where the one before `at` begins. At an end of
// `text` they stay there.
std::size_t next_character(std::string_view text, std::size_t at);
std::size_t previous_character(std::string_view text, std::size_t at);

// `at`, or where the character that it lies within ends.
std::size_t character_boundary(std::string_view text, std::size_t at);

// How many columns `text` takes.
std::size_t columns_of(std::string_view text);

// The longest beginning of `text`, in whole characters, that takes no more than `columns`.
std::string_view fitting(std::string_view text, std::size_t columns);

// `text`, written from column `at` on, for rows of `columns`: in place of the spaces in front of a
// word that a row's end would break there is a line end, and `indent` spaces (fewer than half a
// row). A word that is longer than a row, as an address may be, is left for the terminal to break.
std::string wrapped(std::string_view text, std::size_t at, std::size_t indent, std::size_t columns);

}  // namespace chat
