#include "chat/client/password_questions.hpp"

#include <utility>

#include "chat/base/text.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

constexpr const char* kNothing = "nothing was changed";

}  // namespace

bool PasswordQuestions::begin(std::string_view line, NewPassword how_often) {
  give_up();
  const auto command = protocol::parse_secret_command(line);
  if (!command || command->password || !command->old_password.empty()) return false;
  step_ = command->is_of_account() ? Step::kNew : Step::kOld;
  how_often_ = how_often;
  head_ = command->head;
  account_ = command->account;
  return true;
}

std::string PasswordQuestions::question() const {
  switch (step_) {
    case Step::kOld:
      return "old password?";
    case Step::kNew:
      return account_.empty() ? "new password?" : "password for " + account_ + "?";
    default:
      return "the same once more?";
  }
}

PasswordQuestions::Outcome PasswordQuestions::answer(std::string_view text) {
  const auto refuse = [this](std::string reason) -> Outcome {
    give_up();
    return {"", reason + (reason.empty() ? "" : ": ") + kNothing};
  };
  if (text.empty()) return refuse("");
  if (step_ == Step::kAgain) {
    return text == password_ ? finish() : refuse("the new passwords are not the same");
  }
  if (!is_password(text)) return refuse(protocol::kNoPassword);
  if (step_ == Step::kOld) {
    old_password_ = text;
    step_ = Step::kNew;
    return {};
  }
  password_ = text;
  if (how_often_ == NewPassword::kOnce) return finish();
  step_ = Step::kAgain;
  return {};
}

PasswordQuestions::Outcome PasswordQuestions::finish() {
  step_ = Step::kNone;
  std::string line = std::exchange(head_, {});
  if (!old_password_.empty()) line += " " + std::exchange(old_password_, {});
  line += "\t" + password_;
  if (how_often_ == NewPassword::kTwice) password_.clear();
  return {std::move(line), ""};
}

void PasswordQuestions::give_up() { *this = PasswordQuestions(); }

bool PasswordQuestions::is_repeated(std::string_view line) {
  const std::string password = std::exchange(password_, {});
  return step_ == Step::kNone && !password.empty() && line == password;
}

}  // namespace chat
