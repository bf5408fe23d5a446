#include "chat/room/registry.hpp"

#include <string.h>  // explicit_bzero

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include "chat/base/text.hpp"
#include "chat/net/network.hpp"
#include "chat/room/limits.hpp"
#include "chat/storage/password_hash.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

// Whoever has such a name speaks for the room, or to everyone in it.
constexpr std::array kReserved = {
    "admin",     "administrator", "all",   "chat", "chatroom", "everyone", "here",  "host",
    "moderator", "operator",      "owner", "root", "server",   "staff",    "sysop", "system",
};

constexpr std::string_view kNoAccount = "! your account is no more\n";
constexpr std::string_view kLooksLikeAccount = "! your name looks like an account's now\n";

std::unordered_set<std::string> skeletons_of(const PasswordStorage& accounts) {
  std::unordered_set<std::string> skeletons;
  for (const auto& name : accounts.names()) skeletons.insert(name_skeleton(name));
  return skeletons;
}

std::unordered_set<std::string> taken_skeletons(const PasswordStorage& accounts) {
  std::unordered_set<std::string> taken = skeletons_of(accounts);
  for (const std::string name : kReserved) {
    taken.insert(name_skeleton(name));
    taken.insert(name_skeleton(name + "s"));
  }
  return taken;
}

// All 0 where that says nothing of who it is: many come from there, or it is not known.
Source source_of(const PeerAddress& peer) {
  const bool unknown = peer.exempt || peer.loopback || peer.address == IpAddress{};
  return unknown ? Source{} : peer.source;
}

}  // namespace

std::size_t seats_beside(const PasswordStorage& accounts, std::size_t max_users) {
  if (max_users < accounts.login_users()) {
    throw std::runtime_error("a maximum of " + std::to_string(max_users) +
                             " users is smaller than the number of login users, " +
                             std::to_string(accounts.login_users()) +
                             ": raise --max-users, or remove accounts");
  }
  return max_users - accounts.login_users();
}

Registry::Registry(std::size_t max_users, const PasswordStorage& accounts,
                   const Stored<RoomStorage>& storage, Broadcast& broadcast,
                   std::size_t max_per_address)
    : max_users_(max_users),
      storage_(storage),
      broadcast_(broadcast),
      max_per_address_(max_per_address),
      registered_seats_(seats_beside(accounts, max_users)),
      taken_(taken_skeletons(accounts)),
      accounts_(by_name(accounts)) {}

std::unordered_map<std::string, Registry::Account> Registry::by_name(
    const PasswordStorage& accounts) {
  std::unordered_map<std::string, Account> by_name;
  for (const auto& name : accounts.names()) {
    by_name[folded_name(name)] = {accounts.id_of(name), accounts.is_operator(name)};
  }
  return by_name;
}

// Swapped, so that what it held leaves when `other` ends.
Registry::Membership& Registry::Membership::operator=(Membership&& other) noexcept {
  std::swap(registry_, other.registry_);
  hold_.swap(other.hold_);
  return *this;
}

Registry::Membership::~Membership() {
  if (hold_) (void)registry_->leave(std::move(*this), false);
}

Registry::Entered Registry::enter_registered(const std::string& name, std::string_view password,
                                             Subscriber& member, const Visit& visit) {
  const std::string key = name_skeleton(name);
  MutexLock lock(mutex_);
  if (is_banned(name, visit.peer)) return Entry::kBanned;
  return register_anew(name, password, member, visit, key);
}

Registry::Entered Registry::enter_login(const std::string& name, AccountId account,
                                        Subscriber& member, const Visit& visit) {
  const std::string key = folded_name(name);
  MutexLock lock(mutex_);
  if (is_banned(name, visit.peer)) return Entry::kBanned;
  if (!is_account(key, account)) return Entry::kWrongPassword;
  return log_in_anew(name, account, member, visit, key);
}

Registry::Entered Registry::resume_registered(std::string& name, std::string_view password,
                                              Subscriber& member, const Visit& visit) {
  const std::string key = name_skeleton(name);
  MutexLock lock(mutex_);
  if (is_banned(name, visit.peer)) return Entry::kBanned;
  const auto found = registered_.find(key);
  if (found != registered_.end()) {
    Stay& stay = *found->second;
    if (folded_name(stay.name) == folded_name(name)) {
      if (!equal_in_constant_time(stay.password, password)) return Entry::kWrongPassword;
      if (!stay.farewell.empty()) return Entry::kSentAway;
      name = stay.name;
      return take_over(stay, member, visit);
    }
  }
  return register_anew(name, password, member, visit, key);
}

