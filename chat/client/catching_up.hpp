// Makes a new connection go on where the old one broke off: nothing missed, nothing said twice.
//
// The room's lines have numbers without gaps. Where one is missing, all after the last one shown is
// asked for (/since), and a /tagged behind that question, whose answer is the mark: what was asked
// for has come. Until then a line that is not the next one is let go: it will be replayed.
//
// What the user says is kept until it has come back. A session has ended before the next one of the
// same user begins, so at the mark the log shows which of the lines arrived; the others are sent
// again.
//
// Pure; NOT thread safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/ui/server_line.hpp"

namespace chat {

class CatchingUp {
 public:
  CatchingUp();

  void set_own_name(std::string_view name);

  // Bytes for the server on the way in; and a line that is typed in the room, without its end.
  void send(std::string_view bytes) { outgoing_ += bytes; }
  void type(std::string_view line);

  // Where `line` says that the password which was sent last is in force: that password.
  std::optional<std::string> changed_password(const ServerLine& line);

  // What is to be sent now; and that so much of it was.
  const std::string& outgoing() const { return outgoing_; }
  void sent(std::size_t bytes) { outgoing_.erase(0, bytes); }

  // The connection is lost; and what to send first in a new one, where `credentials` are
  // user,password. lose() gives what the user is to be told of a password that was under way;
  // mostly nothing.
  std::string_view lose();
  std::string resumption(std::string_view credentials);

  // The user is in the room, by this connection.
  void enter();

  // Follows a line of the server's. False: it is not to be shown. One that was missed becomes as if
  // it were said now.
  bool take(ServerLine& line);

  bool caught_up() const { return marks_ == 0; }
  // How many of the user's lines wait to be sent, how many bytes have not come back, and whether
  // there is nothing at all.
  std::size_t waiting() const;
  // Those that wait to be sent, or to be sent once more; of a server that is `silent`, also those
  // that were sent and have not come back. As they may be shown: without passwords.
  std::vector<std::string> unsaid(bool silent = false) const;
  // Forgets them, and gives them.
  std::vector<std::string> forget_unsaid();
  std::size_t unheard_bytes() const { return unheard_bytes_; }
  bool all_sent() const { return caught_up() && outgoing_.empty() && waiting() == 0; }
  bool all_heard() const { return unheard_.empty(); }

 private:
  // What the log gets of a line.
  struct Echo {
    ServerLine::Kind kind;  // kSay or kMe
    std::string text;
  };
  struct Line {
    enum class State { kWaits, kSent, kInDoubt };  // in doubt: sent by a connection that was lost
    std::string text;
    std::optional<Echo> echo;  // nothing: it does not get there
    State state = State::kWaits;
  };

  static std::optional<Echo> echo_of(std::string_view line);
  bool take_numbered(ServerLine& line);
  bool take_notice(ServerLine& line);
  void begin_anew();
  void follow_epoch(const std::string& epoch);
  std::string since_line();
  void show(ServerLine& line);
  void hear(const ServerLine& line);
  void ask();
  void reach_mark();
  void send_waiting();
  void send(const Line& line);
  std::size_t forget_doubtful();

  std::string own_name_;
  std::string outgoing_;
  std::deque<Line> unheard_;  // in the order in which they were typed
  std::size_t unheard_bytes_ = 0;

  std::string epoch_;                  // which log the numbers count in; empty: nobody said
  std::optional<std::uint64_t> last_;  // shown; nothing: none yet
  std::uint64_t asked_after_ = 0;
  std::uint64_t highest_ = 0;  // that came and was not shown
  std::uint64_t before_ = 0;   // the last one by the connections before this
  std::size_t marks_ = 0;      // still to come
  bool opened_ = false;        // the answer to the connection's first /tagged has come
  bool in_ = false;

  std::deque<std::string> passwords_;  // new ones, sent to this connection and not answered
};

// How long to wait before the try after so many that failed; `random` is any number.
std::chrono::milliseconds reconnect_wait(unsigned failed, std::uint32_t random);

}  // namespace chat
