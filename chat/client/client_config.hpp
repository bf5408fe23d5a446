// The rooms that a user has saved, in a file: settings, a line each, which are the client's long
// options and `host`. Those before the first room hold for all rooms.
//
//   bell all
//   [work]
//   host chat.example
//   login ann
//   no-status on
//
// Lines that begin with # are comments. Errors: std::runtime_error with file and line number, where
// a line is wrong; std::system_error, where the file cannot be read or written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/client/client_options.hpp"

namespace chat {

struct SavedRoom {
  std::string name;
  std::vector<Setting> settings;
};

class ClientConfig {
 public:
  // A file that does not exist is empty. Others may read it, but not write it.
  static ClientConfig load(const std::string& file);

  const std::vector<SavedRoom>& rooms() const { return rooms_; }
  const SavedRoom* find(std::string_view name) const;  // null: there is none

  // Returns the options of a command line, with the settings of the room that HOST names. Without
  // HOST the room is `last_room`, or the only one. The command line wins.
  ClientOptions options(const std::vector<std::string>& arguments,
                        std::string_view last_room) const;

  // Returns the room to save for `options`: the settings of the room that they name, and the
  // command line.
  SavedRoom to_save(const ClientOptions& options) const;

 private:
  std::vector<Setting> for_all_;
  std::vector<SavedRoom> rooms_;
};

// Puts `room` into the file, in place of the one of its name; all other lines stay.
void save_room(const std::string& file, const SavedRoom& room);

// $XDG_CONFIG_HOME/chatroom/config, where that is not set in ~/.config; empty: there is no home.
std::string config_file();

// The room that was used last, of those that are saved; empty: none. Best effort, both.
std::string last_room();
void remember_last_room(std::string_view name);

}  // namespace chat
