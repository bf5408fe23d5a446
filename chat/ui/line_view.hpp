// The part of a line that is painted on one row of the screen. Pure and thread safe; columns.hpp
// says what it needs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chat {

struct LineView {
  std::string row;
  std::size_t cursor = 0;  // its column, as columns.hpp counts
  std::size_t before = 0;  // bytes of the row in front of it
};

// `prompt` and behind it `text`, with the cursor at byte `cursor` of the text, on a row of
// `columns`. Of a text that is too long the part around the cursor is shown; it moves on by half
// the row, so that the text stands still while one types, and an ellipsis stands where it goes on.
// The last column stays free: a terminal wraps, or not, behind it.
LineView view_line(std::string_view prompt, std::string_view text, std::size_t cursor,
                   std::size_t columns);

}  // namespace chat
