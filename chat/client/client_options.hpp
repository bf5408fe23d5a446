// The command line of the client. Pure; thread safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/ui/display.hpp"
#include "chat/wire/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

// One of the client's options, as its file and its command line have it: without --, or `host`. The
// value of one that takes none is on or off.
struct Setting {
  std::string key;
  std::string value;
};

struct ClientOptions {
  bool says() const { return !send.empty() || send_input; }

  std::string host;           // what the room is called by, where there is a proxy command
  std::string proxy_command;  // the way to the server; empty: a connection to host and port
  std::string ssh;            // of --ssh: then it is ssh_command() of this
  std::uint16_t port = kDefaultPort;
  std::optional<protocol::Mode> mode;   // of --login and --register, and then there is a name
  std::string name;                     // of NAME@HOST, too
  bool take_over = false;               // a session of this user's that is there
  std::string password_file;            // empty or "-": the password is asked for
  bool password_file_is_saved = false;  // then nobody else may read it
  std::string password_command;         // prints the password; empty: there is none
  std::string password;                 // as that command has printed it
  std::vector<std::string> send;        // the lines of --send; empty: it is not there
  bool send_input = false;              // --send -: they are those of standard input
  std::string to;                       // for whom alone they are; empty: for everyone
  bool me = false;                      // they are what the user does
  std::optional<std::chrono::seconds> timeout;  // to come in, and for all of it to come back
  bool listen = false;  // hears for ever, and reads nothing but the password
  std::string log;      // the file that keeps what comes; empty: none
  bool json = false;
  bool status = true;
  bool plain = false;  // nothing on the screen moves
  bool time = true;
  std::optional<bool> color;  // nothing: as the environment's NO_COLOR says
  Bell bell = Bell::kMention;
  bool notify = true;
  bool reconnect = true;
  bool history = true;  // of what is typed, for the next session
  std::string room;     // the saved one; empty: none
  std::string save;     // as which room the options are to be saved; empty: they are not
  bool list = false;    // of the saved rooms
  bool help = false;
  bool version = false;
  std::vector<Setting> given;  // on the command line
  std::string error;           // what is wrong with the arguments; empty: nothing
};

// `arguments` without the program's name, and without HOST where that is `room`; `settings` are
// those of a file, which come first.
ClientOptions parse_client_options(const std::vector<std::string>& arguments,
                                   const std::vector<Setting>& settings = {},
                                   std::string_view room = {});

// Returns the error in a line of the file; empty: there is none.
std::string wrong_with(const Setting& setting);

// How the client is called, for --help and for whoever called it wrongly.
std::string client_usage();

}  // namespace chat
