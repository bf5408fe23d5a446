#include "chat/completion.hpp"

#include <array>

#include "chat/text.hpp"

namespace chat {
namespace {

// What the room's /help lists.
constexpr std::array<std::string_view, 3> kCommands = {"/help", "/quit", "/who"};

std::vector<std::string> commands_beginning_with(std::string_view beginning) {
  std::vector<std::string> words;
  for (const std::string_view command : kCommands) {
    if (command.starts_with(lowercase(beginning))) words.push_back(std::string(command) + " ");
  }
  return words;
}

}  // namespace

Completion complete(std::string_view before, const Roster& roster) {
  const auto space = before.find_last_of(' ');
  const std::size_t begin = space == std::string_view::npos ? 0 : space + 1;
  std::string_view word = before.substr(begin);
  if (begin == 0 && word.starts_with('/')) return {begin, commands_beginning_with(word)};
  const std::string at = word.starts_with('@') ? "@" : "";
  word.remove_prefix(at.size());
  if (word.empty() && begin > 0 && at.empty()) return {begin};  // only spaces: nothing is meant
  Completion result{begin};
  for (const std::string& name : roster.beginning_with(word)) {
    result.words.push_back(at + name + (begin == 0 ? ": " : " "));
  }
  return result;
}

}  // namespace chat
