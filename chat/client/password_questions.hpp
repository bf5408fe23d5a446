// Asks for the passwords of a command that is to hold some (protocol::SecretCommand), one by one,
// so that they go to the server in one line, and nothing that was typed as one can be said in the
// room. Pure; NOT thread safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chat {

class PasswordQuestions {
 public:
  enum class NewPassword : std::uint8_t {
    kTwice,  // a person types it, and may mistype it
    kOnce,   // a script sends it; where it sends it twice, the second one is taken off
  };

  // Begins where `line` is such a command, and lacks its passwords. False: it is another line.
  bool begin(std::string_view line, NewPassword how_often);

  bool asks() const { return step_ != Step::kNone; }
  std::string question() const;  // while it asks

  struct Outcome {
    std::string line;    // the command, complete; empty: something is still asked, or it is over
    std::string remark;  // for the user, why it is over
  };
  // While it asks. An empty answer gives up.
  Outcome answer(std::string_view text);
  void give_up();

  // Whether `line`, the next one behind them, is the new password once more.
  bool is_repeated(std::string_view line);

 private:
  enum class Step : std::uint8_t { kNone, kOld, kNew, kAgain };

  Outcome finish();

  Step step_ = Step::kNone;
  NewPassword how_often_ = NewPassword::kTwice;
  std::string head_;
  std::string account_;
  std::string old_password_;
  std::string password_;
};

}  // namespace chat
