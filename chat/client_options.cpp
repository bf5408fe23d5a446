#include "chat/client_options.hpp"

#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>

namespace chat {
namespace {

constexpr std::string_view kPortEquals = "--port=";

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stopped != end || port == 0) return std::nullopt;
  return port;
}

ClientOptions failure(const std::string& error) {
  ClientOptions options;
  options.error = error;
  return options;
}

}  // namespace

ClientOptions parse_client_options(const std::vector<std::string>& arguments) {
  ClientOptions options;
  bool has_host = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--help") {
      options.help = true;
      return options;
    }
    if (argument == "--port" || argument.starts_with(kPortEquals)) {
      const bool apart = argument == "--port";
      if (apart && ++i == arguments.size()) return failure("--port needs a number");
      const std::string text = apart ? arguments[i] : argument.substr(kPortEquals.size());
      const auto port = parse_port(text);
      if (!port) return failure("--port takes 1 to 65535, not '" + text + "'");
      options.port = *port;
    } else if (argument.empty()) {
      return failure("HOST is empty");
    } else if (argument.starts_with('-')) {
      return failure("unknown option " + argument);
    } else if (has_host) {
      return failure("one HOST only, not also '" + argument + "'");
    } else {
      options.host = argument;
      has_host = true;
    }
  }
  if (!has_host) return failure("HOST is missing");
  return options;
}

std::string_view client_usage() {
  return "usage: client HOST [--port N]\n"
         "\n"
         "Enters the chatroom that runs on HOST.\n"
         "\n"
         "  --port N  the server's port (default 3490)\n"
         "  --help    this text\n"
         "\n"
         "Ctrl+C, Ctrl+D or /quit leave. Status: 0 after a normal end, 1 where connecting, coming\n"
         "in or the connection failed, 2 for wrong arguments.\n";
}

}  // namespace chat