Registry::Entered Registry::resume_login(const std::string& name, AccountId account,
                                         Subscriber& member, const Visit& visit) {
  const std::string key = folded_name(name);
  MutexLock lock(mutex_);
  if (is_banned(name, visit.peer)) return Entry::kBanned;
  if (!is_account(key, account)) return Entry::kWrongPassword;
  const auto found = logged_in_.find(key);
  if (found != logged_in_.end()) {
    Stay& stay = *found->second;
    if (stay.account == account) {
      if (!stay.farewell.empty()) return Entry::kSentAway;
      return take_over(stay, member, visit);
    }
  }
  return log_in_anew(name, account, member, visit, key);
}

bool Registry::is_account(const std::string& key, AccountId id) const {
  const auto found = accounts_.find(key);
  return found != accounts_.end() && found->second.id == id;
}

bool Registry::is_banned(std::string_view name, const PeerAddress& peer) const {
  const auto storage = storage_.current();
  const auto now = std::chrono::system_clock::now();
  return storage->ban_of(name, now) != nullptr || storage->ban_of(peer, now) != nullptr;
}

Registry::Entered Registry::log_in_anew(const std::string& name, AccountId account,
                                        Subscriber& member, const Visit& visit,
                                        const std::string& key) {
  if (!makes_way(logged_in_, key)) return Entry::kAlreadyIn;
  if (!makes_way(registered_, name_skeleton(name))) return Entry::kNameUsed;
  return enter({&member, name, account, 0, {}, logged_in_, key, visit.peer, {}}, visit);
}

// Whether nobody has that key any more: one who is sent away has left then, though its worker does
// not know yet.
bool Registry::makes_way(const Keys& keys, const std::string& key) noexcept {
  const auto found = keys.find(key);
  if (found == keys.end()) return true;
  Stay& stay = *found->second;
  if (stay.farewell.empty()) return false;
  broadcast_.leave(*stay.member, stay.name, true);
  forget(stay);
  return true;
}

Registry::Entered Registry::register_anew(const std::string& name, std::string_view password,
                                          Subscriber& member, const Visit& visit,
                                          const std::string& key) {
  if (storage_.current()->closed()) return Entry::kOnlyAccounts;
  // An account that was removed is there until it has left.
  if (logged_in_.contains(folded_name(name))) return Entry::kNameUsed;
  if (taken_.contains(key) || registered_.contains(key)) return Entry::kNameUsed;
  if (registered_.size() >= registered_seats_) return Entry::kFull;
  if (is_address_full(visit.peer)) return Entry::kAddressFull;
  return enter({&member, name, 0, 0, std::string(password), registered_, key, visit.peer, {}},
               visit);
}

// A wider network (see network.hpp) has twice as many, but not more than half of the free seats,
// where an address alone has not. This machine's own, and those that are not known, are free.
bool Registry::is_address_full(const PeerAddress& peer) const {
  if (peer.loopback || peer.address == IpAddress{}) return false;
  const std::size_t half = std::max<std::size_t>(1, registered_seats_ / 2);
  const std::size_t most = max_per_address_ == 0 ? half : max_per_address_;
  for (std::size_t level = 0; level < levels_of(peer.source); ++level) {
    const Network network = network_of(peer.source, level);
    std::size_t count = 0;
    for (const auto& [key, stay] : registered_) {
      const PeerAddress& other = stay->peer;
      if (!other.loopback && network_of(other.source, level) == network) ++count;
    }
    if (count >= std::max(most, std::min(most << level, half))) return true;
  }
  return false;
}

Registry::Entered Registry::enter(Stay stay, const Visit& visit) {
  auto hold = std::make_unique<Hold>();
  stay.number = ++last_stay_;
  stay.since = std::chrono::system_clock::now();
  Stay& held = add(std::move(stay), *hold);
  try {
    apply_mutes(*held.member, talker_of(held), {});
    if (broadcast_.enter(*held.member, visit.rendering, greeting(held.name, visit), held.name)) {
      return {Entry::kIn, Membership(*this, std::move(hold))};
    }
  } catch (...) {
    forget(held);
    throw;
  }
  forget(held);
  return Entry::kClosed;
}

