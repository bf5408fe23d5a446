#include "chat/ui/completion.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/ui/emoji.hpp"
#include "chat/wire/command_table.hpp"

namespace chat {
namespace {

using Words = std::vector<std::string>;

std::vector<std::string_view> split(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(mark), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

void add_where_it_begins_so(Words& words, std::string_view word, std::string_view beginning) {
  if (lowercase(word).starts_with(lowercase(beginning))) words.push_back(std::string(word) + " ");
}

// With its slash, or as /help takes it, too: without.
Words commands_beginning_with(std::string_view beginning, std::size_t slash,
                              const Moderation& moderation) {
  Words words;
  for (const CommandEntry& entry : command_table()) {
    if (!moderation.may(entry.access)) continue;
    add_where_it_begins_so(words, entry.name.substr(slash), beginning);
  }
  return words;
}

bool lifts(Command command) {
  return command == Command::kUnignore || command == Command::kUnmute || command == Command::kUnban;
}

Words names_for(Command command, std::string_view beginning, const Roster& roster,
                const Moderation& moderation) {
  Words words =
      lifts(command) ? moderation.liftable(command, beginning) : roster.beginning_with(beginning);
  for (std::string& word : words) word += ' ';
  return words;
}

// What may be the argument that the command table calls `argument`, as in [COMMAND] or
// add|remove|operator; nothing: any text.
std::optional<Words> arguments_beginning_with(Command command, std::string_view argument,
                                              std::string_view beginning, const Roster& roster,
                                              const Moderation& moderation) {
  if (argument.starts_with('[')) argument = argument.substr(1, argument.find(']') - 1);
  Words words;
  for (const std::string_view each : split(argument, '|')) {
    if (each == "COMMAND")
      return commands_beginning_with(beginning, beginning.starts_with('/') ? 0 : 1, moderation);
    if (each == "NAME") return names_for(command, beginning, roster, moderation);
    if (each != lowercase(each)) return std::nullopt;
    add_where_it_begins_so(words, each, beginning);
  }
  return words;
}

// The same of the last word of a command; `before` is all in front of it.
std::optional<Words> argument_of_command(std::string_view before, std::string_view word,
                                         const Roster& roster, const Moderation& moderation) {
  const auto typed = split(before, ' ');
  const CommandEntry* const command = typed.empty() ? nullptr : find_command(typed.front());
  if (!before.starts_with('/') || command == nullptr) return std::nullopt;
  const auto arguments = split(command->arguments, ' ');
  // One that is not the first is a text, unless the first is a word of the command's own.
  const std::size_t index = typed.size() - 1;
  if (index >= arguments.size()) return std::nullopt;
  if (index > 0 && lowercase(arguments.front()) != arguments.front()) return std::nullopt;
  return arguments_beginning_with(command->command, arguments[index], word, roster, moderation);
}

// `word` as far as it is typed, with its colon.
Words emoji_called(std::string_view word) {
  Words words;
  const std::string name = lowercase(word.substr(1));
  for (const Emoji& emoji : kEmoji) {
    const bool whole = name.ends_with(':') && name.substr(0, name.size() - 1) == emoji.name;
    if (whole || emoji.name.starts_with(name)) words.push_back(std::string(emoji.character) + " ");
  }
  return words;
}

}  // namespace

Completion complete(std::string_view before, const Roster& roster, const Moderation& moderation) {
  const auto space = before.find_last_of(' ');
  const std::size_t begin = space == std::string_view::npos ? 0 : space + 1;
  std::string_view word = before.substr(begin);
  if (begin == 0 && word.starts_with('/'))
    return {begin, commands_beginning_with(word, 0, moderation)};
  if (auto words = argument_of_command(before.substr(0, begin), word, roster, moderation)) {
    return {begin, std::move(*words)};
  }
  if (word.size() > 1 && word.starts_with(':')) return {begin, emoji_called(word)};
  // A name may stand behind a bracket, a comma or a quotation mark.
  const std::size_t inside = word.find_last_of("(,\"") + 1;  // npos + 1 is 0
  word.remove_prefix(inside);
  const std::size_t name_begin = begin + inside;
  const std::string at = word.starts_with('@') ? "@" : "";
  word.remove_prefix(at.size());
  if (word.empty() && name_begin > 0 && at.empty()) return {name_begin};  // nothing is meant
  const bool opened =
      name_begin > 0 && (before[name_begin - 1] == '(' || before[name_begin - 1] == '"');
  const std::string_view end = name_begin == 0 ? ": " : opened ? "" : " ";
  Completion result{name_begin};
  for (const std::string& name : roster.beginning_with(word)) {
    result.words.push_back(std::string(at).append(name).append(end));
  }
  return result;
}

}  // namespace chat
