#include "chat/ui/plain_row.hpp"

#include <utility>

#include "chat/ui/columns.hpp"
#include "chat/ui/limits.hpp"

namespace chat {
namespace {

constexpr std::string_view kErase = "\b \b";

}  // namespace

std::string PlainRow::become(std::string_view prompt, std::string_view text) {
  std::string result;
  const std::size_t last = previous_character(text_, text_.size());
  if (prompt != prompt_) {
    result = (prompt_.empty() && text_.empty() ? "" : "\n") + std::string(prompt).append(text);
  } else if (text.starts_with(text_)) {
    result = text.substr(text_.size());
  } else if (text == std::string_view(text_).substr(0, last) &&
             columns_of(std::string_view(text_).substr(last)) == 1) {
    result = kErase;
  } else {
    result = "\n" + std::string(prompt).append(text);
  }
  prompt_ = prompt;
  text_ = text;
  return text_.empty() ? result + release() : result;
}

std::string PlainRow::finish(std::string_view row) {
  const std::string begun = std::exchange(prompt_, {}) + std::exchange(text_, {});
  const bool goes_on = row.starts_with(begun);
  std::string result(goes_on ? "" : "\n");
  result.append(goes_on ? row.substr(begun.size()) : row).append("\n");
  return result + std::exchange(held_, {});
}

std::string PlainRow::end() {
  const std::string row = prompt_ + text_;
  return row.empty() ? std::exchange(held_, {}) : finish(row);
}

std::string PlainRow::add(std::string_view lines) {
  held_ += lines;
  return text_.empty() || held_.size() > kMaxHeld ? release() : "";
}

// A row that is not empty goes on below.
std::string PlainRow::release() {
  if (held_.empty()) return {};
  const std::string row = prompt_ + text_;
  return (row.empty() ? "" : "\n") + std::exchange(held_, {}) + row;
}

}  // namespace chat
