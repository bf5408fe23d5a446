// The outcome of a run of the client, and its exit status.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace chat {

enum class Outcome {
  kLeft,          // the user left, or the input ended; with --send, its text came back
  kShutDown,      // the server shut down, and said so
  kNotIn,         // it was over before the user was in the room
  kNoConnection,  // it never came about
  kRefused,       // the user was not let in, or was sent away
  kNotSaid,       // some of what was typed, or not heard back
  kLost,          // the connection broke, or the server closed it
  kFailed,        // anything else, as output that nobody reads
};

struct Ending {
  Outcome outcome = Outcome::kLeft;
  std::string reason;  // for the user; empty where it is as wanted
};

// Ends the client.
struct Failure : std::runtime_error {
  Failure(Outcome outcome, const std::string& reason)
      : std::runtime_error(reason), ending{outcome, reason} {}
  Ending ending;
};

int exit_status(Outcome outcome);

// The client's last words about lines that are not said.
std::string not_said(const std::vector<std::string>& lines);

}  // namespace chat
