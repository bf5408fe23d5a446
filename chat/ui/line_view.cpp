#include "chat/ui/line_view.hpp"

#include <algorithm>

#include "chat/ui/columns.hpp"

namespace chat {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr std::size_t kLeastRoom = 8;  // where the prompt leaves less, it is left out

}  // namespace

LineView view_line(std::string_view prompt, std::string_view text, std::size_t cursor,
                   std::size_t columns) {
  if (columns < 2) return {};
  if (columns_of(prompt) + kLeastRoom > columns) prompt = columns > kLeastRoom ? "> " : "";
  LineView view{std::string(prompt), columns_of(prompt), prompt.size()};
  const std::size_t room = columns - 1 - view.cursor;
  const std::size_t before = columns_of(text.substr(0, cursor));
  if (columns_of(text) <= room) {
    view.row += text;
    view.cursor += before;
    view.before += cursor;
    return view;
  }
  // Between the ellipses, which have their columns also where they are not shown.
  const bool marked = room > 4;
  const std::size_t shown = marked ? room - 2 : room;
  const std::size_t step = std::max<std::size_t>(shown / 2, 1);
  std::size_t skipped = before <= shown ? 0 : (before - shown + step - 1) / step * step;
  std::string_view hidden = fitting(text, skipped);
  if (columns_of(hidden) < skipped) {  // a wide character lies across the edge: it goes, too
    hidden = text.substr(0, next_character(text, hidden.size()));
    skipped = columns_of(hidden);
  }
  const std::string_view rest = text.substr(hidden.size());
  const std::string_view visible = fitting(rest, shown);
  if (marked && skipped > 0) {
    view.row += kEllipsis;
    ++view.cursor;
  }
  view.before = view.row.size() + cursor - hidden.size();
  view.row += visible;
  view.cursor += before - skipped;
  if (marked && visible.size() < rest.size()) view.row += kEllipsis;
  return view;
}

}  // namespace chat
