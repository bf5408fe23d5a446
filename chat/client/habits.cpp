#include "chat/client/habits.hpp"

#include <algorithm>
#include <array>

#include "chat/base/text.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

struct Habit {
  std::string_view typed;
  std::string_view meant;
};

constexpr std::array kHabits = {
    Habit{"/w", "/msg"},     Habit{"/query", "/msg"}, Habit{"/names", "/who"},
    Habit{"/exit", "/quit"}, Habit{"/part", "/quit"}, Habit{"/leave", "/quit"},
};

}  // namespace

std::string in_own_words(std::string_view line) {
  const auto command = protocol::parse_command(line);
  if (!command) return std::string(line);
  const std::string name = lowercase(command->name);
  const auto* const habit = std::find_if(kHabits.begin(), kHabits.end(),
                                         [&](const Habit& each) { return each.typed == name; });
  if (habit == kHabits.end()) return std::string(line);
  return std::string(habit->meant).append(line.substr(command->name.size()));
}

std::string_view nothing_here(std::string_view line) {
  const auto command = protocol::parse_command(line);
  const std::string name = command ? lowercase(command->name) : "";
  if (name == "/nick") return "a name is yours until you leave: /quit, and come in by another one";
  if (name == "/join") return "this is the only room here: ./client HOST enters another one";
  return {};
}

bool is_correction(std::string_view line) {
  if (!line.starts_with("s/")) return false;
  const auto middle = line.find('/', 2);
  if (middle == std::string_view::npos || middle == 2) return false;
  const auto end = line.find('/', middle + 1);
  return end == std::string_view::npos ? middle + 1 < line.size() : end + 2 >= line.size();
}

}  // namespace chat
