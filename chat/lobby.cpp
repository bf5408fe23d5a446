#include "chat/lobby.hpp"

#include <algorithm>

namespace chat {

Lobby::Place::~Place() {
  if (lobby_ == nullptr) return;
  MutexLock lock(lobby_->mutex_);
  lobby_->remove(*this);
}

void Lobby::admit(Place& place, Socket& socket, const PeerAddress& peer) {
  // What can fail for lack of memory comes first.
  place.peer_ = peer;
  if (place.entry_.empty()) place.entry_.push_back(&place);
  place.socket_ = &socket;
  MutexLock lock(mutex_);
  if (!peer.loopback) make_room(lock, &peer.source);
  make_room(lock, nullptr);
  waiting_.splice(waiting_.end(), place.entry_);
  place.lobby_ = this;
}

void Lobby::waits_for_peer(Place& place, bool waits) {
  MutexLock lock(mutex_);
  place.waits_for_peer_ = waits;
  if (waits) changed_.notify_one();
}

bool Lobby::leave(Place& place) {
  MutexLock lock(mutex_);
  if (place.made_to_go_) return false;
  if (place.lobby_ != nullptr) remove(place);
  return true;
}

void Lobby::come_back(Place& place) {
  MutexLock lock(mutex_);
  place.waits_for_peer_ = true;
  waiting_.splice(waiting_.begin(), place.entry_);
}

std::size_t Lobby::waiting() const {
  MutexLock lock(mutex_);
  return waiting_.size();
}

bool Lobby::made_to_go(const Place& place) const {
  MutexLock lock(mutex_);
  return place.made_to_go_;
}

std::size_t Lobby::count(const Source* source) const {
  if (source == nullptr) return waiting_.size();
  return static_cast<std::size_t>(
      std::count_if(waiting_.begin(), waiting_.end(),
                    [&](const Place* place) { return place->peer_.source == *source; }));
}

void Lobby::make_room(MutexLock& lock, const Source* source) {
  const std::size_t places = source == nullptr ? places_ : places_per_address_;
  const auto deadline = Clock::now() + kLobbyPatience;
  while (count(source) >= places) {
    const auto now = Clock::now();
    if (Place* const place = choose(source, now >= deadline)) {
      make_go(*place);
    } else {
      // Nobody says when bytes have been read: so it is looked at again soon in any case.
      (void)changed_.wait_until(lock, now + kLobbyPatience / 50);
    }
  }
}

// The one who has waited longest of those who have nothing to be answered; or of all.
Lobby::Place* Lobby::choose(const Source* source, bool whoever) const {
  for (Place* const place : waiting_) {
    if (source != nullptr && place->peer_.source != *source) continue;
    if (whoever || (place->waits_for_peer_ && !place->socket_->has_input())) return place;
  }
  return nullptr;
}

void Lobby::make_go(Place& place) {
  const iovec line{const_cast<char*>(told_.data()), told_.size()};
  (void)place.socket_->send_some({&line, 1});  // best effort; a whole line, whoever else writes
  place.socket_->shutdown();
  place.made_to_go_ = true;
  remove(place);
}

// Neither allocates nor fails.
void Lobby::remove(Place& place) {
  if (!place.entry_.empty()) return;
  place.entry_.splice(place.entry_.begin(), waiting_,
                      std::find(waiting_.begin(), waiting_.end(), &place));
  changed_.notify_one();
}

}  // namespace chat
