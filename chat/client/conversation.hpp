// The conversation with the server, which the client's two threads share: the user's name, the
// lines to send, the lines that have not come back, questions to the user, and whether it should
// end.
//
// Thread safe, all of it. Lock order: the view's mutex, this one, the link's.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/client/catching_up.hpp"
#include "chat/client/link.hpp"
#include "chat/client/liveness.hpp"
#include "chat/ui/server_line.hpp"

namespace chat {

class Conversation {
 public:
  // As whom.

  // All that the server asked for on the way in: the last line of `bytes` is user,password. `texts`
  // are said as soon as the user is in, and expected back.
  void come_in(std::string_view bytes, bool registers, const std::vector<std::string>& texts);
  // That was of no use: closes the connection, and is ready for the same in another.
  void begin_again(Link& link);
  // The same in parts, of a script that answers by itself.
  void set_registers(bool registers);
  void set_credentials(std::string_view credentials);

  bool is_registered();    // rather than logged in
  std::string own_name();  // empty: not known yet
  bool has_been_in();      // the room, by whichever connection

  // Lines to the server.

  void send(std::string_view bytes);  // for the server, on the way in
  void type(std::string_view line);   // in the room, without its end
  bool is_full();                     // too much waits to come back
  bool takes_more();                  // of a script's: neither too much waits nor is under way
  bool has_outgoing();
  void send_some(Link& link);
  // Those that wait to be sent, once the user has been in; of a server that is `silent`, also those
  // that have not come back.
  std::vector<std::string> unsaid(bool silent = false);
  std::vector<std::string> forget_unsaid();

  // Lines from the server.

  // The socket thread has a new connection: what it begins with.
  std::string first_words();
  // It is lost: closes it. Returns what the user is to be told; mostly nothing.
  std::string_view lose(Link& link);
  void enter(std::chrono::milliseconds silence);  // the room, by this connection
  bool follow(ServerLine& line);                  // false: it is not to be shown
  // The user has said all, and leaves when all of it has come back; and whether it has.
  void expect_echo();
  bool has_come_back();
  // Whether the thread that sends has to look again.
  bool wants_attention();

  // Whether the server answers.

  void heard();
  bool is_answer_to_ping(bool pong);
  bool waits_for_answer();
  std::optional<Clock::time_point> answer_due();
  // Asks a server that is silent, and gives a connection up that leads nowhere. True: it has asked.
  bool look_after(Link& link);

  // Questions to the user; the socket thread waits for the answer.

  void ask_to_take_over();
  // False: that was not asked.
  bool answer_take_over(bool agreed);
  // Waits for the answer, if it was asked; agreed, all is ready for a new connection.
  enum class TakeOver { kNotAsked, kAgreed, kDeclined };
  TakeOver wait_for_take_over(Link& link);

  void ask_for_name();
  // False: that was not asked. A `name` that is none leaves it asked.
  bool answer_name(const std::string& name);
  void wait_for_name();

  // The end.

  void end_input();  // the user has said all
  bool has_input_ended();
  void leave();  // the user does not want the connection any longer
  bool has_left();
  // Leaves, without waiting for what is still to be sent. Returns what is unsaid then.
  std::vector<std::string> leave_at_once(Link& link);
  // Where the input has ended and all is sent: tells the server. A program that is the way may not
  // pass an end of file on: it is told in the conversation. True: that is to be sent.
  bool take_leave(Link& link);
  void stop();  // the socket thread is waited for
  bool is_stopping();
  // Blocks until then, or until something of the above is different.
  void pause_until(Clock::time_point time);
  // Whether the connection should come back: not where the user has gone, or the input has ended
  // and all of it came back, or `released` the user.
  bool goes_on(bool released, bool with_screen);

 private:
  // A question to the user, or the answer.
  enum class Asked { kNothing, kTakeOver, kAgreed, kDeclined, kName };

  std::string name() const REQUIRES(mutex_);
  void say(std::string_view line) REQUIRES(mutex_);
  void look_for_echo() REQUIRES(mutex_);
  std::size_t kept_bytes() const REQUIRES(mutex_);
  void remember(std::string_view credentials) REQUIRES(mutex_);

  Mutex mutex_;
  Condition changed_;
  CatchingUp catching_up_ GUARDED_BY(mutex_);
  Liveness liveness_ GUARDED_BY(mutex_);
  int pings_ GUARDED_BY(mutex_) = 0;  // not answered, of this connection
  Asked asked_ GUARDED_BY(mutex_) = Asked::kNothing;
  bool registered_ GUARDED_BY(mutex_) = false;
  std::string credentials_ GUARDED_BY(mutex_);  // user,password; empty: not known yet
  bool was_in_ GUARDED_BY(mutex_) = false;
  std::string way_in_ GUARDED_BY(mutex_);              // the bytes of come_in()
  std::vector<std::string> early_ GUARDED_BY(mutex_);  // lines that were typed on the way in
  std::size_t early_bytes_ GUARDED_BY(mutex_) = 0;
  bool in_room_ GUARDED_BY(mutex_) = false;  // by this connection
  bool expects_echo_ GUARDED_BY(mutex_) = false;
  std::size_t letters_ GUARDED_BY(mutex_) = 0;  // private messages that have not come back
  bool come_back_ GUARDED_BY(mutex_) = false;
  bool took_leave_ GUARDED_BY(mutex_) = false;  // in the conversation, by this connection
  bool input_ended_ GUARDED_BY(mutex_) = false;
  bool left_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace chat
