#include "chat/history.hpp"

#include "chat/limits.hpp"

namespace chat {

void History::add(std::string_view line) {
  if (line.empty() || (!lines_.empty() && lines_.front() == line)) return;
  lines_.emplace_front(line);
  if (lines_.size() > kMaxHistory) lines_.pop_back();
}

std::optional<std::size_t> History::find(std::string_view part, std::size_t age) const {
  for (; age < lines_.size(); ++age) {
    if (lines_[age].find(part) != std::string::npos) return age;
  }
  return std::nullopt;
}

}  // namespace chat
