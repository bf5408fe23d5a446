#include "chat/session/lobby.hpp"

#include <algorithm>
#include <new>

#include "chat/net/network.hpp"
#include "chat/session/limits.hpp"

namespace chat {
namespace {

// Who goes first: see Lobby::rank().
constexpr int kSilentRank = 2;
constexpr int kSparedRank = 3;  // from here on: only where nobody else is there
constexpr int kStays = 5;

// The widest network that counts as one, the next one in it, and the source itself.
std::array<Source, 3> networks_of(const PeerAddress& peer) {
  std::array<Source, 3> networks{network_of(peer.source, 2).source,
                                 network_of(peer.source, 1).source, peer.source};
  if (peer.loopback) {
    // This machine; in it all that came by TCP, but each user of a Unix socket apart.
    networks[0].fill(0xFF);
    if (!peer.uid) networks[1].fill(0xFF);
  }
  return networks;
}

}  // namespace

Lobby::Place::~Place() {
  if (lobby_ != nullptr) lobby_->leave(*this);
}

bool Lobby::is_busy() {
  MutexLock lock(mutex_);
  watched_ = going_.size() >= kMostMadeToGo;
  if (!watched_ && places_.size() >= most_) {
    const Place* const place = first_of_all(nullptr);
    watched_ = place == nullptr || is_spared(*place);
  }
  return watched_;
}

void Lobby::admit(Place& place, Socket& socket, const PeerAddress& peer) {
  MutexLock lock(mutex_);
  const bool full = places_.size() >= most_;
  seat(place, socket, peer);
  Place* const other = full ? first_of_all(&place) : nullptr;
  if (other != nullptr) make_go(*other);
}

void Lobby::restore(Place& place, Socket& socket, const PeerAddress& peer) {
  MutexLock lock(mutex_);
  seat(place, socket, peer);
}

bool Lobby::becomes(Place& place, State state) {
  MutexLock lock(mutex_);
  if (place.gone_) return false;
  if (place.lobby_ == nullptr) return true;
  const bool waited = waits(place);
  if (place.state_ == State::kReading && place.answers_left_ > 0) --place.answers_left_;
  place.state_ = state;
  count_waiting(place, waited);
  return !place.gone_;
}

bool Lobby::comes_from(Place& place, const PeerAddress& peer) {
  MutexLock lock(mutex_);
  if (place.gone_) return false;
  if (place.lobby_ == nullptr) return true;
  const Membership groups = join_groups(peer);
  const bool waited = waits(place);
  if (waited) --place.groups_.back()->second.waiting;
  leave_groups(place.groups_);
  place.groups_ = groups;
  place.limited_ = !peer.loopback;
  count_waiting(place, false);
  return !place.gone_;
}

bool Lobby::linger(Place& place, Socket& socket, const PeerAddress& peer) noexcept {
  MutexLock lock(mutex_);
  if (place.gone_) return false;
  const bool waited = place.lobby_ != nullptr && waits(place);
  if (place.lobby_ == nullptr && !seat_for_lingering(place, socket, peer)) return false;
  place.state_ = State::kLingering;
  count_waiting(place, waited);
  return !place.gone_;
}

bool Lobby::seat_for_lingering(Place& place, Socket& socket, const PeerAddress& peer) {
  if (going_.size() >= kMostMadeToGo) return false;
  const bool full = places_.size() >= most_;
  Place* const other = full ? first_of_all(nullptr) : nullptr;
  if (full && (other == nullptr || other->state_ != State::kLingering)) return false;
  try {
    seat(place, socket, peer);
  } catch (const std::bad_alloc&) {
    return false;
  }
  if (other != nullptr) make_go(*other);
  return true;
}

void Lobby::leave(Place& place) {
  MutexLock lock(mutex_);
  if (place.lobby_ != nullptr) remove(place);
}

std::size_t Lobby::pending() const {
  MutexLock lock(mutex_);
  return places_.size() + going_.size();
}

// Throws std::bad_alloc, and has changed nothing then.
Lobby::Membership Lobby::join_groups(const PeerAddress& peer) {
  const auto networks = networks_of(peer);
  Membership groups;
  std::size_t level = 0;
  try {
    for (; level < kLevels; ++level) {
      groups[level] = groups_[level].try_emplace(networks[level]).first;
      ++groups[level]->second.places;
    }
  } catch (const std::bad_alloc&) {
    while (level-- > 0) {
      if (--groups[level]->second.places == 0) groups_[level].erase(groups[level]);
    }
    throw;
  }
  return groups;
}

void Lobby::leave_groups(const Membership& groups) {
  for (std::size_t level = 0; level < kLevels; ++level) {
    if (--groups[level]->second.places == 0) groups_[level].erase(groups[level]);
  }
}

void Lobby::seat(Place& place, Socket& socket, const PeerAddress& peer) {
  places_.push_back(&place);
  try {
    place.groups_ = join_groups(peer);
  } catch (const std::bad_alloc&) {
    places_.pop_back();
    throw;
  }
  place.at_ = std::prev(places_.end());
  place.socket_ = &socket;
  place.limited_ = !peer.loopback;
  place.lobby_ = this;
}

// After a change of what `place` is doing: of one address only so many may wait.
void Lobby::count_waiting(Place& place, bool waited) {
  const bool waits_now = waits(place);
  if (waits_now == waited) return;
  Group& source = place.groups_.back()->second;
  if (!waits_now) {
    --source.waiting;
    return;
  }
  ++source.waiting;
  if (place.limited_ && source.waiting > most_per_address_) {
    make_go(
        *first_to_go([&](const Place& other) { return &other.groups_.back()->second == &source; }));
  }
  tell_changed();
}

// Whether it counts for the limit of its address.
bool Lobby::waits(const Place& place) {
  return (place.state_ != State::kAnswering && place.state_ != State::kEntering) ||
         (place.state_ == State::kAnswering && place.answers_left_ == 0);
}

bool Lobby::is_spared(const Place& place) { return rank(place) >= kSparedRank; }

// The lowest goes first.
int Lobby::rank(const Place& place) {
  switch (place.state_) {
    case State::kLingering:
      return 0;
    case State::kWaitsForGuess:
      return 1;
    case State::kReading:
      // What has just come is as good as read.
      return place.answers_left_ > 0 && place.socket_->has_input() ? kSparedRank : kSilentRank;
    case State::kAnswering:
      return place.answers_left_ > 0 ? kSparedRank + 1 : kSilentRank;
    case State::kEntering:
      break;
  }
  return kStays;
}

// How much of the lobby the sources hold that it belongs to, the widest one first.
Lobby::Weight Lobby::weight(const Place& place) {
  Weight weight{};
  for (std::size_t level = 0; level < kLevels; ++level) {
    weight[level] = place.groups_[level]->second.places;
  }
  return weight;
}

Lobby::Place* Lobby::first_of_all(const Place* except) const {
  Weight heaviest{};
  for (const Place* const place : places_) {
    if (place != except) heaviest = std::max(heaviest, weight(*place));
  }
  return first_to_go(
      [&](const Place& place) { return &place != except && weight(place) == heaviest; });
}

// The one that came first of those with the lowest rank. Nothing: all of them are coming in.
template <typename Among>
Lobby::Place* Lobby::first_to_go(Among among) const {
  Place* first = nullptr;
  int lowest = kStays;
  for (Place* const place : places_) {
    if (!among(*place)) continue;
    // Looking for input is a system call: not where it makes no difference.
    if (place->state_ == State::kReading && lowest <= kSilentRank) continue;
    const int its = rank(*place);
    if (its >= lowest) continue;
    first = place;
    lowest = its;
    if (lowest == 0) break;
  }
  return first;
}

void Lobby::make_go(Place& place) {
  if (place.state_ != State::kLingering) {
    (void)place.socket_->send_some(told_);  // best effort; a whole line, whoever else writes
  }
  if (waits(place)) --place.groups_.back()->second.waiting;
  leave_groups(place.groups_);
  going_.splice(going_.end(), places_, place.at_);
  place.gone_ = true;
  place.socket_->shutdown();
  if (place.state_ == State::kWaitsForGuess) hash_gate_.wake(place.gone_);
}

// Neither allocates nor fails.
void Lobby::remove(Place& place) {
  if (place.gone_) {
    going_.erase(place.at_);
  } else {
    if (waits(place)) --place.groups_.back()->second.waiting;
    leave_groups(place.groups_);
    places_.erase(place.at_);
  }
  place.lobby_ = nullptr;
  tell_changed();
}

void Lobby::tell_changed() {
  if (watched_) changed_.signal();
  watched_ = false;
}

}  // namespace chat
