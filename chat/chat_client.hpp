// One user's connection to the room: what comes from the server is shown, what is typed is sent.
//
// Two threads, both blocking. The one that calls run() waits for standard input, for signals, and,
// while it has something to send, for room in the socket; the other one, owned and joined here,
// connects and waits for the server. Everything the server sends is neutralised before it is shown:
// a client does not trust its server with the user's terminal.
#pragma once

#include <atomic>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "chat/client_options.hpp"
#include "chat/coming_in.hpp"
#include "chat/limits.hpp"
#include "chat/line_reader.hpp"
#include "chat/log_file.hpp"
#include "chat/screen.hpp"
#include "chat/socket.hpp"
#include "chat/terminal.hpp"

namespace chat {

class ChatClient {
 public:
  explicit ChatClient(const ClientOptions& options);
  ~ChatClient();
  ChatClient(const ChatClient&) = delete;
  ChatClient& operator=(const ChatClient&) = delete;

  // Returns after a normal end: the user left (by /quit, Ctrl+C, Ctrl+D, a signal, or the end of
  // the input), or the server said that it is shutting down; with --send, its text came back.
  // Throws std::runtime_error with the reason where the user did not come in, the connection
  // failed, or nobody reads the output. A user who ends the client at a terminal before being in
  // has a normal end; an input that ends, or a signal, before that without a screen does not.
  //
  // Who leaves while it still connects is not kept waiting: the process ends.
  void run();

 private:
  // The socket thread.
  void receive();
  void connect();
  void receive_lines();
  IoResult receive_some(LineReader& reader);
  void take_line(const LineReader::Line& line, std::vector<std::string>& shown);
  void show(const std::vector<std::string>& lines);
  void await_echo(std::string_view line);
  void refuse(std::string_view reason);

  // The thread of run().
  void begin();
  void handle(const Terminal::Ready& ready);
  void take_input();
  void take_keys();
  void take_typed(const std::string& line);
  void take_bytes();
  std::string_view take_password(std::string_view bytes);
  void pass_on(std::string_view bytes);
  void answer(std::string_view line);
  void end_input();
  void leave();
  void send_pending();
  void join_receiver();
  void judge() const;
  [[noreturn]] void fail(const std::string& reason);
  [[noreturn]] void abandon(std::string_view reason);  // none: as the user wanted

  const ClientOptions options_;
  Terminal terminal_;
  Screen screen_;  // synchronised by itself

  Socket socket_;  // set by the socket thread before connected_
  std::atomic<bool> connected_ = false;
  std::atomic<bool> ending_ = false;    // the socket thread is waited for
  std::atomic<bool> finished_ = false;  // the socket thread has nothing more to do
  std::atomic<bool> echoed_ = false;    // all of --send has come back

  // The thread of run() only.
  ComingIn coming_in_;
  bool asks_password_ = false;  // without a screen: the input's first line is the password
  std::string password_;        // what came of it
  LineReader typed_;            // without a screen: finds the lines among the bytes passed on
  std::string pending_;         // typed, not yet taken by the socket
  bool input_open_ = true;      // there is something to read
  bool input_ended_ = false;    // the user has said all
  bool left_ = false;           // the user does not want the connection any longer
  std::optional<Clock::time_point> deadline_;

  // The socket thread's until it is joined, then that of run().
  std::deque<std::string> echoes_;  // lines of --send that have not come back
  std::optional<LogFile> log_file_;
  bool in_room_ = false;
  bool goodbye_ = false;  // the server said that it is shutting down
  bool lost_ = false;     // the connection broke, rather than ended
  std::exception_ptr failure_;

  std::thread receiver_;
};

}  // namespace chat
