#include "chat/client/outcome.hpp"

#include "chat/base/program_name.hpp"
#include "chat/base/text.hpp"

namespace chat {

int exit_status(Outcome outcome) {
  switch (outcome) {
    case Outcome::kLeft:
    case Outcome::kShutDown:
      return 0;
    case Outcome::kNotIn:
    case Outcome::kNoConnection:
    case Outcome::kRefused:
    case Outcome::kNotSaid:
    case Outcome::kLost:
    case Outcome::kFailed:
      break;
  }
  return 1;
}

std::string not_said(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += text.empty() ? "" : "\n" + program_name() + ": ";
    text += "not said: " + neutralised(line);
  }
  return text;
}

}  // namespace chat
