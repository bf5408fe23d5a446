// The user's own log of the room (--log): each line as it came, with its local date and time in
// front,
//
//   2026-11-24 21:30:05 ann: hello
//
// appended to a file, which is made, for its owner only, where there is none. %F in its name is the
// local date: each day has a file of its own. NOT thread safe.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "chat/base/descriptor.hpp"

namespace chat {

class LogFile {
 public:
  // Throws std::system_error.
  explicit LogFile(const std::string& file);

  // The lines are neutralised, and go into the file at once; one that was moved away is opened
  // anew. Throws std::system_error where they cannot, as on a full disk; then a part of them may be
  // there.
  void append(std::span<const std::string> lines, std::chrono::system_clock::time_point now);

 private:
  void open();
  bool was_moved() const;
  std::string file_of(std::chrono::system_clock::time_point time) const;

  const std::string pattern_;
  std::string file_;
  Descriptor to_;
};

}  // namespace chat
