// The way into the room, guided: what to ask the user for, and what to send for the answers. Pure;
// NOT thread safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/ui/line_editor.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

class ComingIn {
 public:
  // What the command line said already: with a mode there is a name, and only the password is asked
  // for; with a name alone, the mode and the password. `may_lack_password`: the server may know by
  // other ways who it is.
  ComingIn(std::optional<protocol::Mode> mode, std::string name, bool may_lack_password = false);

  LineEditor::Question question() const;

  struct Answer {
    std::string to_send = {};
    std::string remark = {};  // why the answer was none, and is asked for again
  };
  Answer take(std::string_view line);

  bool sent() const { return step_ == Step::kSent; }  // nothing more is to be answered

  // The mode that the user has chosen; nothing until then.
  std::optional<protocol::Mode> mode() const { return mode_; }

  // The user's name; empty until it is known.
  const std::string& name() const { return name_; }

 private:
  enum class Step { kMode, kCredentials, kPassword, kSent };
  Answer take_credentials(std::string_view line);

  Step step_;
  std::optional<protocol::Mode> mode_;
  std::string name_;
  bool may_lack_password_;
  std::string mode_line_;  // still to be sent
};

// What a user who was refused so can do next.
std::string_view advice_after(std::string_view refusal);

}  // namespace chat
