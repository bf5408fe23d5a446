#include "chat/registry.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "chat/protocol.hpp"
#include "chat/text.hpp"

namespace chat {
namespace {

std::size_t seats_beside(const PasswordStorage& accounts, std::size_t max_users) {
  if (max_users < accounts.login_users()) {
    throw std::runtime_error("a maximum of " + std::to_string(max_users) +
                             " users is smaller than the number of login users, " +
                             std::to_string(accounts.login_users()));
  }
  return max_users - accounts.login_users();
}

// Whoever has such a name speaks for the room, or to everyone in it.
constexpr std::array kReserved = {
    "admin",     "administrator", "all",   "chat", "chatroom", "everyone", "here",  "host",
    "moderator", "operator",      "owner", "root", "server",   "staff",    "sysop", "system",
};

std::unordered_set<std::string> taken_skeletons(const PasswordStorage& accounts) {
  std::unordered_set<std::string> taken;
  for (const char* name : kReserved) taken.insert(name_skeleton(name));
  for (const auto& name : accounts.names()) taken.insert(name_skeleton(name));
  return taken;
}

}  // namespace

Registry::Registry(std::size_t max_users, const PasswordStorage& accounts, Broadcast& broadcast)
    : registered_seats_(seats_beside(accounts, max_users)),
      taken_(taken_skeletons(accounts)),
      broadcast_(broadcast) {}

Registry::Entry Registry::enter_registered(const std::string& name, Broadcast::Member& member) {
  const std::string key = name_skeleton(name);
  MutexLock lock(mutex_);
  if (taken_.contains(key) || registered_.contains(key)) return Entry::kNameUsed;
  if (registered_.size() == registered_seats_) return Entry::kFull;
  return enter(name, member, registered_, key);
}

Registry::Entry Registry::enter_login(const std::string& name, Broadcast::Member& member) {
  const std::string key = folded_name(name);
  MutexLock lock(mutex_);
  if (logged_in_.contains(key)) return Entry::kAlreadyIn;
  return enter(name, member, logged_in_, key);
}

Registry::Entry Registry::enter(const std::string& name, Broadcast::Member& member, Keys& keys,
                                const std::string& key) {
  stays_.emplace(&member, Stay{name, keys, key, protocol::left(name)});
  try {
    keys.insert(key);
    online_.push_back(name);
    if (broadcast_.enter(member, protocol::hello(name) + protocol::online(online_),
                         protocol::entered(name))) {
      return Entry::kIn;
    }
  } catch (...) {
    forget(member);
    throw;
  }
  forget(member);
  return Entry::kClosed;
}

void Registry::leave(Broadcast::Member& member, bool flush) noexcept {
  {
    MutexLock lock(mutex_);
    broadcast_.leave(member, stays_.at(&member).farewell, flush);
    forget(member);
  }
  broadcast_.wait_until_released(member);
}

// What was not noted yet is no obstacle.
void Registry::forget(const Broadcast::Member& member) noexcept {
  const auto found = stays_.find(&member);
  const Stay& stay = found->second;
  stay.keys.erase(stay.key);
  const auto name = std::find(online_.begin(), online_.end(), stay.name);
  if (name != online_.end()) online_.erase(name);
  stays_.erase(found);
}

std::vector<std::string> Registry::online() const {
  MutexLock lock(mutex_);
  return online_;
}

}  // namespace chat
