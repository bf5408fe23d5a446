#include "chat/client/input.hpp"

#include <fcntl.h>

#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/safe_file.hpp"
#include "chat/base/text.hpp"
#include "chat/client/limits.hpp"
#include "chat/client/outcome.hpp"
#include "chat/wire/command_table.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

std::string password_in_file(const ClientOptions& options) {
  // A saved file stays: nobody else may read it.
  if (options.password_file_is_saved) {
    (void)open_regular(options.password_file, O_RDONLY | O_CLOEXEC, Others::kNothing);
  }
  return first_line_of(options.password_file, kMaxPassword + 2, kPasswordFileWait);
}

}  // namespace

bool is_quit(std::string_view line) {
  const auto command = protocol::parse_command(line);
  return command && lowercase(command->name) == "/quit";
}

Input::Input(const ClientParts& parts, Client& client)
    : parts_(parts),
      client_(client),
      coming_in_(parts.options.take_over ? protocol::Mode::kResume : parts.options.mode,
                 parts.options.name, parts.options.host.starts_with(kUnix)) {}

bool Input::answer_by_options() {
  const ClientOptions& options = parts_.options;
  if (!options.mode) return false;
  parts_.output.set_own_name(options.name, options.mode == protocol::Mode::kLogin);
  if (!options.password_file.empty() && options.password_file != "-") {
    answer(password_in_file(options));
  } else if (!options.password.empty()) {
    answer(options.password);
  } else {
    return false;
  }
  return true;
}

// On the way in.
void Input::answer(std::string_view line) {
  const ComingIn::Answer answer = coming_in_.take(line);
  if (!answer.remark.empty()) {
    if (!parts_.terminal.has_screen()) throw Failure(Outcome::kNotIn, answer.remark);
    parts_.output.tell(answer.remark);
  }
  const bool registers = coming_in_.mode() == protocol::Mode::kRegister;
  if (coming_in_.sent()) {
    std::vector<std::string> texts;
    for (const std::string& text : parts_.options.send) texts.push_back(said(text));
    parts_.conversation.come_in(answer.to_send, registers, texts);
  } else {
    parts_.conversation.send(answer.to_send);
  }
  parts_.output.set_own_name(coming_in_.name(), !registers);
  parts_.output.ask(coming_in_.question());
  if (!coming_in_.sent() || parts_.options.send.empty()) return;
  open_ = false;
  client_.wait_for_echo();
}

std::string Input::said(std::string_view text) const {
  const ClientOptions& options = parts_.options;
  std::string line = text.starts_with('/') ? "/" : "";
  if (options.me) line = "/me ";
  if (!options.to.empty()) line = "/msg " + options.to + " ";
  return line.append(text);
}

bool Input::take_own_command(std::string_view line) {
  const auto command = protocol::parse_command(line);
  if (!command) return false;
  if (lowercase(command->name) == "/clear") {
    parts_.output.clear();
    return true;
  }
  if (lowercase(command->name) != "/help") {
    const auto answer = parts_.hiding.take(line, parts_.conversation.own_name());
    parts_.view.show(answer);
    return !answer.empty();
  }
  std::vector<std::string> rows;
  for (const CommandEntry& entry : command_table()) {
    const bool asked = command->arguments.empty() || &entry == find_help(command->arguments);
    if (asked && entry.access == Access::kClient) rows.push_back(help_row(entry));
  }
  parts_.view.show(rows);
  return !rows.empty() && !command->arguments.empty();
}

}  // namespace chat
