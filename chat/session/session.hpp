// One connection's life: comes in (see Login), talks, leaves. Runs on the connection's worker.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "chat/base/rate_limit.hpp"
#include "chat/net/line_reader.hpp"
#include "chat/net/socket.hpp"
#include "chat/room/broadcast.hpp"
#include "chat/room/registry.hpp"
#include "chat/session/dialog.hpp"
#include "chat/session/login.hpp"
#include "chat/session/room.hpp"
#include "chat/session/speaker.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

class Session {
 public:
  using Phase = chat::Phase;

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
    Subscriber::State member;                  // of which there is only `rendering` before
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
  bool stands() const { return dialog_.standing; }
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

  void wait_until_released();
  End stay();
  End talk();
  std::string_view reason(End end) const;
  bool take_in(const IoResult& received);
  bool take(const LineReader::Line& line);
  bool wait_for_rate();
  bool is_held_up();
  void close_politely();

  Room& room_;
  Dialog dialog_;
  Subscriber member_;
  Registry::Membership membership_;  // while it is in
  RateLimit rate_limit_;
  Login login_;
  std::string name_;
  Speaker speaker_;  // once it is in
};

}  // namespace chat
