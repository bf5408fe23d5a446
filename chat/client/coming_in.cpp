#include "chat/client/coming_in.hpp"

#include <array>
#include <utility>

#include "chat/base/text.hpp"

namespace chat {
namespace {

std::string line_of(protocol::Mode mode) {
  if (mode == protocol::Mode::kResume) return "resume\n";
  return mode == protocol::Mode::kLogin ? "login\n" : "register\n";
}

// As protocol::parse_mode(), and the first letter will do.
std::optional<protocol::Mode> answered_mode(std::string_view line) {
  const std::string word = lowercase(trimmed(line));
  if (word == "l") return protocol::Mode::kLogin;
  if (word == "r") return protocol::Mode::kRegister;
  return protocol::parse_mode(line);
}

struct Advice {
  std::string_view refusal;  // how it begins
  std::string_view next;
};
constexpr std::array kAdvice = {
    Advice{"username is already used",
           "register another name, or login if it is an account of yours"},
    Advice{"max chat users", "try again when somebody has left; an account has a seat of its own"},
    Advice{"password already used", "you are online already: leave there, or use --take-over"},
    Advice{"wrong username or password", "login is for the room's accounts; without one, register"},
    Advice{"login timed out", "start again"},
    Advice{"the server cannot take more", "try again in a minute"},
};

}  // namespace

ComingIn::ComingIn(std::optional<protocol::Mode> mode, std::string name, bool may_lack_password)
    : step_(mode ? Step::kPassword : Step::kMode),
      mode_(mode),
      name_(std::move(name)),
      may_lack_password_(may_lack_password) {
  if (mode) mode_line_ = line_of(*mode);
}

LineEditor::Question ComingIn::question() const {
  switch (step_) {
    case Step::kMode:
      return {"login or register? ", LineEditor::Mask::kAfterComma, false};
    case Step::kCredentials:
      return {"user,password? ", LineEditor::Mask::kAfterComma, false};
    case Step::kPassword:
      return {"password for " + name_ + "? ", LineEditor::Mask::kAll, false};
    case Step::kSent:
      break;
  }
  return {"> ", LineEditor::Mask::kAfterComma, false};
}

ComingIn::Answer ComingIn::take(std::string_view line) {
  switch (step_) {
    case Step::kMode:
      if (const auto mode = answered_mode(line)) {
        mode_ = mode;
        step_ = name_.empty() ? Step::kCredentials : Step::kPassword;
        return {line_of(*mode)};
      }
      return {{}, "login is for the room's accounts, register for everyone else"};
    case Step::kCredentials:
      return take_credentials(line);
    case Step::kPassword:
      return take_credentials(name_ + "," + std::string(line));
    case Step::kSent:
      break;
  }
  return {std::string(line) + "\n"};
}

// The server would refuse a malformed line and close; here it is only asked for again.
ComingIn::Answer ComingIn::take_credentials(std::string_view line) {
  std::string reason;
  const auto credentials = protocol::parse_credentials(line, reason, may_lack_password_);
  if (!credentials) return {{}, reason};
  step_ = Step::kSent;
  name_ = credentials->name;
  return {std::exchange(mode_line_, {}) + std::string(line) + "\n"};
}

std::string_view advice_after(std::string_view refusal) {
  for (const Advice& advice : kAdvice) {
    if (refusal.starts_with(advice.refusal)) return advice.next;
  }
  return {};
}

}  // namespace chat
