#include "chat/registry.hpp"

#include <algorithm>
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

}  // namespace

Registry::Registry(std::size_t max_users, const PasswordStorage& accounts, Broadcast& broadcast)
    : registered_seats_(seats_beside(accounts, max_users)),
      accounts_(accounts),
      broadcast_(broadcast) {}

Registry::Entry Registry::enter_registered(const std::string& name, Broadcast::Member& member) {
  MutexLock lock(mutex_);
  if (accounts_.contains(name) || used_.contains(folded_name(name))) return Entry::kNameUsed;
  if (registered_ == registered_seats_) return Entry::kFull;
  const Entry entry = enter(name, member);
  if (entry == Entry::kIn) ++registered_;
  return entry;
}

Registry::Entry Registry::enter_login(const std::string& name, Broadcast::Member& member) {
  MutexLock lock(mutex_);
  if (used_.contains(folded_name(name))) return Entry::kAlreadyIn;
  return enter(name, member);
}

Registry::Entry Registry::enter(const std::string& name, Broadcast::Member& member) {
  used_.insert(folded_name(name));
  online_.push_back(name);
  if (!broadcast_.enter(member, protocol::hello(name) + protocol::online(online_),
                        protocol::entered(name))) {
    used_.erase(folded_name(name));
    online_.pop_back();
    return Entry::kClosed;
  }
  return Entry::kIn;
}

void Registry::leave(const std::string& name, Broadcast::Member& member, bool flush) {
  {
    MutexLock lock(mutex_);
    used_.erase(folded_name(name));
    online_.erase(std::find(online_.begin(), online_.end(), name));
    if (!accounts_.contains(name)) --registered_;
    broadcast_.leave(member, protocol::left(name), flush);
  }
  broadcast_.wait_until_released(member);
}

std::vector<std::string> Registry::online() const {
  MutexLock lock(mutex_);
  return online_;
}

}  // namespace chat
