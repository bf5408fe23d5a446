// Hides lines that the user does not want to see: of others, by name, or who comes and goes. Kept
// in the user's settings file, which all the user's clients share: each change is made to what the
// file holds then, and its other lines are left as they are.
//
//   ignore NAME
//   quiet on
//
// Thread safe; take() is for one thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/mutex.hpp"
#include "chat/ui/server_line.hpp"

namespace chat {

class Hiding {
 public:
  // `file`: the settings; empty: they last as long as this. One that cannot be read is taken for
  // none. Throws std::runtime_error where a line of it is wrong.
  explicit Hiding(std::string file);

  // Does what `line` says, if it is /ignore, /unignore or /quiet. Gives what the user is to be
  // told, plain lines without their ends; nothing: it is another line.
  std::vector<std::string> take(std::string_view line, std::string_view own_name) EXCLUDES(mutex_);

  bool hides(const ServerLine& line, std::string_view own_name) const EXCLUDES(mutex_);

  // What is hidden, as plain lines; nothing: all is shown.
  std::vector<std::string> summary() const EXCLUDES(mutex_);

 private:
  struct Settings {
    std::set<std::string> ignored;  // folded names
    bool quiet = false;
    std::vector<std::string> others;  // lines
  };

  static Settings load(const std::string& file);
  static void save(const std::string& file, const Settings& settings);

  const std::string file_;
  mutable Mutex mutex_;
  Settings settings_ GUARDED_BY(mutex_);
};

// $XDG_STATE_HOME/chatroom/settings, where that is not set below ~/.local/state; empty: there is no
// home.
std::string settings_file();

}  // namespace chat
