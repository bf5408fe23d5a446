// A room without a server: all that a session on the test's own thread needs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>

#include "chat/session/room.hpp"

struct House {
  // Seats for the accounts, and so many others.
  House(const chat::PasswordStorage& known, std::size_t others)
      : accounts(known), registry(known.login_users() + others, known, storage, broadcast) {}

  chat::Stored<chat::PasswordStorage> accounts;
  chat::Stored<chat::RoomStorage> storage{chat::RoomStorage()};
  chat::Broadcast broadcast;
  chat::Registry registry;
  chat::HashGate hash_gate{chat::kMaxHashes};
  chat::WakeEvent changed;
  chat::Lobby lobby{4, 4, "! full\n", hash_gate, changed};
  chat::EventLog log;
  chat::Standstill standstill;
  chat::Countdown countdown{changed};
  std::atomic<bool> stopping{false};
  chat::Room room{accounts, storage,    registry,  broadcast, hash_gate, lobby,
                  log,      standstill, countdown, changed,   stopping,  std::chrono::seconds(20),
                  0};
};
