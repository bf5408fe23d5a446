// The input from a keyboard, on a Screen: prompts on the way in, then lines, commands, pastes and
// keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/client/input.hpp"
#include "chat/client/typed_lines.hpp"
#include "chat/ui/line_editor.hpp"
#include "chat/ui/screen.hpp"

namespace chat {

class KeyboardInput : public Input {
 public:
  // `screen` is the output of `parts`.
  KeyboardInput(const ClientParts& parts, Client& client, Screen& screen);

  void begin() override;
  // Keys are always read: Ctrl+C is one.
  bool may_read() override { return open_; }
  void take() override;
  std::optional<Clock::time_point> due() const override { return key_due_; }
  void lapse() override;

 private:
  void take_events();
  void take_event(const LineEditor::Event& event);
  void take_typed(const LineEditor::Event& typed);
  void take_pasted(std::string_view text);
  bool take_name(const std::string& name);
  bool is_meant(const std::string& line);
  void say(const std::string& line);
  bool take_password_command(const std::string& line);
  void ask_for_password();
  void take_password_answer(const std::string& text);
  bool may_leave();

  Screen& screen_;
  std::optional<TypedLines> typed_lines_;
  std::string correction_;  // typed last, and not sent
  std::optional<Clock::time_point> key_due_;
  std::vector<std::string> asked_about_;  // lines that the user is asked about who leaves
};

}  // namespace chat
