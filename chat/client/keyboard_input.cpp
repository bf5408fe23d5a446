#include "chat/client/keyboard_input.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/base/text.hpp"
#include "chat/client/habits.hpp"
#include "chat/client/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

KeyboardInput::KeyboardInput(const ClientParts& parts, Client& client, Screen& screen)
    : Input(parts, client), screen_(screen) {
  const ClientOptions& options = parts.options;
  if (!options.history) return;
  typed_lines_.emplace(options.room.empty() ? options.host + ":" + std::to_string(options.port)
                                            : options.room);
  screen_.remember(typed_lines_->load());
}

void KeyboardInput::begin() {
  if (!answer_by_options()) screen_.ask(coming_in_.question());
}

void KeyboardInput::take() {
  std::array<char, 4096> keys;
  const auto count = parts_.terminal.read(keys);
  if (!count) {
    open_ = false;
    return client_.end_input();
  }
  screen_.type({keys.data(), *count});
  take_events();
}

void KeyboardInput::lapse() {
  screen_.lapse_key();
  take_events();
}

void KeyboardInput::take_events() {
  while (const auto event = screen_.next_event()) take_event(*event);
  key_due_.reset();
  if (screen_.is_key_unfinished()) key_due_ = Clock::now() + kKeyPatience;
}

void KeyboardInput::take_event(const LineEditor::Event& event) {
  using Kind = LineEditor::Event::Kind;
  switch (event.kind) {
    case Kind::kLine:
      return take_typed(event);
    case Kind::kPasteAgreed:
      return take_pasted(event.text);
    case Kind::kEndOfInput:
      if (may_leave()) client_.end_input();
      return;
    case Kind::kInterrupt:
      if (may_leave()) client_.leave();
      return;
    case Kind::kConfirmed:
      if (!parts_.conversation.answer_take_over(true)) client_.leave();
      return;
    case Kind::kDeclined:
      (void)parts_.conversation.answer_take_over(false);
      return;
    case Kind::kSuspend:
      return screen_.suspend(Terminal::Stop::kJob);
    default:
      return;  // the screen has shown it
  }
}

// False: none was asked for.
bool KeyboardInput::take_name(const std::string& name) {
  if (!parts_.conversation.answer_name(name)) return false;
  if (is_name(name)) {
    screen_.set_own_name(name, false);
    screen_.ask({});
  } else {
    screen_.tell("that is no name");
  }
  return true;
}

// All of it, or nothing; none of its lines is a command.
void KeyboardInput::take_pasted(std::string_view text) {
  if (parts_.conversation.has_input_ended() || parts_.conversation.has_left()) return;
  if (parts_.conversation.is_full()) {
    screen_.tell("not sent: too much waits for the server already");
    text = {};
  }
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    parts_.conversation.type(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  parts_.view.show_waiting();
}

// After the end only Ctrl+C still has a meaning.
void KeyboardInput::take_typed(const LineEditor::Event& typed) {
  if (parts_.conversation.has_input_ended() || parts_.conversation.has_left()) return;
  if (typed.secret) return take_password_answer(typed.text);
  const std::string line = coming_in_.sent() ? in_own_words(typed.text) : typed.text;
  if (!is_quit(line) && take_name(line)) return;
  if (!coming_in_.sent()) return is_quit(line) ? client_.leave() : answer(line);
  if (typed_lines_) typed_lines_->add(line);
  if (is_quit(line) && !parts_.link.is_connected()) {
    return may_leave() ? client_.leave() : void();
  }
  if (take_password_command(line) || take_own_command(line)) return;
  if (is_meant(line)) say(line);
}

// Not what only another chat understands, unless it is typed once more.
bool KeyboardInput::is_meant(const std::string& line) {
  if (const std::string_view why = nothing_here(line); !why.empty()) {
    screen_.tell(why);
    return false;
  }
  const bool again = std::exchange(correction_, is_correction(line) ? line : "") == line;
  if (correction_.empty() || again) return true;
  screen_.tell("not sent: /edit TEXT corrects your last line; typed once more this is said");
  return false;
}

void KeyboardInput::say(const std::string& line) {
  // Then it is no failure that the server closes the connection.
  if (is_quit(line)) parts_.conversation.leave();
  if (parts_.conversation.is_full()) {
    screen_.tell("not sent: too much waits for the server already");
  } else {
    parts_.conversation.type(line);
  }
  parts_.view.show_waiting();
}

// Begins to ask for the passwords of a command, or says why not. Returns false where `line` is
// another line, or the user has no account: the server refuses that.
bool KeyboardInput::take_password_command(const std::string& line) {
  const auto command = protocol::parse_secret_command(line);
  if (!command || (command->is_of_account() && !is_name(command->account))) return false;
  if (parts_.conversation.is_registered()) return false;
  if (!parts_.conversation.has_been_in()) {
    screen_.tell("not sent: first come in");
  } else if (!password_questions_.begin(line, PasswordQuestions::NewPassword::kTwice)) {
    screen_.tell("not sent: type " + std::string(command->head) +
                 " alone: you are asked for passwords, and nobody sees them");
  } else {
    ask_for_password();
  }
  return true;
}

void KeyboardInput::ask_for_password() {
  LineEditor::Question question;
  if (password_questions_.asks()) {
    question = {password_questions_.question() + " ", LineEditor::Mask::kAll, false, true};
  }
  screen_.ask(question);
}

void KeyboardInput::take_password_answer(const std::string& text) {
  if (!password_questions_.asks()) return;
  const PasswordQuestions::Outcome outcome = password_questions_.answer(text);
  if (!outcome.remark.empty()) screen_.tell(outcome.remark);
  ask_for_password();
  if (!outcome.line.empty()) say(outcome.line);
}

// Asks once, and lists the lines, where leaving would leave some unsaid.
bool KeyboardInput::may_leave() {
  const std::vector<std::string> lines = parts_.conversation.unsaid();
  if (lines.empty() || lines == asked_about_) return true;
  asked_about_ = lines;
  for (const std::string& line : lines) screen_.tell("not said: " + neutralised(line));
  screen_.confirm("leave without saying that?");
  return false;
}

}  // namespace chat
