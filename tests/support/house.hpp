// A room without a server: all that a session on the test's own thread needs.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "chat/session/room.hpp"

struct House {
  // Seats for the accounts, and so many others.
  House(const chat::PasswordStorage& known, std::size_t others,
        const std::optional<chat::TrustedProxy>& proxy = {})
      : accounts(known),
        room(config_of(known.login_users() + others, proxy), accounts, storage, log) {}

  static chat::RoomConfig config_of(std::size_t max_users,
                                    const std::optional<chat::TrustedProxy>& proxy) {
    chat::RoomConfig config;
    config.max_users = max_users;
    config.trusted_proxy = proxy;
    config.max_pending = config.max_pending_per_address = 4;
    config.login_timeout = std::chrono::seconds(20);
    config.rate = 0;
    config.history = 0;
    return config;
  }

  chat::Stored<chat::PasswordStorage> accounts;
  chat::Stored<chat::RoomStorage> storage{chat::RoomStorage()};
  chat::EventLog log;
  chat::Room room;
};
