// Which version of the chatroom this is. The Makefile reads it from here.
#pragma once

#include <string_view>

namespace chat {

inline constexpr std::string_view kVersion = "1.0.0";

}  // namespace chat
