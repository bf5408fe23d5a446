// The server's command line and its one question. Pure but for the streams given.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "chat/server/server.hpp"

namespace chat {

struct ServerOptions {
  enum class Action {
    kServe,
    kCheck,
    kHelp,
    kShowVersion,
    kAddAccount,
    kRemoveAccount,
    kListAccounts
  };
  Action action = Action::kServe;
  ServerConfig config;  // max_users is 0 where it is still to be asked for
  std::string accounts_file = "password_storage";
  EventLog::Style log;
  std::string account_name;  // of --add-account and --remove-account
  bool is_operator = false;  // --add-account makes an operator's account
};

// The command line makes no sense; what() says why.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws UsageError.
ServerOptions parse_server_options(int argc, char* const* argv);

std::string server_usage();

// The whole number from 1 to kMaxUsersLimit that `text` is. Throws UsageError.
std::size_t parse_max_users(std::string_view text);

// Asks for the maximum number of users; on a terminal, again after a refusal. Throws
// std::runtime_error where there is no valid answer.
std::size_t ask_max_users(std::istream& in, std::ostream& out, bool terminal);

}  // namespace chat
