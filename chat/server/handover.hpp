// What a server hands to the program that takes its place: all connections, by their descriptors'
// numbers, which outlive execve(), and what it knows about each; the room's lines; the listeners.
// Plain values, written to a file in memory and read from it again.
//
// The file begins with a line that names its form, so that a program which knows another one is
// found out before anything is given up.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "chat/base/limits.hpp"
#include "chat/net/address.hpp"
#include "chat/net/line_reader.hpp"
#include "chat/room/line_filter.hpp"
#include "chat/wire/line_format.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

struct Handover {
  // What a member has not been sent yet, in its order.
  struct Unsent {
    enum class What : std::uint8_t {
      kText,
      kTag,     // a text, and what follows it is tagged
      kReplay,  // lines of the room, once more
      kMissed,  // the notice that it has missed those lines
      kFilter,  // a text, and what follows it is filtered anew
    };
    What what = What::kText;
    std::string text;
    std::uint64_t first = 1;  // of the lines
    std::uint64_t last = 0;
  };

  // How far a connection has come.
  enum class Phase : std::uint8_t {
    kNew,          // nothing has been said yet
    kMode,         // it is to say what it wants
    kCredentials,  // and who it is
    kIn,           // in the room
    kLeaving,      // not any more, but not all has been sent
    kClosing,      // it is only waited for
  };

  // What somebody has been asked for whose next line is the answer.
  enum class Question : std::uint8_t { kNone, kOldPassword, kNewPassword, kAccountPassword };

  // A place in the room.
  struct Seat {
    std::string name;
    std::uint64_t account = 0;  // its identity; 0: registered
    std::uint64_t stay = 0;     // the number of the stay
    std::string password;       // of who is registered
    LineFilter filter;          // what it does not want to hear
    WallTime since;
    WallTime spoke;
    std::optional<std::string> away;
    std::uint64_t last_to_write = 0;  // the stay to which it would reply; 0: none
    std::string last_to_write_name;
    WallTime muted_until;  // since before it resumed last
    std::string farewell;  // of who is sent away; otherwise empty
  };

  struct Connection {
    int socket = -1;
    PeerAddress peer;
    Phase phase = Phase::kNew;
    protocol::Mode mode = protocol::Mode::kLogin;
    Rendering rendering = Rendering::kPlain;  // of what it is to get
    LineReader::Unread input;
    bool input_ended = false;
    std::chrono::milliseconds login_left{0};   // of the time for coming in
    std::chrono::milliseconds lines_spent{0};  // how far its lines run ahead of their rate
    Seat seat;
    Question question = Question::kNone;
    std::string asked_about;             // the account
    bool dismissed = false;              // sent away: its worker does not know yet
    Rendering sent = Rendering::kPlain;  // with which `unsent` begins
    std::vector<Unsent> unsent;
  };

  // Who can say nothing until when, in the room or not.
  struct Mute {
    std::string name;
    std::uint64_t account = 0;  // its identity; 0: registered
    Source source{};            // where it came from; all 0: that does not matter
    WallTime until;
  };

  // That an operator has ordered the end.
  struct Shutdown {
    bool ordered = false;
    std::chrono::milliseconds left{0};
    std::chrono::milliseconds left_to_next{0};  // until everyone is told once more
    std::string by;
    std::string reason;
  };

  std::size_t max_users = 0;
  Shutdown shutdown;
  std::vector<int> listeners;
  std::string lines;                // of the room that are kept, tagged
  std::uint64_t in_transcript = 0;  // the number of the last line that is written there
  std::vector<Mute> mutes;
  std::uint64_t last_stay = 0;          // the number of the newest one so far
  std::vector<Connection> connections;  // those in the room in the order in which they came

  // A new file in memory that holds all of this; closed when a program is executed. Throws
  // std::system_error.
  Descriptor write() const;
  // Throws std::runtime_error where the file is no such thing.
  static Handover read(const Descriptor& file);
};

// Asking a program whether it could take over a room of so many users: the question is a file in
// memory, which begins like the one it would get. It answers in there.
Descriptor ask_whether_ready(std::size_t max_users);      // throws std::system_error
std::size_t max_users_asked(const Descriptor& question);  // throws std::runtime_error: another form
void answer_ready(const Descriptor& question);            // throws std::system_error
bool is_ready(const Descriptor& question);                // throws std::runtime_error

}  // namespace chat