// Where memory runs out, nothing has happened.
Registry::Stay& Registry::add(Stay stay, Hold& hold) {
  online_.push_back(stay.name);
  try {
    stays_.push_back(std::move(stay));
    Stay& held = stays_.back();
    held.place = std::prev(stays_.end());
    try {
      held.key_place = held.keys.emplace(held.key, &held).first;
    } catch (...) {
      stays_.pop_back();
      throw;
    }
    held.hold = &hold;
    hold.stay = &held;
    return held;
  } catch (...) {
    online_.pop_back();
    throw;
  }
}

// A dead connection must not take over: its user may have resumed by another one already, which
// would lose its place to it. Once the room knows, nothing can fail any more.
Registry::Entered Registry::take_over(Stay& stay, Subscriber& member, const Visit& visit) {
  if (!member.is_connected()) return Entry::kGone;
  auto hold = std::make_unique<Hold>();
  Subscriber& old = *stay.member;
  PeerAddress peer = visit.peer;
  Talker talker = talker_of(stay);
  talker.source = source_of(peer);
  apply_mutes(member, talker, old.muted_until());
  member.spend_lines_until(old.lines_spent_until());
  member.has_spoken(old.spoke());
  member.has_said(old.last_said());
  if (!broadcast_.take_over(old, protocol::kResumedElsewhere, member, visit.rendering,
                            greeting(stay.name, visit))) {
    return Entry::kClosed;
  }
  stay.member = &member;
  stay.peer = std::move(peer);
  stay.muted_until = old.muted_until();
  stay.hold->stay = nullptr;
  stay.hold = hold.get();
  hold->stay = &stay;
  return {Entry::kResumed, Membership(*this, std::move(hold))};
}

Broadcast::Greeting Registry::greeting(const std::string& name, const Visit& visit) const {
  return {protocol::hello(name) + visit.notices, protocol::online(online_)};
}

bool Registry::leave(Membership membership, bool flush) noexcept {
  const auto hold = std::move(membership.hold_);
  if (!hold) return false;
  MutexLock lock(mutex_);
  if (hold->stay == nullptr) return false;
  broadcast_.leave(*hold->stay->member, hold->stay->name, flush);
  forget(*hold->stay);
  return true;
}

void Registry::forget(Stay& stay) noexcept {
  ::explicit_bzero(stay.password.data(), stay.password.size());
  stay.hold->stay = nullptr;
  stay.keys.erase(stay.key_place);
  online_.erase(std::find(online_.begin(), online_.end(), stay.name));
  stays_.erase(stay.place);
}

std::vector<std::string> Registry::online() const {
  MutexLock lock(mutex_);
  return online_;
}

std::vector<std::string> Registry::away() const {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const Stay& stay : stays_) {
    if (stay.away) names.push_back(stay.name);
  }
  return names;
}

std::vector<Profile> Registry::profiles() const {
  MutexLock lock(mutex_);
  std::vector<Profile> profiles;
  for (const Stay& stay : stays_) profiles.push_back(profile_of(stay));
  return profiles;
}

std::optional<Profile> Registry::profile(std::string_view name) const {
  MutexLock lock(mutex_);
  const Stay* const stay = find(name);
  if (stay == nullptr) return std::nullopt;
  return profile_of(*stay);
}

Registry::Stay* Registry::find(std::string_view name) const {
  const std::string folded = folded_name(name);
  if (const auto account = logged_in_.find(folded); account != logged_in_.end()) {
    return account->second;
  }
  const auto found = registered_.find(name_skeleton(name));
  if (found == registered_.end()) return nullptr;
  return folded_name(found->second->name) == folded ? found->second : nullptr;
}

Profile Registry::profile_of(const Stay& stay) {
  return {stay.name, stay.account, stay.number,
          stay.peer, stay.since,   std::max(stay.since, stay.member->spoke()),
          stay.away};
}

Registry::Posted Registry::post(const Membership& from, std::string_view to,
                                std::string_view text) {
  if (!from.hold_) return {};
  MutexLock lock(mutex_);
  const Stay* const sender = from.hold_->stay;
  if (sender == nullptr) return {};
  return post(*sender, find(to), text);
}

Registry::Posted Registry::reply(const Membership& from, std::string_view text) {
  if (!from.hold_) return {};
  MutexLock lock(mutex_);
  if (from.hold_->stay == nullptr) return {};
  const Stay& stay = *from.hold_->stay;
  if (stay.last_to_write == 0) return {Posted::Outcome::kNoLetter};
  Stay* const writer = find(stay.last_to_write_name);
  if (writer == nullptr || writer->number != stay.last_to_write) {
    return {Posted::Outcome::kHasLeft, stay.last_to_write_name};
  }
  return post(stay, writer, text);
}

