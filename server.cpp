// The chatroom's server: options, wiring, run, one catch.
#include "chat/server.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <string>

#include "chat/account_commands.hpp"
#include "chat/event_log.hpp"
#include "chat/password_storage.hpp"
#include "chat/server_options.hpp"
#include "chat/socket.hpp"
#include "chat/terminal.hpp"

namespace {

// From here on these signals wait until sigwait() takes them: no code ever runs in a handler. That
// a pipe on standard error is read by nobody any more, or that a file may not grow, is no reason to
// end.
sigset_t block_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  (void)::signal(SIGPIPE, SIG_IGN);
  (void)::signal(SIGXFSZ, SIG_IGN);
  return signals;
}

int serve(chat::ServerOptions options) {
  const auto accounts = chat::PasswordStorage::load(options.accounts_file);
  auto& config = options.config;
  if (config.max_users == 0) {
    config.max_users = chat::ask_max_users(std::cin, std::cout, ::isatty(STDIN_FILENO) == 1);
  }
  const std::size_t descriptors = chat::raise_descriptor_limit();
  if (config.max_users + chat::kReservedDescriptors > descriptors) {
    std::cerr << "server: note: this process may open " << descriptors << " files (ulimit -n), "
              << "too few for " << config.max_users << " users\n";
  }
  const sigset_t signals = block_signals();
  chat::limit_thread_stacks();
  chat::EventLog log(chat::standard_error());
  chat::Server server(config, accounts, log);
  std::cout << chat::start_line(server, config, accounts) << std::endl;
  log.write("started", "port " + std::to_string(server.port()));
  int signal = 0;
  while (::sigwait(&signals, &signal) == 0 && signal == SIGHUP) server.reopen_transcript();
  server.stop();
  log.write("stopped", signal == SIGINT ? "SIGINT" : "SIGTERM");
  return 0;
}

int run(const chat::ServerOptions& options) {
  using Action = chat::ServerOptions::Action;
  switch (options.action) {
    case Action::kHelp:
      std::cout << chat::server_usage();
      return 0;
    case Action::kAddAccount:
      return chat::add_account(options.accounts_file, options.account_name);
    case Action::kRemoveAccount:
      return chat::remove_account(options.accounts_file, options.account_name);
    case Action::kListAccounts:
      return chat::list_accounts(options.accounts_file);
    case Action::kServe:
      break;
  }
  return serve(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    chat::reserve_standard_descriptors();
    return run(chat::parse_server_options(argc, argv));
  } catch (const chat::UsageError& error) {
    std::cerr << "server: " << error.what() << "\n(--help lists the options)\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "server: " << error.what() << '\n';
    return 1;
  }
}
