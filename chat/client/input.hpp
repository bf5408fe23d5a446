// The input of a user, or of a program: the answers on the way in, then lines for the room. Only
// the client's main thread uses it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/base/limits.hpp"
#include "chat/client/client_parts.hpp"
#include "chat/client/coming_in.hpp"
#include "chat/client/password_questions.hpp"

namespace chat {

class Input {
 public:
  // What it wants of the client.
  class Client {
   public:
    virtual void leave() = 0;          // the connection is not wanted any longer
    virtual void end_input() = 0;      // all has been said
    virtual void wait_for_echo() = 0;  // with --send: its lines are on their way

   protected:
    ~Client() = default;
  };

  Input(const ClientParts& parts, Client& client);
  virtual ~Input() = default;
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // Asks the first question, or answers it as the options say.
  virtual void begin() = 0;

  // There is something to read, which take() reads and does.
  virtual bool may_read() = 0;
  virtual void take() = 0;

  // Half a key has come, and until then it has time; and it is over.
  virtual std::optional<Clock::time_point> due() const { return std::nullopt; }
  virtual void lapse() {}

  // The user has left by a command: then the server may close the connection.
  virtual bool has_quit() const { return false; }

  bool asks_for_password() const { return password_questions_.asks(); }

 protected:
  // The password as the options have it. False: they have none.
  bool answer_by_options();
  void answer(std::string_view line);
  // What the options make of a text that a script says.
  std::string said(std::string_view text) const;
  // Does what the client does by itself. False: `line` is for the server, too.
  bool take_own_command(std::string_view line);

  const ClientParts parts_;
  Client& client_;
  ComingIn coming_in_;
  PasswordQuestions password_questions_;
  bool open_ = true;  // there is something to read
};

bool is_quit(std::string_view line);

}  // namespace chat
