// The program that is to take this one's place: the same file, as it is by then, with the same
// arguments. It finds what it needs in a descriptor that an environment variable names.
//
// For the main thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "chat/server/handover.hpp"

namespace chat {

class Successor {
 public:
  // `argv` is main()'s.
  explicit Successor(char* const* argv);

  // Whether it is there and says that it could serve so many users: it is asked, by --check, and
  // gets some time for that. What it has to say is on standard error.
  bool is_ready(std::size_t max_users) const;

  // Returns only by an exception (std::system_error): then nothing has happened.
  [[noreturn]] void take_over(const Handover& handover) const;

 private:
  std::string path_;
  std::vector<std::string> arguments_;
};

// In the successor: what the program before it has left, once. Nothing: there was none.
std::optional<Descriptor> left_by_predecessor();

}  // namespace chat
