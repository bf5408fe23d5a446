// The chatroom's server: options, wiring, run, one catch.
#include <exception>
#include <iostream>

#include "chat/account_commands.hpp"
#include "chat/descriptor.hpp"
#include "chat/program_name.hpp"
#include "chat/server_options.hpp"
#include "chat/serving.hpp"
#include "chat/text.hpp"
#include "chat/version.hpp"

namespace {

int run(const chat::ServerOptions& options, char* const* argv) {
  using Action = chat::ServerOptions::Action;
  switch (options.action) {
    case Action::kHelp:
      std::cout << chat::server_usage();
      return 0;
    case Action::kVersion:
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
