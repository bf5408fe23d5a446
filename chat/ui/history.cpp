#include "chat/ui/history.hpp"

#include "chat/base/text.hpp"
#include "chat/ui/limits.hpp"

namespace chat {

void History::add(std::string_view line) {
  if (line.empty() || (!lines_.empty() && lines_.front() == line)) return;
  lines_.emplace_front(line);
  if (lines_.size() > kMaxHistory) lines_.pop_back();
}

std::optional<History::Found> History::find(std::string_view part, std::size_t age) const {
  for (; age < lines_.size(); ++age) {
    if (const auto at = find_in_any_case(lines_[age], part)) return Found{age, *at};
  }
  return std::nullopt;
}

}  // namespace chat
