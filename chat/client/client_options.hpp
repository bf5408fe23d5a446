// What the client is told on its command line. Pure; thread safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/ui/display.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

struct ClientOptions {
  std::string host;           // what the room is called by, where there is a proxy command
  std::string proxy_command;  // the way to the server; empty: a connection to host and port
  std::string ssh;            // of --ssh: then it is ssh_command() of this
  std::uint16_t port = kDefaultPort;
  std::optional<protocol::Mode> mode;  // of --login and --register, and then there is a name
  std::string name;                    // of NAME@HOST, too
  bool take_over = false;              // a session of this user's that is there
  std::string password_file;           // empty or "-": the password is asked for
  std::vector<std::string> send;       // the lines of --send; empty: it is not there
  std::string log;                     // the file that keeps what comes; empty: none
  bool json = false;
  bool status = true;
  bool plain = false;  // nothing on the screen moves
  bool time = true;
  std::optional<bool> color;  // nothing: as the environment's NO_COLOR says
  Bell bell = Bell::kMention;
  bool reconnect = true;
  bool help = false;
  bool version = false;
  std::string error;  // what is wrong with the arguments; empty: nothing
};

// `arguments` without the program's name.
ClientOptions parse_client_options(const std::vector<std::string>& arguments);

// How the client is called, for --help and for whoever called it wrongly.
std::string client_usage();

}  // namespace chat
