// Variables of the environment, and the folders that they name. Thread safe as long as nobody sets
// one.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

namespace chat {

// Empty: it is not set.
inline std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The folder that a variable names, where that is not set `in_home`, which is below the user's
// home; empty: there is none.
inline std::string user_folder(const char* variable, const char* in_home) {
  std::string folder(environment(variable));
  if (!folder.empty()) return folder;
  const std::string_view home = environment("HOME");
  return home.empty() ? "" : std::string(home) + in_home;
}

// Where the client keeps what it remembers, and where its user has written what is wanted.
inline std::string state_folder() {
  const std::string folder = user_folder("XDG_STATE_HOME", "/.local/state");
  return folder.empty() ? "" : folder + "/chatroom";
}
inline std::string config_folder() {
  const std::string folder = user_folder("XDG_CONFIG_HOME", "/.config");
  return folder.empty() ? "" : folder + "/chatroom";
}

}  // namespace chat
