// The chatroom's server: options, wiring, run, one catch.
#include <exception>
#include <iostream>

#include "chat/base/descriptor.hpp"
#include "chat/base/program_name.hpp"
#include "chat/base/text.hpp"
#include "chat/base/version.hpp"
#include "chat/server/account_commands.hpp"
#include "chat/server/server_options.hpp"
#include "chat/server/serving.hpp"

namespace {

int run(const chat::ServerOptions& options, char* const* argv) {
  using Action = chat::ServerOptions::Action;
  switch (options.action) {
    case Action::kHelp:
      std::cout << chat::server_usage();
      return 0;
    case Action::kShowVersion:
      std::cout << "chatroom-server " << chat::kVersion << '\n';
      return 0;
    case Action::kCheck:
      chat::check(options);
      return 0;
    case Action::kAddAccount:
      return chat::add_account(options.accounts_file, options.account_name, options.is_operator);
    case Action::kRemoveAccount:
      return chat::remove_account(options.accounts_file, options.account_name);
    case Action::kListAccounts:
      return chat::list_accounts(options.accounts_file);
    case Action::kServe:
      break;
  }
  chat::serve(options, argv);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    chat::reserve_standard_descriptors();
    chat::use_utf8_locale();
    return run(chat::parse_server_options(argc, argv), argv);
  } catch (const chat::UsageError& error) {
    std::cerr << chat::program_name() << ": " << error.what() << "\n(--help lists the options)\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << chat::program_name() << ": " << error.what() << '\n';
    return 1;
  }
}
