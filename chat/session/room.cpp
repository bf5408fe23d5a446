#include "chat/session/room.hpp"

#include "chat/wire/protocol.hpp"

namespace chat {

Room::Room(const RoomConfig& config, Stored<PasswordStorage>& its_accounts,
           Stored<RoomStorage>& its_storage, EventLog& its_log, const Broadcast::State* left)
    : accounts(its_accounts),
      storage(its_storage),
      log(its_log),
      login_timeout(config.login_timeout),
      rate(config.rate),
      trust_unix_users(config.trust_unix_users),
      trusted_proxy(config.trusted_proxy),
      broadcast(config.stall_timeout, config.history,
                config.transcript.empty()
                    ? nullptr
                    : &transcript.emplace(
                          config.transcript, config.transcript_sync, log,
                          [this](const std::string& news) { tell_operators_later(news); },
                          config.transcript_max),
                left),
      registry(config.max_users, *accounts.current(), storage, broadcast,
               config.max_members_per_address),
      lobby(config.max_pending, config.max_pending_per_address, protocol::kMadeRoom, hash_gate,
            wake),
      exemptions(trusted_proxy ? trusted_proxy->range() : std::nullopt),
      source_limits(rate) {}

void Room::tell_operators_later(const std::string& news) {
  {
    MutexLock lock(news_mutex_);
    news_ += "* " + news + "\n";
  }
  attention.signal();
}

void Room::tell_operators() {
  std::string news;
  {
    MutexLock lock(news_mutex_);
    news.swap(news_);
  }
  if (news.empty()) return;
  const auto known = accounts.current();
  registry.tell([&](const Profile& one) { return known->is_operator(one.name, one.account); },
                news);
}

}  // namespace chat
