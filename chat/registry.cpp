#include "chat/registry.hpp"

#include <string.h>  // explicit_bzero

#include <algorithm>
#include <array>
#include <stdexcept>

#include "chat/password_hash.hpp"
#include "chat/protocol.hpp"
#include "chat/text.hpp"

namespace chat {
namespace {

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

std::size_t seats_beside(const PasswordStorage& accounts, std::size_t max_users) {
  if (max_users < accounts.login_users()) {
    throw std::runtime_error("a maximum of " + std::to_string(max_users) +
                             " users is smaller than the number of login users, " +
                             std::to_string(accounts.login_users()));
  }
  return max_users - accounts.login_users();
}

Registry::Registry(std::size_t max_users, const PasswordStorage& accounts, Broadcast& broadcast)
    : registered_seats_(seats_beside(accounts, max_users)),
      taken_(taken_skeletons(accounts)),
      accounts_(accounts),
      broadcast_(broadcast) {}

Registry::Entry Registry::enter_registered(const std::string& name, std::string_view password,
                                           Broadcast::Member& member, Rendering rendering) {
  const std::string key = name_skeleton(name);
  MutexLock lock(mutex_);
  return register_anew(name, password, member, rendering, key);
}

Registry::Entry Registry::enter_login(const std::string& name, Broadcast::Member& member,
                                      Rendering rendering) {
  const std::string key = folded_name(name);
  MutexLock lock(mutex_);
  if (logged_in_.contains(key)) return Entry::kAlreadyIn;
  return log_in_anew(name, member, rendering, key);
}

Registry::Entry Registry::log_in_anew(const std::string& name, Broadcast::Member& member,
                                      Rendering rendering, const std::string& key) {
  // Who has registered it came before the account.
  if (registered_.contains(name_skeleton(name))) return Entry::kNameUsed;
  return enter({name, {}, logged_in_, key}, member, rendering);
}

Registry::Entry Registry::resume_registered(std::string& name, std::string_view password,
                                            Broadcast::Member& member, Rendering rendering) {
  const std::string key = name_skeleton(name);
  MutexLock lock(mutex_);
  const auto found = registered_.find(key);
  if (found != registered_.end()) {
    const Stay& stay = stays_.at(found->second);
    if (folded_name(stay.name) == folded_name(name)) {
      if (!equal_in_constant_time(stay.password, password)) return Entry::kWrongPassword;
      name = stay.name;
      return take_over(*found->second, member, rendering);
    }
  }
  return register_anew(name, password, member, rendering, key);
}

Registry::Entry Registry::resume_login(const std::string& name, Broadcast::Member& member,
                                       Rendering rendering) {
  const std::string key = folded_name(name);
  MutexLock lock(mutex_);
  const auto found = logged_in_.find(key);
  if (found != logged_in_.end()) return take_over(*found->second, member, rendering);
  return log_in_anew(name, member, rendering, key);
}

Registry::Entry Registry::register_anew(const std::string& name, std::string_view password,
                                        Broadcast::Member& member, Rendering rendering,
                                        const std::string& key) {
  if (taken_.contains(key) || registered_.contains(key)) return Entry::kNameUsed;
  if (registered_.size() >= registered_seats_) return Entry::kFull;
  return enter({name, std::string(password), registered_, key}, member, rendering);
}

Registry::Entry Registry::enter(Stay stay, Broadcast::Member& member, Rendering rendering) {
  const Stay& held = stays_.emplace(&member, std::move(stay)).first->second;
  try {
    held.keys.emplace(held.key, &member);
    online_.push_back(held.name);
    if (broadcast_.enter(member, rendering, greeting(held.name), held.name)) return Entry::kIn;
  } catch (...) {
    forget(member);
    throw;
  }
  forget(member);
  return Entry::kClosed;
}

// What a dead connection has still asked for comes late: whoever it was has come back by another
// one, which holds the place since. Once the room knows, nothing can fail any more.
Registry::Entry Registry::take_over(Broadcast::Member& old, Broadcast::Member& member,
                                    Rendering rendering) {
  if (!member.is_connected()) return Entry::kGone;
  const Stay& taken = stays_.at(&old);
  if (!broadcast_.take_over(old, protocol::kResumedElsewhere, member, rendering,
                            greeting(taken.name))) {
    return Entry::kClosed;
  }
  auto stay = stays_.extract(&old);
  stay.key() = &member;
  stay.mapped().keys.find(stay.mapped().key)->second = &member;
  stays_.insert(std::move(stay));
  return Entry::kResumed;
}

Broadcast::Greeting Registry::greeting(const std::string& name) const {
  return {protocol::hello(name), protocol::online(online_)};
}

bool Registry::leave(Broadcast::Member& member, bool flush) noexcept {
  MutexLock lock(mutex_);
  const auto found = stays_.find(&member);
  if (found == stays_.end()) return false;
  broadcast_.leave(member, found->second.name, flush);
  forget(member);
  return true;
}

// What was not noted yet is no obstacle.
void Registry::forget(Broadcast::Member& member) noexcept {
  const auto found = stays_.find(&member);
  Stay& stay = found->second;
  ::explicit_bzero(stay.password.data(), stay.password.size());
  stay.keys.erase(stay.key);
  const auto name = std::find(online_.begin(), online_.end(), stay.name);
  if (name != online_.end()) online_.erase(name);
  stays_.erase(found);
}

std::vector<std::string> Registry::online() const {
  MutexLock lock(mutex_);
  return online_;
}

std::vector<std::pair<const Broadcast::Member*, Handover::Seat>> Registry::seats() const {
  MutexLock lock(mutex_);
  std::unordered_map<std::string_view, std::pair<const Broadcast::Member*, Handover::Seat>> by_name;
  for (const auto& [member, stay] : stays_) {
    const bool login = &stay.keys == &logged_in_;
    by_name[stay.name] = {member, {stay.name, login, stay.password}};
  }
  std::vector<std::pair<const Broadcast::Member*, Handover::Seat>> seats;
  for (const std::string& name : online_) seats.push_back(by_name.at(name));
  return seats;
}

// There may be fewer seats than before, and other accounts: who is in stays.
void Registry::restore(Broadcast::Member& member, const Handover::Connection& connection) {
  const auto& [name, login, password] = connection.seat;
  MutexLock lock(mutex_);
  const bool account = login && accounts_.contains(name);
  Keys& keys = account ? logged_in_ : registered_;
  const Stay stay{name, password, keys, account ? folded_name(name) : name_skeleton(name)};
  keys.emplace(stay.key, &member);
  stays_.emplace(&member, stay);
  online_.push_back(name);
  broadcast_.restore(member, connection);
}

}  // namespace chat
