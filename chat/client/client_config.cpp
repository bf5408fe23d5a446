#include "chat/client/client_config.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>

#include "chat/base/environment.hpp"
#include "chat/base/safe_file.hpp"
#include "chat/base/text.hpp"

namespace chat {
namespace {

// "[work]"; empty: the line is no heading.
std::string_view room_of(std::string_view line) {
  line = trimmed(line);
  if (!line.starts_with('[') || !line.ends_with(']')) return {};
  return line.substr(1, line.size() - 2);
}

Setting setting_of(std::string_view line) {
  line = trimmed(line);
  const auto end = std::min(line.find_first_of(" \t"), line.size());
  return {std::string(line.substr(0, end)), std::string(trimmed(line.substr(end)))};
}

bool is_among(std::string_view key, std::initializer_list<std::string_view> keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// Whether `given`, on the command line, takes the place of a setting of that key.
bool replaces(const Setting& given, std::string_view key) {
  const auto both_among = [&](std::initializer_list<std::string_view> keys) {
    return is_among(given.key, keys) && is_among(key, keys);
  };
  return given.key == key || both_among({"host", "ssh", "proxy-command"}) ||
         both_among({"login", "register"}) || both_among({"password-file", "password-command"});
}

std::vector<Setting> without_replaced(const std::vector<Setting>& settings,
                                      const std::vector<Setting>& given) {
  std::vector<Setting> left;
  for (const Setting& setting : settings) {
    const bool replaced = std::any_of(given.begin(), given.end(), [&](const Setting& each) {
      return replaces(each, setting.key);
    });
    if (!replaced) left.push_back(setting);
  }
  return left;
}

std::string last_room_file() {
  const std::string folder = state_folder();
  return folder.empty() ? "" : folder + "/last-room";
}

void replace_in_folder(const std::string& file, std::string_view content) {
  std::filesystem::create_directories(std::filesystem::path(file).parent_path());
  replace_file(file, content);
}

}  // namespace

ClientConfig ClientConfig::load(const std::string& file) {
  ClientConfig config;
  if (file.empty()) return config;
  read_entries(file, Others::kMayRead, [&](std::string_view line) {
    if (trimmed(line).empty() || trimmed(line).starts_with('#')) return;
    if (const std::string_view room = room_of(line); !room.empty()) {
      if (!is_name(room)) throw std::invalid_argument("that is no name of a room");
      if (config.find(room) != nullptr) throw std::invalid_argument("a second room of that name");
      config.rooms_.push_back({std::string(room), {}});
      return;
    }
    const Setting setting = setting_of(line);
    if (const std::string wrong = wrong_with(setting); !wrong.empty()) {
      throw std::invalid_argument(wrong);
    }
    (config.rooms_.empty() ? config.for_all_ : config.rooms_.back().settings).push_back(setting);
  });
  return config;
}

const SavedRoom* ClientConfig::find(std::string_view name) const {
  const auto found = std::find_if(rooms_.begin(), rooms_.end(),
                                  [&](const SavedRoom& room) { return room.name == name; });
  return found == rooms_.end() ? nullptr : &*found;
}

ClientOptions ClientConfig::options(const std::vector<std::string>& arguments,
                                    std::string_view last_room) const {
  std::vector<Setting> given = parse_client_options(arguments).given;
  const auto way = std::find_if(given.begin(), given.end(), [](const Setting& each) {
    return is_among(each.key, {"host", "ssh", "proxy-command"});
  });
  const bool has_way = way != given.end();
  const SavedRoom* room = has_way && way->key == "host" ? find(way->value) : nullptr;
  if (!has_way) room = rooms_.size() == 1 ? &rooms_.front() : find(last_room);
  if (room == nullptr) return parse_client_options(arguments, without_replaced(for_all_, given));
  if (has_way) given.erase(way);  // it names the room
  const std::vector<Setting> of_room = without_replaced(room->settings, given);
  std::vector<Setting> settings = without_replaced(without_replaced(for_all_, given), of_room);
  settings.insert(settings.end(), of_room.begin(), of_room.end());
  ClientOptions options = parse_client_options(arguments, settings, has_way ? room->name : "");
  options.room = room->name;
  return options;
}

SavedRoom ClientConfig::to_save(const ClientOptions& options) const {
  SavedRoom room{options.save, {}};
  if (const SavedRoom* from = find(options.room)) {
    room.settings = without_replaced(from->settings, options.given);
  }
  for (const Setting& each : options.given) {
    if (!is_among(each.key, {"save", "send"})) room.settings.push_back(each);
  }
  return room;
}

void save_room(const std::string& file, const SavedRoom& room) {
  if (file.empty()) throw std::runtime_error("there is no home to save it in");
  if (!is_name(room.name)) throw std::runtime_error("a saved room has a name like a user's");
  std::string before;
  std::string after;
  bool inside = false;
  bool behind = false;
  std::ifstream in(resolved(file));
  for (std::string line; std::getline(in, line);) {
    const std::string_view heading = room_of(line);
    if (!heading.empty()) {
      behind = behind || inside;
      inside = heading == room.name;
    }
    if (!inside) (behind ? after : before) += line + "\n";
  }
  std::string content = before + "[" + room.name + "]\n";
  for (const Setting& setting : room.settings) {
    content += setting.key + (setting.value.empty() ? "" : " " + setting.value) + "\n";
  }
  replace_in_folder(file, content + after);
}

std::string config_file() {
  const std::string folder = config_folder();
  return folder.empty() ? "" : folder + "/config";
}

std::string last_room() {
  std::string name;
  std::ifstream file(last_room_file());
  std::getline(file, name);
  return name;
}

void remember_last_room(std::string_view name) {
  const std::string file = last_room_file();
  if (file.empty() || name == last_room()) return;
  try {
    replace_in_folder(file, std::string(name) + "\n");
  } catch (const std::exception&) {
  }
}

}  // namespace chat
