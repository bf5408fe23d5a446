// The layout of text on a screen: its characters as a person counts them (a letter with its
// accents, an emoji with its modifiers), and how many columns each takes. Text is well-formed UTF-8
// and holds no control characters (see text.hpp).
//
// Pure and thread safe, but for the C library's wcwidth(), which knows the widths only after
// use_utf8_locale() (text.hpp).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chat {

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

// Breaks a line into rows, so that a row that goes on with a line is seen to do so: it is indented,
// as no line's first row is. No text can make it otherwise: the terminal breaks nothing, but for an
// address, which is marked.
class Rows {
 public:
  // How an address (a URL in ASCII) that is longer than a row is marked, to be left whole for those
  // who copy it or click on it. Both are escape sequences; empty: it is broken like the rest.
  struct AddressMark {
    std::string_view on;
    std::string_view off;
  };

  // The line goes on at column `at` of rows of `columns` (0: nothing is broken). The rows that
  // follow are indented by `indent`, or where that is half a row and more, by half a row.
  Rows(std::size_t at, std::size_t indent, std::size_t columns, AddressMark mark = {});

  // The text as it is written, behind what was added before: where a row ends, between words or
  // wide characters, in place of the spaces there is a line end and the indent. A word that is
  // longer than a row is broken within. A TAB becomes spaces. Spaces at the line's end are left
  // out.
  std::string add(std::string_view text);

 private:
  void add_word(std::string_view word, std::string& rows);
  void begin_row(std::string& rows);

  std::size_t at_;
  std::size_t indent_;
  std::size_t columns_;
  AddressMark mark_;
  std::size_t spaces_ = 0;  // in front of what comes next
};

}  // namespace chat
