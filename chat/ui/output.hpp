// The interface of what shows the room to the user: a Screen or, where there is none, PlainOutput.
//
// Thread safe. Whatever writes throws std::system_error where standard output takes no more.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/ui/line_editor.hpp"
#include "chat/ui/server_line.hpp"
#include "chat/ui/terminal.hpp"

namespace chat {

class Output {
 public:
  virtual ~Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // What the server sent, neutralised.
  virtual void show(std::span<const ServerLine> lines) = 0;

  // The client's own word to the user.
  virtual void tell(std::string_view news) = 0;

  // See Terminal::suspend(); and that somebody else has used the terminal meanwhile.
  virtual void suspend(Terminal::Stop stop) = 0;
  virtual void continued() = 0;

  // The rest is a screen's; plain output does nothing for it.

  // What was folded is due: see Display.
  virtual std::optional<Clock::time_point> fold_due() { return std::nullopt; }
  virtual void show_folded() {}

  // What the line being typed is an answer to; and a question that is answered by y: see
  // LineEditor.
  virtual void ask(LineEditor::Question) {}
  virtual void confirm(std::string_view) {}

  // The name that the user comes in with, and whether it is an account's; and that the user is in.
  virtual void set_own_name(std::string_view, bool) {}
  virtual void enter_room() {}

  // The lines of the user's that wait to be sent.
  virtual void set_waiting(const std::vector<std::string>&) {}

  // At first: connecting.
  virtual void set_connection(std::string_view, bool) {}

  // Clears all but the typed line and the status.
  virtual void clear() {}

  virtual void resized() {}

  // Nothing more is typed: what is painted goes.
  virtual void end_typing() {}

 protected:
  Output() = default;
};

}  // namespace chat
