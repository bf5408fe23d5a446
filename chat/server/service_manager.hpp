// Talks to a service manager such as systemd: takes its sockets, tells it the state. By
// environment variables, and datagrams to a socket that one of them names (sd_notify(3),
// sd_listen_fds(3)). Without those it does nothing.
//
// For the main thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

class ServiceManager {
 public:
  // Reads the environment. Throws std::runtime_error where that makes no sense.
  ServiceManager();

  // Listening sockets that are there already, for this process: once, so that a program which takes
  // its place does not take them for its own.
  std::vector<int> take_listeners();

  // READY=1 and the like. Best effort.
  void tell(std::string_view state) const;

  // How often it wants to hear that all is well. Nothing: never.
  std::optional<std::chrono::milliseconds> watchdog() const { return watchdog_; }

 private:
  std::string socket_;  // where it listens; empty: nowhere
  std::optional<std::chrono::milliseconds> watchdog_;
};

// Whether what is written to standard error goes to the journal, which understands priorities in
// front of lines.
bool logs_to_journal();

}  // namespace chat
