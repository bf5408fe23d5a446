// A variable of the environment; empty: it is not set. Thread safe as long as nobody sets one.
#pragma once

#include <cstdlib>
#include <string_view>

namespace chat {

inline std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace chat
