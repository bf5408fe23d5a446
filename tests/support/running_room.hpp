// A real server in the test's own process, on a port of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "chat/event_log.hpp"
#include "chat/password_hash.hpp"
#include "chat/password_storage.hpp"
#include "chat/server.hpp"

// Accounts with their passwords. The hashes are computed once: each takes a while.
inline chat::PasswordStorage accounts_of(const std::map<std::string, std::string>& passwords) {
  static std::map<std::string, std::string> hashes;
  chat::PasswordStorage accounts;
  for (const auto& [name, password] : passwords) {
    auto& hash = hashes[password];
    if (hash.empty()) hash = chat::hash_password(password);
    accounts.add(name, hash);
  }
  return accounts;
}

class RunningRoom {
 public:
  // Without a limit on the rate where the test does not say otherwise.
  explicit RunningRoom(std::size_t max_users,
                       const std::map<std::string, std::string>& passwords = {})
      : RunningRoom(config_of(max_users), passwords) {}
  RunningRoom(const chat::ServerConfig& config, const std::map<std::string, std::string>& passwords)
      : RunningRoom(config, passwords, chat::Descriptor()) {}
  // With its event log on `log`.
  RunningRoom(const chat::ServerConfig& config, const std::map<std::string, std::string>& passwords,
              chat::Descriptor log)
      : accounts_(accounts_of(passwords)), log_(std::move(log)), server_(config, accounts_, log_) {}

  static chat::ServerConfig config_of(std::size_t max_users) {
    chat::ServerConfig config;
    config.max_users = max_users;
    config.address = "127.0.0.1";
    config.port = 0;
    config.rate = 0;
    return config;
  }

  std::uint16_t port() const { return server_.port(); }
  void stop() { server_.stop(); }

 private:
  const chat::PasswordStorage accounts_;
  chat::EventLog log_;
  chat::Server server_;
};
