// A connection while its worker has it: what coming in (Login) and staying (Session) share of it.
// For that worker alone; and, where it says so, for a thread that has brought it to a standstill.
#pragma once

#include <cstdint>
#include <string_view>

#include "chat/net/address.hpp"
#include "chat/net/line_reader.hpp"
#include "chat/net/socket.hpp"
#include "chat/session/lobby.hpp"
#include "chat/session/room.hpp"
#include "chat/session/standstill.hpp"
#include "chat/wire/limits.hpp"

namespace chat {

// A connection as the accept thread hands it to its worker.
struct Connection {
  Socket socket;
  PeerAddress peer;
  Lobby::Place place;  // after the socket, which it uses
};

// How far it has come.
enum class Phase : std::uint8_t {
  kNew,          // nothing has been said yet
  kMode,         // it is to say what it wants
  kCredentials,  // and who it is
  kIn,           // in the room
  kLeaving,      // not any more, but not all has been sent
  kClosing,      // it is only waited for
};

struct Dialog {
  Dialog(Room& its_room, Connection& its_connection, Phase begun)
      : room(its_room), connection(its_connection), socket(its_connection.socket), phase(begun) {}

  // Where a program is to take over, returns when it has not.
  void stand_still_if_wanted() {
    if (room.standstill.is_wanted()) const Standstill::Aside aside(room.standstill, standing);
  }

  void log(std::string_view event, std::string_view name, std::string_view more) noexcept {
    room.log.write(event, connection.peer.text, name.empty() ? "-" : name, more);
  }

  Room& room;
  Connection& connection;
  Socket& socket;
  LineReader reader{kMaxLine, kMaxUnterminated};
  Phase phase;
  bool input_ended = false;
  bool line_in_hand = false;  // what was read last is not dealt with yet
  Standstill::Standing standing{false};
};

}  // namespace chat