// A member that was sent away can post nothing.
Registry::Posted Registry::post(const Stay& from, Stay* to, std::string_view text) {
  using Outcome = Posted::Outcome;
  if (to == nullptr || !from.farewell.empty()) return {};
  Stay& stay = *to;
  if (&stay == &from) return {Outcome::kYourself, stay.name};
  if (!broadcast_.post(*stay.member, protocol::private_line(from.name, stay.name, text))) {
    return {Outcome::kNotReading, stay.name};
  }
  stay.last_to_write = from.number;
  stay.last_to_write_name = from.name;
  return {Outcome::kSent, stay.name, stay.away};
}

void Registry::set_away(const Membership& member, std::optional<std::string> away) {
  if (!member.hold_) return;
  MutexLock lock(mutex_);
  if (Stay* const stay = member.hold_->stay; stay != nullptr) stay->away = std::move(away);
}

void Registry::tell(const std::function<bool(const Profile&)>& whom, const std::string& lines) {
  MutexLock lock(mutex_);
  for (const Stay& stay : stays_) {
    if (whom(profile_of(stay))) (void)broadcast_.post(*stay.member, lines);
  }
}

std::vector<std::string> Registry::dismiss(const std::function<bool(const Profile&)>& whom,
                                           std::string_view farewell) {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (Stay& stay : stays_) {
    if (!stay.farewell.empty() || !whom(profile_of(stay))) continue;
    names.push_back(stay.name);
    send_away(stay, farewell);
  }
  return names;
}

void Registry::send_away(Stay& stay, std::string_view farewell) {
  if (!stay.farewell.empty()) return;
  stay.farewell = farewell;
  broadcast_.dismiss(*stay.member, farewell);
}

std::optional<std::string> Registry::farewell_of(std::string_view name) const {
  MutexLock lock(mutex_);
  const Stay* const stay = find(name);
  if (stay == nullptr || stay->farewell.empty()) return std::nullopt;
  return stay->farewell;
}

// Mutes

std::optional<Registry::Muted> Registry::mute(std::string_view name, WallTime until) {
  MutexLock lock(mutex_);
  Stay* const found = find(name);
  if (found == nullptr) return std::nullopt;
  Stay& stay = *found;
  const auto now = std::chrono::system_clock::now();
  Mute mute{stay.name, stay.account, source_of(stay.peer), until};
  std::erase_if(mutes_, [&](const Mute& old) {
    const bool same = old.skeleton == mute.skeleton && old.account == mute.account;
    return same || old.until <= now;
  });
  if (mutes_.size() >= kMaxMutes) {
    throw std::runtime_error("there are " + std::to_string(kMaxMutes) + " mutes already");
  }
  Muted muted{stay.name, {}};
  for (const Stay& other : stays_) {
    if (&other == &stay || !talker_of(other).is_muted_by(mute)) continue;
    muted.others.push_back(other.name);
  }
  std::sort(muted.others.begin(), muted.others.end());
  if (until > now) mutes_.push_back(std::move(mute));
  stay.muted_until = {};
  apply_mutes();
  return muted;
}

std::optional<std::string> Registry::unmute(std::string_view name) {
  MutexLock lock(mutex_);
  std::optional<std::string> found;
  const auto now = std::chrono::system_clock::now();
  std::erase_if(mutes_, [&](const Mute& mute) { return mute.until <= now; });
  if (Stay* const stay = find(name); stay != nullptr) {
    found = stay->name;
    const Talker talker = talker_of(*stay);
    std::erase_if(mutes_, [&](const Mute& mute) { return talker.is_muted_by(mute); });
    stay->muted_until = {};
  } else {
    std::erase_if(mutes_, [&](const Mute& mute) {
      const bool lifted = folded_name(mute.name) == folded_name(name);
      if (lifted) found = mute.name;
      return lifted;
    });
  }
  apply_mutes();
  return found;
}

bool Registry::Talker::is_muted_by(const Mute& mute) const {
  if (mute.account != 0 && mute.account == account) return true;
  if (is_operator) return false;
  if (mute.source != Source{} && mute.source == source) return true;
  return (mute.account == 0 || account == 0) && mute.skeleton == skeleton;
}

