// What the client is told on its command line. Pure; thread safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chat/limits.hpp"

namespace chat {

struct ClientOptions {
  std::string host;
  std::uint16_t port = kDefaultPort;
  bool help = false;
  std::string error;  // what is wrong with the arguments; empty: nothing
};

// `arguments` without the program's name.
ClientOptions parse_client_options(const std::vector<std::string>& arguments);

// How the client is called, for --help and for whoever called it wrongly.
std::string_view client_usage();

}  // namespace chat
