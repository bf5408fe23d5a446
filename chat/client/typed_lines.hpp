// The history of the lines typed in a room, kept for the next session: the newest kMaxHistory
// lines, in a file that is its owner's alone, without passwords and private messages. Clients that
// run at the same time append to it. Where it cannot be written the lines are not kept. NOT thread
// safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/base/descriptor.hpp"

namespace chat {

class TypedLines {
 public:
  // `room`: what the room is called by. Without a home nothing is kept.
  explicit TypedLines(std::string_view room);

  std::vector<std::string> load() const;  // oldest first
  void add(std::string_view line);

 private:
  std::string file_;
  Descriptor to_;
};

}  // namespace chat
