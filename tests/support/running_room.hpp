// A real server in the test's own process, on a port of its own.
#pragma once

#include <crypt.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "chat/base/event_log.hpp"
#include "chat/server/server.hpp"
#include "chat/storage/password_storage.hpp"

// A hash as cheap as libcrypt has them: a test that is not about its cost need not pay it.
inline std::string cheap_hash(const std::string& password) {
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (::crypt_gensalt_rn("$y$", 1, nullptr, 0, setting, sizeof setting) == nullptr) {
    throw std::runtime_error("crypt_gensalt_rn");
  }
  const auto work = std::make_unique<crypt_data>();
  const char* const hash = ::crypt_r(password.c_str(), setting, work.get());
  if (hash == nullptr) throw std::runtime_error("crypt_r");
  return hash;
}

// Accounts with their passwords.
inline chat::PasswordStorage accounts_of(const std::map<std::string, std::string>& passwords) {
  chat::PasswordStorage accounts;
  for (const auto& [name, password] : passwords) accounts.add(name, cheap_hash(password));
  return accounts;
}

class RunningRoom {
 public:
  // Without a limit on the rate and without history, where the test does not say otherwise.
  explicit RunningRoom(std::size_t max_users,
                       const std::map<std::string, std::string>& passwords = {})
      : RunningRoom(config_of(max_users), passwords) {}
  // With its event log on `log`.
  RunningRoom(const chat::ServerConfig& config, const std::map<std::string, std::string>& passwords,
              chat::Descriptor log = chat::Descriptor())
      : RunningRoom(accounts_of(passwords), config, std::move(log)) {}
  RunningRoom(chat::PasswordStorage accounts, const chat::ServerConfig& config,
              chat::Descriptor log = chat::Descriptor())
      : accounts_(std::move(accounts)),
        log_(std::move(log)),
        server_(config, accounts_, storage_, log_) {}

  static chat::ServerConfig config_of(std::size_t max_users) {
    chat::ServerConfig config;
    config.max_users = max_users;
    config.address = "127.0.0.1";
    config.port = 0;
    config.rate = 0;
    config.history = 0;
    return config;
  }

  std::uint16_t port() const { return server_.port(); }
  void stop() { server_.stop(); }
  chat::Stored<chat::PasswordStorage>& accounts() { return accounts_; }
  chat::Stored<chat::RoomStorage>& storage() { return storage_; }

 private:
  chat::Stored<chat::PasswordStorage> accounts_;
  chat::Stored<chat::RoomStorage> storage_{chat::RoomStorage()};
  chat::EventLog log_;
  chat::Server server_;
};
