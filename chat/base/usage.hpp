// The rows of a program's --help. Completion (scripts/packaging/completion) reads them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace chat {

// An option as it is typed, and what it does, in a column of its own. Where the first is too long
// for that, each has its own line. Line ends in `help` stay within the column.
inline std::string usage_row(std::string_view typed, std::string_view help) {
  constexpr std::size_t kColumn = 25;
  std::string row = "  " + std::string(typed);
  if (row.size() >= kColumn) row += "\n" + std::string(kColumn, ' ');
  row.resize(std::max(row.size(), kColumn), ' ');
  for (const char c : help) {
    row += c;
    if (c == '\n') row.append(kColumn, ' ');
  }
  return row + "\n";
}

}  // namespace chat
