// The state that a server hands to the program that replaces it: that of all its parts, and the
// connections and listeners by their descriptors' numbers, which outlive execve(). Plain values,
// written to a file in memory and read from it again.
//
// The file begins with a line that names its form, so that a program which knows another one is
// found out before anything is given up.
#pragma once

#include <cstddef>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "chat/room/broadcast.hpp"
#include "chat/room/countdown.hpp"
#include "chat/room/registry.hpp"
#include "chat/session/session.hpp"

namespace chat {

struct Handover {
  std::size_t max_users = 0;
  Countdown::State shutdown;
  std::vector<int> listeners;
  Broadcast::State log;
  Registry::State registry;
  std::vector<Session::State> sessions;  // those in the room in the order in which they came

  // A new file in memory that holds all of this; closed when a program is executed. Throws
  // std::system_error.
  Descriptor write() const;
  // Throws std::runtime_error where the file is no such thing.
  static Handover read(const Descriptor& file);
};

// Asking a program whether it could take over a room of so many users: the question is a file in
// memory, which begins like the one it would get. It answers in there.
Descriptor ask_whether_ready(std::size_t max_users);      // throws std::system_error
std::size_t max_users_asked(const Descriptor& question);  // throws std::runtime_error: another form
void answer_ready(const Descriptor& question);            // throws std::system_error
bool is_ready(const Descriptor& question);                // throws std::runtime_error

}  // namespace chat
