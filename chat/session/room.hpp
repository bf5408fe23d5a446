// The room as a whole: owns who is in it, what was said, and all else that its sessions share, but
// for the files and the log, which outlive it.
//
// Threads: each part is thread safe for itself, and so is what the room does.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "chat/base/counters.hpp"
#include "chat/base/event_log.hpp"
#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/base/poller.hpp"
#include "chat/net/proxy_line.hpp"
#include "chat/room/broadcast.hpp"
#include "chat/room/countdown.hpp"
#include "chat/room/limits.hpp"
#include "chat/room/registry.hpp"
#include "chat/room/source_limits.hpp"
#include "chat/session/ban_exemptions.hpp"
#include "chat/session/hash_gate.hpp"
#include "chat/session/limits.hpp"
#include "chat/session/lobby.hpp"
#include "chat/session/standstill.hpp"
#include "chat/storage/password_storage.hpp"
#include "chat/storage/room_storage.hpp"
#include "chat/storage/stored.hpp"
#include "chat/storage/transcript.hpp"

namespace chat {

struct RoomConfig {
  std::size_t max_users = 0;
  bool trust_unix_users = false;              // for the account of their name they need no password
  std::optional<TrustedProxy> trusted_proxy;  // who comes from there says where from first
  std::chrono::milliseconds login_timeout = kDefaultLoginTimeout;
  std::chrono::milliseconds stall_timeout = kDefaultStallTimeout;
  std::size_t max_pending = kDefaultMaxPending;  // connected, not in yet
  std::size_t max_pending_per_address = kDefaultMaxPendingPerAddress;
  std::size_t max_members_per_address = 0;  // registered; 0: half of the free seats
  int rate = kDefaultRate;                  // lines a second and member; 0: no limit
  std::string transcript;                   // a file; empty: none
  Transcript::Sync transcript_sync = Transcript::Sync::kSecond;
  std::uint64_t transcript_max = 0;         // bytes, beyond which it is rotated; 0: it is not
  std::uint64_t history = kDefaultHistory;  // of the room's lines, for one who comes in
};

class Room {
 public:
  // Goes on from the log that another program has left, where there is one. Throws where the
  // accounts do not fit into the maximum, or the transcript cannot be opened.
  Room(const RoomConfig& config, Stored<PasswordStorage>& its_accounts,
       Stored<RoomStorage>& its_storage, EventLog& its_log, const Broadcast::State* left = nullptr);
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  // Takes plain lines that operators are told by tell_operators(), of which `attention` speaks. By
  // whichever thread: it does not wait.
  void tell_operators_later(const std::string& news);
  void tell_operators();

  Stored<PasswordStorage>& accounts;
  Stored<RoomStorage>& storage;
  EventLog& log;
  const std::chrono::milliseconds login_timeout;
  const int rate;
  const bool trust_unix_users;
  const std::optional<TrustedProxy> trusted_proxy;
  const Clock::time_point started = Clock::now();

  WakeEvent attention;  // of the thread that owns the server
  WakeEvent wake;       // of the accept thread: a worker has finished, there are places, or the end
  std::atomic<bool> stopping{false};

  std::optional<Transcript> transcript;
  Broadcast broadcast;
  Registry registry;
  HashGate hash_gate{kMaxHashes};
  Lobby lobby;
  Countdown countdown{attention};
  Standstill standstill;
  BanExemptions exemptions;
  SourceLimits source_limits;
  Counters refused;  // connections, and tries to come in, by reason
  std::atomic<std::uint64_t> joins{0};
  std::atomic<int> name_lookups{0};  // of Unix users, under way

 private:
  Mutex news_mutex_;
  std::string news_ GUARDED_BY(news_mutex_);  // for operators
};

}  // namespace chat
