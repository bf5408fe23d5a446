// One user's connection to the room: what comes from the server is shown, what is typed is sent.
//
// Two threads, both blocking. The one that calls run() waits for standard input, for signals, and,
// while it has something to send, for room in the socket; the other one, owned and joined here,
// waits for the server. Everything the server sends is neutralised before it is shown: a client
// does not trust its server with the user's terminal.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "chat/limits.hpp"
#include "chat/line_reader.hpp"
#include "chat/socket.hpp"
#include "chat/terminal.hpp"

namespace chat {

class ChatClient {
 public:
  explicit ChatClient(Socket socket);  // connected
  ~ChatClient();
  ChatClient(const ChatClient&) = delete;
  ChatClient& operator=(const ChatClient&) = delete;

  // Returns after a normal end: the user left (by /quit, Ctrl+C, Ctrl+D, a signal, or the end of
  // the input), or the server said that it is shutting down. Throws std::runtime_error with the
  // reason where the user did not come in, the connection failed, or nobody reads the output. A
  // user who ends the client at a terminal before being in has a normal end; an input that ends, or
  // a signal, before that without a screen does not.
  void run();

 private:
  // The socket thread.
  void receive();
  void receive_lines();
  void take_line(const LineReader::Line& line, std::string& shown);

  // The thread of run().
  void take_input();
  void take_keys();
  void take_bytes();
  void note_line(std::string_view line);
  void end_input();
  void leave();
  void send_pending();
  void join_receiver();
  void judge() const;

  Socket socket_;
  Terminal terminal_;
  Screen screen_;  // synchronised by itself

  // The thread of run() only.
  LineReader typed_;          // without a screen: finds the lines among the bytes passed on
  std::string pending_;       // typed, not yet taken by the socket
  bool input_open_ = true;    // there is something to read
  bool input_ended_ = false;  // the user has said all
  bool left_ = false;         // the user does not want the connection any longer
  std::optional<Clock::time_point> leave_deadline_;

  // The socket thread's until it is joined, then that of run().
  bool in_room_ = false;
  bool goodbye_ = false;  // the server said that it is shutting down
  bool lost_ = false;     // the connection broke, rather than ended
  std::exception_ptr failure_;

  std::thread receiver_;
};

}  // namespace chat
