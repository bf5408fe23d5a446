// One connection's life: welcome, login or register, talk, leave. Runs on the connection's worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/base/limits.hpp"
#include "chat/base/rate_limit.hpp"
#include "chat/net/address.hpp"
#include "chat/net/line_reader.hpp"
#include "chat/net/socket.hpp"
#include "chat/room/broadcast.hpp"
#include "chat/room/registry.hpp"
#include "chat/session/lobby.hpp"
#include "chat/session/room.hpp"
#include "chat/session/speaker.hpp"
#include "chat/session/standstill.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

// A connection as the accept thread hands it to its worker.
struct Connection {
  Socket socket;
  PeerAddress peer;
  Lobby::Place place;  // after the socket, which it uses
};

class Session {
 public:
  // How far it has come.
  enum class Phase : std::uint8_t {
    kNew,          // nothing has been said yet
    kMode,         // it is to say what it wants
    kCredentials,  // and who it is
    kIn,           // in the room
    kLeaving,      // not any more, but not all has been sent
    kClosing,      // it is only waited for
  };

  // As it is handed over.
  struct State {
    int socket = -1;
    PeerAddress peer;
    Phase phase = Phase::kNew;
    protocol::Mode mode = protocol::Mode::kLogin;
    LineReader::Unread input;
    bool input_ended = false;
    std::chrono::milliseconds login_left{0};   // of the time for coming in
    std::chrono::milliseconds lines_spent{0};  // how far its lines run ahead of their rate
    Registry::Seat seat;                       // once it is in
    Subscriber::State member;             // of which there is only `rendering` before
  };

  Session(Room& room, Connection& connection);
  // One that another program has begun. Where it is in the room, it is again, before it runs.
  Session(Room& room, Connection& connection, const State& begun);

  // Returns when the connection has nothing more to say. Shutting the socket down ends it early.
  // Throws nothing: where memory runs out, the client is told so.
  void run() noexcept;

  // Instead of run(), for one that was begun: its connection is lost.
  void abandon() noexcept;

  // For a thread that has brought all workers to a standstill: what another program needs to go on,
  // the seat aside. And whether this one stands: thread safe.
  State state() const;
  bool stands() const { return standing_; }
  const Subscriber& member() const { return member_; }

 private:
  // How a stay in the room came to its end. Unless it was lost, what was said is flushed.
  enum class End {
    kQuit,
    kEndOfInput,
    kEndlessLine,
    kLost,  // reset, or dropped: nothing more gets through
    kNoMemory,
  };

  bool try_to_come_in();
  bool come_in();
  bool learn_peer();
  std::optional<LineReader::Line> next_login_line();
  Registry::Entry enter(const protocol::Credentials& credentials);
  bool prove(protocol::Credentials& credentials);
  bool prove_by_user(protocol::Credentials& credentials);
  std::optional<std::string> name_of_user();
  bool verify(protocol::Credentials& credentials);
  Registry::Entry enter_registry(const protocol::Credentials& credentials);
  Visit visit() const;
  std::optional<std::string> ban() const;
  bool wait_for_turn(const Guesser& guesser);
  HashGate::Turn turn_at_hash_gate(const Guesser& guesser);
  bool wait_at_socket(Clock::time_point deadline);
  bool answer(Registry::Entry entry);
  bool tagged_before_coming_in(const LineReader::Line& line);
  IoResult receive_for_login();
  void stand_still_if_wanted();
  void wait_until_released();
  void send(std::string_view lines) noexcept;
  void put(std::string_view bytes) noexcept;
  bool refuse(std::string_view line);
  void log(std::string_view event, std::string_view name, std::string_view more) noexcept;

  End stay();
  End talk();
  std::string_view reason(End end) const;
  bool take_in(const IoResult& received);
  bool take(const LineReader::Line& line);
  bool wait_for_rate();
  bool is_held_up();
  void close_politely();

  Room& room_;
  Connection& connection_;
  Socket& socket_;
  LineReader reader_;
  Subscriber member_;
  RateLimit rate_limit_;
  const Clock::time_point login_deadline_;
  Standstill::Standing standing_{false};
  Phase phase_ = Phase::kNew;
  protocol::Mode mode_ = protocol::Mode::kLogin;
  bool line_in_hand_ = false;                // what was read last is not dealt with yet
  Rendering rendering_ = Rendering::kPlain;  // of what this client gets
  bool input_ended_ = false;
  int tag_requests_ = 0;  // before it came in
  bool refused_ = false;
  std::string name_;
  AccountId account_ = 0;  // 0: registered
  Speaker speaker_;        // once it is in
};

}  // namespace chat
