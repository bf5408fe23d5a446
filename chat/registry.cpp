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

std::unordered_set<std::string> folded_names(const PasswordStorage& accounts) {
  std::unordered_set<std::string> names;
  for (const auto& name : accounts.names()) names.insert(folded_name(name));
  return names;
}

Broadcast::Filter shared(const LineFilter& filter) {
  return filter.hides_anything() ? std::make_shared<const LineFilter>(filter) : nullptr;
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
    : max_users_(max_users),
      broadcast_(broadcast),
      registered_seats_(seats_beside(accounts, max_users)),
      taken_(taken_skeletons(accounts)),
      accounts_(folded_names(accounts)) {}

Registry::Entry Registry::enter_registered(const std::string& name, std::string_view password,
                                           Broadcast::Member& member, const Visit& visit) {
  const std::string key = name_skeleton(name);
  MutexLock lock(mutex_);
  return register_anew(name, password, member, visit, key);
}

Registry::Entry Registry::enter_login(const std::string& name, Broadcast::Member& member,
                                      const Visit& visit) {
  const std::string key = folded_name(name);
  MutexLock lock(mutex_);
  if (!accounts_.contains(key)) return Entry::kWrongPassword;
  if (logged_in_.contains(key)) return Entry::kAlreadyIn;
  return log_in_anew(name, member, visit, key);
}

Registry::Entry Registry::resume_registered(std::string& name, std::string_view password,
                                            Broadcast::Member& member, const Visit& visit) {
  const std::string key = name_skeleton(name);
  MutexLock lock(mutex_);
  const auto found = registered_.find(key);
  if (found != registered_.end()) {
    const Stay& stay = stays_.at(found->second);
    if (folded_name(stay.name) == folded_name(name)) {
      if (!equal_in_constant_time(stay.password, password)) return Entry::kWrongPassword;
      name = stay.name;
      return take_over(*found->second, member, visit);
    }
  }
  return register_anew(name, password, member, visit, key);
}

Registry::Entry Registry::resume_login(const std::string& name, Broadcast::Member& member,
                                       const Visit& visit) {
  const std::string key = folded_name(name);
  MutexLock lock(mutex_);
  if (!accounts_.contains(key)) return Entry::kWrongPassword;
  const auto found = logged_in_.find(key);
  if (found != logged_in_.end()) return take_over(*found->second, member, visit);
  return log_in_anew(name, member, visit, key);
}

Registry::Entry Registry::log_in_anew(const std::string& name, Broadcast::Member& member,
                                      const Visit& visit, const std::string& key) {
  // Who has registered it came before the account.
  if (registered_.contains(name_skeleton(name))) return Entry::kNameUsed;
  return enter({name, {}, logged_in_, key, visit.peer, visit.filter, {}}, member, visit);
}

Registry::Entry Registry::register_anew(const std::string& name, std::string_view password,
                                        Broadcast::Member& member, const Visit& visit,
                                        const std::string& key) {
  if (visit.only_accounts) return Entry::kOnlyAccounts;
  // An account that was removed is there until it has left.
  if (logged_in_.contains(folded_name(name))) return Entry::kNameUsed;
  if (taken_.contains(key) || registered_.contains(key)) return Entry::kNameUsed;
  if (registered_.size() >= registered_seats_) return Entry::kFull;
  return enter({name, std::string(password), registered_, key, visit.peer, visit.filter, {}},
               member, visit);
}

Registry::Entry Registry::enter(Stay stay, Broadcast::Member& member, const Visit& visit) {
  stay.since = std::chrono::system_clock::now();
  stay.filter.own_name = folded_name(stay.name);
  const Stay& held = stays_.emplace(&member, std::move(stay)).first->second;
  try {
    held.keys.emplace(held.key, &member);
    online_.push_back(held.name);
    apply_mute(member, held.name);
    if (broadcast_.enter(member, visit.rendering, greeting(held.name, visit), held.name,
                         shared(held.filter))) {
      return Entry::kIn;
    }
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
                                    const Visit& visit) {
  if (!member.is_connected()) return Entry::kGone;
  const Stay& taken = stays_.at(&old);
  PeerAddress peer = visit.peer;
  apply_mute(member, taken.name);
  if (!broadcast_.take_over(old, protocol::kResumedElsewhere, member, visit.rendering,
                            greeting(taken.name, visit), shared(taken.filter))) {
    return Entry::kClosed;
  }
  auto stay = stays_.extract(&old);
  stay.key() = &member;
  stay.mapped().keys.find(stay.mapped().key)->second = &member;
  stay.mapped().peer = std::move(peer);
  stays_.insert(std::move(stay));
  return Entry::kResumed;
}

Broadcast::Greeting Registry::greeting(const std::string& name, const Visit& visit) const {
  return {protocol::hello(name) + visit.notices, protocol::online(online_)};
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

std::vector<Profile> Registry::profiles() const {
  MutexLock lock(mutex_);
  std::vector<Profile> profiles;
  for (const auto& [member, stay] : stays_) profiles.push_back(profile_of(*member, stay));
  std::sort(profiles.begin(), profiles.end(),
            [](const Profile& one, const Profile& other) { return one.since < other.since; });
  return profiles;
}

std::optional<Profile> Registry::profile(std::string_view name) const {
  MutexLock lock(mutex_);
  const Broadcast::Member* const member = find(name);
  if (member == nullptr) return std::nullopt;
  return profile_of(*member, stays_.at(member));
}

Broadcast::Member* Registry::find(std::string_view name) const {
  const std::string folded = folded_name(name);
  if (const auto account = logged_in_.find(folded); account != logged_in_.end()) {
    return account->second;
  }
  const auto found = registered_.find(name_skeleton(name));
  if (found == registered_.end()) return nullptr;
  return folded_name(stays_.at(found->second).name) == folded ? found->second : nullptr;
}

Profile Registry::profile_of(const Broadcast::Member& member, const Stay& stay) const {
  return {stay.name,
          &stay.keys == &logged_in_,
          stay.peer,
          stay.since,
          std::max(stay.since, member.spoke()),
          stay.away};
}

Registry::Posted Registry::post(const Broadcast::Member& from, std::string_view to,
                                std::string_view text) {
  using Outcome = Posted::Outcome;
  MutexLock lock(mutex_);
  const auto sender = stays_.find(&from);
  Broadcast::Member* const member = find(to);
  if (sender == stays_.end() || member == nullptr) return {Outcome::kNobody};
  Stay& stay = stays_.at(member);
  if (member == &from) return {Outcome::kYourself, stay.name};
  const std::string& name = sender->second.name;
  if (stay.filter.ignores(name)) return {Outcome::kIgnored, stay.name};
  if (!broadcast_.post(*member, protocol::private_line(name, stay.name, text))) {
    return {Outcome::kNotReading, stay.name};
  }
  stay.last_to_write = name;
  return {Outcome::kSent, stay.name, stay.away};
}

std::string Registry::last_to_write_to(const Broadcast::Member& member) const {
  MutexLock lock(mutex_);
  const auto found = stays_.find(&member);
  return found == stays_.end() ? "" : found->second.last_to_write;
}

void Registry::set_away(const Broadcast::Member& member, std::optional<std::string> away) {
  MutexLock lock(mutex_);
  if (const auto found = stays_.find(&member); found != stays_.end()) {
    found->second.away = std::move(away);
  }
}

LineFilter Registry::filter_of(const Broadcast::Member& member) const {
  MutexLock lock(mutex_);
  const auto found = stays_.find(&member);
  return found == stays_.end() ? LineFilter{} : found->second.filter;
}

void Registry::set_filter(const Broadcast::Member& member, const LineFilter& filter) {
  MutexLock lock(mutex_);
  if (const auto found = stays_.find(&member); found != stays_.end()) {
    found->second.filter = filter;
  }
}

void Registry::tell(const std::function<bool(const Profile&)>& whom, const std::string& lines) {
  MutexLock lock(mutex_);
  for (const auto& keys : {&logged_in_, &registered_}) {
    for (const auto& [key, member] : *keys) {
      if (whom(profile_of(*member, stays_.at(member)))) (void)broadcast_.post(*member, lines);
    }
  }
}

std::vector<std::string> Registry::dismiss(const std::function<bool(const Profile&)>& whom,
                                           std::string_view farewell) {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& keys : {&logged_in_, &registered_}) {
    for (const auto& [key, member] : *keys) {
      const Stay& stay = stays_.at(member);
      if (!whom(profile_of(*member, stay))) continue;
      names.push_back(stay.name);
      broadcast_.dismiss(*member, farewell);
    }
  }
  return names;
}

std::optional<std::string> Registry::mute(std::string_view name, WallTime until) {
  MutexLock lock(mutex_);
  Broadcast::Member* const member = find(name);
  if (member == nullptr) return std::nullopt;
  const auto now = std::chrono::system_clock::now();
  std::erase_if(mutes_, [&](const auto& mute) { return mute.second <= now; });
  mutes_[folded_name(name)] = until;
  member->mute_until(until);
  return stays_.at(member).name;
}

void Registry::apply_mute(Broadcast::Member& member, const std::string& name) {
  const auto found = mutes_.find(folded_name(name));
  if (found != mutes_.end()) member.mute_until(found->second);
}

void Registry::claim_seats(const PasswordStorage& accounts) {
  const std::size_t seats = seats_beside(accounts, max_users_);
  MutexLock lock(mutex_);
  // After a handover more can be registered than there are seats: what takes none is no trouble.
  if (registered_.size() <= seats || registered_seats_ <= seats) {
    registered_seats_ = std::min(registered_seats_, seats);
    return;
  }
  throw std::runtime_error(std::to_string(accounts.login_users()) + " accounts and " +
                           std::to_string(registered_.size()) +
                           " who are registered now are more than " + std::to_string(max_users_) +
                           " users");
}

void Registry::adopt(const PasswordStorage& accounts, std::string_view farewell) {
  MutexLock lock(mutex_);
  registered_seats_ = seats_beside(accounts, max_users_);
  taken_ = taken_skeletons(accounts);
  accounts_ = folded_names(accounts);
  for (const auto& [key, member] : logged_in_) {
    if (!accounts_.contains(key)) broadcast_.dismiss(*member, farewell);
  }
}

Registry::Seats Registry::seats() const {
  MutexLock lock(mutex_);
  return {max_users_, accounts_.size(), logged_in_.size(), registered_.size()};
}

std::vector<std::pair<const Broadcast::Member*, Handover::Seat>> Registry::stays() const {
  MutexLock lock(mutex_);
  std::unordered_map<std::string_view, std::pair<const Broadcast::Member*, const Stay*>> by_name;
  for (const auto& [member, stay] : stays_) by_name[stay.name] = {member, &stay};
  std::vector<std::pair<const Broadcast::Member*, Handover::Seat>> seats;
  for (const std::string& name : online_) {
    const auto& [member, stay] = by_name.at(name);
    seats.push_back({member,
                     {stay->name, &stay->keys == &logged_in_, stay->password, stay->filter,
                      stay->since, member->spoke(), stay->away, stay->last_to_write}});
  }
  return seats;
}

std::vector<Handover::Mute> Registry::mutes() const {
  MutexLock lock(mutex_);
  std::vector<Handover::Mute> mutes;
  for (const auto& [name, until] : mutes_) mutes.push_back({name, until});
  return mutes;
}

void Registry::restore_mutes(const std::vector<Handover::Mute>& mutes) {
  MutexLock lock(mutex_);
  for (const Handover::Mute& mute : mutes) mutes_[mute.name] = mute.until;
}

// There may be fewer seats than before, and other accounts: who is in stays.
void Registry::restore(Broadcast::Member& member, const Handover::Connection& connection) {
  const Handover::Seat& seat = connection.seat;
  MutexLock lock(mutex_);
  const bool account = seat.login && accounts_.contains(folded_name(seat.name));
  Keys& keys = account ? logged_in_ : registered_;
  const Stay stay{seat.name,
                  seat.password,
                  keys,
                  account ? folded_name(seat.name) : name_skeleton(seat.name),
                  connection.peer,
                  seat.filter,
                  seat.since,
                  seat.away,
                  seat.last_to_write};
  keys.emplace(stay.key, &member);
  stays_.emplace(&member, stay);
  online_.push_back(seat.name);
  apply_mute(member, seat.name);
  broadcast_.restore(member, connection);
}

}  // namespace chat
