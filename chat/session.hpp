// One connection's life: welcome, login or register, talk, leave. Runs on the connection's worker.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "chat/broadcast.hpp"
#include "chat/hash_gate.hpp"
#include "chat/limits.hpp"
#include "chat/line_reader.hpp"
#include "chat/password_storage.hpp"
#include "chat/protocol.hpp"
#include "chat/rate_limit.hpp"
#include "chat/registry.hpp"
#include "chat/socket.hpp"

namespace chat {

// What all sessions share. The referenced objects are thread safe and outlive the sessions.
struct Room {
  const PasswordStorage& accounts;
  Registry& registry;
  Broadcast& broadcast;
  HashGate& hash_gate;
  std::chrono::milliseconds login_timeout;
  int rate;  // lines a second and member; 0: no limit
};

class Session {
 public:
  Session(Room& room, Socket& socket);

  // Returns when the connection has nothing more to say. Shutting the socket down ends it early.
  void run();

 private:
  // How a stretch of lines came to its end.
  enum class End {
    kLeft,  // end of input, or /quit: what was said is flushed
    kLost,  // reset: nothing more gets through
  };

  bool come_in();
  std::optional<LineReader::Line> next_login_line();
  bool enter(protocol::Mode mode, const protocol::Credentials& credentials);
  bool verify(protocol::Credentials& credentials);
  void send(std::string_view lines);
  bool refuse(std::string_view line);

  End talk();
  bool wait_for_rate();
  bool handle(const LineReader::Line& line);
  bool say(std::string_view text);
  bool run_command(const protocol::Command& command);
  void close_politely();

  // One entry of the command table; false ends the session.
  struct CommandEntry {
    std::string_view name;
    std::string_view help;
    bool (Session::*handler)();
  };
  static const CommandEntry kCommands[];
  bool who();
  bool help();
  bool quit();

  Room& room_;
  Socket& socket_;
  LineReader reader_;
  Broadcast::Member member_;
  RateLimit rate_limit_;
  const Clock::time_point login_deadline_;
  bool input_ended_ = false;
  std::string name_;
};

}  // namespace chat
