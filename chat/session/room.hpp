// What all sessions share: references to what the server owns, all of it thread safe and outliving
// the sessions.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "chat/base/counters.hpp"
#include "chat/base/event_log.hpp"
#include "chat/base/limits.hpp"
#include "chat/net/proxy_line.hpp"
#include "chat/room/broadcast.hpp"
#include "chat/room/countdown.hpp"
#include "chat/room/registry.hpp"
#include "chat/room/source_limits.hpp"
#include "chat/session/ban_exemptions.hpp"
#include "chat/session/hash_gate.hpp"
#include "chat/session/lobby.hpp"
#include "chat/session/standstill.hpp"
#include "chat/storage/password_storage.hpp"
#include "chat/storage/room_storage.hpp"
#include "chat/storage/stored.hpp"

namespace chat {

struct Room {
  Stored<PasswordStorage>& accounts;
  Stored<RoomStorage>& storage;
  Registry& registry;
  Broadcast& broadcast;
  HashGate& hash_gate;
  Lobby& lobby;
  EventLog& log;
  Standstill& standstill;
  Countdown& countdown;
  WakeEvent& attention;  // of the thread that owns the server
  const std::atomic<bool>& stopping;
  std::chrono::milliseconds login_timeout;
  int rate;  // lines a second and member; 0: no limit
  bool trust_unix_users = false;
  std::optional<TrustedProxy> trusted_proxy = {};
  BanExemptions exemptions{trusted_proxy ? trusted_proxy->range() : std::nullopt};
  const Clock::time_point started = Clock::now();
  Counters refused = {};  // connections, and tries to come in, by reason
  std::atomic<std::uint64_t> joins{0};
  std::atomic<int> name_lookups{0};  // of Unix users, under way
  SourceLimits source_limits{rate};
};

}  // namespace chat
