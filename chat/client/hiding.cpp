#include "chat/client/hiding.hpp"

#include <exception>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "chat/base/environment.hpp"
#include "chat/base/safe_file.hpp"
#include "chat/base/text.hpp"
#include "chat/client/limits.hpp"
#include "chat/wire/command_table.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

constexpr const char* kQuietOn = "* you do not see who comes and goes";
constexpr const char* kQuietOff = "* you see who comes and goes";

std::string list(const std::set<std::string>& ignored) {
  std::string names;
  for (const std::string& name : ignored) names += (names.empty() ? "" : ", ") + name;
  return "* you ignore " + (names.empty() ? "nobody" : names);
}

// Each gives what the user is to be told.

std::string ignore(std::set<std::string>& ignored, std::string_view name,
                   std::string_view own_name) {
  if (name.empty()) return list(ignored);
  if (!is_name(name)) return "! that is no name";
  const std::string folded = folded_name(name);
  if (folded == folded_name(own_name)) return "! that is you";
  if (ignored.size() >= kMaxIgnored && !ignored.contains(folded)) {
    return "! you ignore " + std::to_string(kMaxIgnored) + " already";
  }
  ignored.insert(folded);
  return "* you ignore " + folded;
}

std::string unignore(std::set<std::string>& ignored, std::string_view name) {
  if (name.empty()) return "! it is /unignore NAME";
  if (!is_name(name) || ignored.erase(folded_name(name)) == 0) {
    return "! you do not ignore " + std::string(name);
  }
  return "* you ignore " + folded_name(name) + " no more";
}

std::string set_quiet(bool& quiet, std::string_view argument) {
  if (!argument.empty() && lowercase(argument) != "off") return "! it is /quiet or /quiet off";
  quiet = argument.empty();
  return quiet ? kQuietOn : kQuietOff;
}

}  // namespace

// A home that cannot be read, as another user's, keeps nobody out of the room.
Hiding::Hiding(std::string file) : file_(std::move(file)) {
  try {
    settings_ = load(file_);
  } catch (const std::system_error&) {
  }
}

Hiding::Settings Hiding::load(const std::string& file) {
  Settings settings;
  if (file.empty()) return settings;
  read_entries(file, Others::kAnything, [&](std::string_view line) {
    std::string_view value = line;
    if (take_prefix(value, "ignore ")) {
      if (!is_name(value)) throw std::invalid_argument("that is no name");
      settings.ignored.insert(folded_name(value));
    } else if (take_prefix(value, "quiet ")) {
      if (value != "on" && value != "off") throw std::invalid_argument("quiet is on or off");
      settings.quiet = value == "on";
    } else {
      settings.others.emplace_back(line);
    }
  });
  return settings;
}

void Hiding::save(const std::string& file, const Settings& settings) {
  std::string content;
  for (const std::string& line : settings.others) content += line + "\n";
  for (const std::string& name : settings.ignored) content += "ignore " + name + "\n";
  if (settings.quiet) content += "quiet on\n";
  replace_file(file, content);
}

std::vector<std::string> Hiding::take(std::string_view line, std::string_view own_name) {
  const auto command = protocol::parse_command(line);
  const CommandEntry* const entry = command ? find_command(command->name) : nullptr;
  if (entry == nullptr || entry->access != Access::kClient) return {};
  const std::string argument(trimmed(sanitised(command->arguments)));
  const auto change = [&](Settings& settings) {
    if (entry->command == Command::kQuiet) return set_quiet(settings.quiet, argument);
    if (entry->command == Command::kUnignore) return unignore(settings.ignored, argument);
    return ignore(settings.ignored, argument, own_name);
  };
  std::vector<std::string> answer;
  if (!file_.empty()) {
    try {
      // Without the mutex: another client may hold the file for a while.
      std::filesystem::create_directories(std::filesystem::path(file_).parent_path());
      const FileLock file_lock(file_);
      Settings settings = load(file_);
      answer.push_back(change(settings));
      save(file_, settings);
      MutexLock lock(mutex_);
      settings_ = std::move(settings);
      return answer;
    } catch (const std::exception& error) {
      answer = {std::string("! it lasts until you leave: ") + error.what()};
    }
  }
  MutexLock lock(mutex_);
  answer.insert(answer.begin(), change(settings_));
  return answer;
}

// Another notice of the room's own says what an operator has done.
bool Hiding::hides(const ServerLine& line, std::string_view own_name) const {
  using Kind = ServerLine::Kind;
  MutexLock lock(mutex_);
  switch (line.kind) {
    case Kind::kSay:
    case Kind::kMe:
    case Kind::kPrivate:
      return settings_.ignored.contains(folded_name(line.from));
    case Kind::kNotice:
      return protocol::is_correction(line.text) &&
             settings_.ignored.contains(folded_name(line.from));
    case Kind::kEnter:
    case Kind::kLeave:
      return settings_.quiet && folded_name(line.from) != folded_name(own_name);
    default:
      return false;
  }
}

std::vector<std::string> Hiding::summary() const {
  MutexLock lock(mutex_);
  std::vector<std::string> lines;
  if (!settings_.ignored.empty()) lines.push_back(list(settings_.ignored));
  if (settings_.quiet) lines.emplace_back(kQuietOn);
  return lines;
}

std::string settings_file() {
  const std::string folder = state_folder();
  return folder.empty() ? "" : folder + "/settings";
}

}  // namespace chat
