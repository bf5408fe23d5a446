// As what this program was called: server and client where they are built, chatroom-server and
// chatroom where they are installed. What it says of itself begins so.
#pragma once

#include <cerrno>
#include <string>

namespace chat {

inline std::string program_name() { return ::program_invocation_short_name; }

}  // namespace chat