Registry::Talker Registry::talker_of(const Stay& stay) const {
  const Source source = source_of(stay.peer);
  if (stay.account == 0) return {stay.key, 0, false, source};
  const auto found = accounts_.find(stay.key);
  const bool is_operator =
      found != accounts_.end() && found->second.id == stay.account && found->second.is_operator;
  return {name_skeleton(stay.name), stay.account, is_operator, source};
}

// `since_before`: it is muted until then in any case.
void Registry::apply_mutes(Subscriber& member, const Talker& talker, WallTime since_before) {
  for (const Mute& mute : mutes_) {
    if (mute.until > since_before && talker.is_muted_by(mute)) since_before = mute.until;
  }
  member.mute_until(since_before);
}

void Registry::apply_mutes() {
  for (const Stay& stay : stays_) apply_mutes(*stay.member, talker_of(stay), stay.muted_until);
}

void Registry::claim_seats(const PasswordStorage& accounts) {
  const std::size_t seats = seats_beside(accounts, max_users_);
  const auto skeletons = skeletons_of(accounts);
  MutexLock lock(mutex_);
  const std::size_t registered = registered_beside(skeletons);
  // After a handover more can be registered than there are seats: what takes none is no trouble.
  if (registered <= seats || registered_seats_ <= seats) {
    registered_seats_ = std::min(registered_seats_, seats);
    return;
  }
  throw std::runtime_error(std::to_string(accounts.login_users()) + " accounts and " +
                           std::to_string(registered) + " who are registered now are more than " +
                           std::to_string(max_users_) +
                           " users: raise --max-users, or wait until one has left");
}

// Those who do not have to leave where accounts of these skeletons are added.
std::size_t Registry::registered_beside(const std::unordered_set<std::string>& skeletons) const {
  std::size_t count = 0;
  for (const auto& [skeleton, stay] : registered_) {
    if (stay->farewell.empty() && !skeletons.contains(skeleton)) ++count;
  }
  return count;
}

std::vector<std::string> Registry::adopt(const PasswordStorage& accounts) {
  const auto skeletons = skeletons_of(accounts);
  auto taken = taken_skeletons(accounts);
  auto known = by_name(accounts);
  std::vector<std::string> names;
  MutexLock lock(mutex_);
  registered_seats_ = seats_beside(accounts, max_users_);
  taken_.swap(taken);
  accounts_.swap(known);
  for (const auto& [key, stay] : logged_in_) {
    if (!is_account(key, stay->account)) send_away(*stay, kNoAccount);
  }
  for (const auto& [skeleton, stay] : registered_) {
    if (!skeletons.contains(skeleton) || !stay->farewell.empty()) continue;
    names.push_back(stay->name);
    send_away(*stay, kLooksLikeAccount);
  }
  apply_mutes();  // who is an operator may have changed
  return names;
}

Registry::Seats Registry::seats() const {
  MutexLock lock(mutex_);
  return {max_users_, accounts_.size(), logged_in_.size(), registered_.size()};
}

Registry::State Registry::state() const {
  MutexLock lock(mutex_);
  return {mutes_, last_stay_};
}

std::vector<std::pair<const Subscriber*, Registry::Seat>> Registry::seats_taken() const {
  MutexLock lock(mutex_);
  std::vector<std::pair<const Subscriber*, Seat>> seats;
  for (const Stay& stay : stays_) {
    seats.push_back(
        {stay.member,
         {stay.name, stay.account, stay.number, stay.password, stay.since, stay.away,
          stay.last_to_write, stay.last_to_write_name, stay.muted_until, stay.farewell}});
  }
  return seats;
}

void Registry::restore(const State& state) {
  MutexLock lock(mutex_);
  last_stay_ = state.last_stay;
  mutes_ = state.mutes;
}

// There may be fewer seats than before, and other accounts: adopt() sees to these.
Registry::Membership Registry::restore(Subscriber& member, const Seat& seat,
                                       const PeerAddress& peer, const Subscriber::State& state) {
  auto hold = std::make_unique<Hold>();
  MutexLock lock(mutex_);
  const Stay& stay =
      add({&member, seat.name, seat.account, seat.stay, seat.password,
           seat.account != 0 ? logged_in_ : registered_,
           seat.account != 0 ? folded_name(seat.name) : name_skeleton(seat.name), peer, seat.since,
           seat.away, seat.last_to_write, seat.last_to_write_name, seat.muted_until, seat.farewell},
          *hold);
  apply_mutes(member, talker_of(stay), stay.muted_until);
  broadcast_.restore(member, state, false);
  return Membership(*this, std::move(hold));
}

}  // namespace chat
