#include "chat/client/piped_input.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/client/outcome.hpp"
#include "chat/wire/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

PipedInput::PipedInput(const ClientParts& parts, Client& client)
    : Input(parts, client),
      lines_(kMaxUnterminated, kMaxUnterminated),
      answers_left_(parts.options.mode ? 0 : 2) {}

void PipedInput::begin() {
  if (answer_by_options()) return close_if_listening();
  asks_password_ = parts_.options.mode.has_value();
  if (!asks_password_) return;
  if (parts_.terminal.input_is_terminal()) std::cerr << coming_in_.question().prompt;
}

void PipedInput::close_if_listening() {
  if (parts_.options.listen && !asks_password_) open_ = false;
}

void PipedInput::take() {
  std::array<char, 4096> buffer;
  const auto count = parts_.terminal.read(buffer);
  if (!count) return take_end();
  std::string_view bytes(buffer.data(), *count);
  if (asks_password_) {
    bytes = take_password(bytes);
    close_if_listening();
  }
  if (!parts_.conversation.has_left() && open_) take_bytes(bytes);
  if (!quit_) return;
  open_ = false;
  client_.end_input();
}

void PipedInput::take_end() {
  if (asks_password_) throw Failure(Outcome::kNotIn, "no password: the input has ended");
  open_ = false;
  if (const auto line = lines_.rest()) take_line(*line);
  if (!parts_.options.send_input) return client_.end_input();
  parts_.conversation.expect_echo();
  client_.wait_for_echo();
}

// Gives what follows the password's line.
std::string_view PipedInput::take_password(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  password_ += bytes.substr(0, end);
  if (end == bytes.size()) {
    if (password_.size() > kMaxLine) {
      throw Failure(Outcome::kNotIn, "no password: the line has no end");
    }
    return {};
  }
  if (password_.ends_with('\r')) password_.pop_back();
  asks_password_ = false;
  answer(std::exchange(password_, {}));
  return bytes.substr(end + 1);
}

void PipedInput::take_bytes(std::string_view bytes) {
  while (!bytes.empty() && !quit_) {
    const auto space = lines_.space();
    const std::size_t taken = bytes.copy(space.data(), space.size());
    lines_.received(taken);
    bytes.remove_prefix(taken);
    while (const auto line = lines_.next()) {
      if (!quit_) take_line(*line);
    }
    if (lines_.overflowed()) throw Failure(Outcome::kNotSaid, "the input has a line without end");
  }
}

void PipedInput::take_line(const LineReader::Line& line) {
  if (line.too_long) throw Failure(Outcome::kNotSaid, "the input has a line without end");
  if (answers_left_ > 0) {
    take_way_in(line.text);
  } else {
    take_talk(line.text);
  }
}

void PipedInput::take_way_in(std::string_view line) {
  quit_ = is_quit(line);
  parts_.conversation.send(std::string(line) + "\n");
  if (lowercase(trimmed(line)) == protocol::kTagCommand) return;
  if (--answers_left_ == 0) return parts_.conversation.set_credentials(line);
  parts_.conversation.set_registers(protocol::parse_mode(line) == protocol::Mode::kRegister);
}

// Passwords are on the lines behind their command: the new one once, or twice.
void PipedInput::take_talk(std::string_view line) {
  std::string text(line);
  if (parts_.options.send_input) {
    if (!text.empty()) parts_.conversation.type(said(text));
    return;
  }
  if (password_questions_.asks()) {
    const PasswordQuestions::Outcome outcome = password_questions_.answer(line);
    if (!outcome.remark.empty()) parts_.output.tell(outcome.remark);
    if (outcome.line.empty()) return;
    text = outcome.line;
  } else if (password_questions_.is_repeated(line) ||
             password_questions_.begin(line, PasswordQuestions::NewPassword::kOnce) ||
             take_own_command(line)) {
    return;
  }
  quit_ = is_quit(text);
  parts_.conversation.type(text);
}

}  // namespace chat
