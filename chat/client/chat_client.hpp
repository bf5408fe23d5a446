// One user's connection to the room: what comes from the server is shown, what is typed is sent.
//
// Two threads, both blocking. The one that calls run() waits for standard input, for signals, and,
// while it has something to send, for room in the socket; the other one, owned and joined here,
// connects, waits for the server, and comes back where the connection is lost. Everything the
// server sends is neutralised before it is shown: a client does not trust its server with the
// user's terminal.
#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/client/catching_up.hpp"
#include "chat/client/client_options.hpp"
#include "chat/client/coming_in.hpp"
#include "chat/client/hiding.hpp"
#include "chat/client/liveness.hpp"
#include "chat/client/log_file.hpp"
#include "chat/client/password_questions.hpp"
#include "chat/client/proxy_command.hpp"
#include "chat/client/typed_lines.hpp"
#include "chat/net/address.hpp"
#include "chat/net/connecting.hpp"
#include "chat/net/line_reader.hpp"
#include "chat/net/socket.hpp"
#include "chat/ui/screen.hpp"
#include "chat/ui/terminal.hpp"

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
  // failed (unless it comes back), or nobody reads the output. A user who ends the client at a
  // terminal before being in has a normal end; an input that ends, or a signal, before that without
  // a screen does not.
  //
  // Who leaves while it still connects is not kept waiting: the process ends.
  void run();

 private:
  // A question to the user whose answer the socket thread waits for, or that answer.
  enum class Asked { kNothing, kTakeOver, kAgreed, kDeclined, kName };

  // The socket thread.
  void receive();
  void connect();
  std::shared_ptr<Socket> new_connection() EXCLUDES(mutex_);
  void blame_proxy() EXCLUDES(mutex_);
  bool come_back(unsigned failed);
  bool wait_to_come_back(unsigned failed);
  bool goes_on() EXCLUDES(mutex_);
  void lose() EXCLUDES(mutex_);
  void receive_lines();
  IoResult receive_some(LineReader& reader);
  void take_line(const LineReader::Line& line, std::vector<ServerLine>& shown);
  void show(const std::vector<ServerLine>& lines);
  void enter_room();
  void take_sign_of_life() EXCLUDES(mutex_);
  bool is_pong(const ServerLine& line) EXCLUDES(mutex_);
  bool follow(ServerLine& line) EXCLUDES(mutex_);
  bool takes_over() EXCLUDES(mutex_);
  void ask(Asked what) EXCLUDES(mutex_);
  bool lacks_its_name(std::string_view refusal) EXCLUDES(mutex_);
  void ask_for_name(const std::string& refusal) EXCLUDES(mutex_);
  [[noreturn]] void refuse(std::string_view reason);
  void tell(std::string_view news);

  // Both.
  void show_own(const std::vector<std::string>& lines);
  std::string own_name() EXCLUDES(mutex_);
  void show_waiting() EXCLUDES(asking_) EXCLUDES(mutex_);
  void show_liveness() EXCLUDES(asking_) EXCLUDES(mutex_);

  // The thread of run().
  void begin();
  void handle(const Terminal::Ready& ready);
  void take_input();
  void take_keys();
  void take_events();
  void take_typed(const LineEditor::Event& typed);
  void take_pasted(std::string_view text);
  bool take_answer(Asked answer) EXCLUDES(mutex_);
  bool take_name(const std::string& name) EXCLUDES(mutex_);
  bool is_meant(const std::string& line);
  void say(const std::string& line) EXCLUDES(mutex_);
  bool take_password_command(const std::string& line) EXCLUDES(mutex_);
  bool take_own_command(std::string_view line) EXCLUDES(mutex_);
  void ask_for_password();
  void take_password_answer(const std::string& text) EXCLUDES(mutex_);
  void take_bytes();
  std::string_view take_password(std::string_view bytes);
  void pass_on(std::string_view bytes);
  void take_piped(const LineReader::Line& line);
  void take_piped_talk(std::string_view line) EXCLUDES(mutex_);
  void answer(std::string_view line);
  void remember(std::string_view credentials) REQUIRES(mutex_);
  bool may_read() EXCLUDES(mutex_);
  std::optional<Clock::time_point> answer_due() EXCLUDES(mutex_);
  void look_after_connection() EXCLUDES(mutex_);
  std::shared_ptr<Socket> socket_to_send() EXCLUDES(mutex_);
  void end_input();
  bool may_leave() EXCLUDES(mutex_);
  void leave();
  void send_outgoing() EXCLUDES(mutex_);
  void take_leave_when_all_is_sent() EXCLUDES(mutex_);
  void join_receiver();
  void judge() EXCLUDES(mutex_);
  [[noreturn]] void fail(const std::string& reason);
  // Without a reason it is as the user wanted.
  [[noreturn]] void abandon(std::string_view reason) EXCLUDES(mutex_);

  const ClientOptions options_;
  Terminal terminal_;
  Screen screen_;  // synchronised by itself

  // A connection that is lost is closed when neither thread uses it any longer.
  Mutex mutex_;
  Condition changed_;  // the socket thread, which waits to come back, looks whether it still should
  std::shared_ptr<Socket> socket_ GUARDED_BY(mutex_);
  std::shared_ptr<ProxyCommand> proxy_ GUARDED_BY(mutex_);  // where that is the way
  bool reset_seen_ GUARDED_BY(mutex_) = false;  // by the thread of run(), which could not send
  bool took_leave_ GUARDED_BY(mutex_) = false;  // in the conversation, by this connection
  CatchingUp catching_up_ GUARDED_BY(mutex_);
  Liveness liveness_ GUARDED_BY(mutex_);
  int pings_ GUARDED_BY(mutex_) = 0;                  // not answered, of this connection
  Asked asked_ GUARDED_BY(mutex_) = Asked::kNothing;  // what the socket thread waits for
  bool registered_ GUARDED_BY(mutex_) = false;        // rather than logged in
  std::string credentials_ GUARDED_BY(mutex_);        // user,password; empty: not known yet

  // Held while a thread looks at the state and shows it, so that the screen ends with the latest
  // state. Locked before mutex_, which is not held while writing.
  Mutex asking_;
  bool answers_ GUARDED_BY(asking_) = true;  // the server, as the screen says

  std::atomic<bool> connected_ = false;
  std::atomic<bool> was_in_ = false;       // in the room, by whichever connection
  std::atomic<bool> input_ended_ = false;  // the user has said all
  std::atomic<bool> left_ = false;         // the user does not want the connection any longer
  std::atomic<bool> ending_ = false;       // the socket thread is waited for
  std::atomic<bool> finished_ = false;     // the socket thread has nothing more to do
  std::atomic<bool> echoed_ = false;       // all of --send has come back
  std::atomic<bool> waits_ = false;        // lines are shown that wait to be sent

  Hiding hiding_;  // synchronised by itself

  // The thread of run() only.
  ComingIn coming_in_;
  PasswordQuestions password_questions_;
  std::optional<TypedLines> typed_lines_;
  std::string correction_;      // typed last, and not sent
  bool asks_password_ = false;  // without a screen: the input's first line is the password
  std::string password_;        // what came of it
  LineReader typed_;            // without a screen: finds the lines among the bytes
  int answers_left_ = 2;        // and of them those for the way in
  bool input_open_ = true;      // there is something to read
  bool quit_ = false;           // without a screen: by /quit
  std::optional<Clock::time_point> deadline_;
  std::optional<Clock::time_point> key_due_;  // half a key has come, and this long it has time
  std::vector<std::string> asked_about_;      // lines that the user is asked about who leaves
  std::vector<std::string> unsaid_;           // when the user left
  bool silent_ = false;                       // the server did not close the connection in time

  // The socket thread's until it is joined, then that of run().
  std::optional<LogFile> log_file_;
  std::shared_ptr<Socket> connection_;
  SocketAddress answered_;
  std::minstd_rand random_{std::random_device{}()};
  Clock::time_point came_back_ = Clock::time_point::min();
  bool in_room_ = false;   // by this connection
  bool tagged_ = false;    // and its lines are
  bool released_ = false;  // the room said that this user has left
  bool goodbye_ = false;   // the server said that it is shutting down
  bool lost_ = false;      // the connection broke, rather than ended
  std::exception_ptr failure_;

  std::thread receiver_;
};

}  // namespace chat
