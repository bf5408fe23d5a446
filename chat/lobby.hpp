// Those who are connected but not in yet: they cost a thread and a descriptor each, and anyone who
// reaches the port can be one. So there is a bound for all of them together, and one for each
// address they come from. When it is reached, the one who has waited longest gives its place to the
// newcomer: whoever has something to say is in long before that.
//
// Whoever the server has not answered yet is passed over, as long as there are others: a burst of
// clients that have said all they had to say must not lose to its own tail.
//
// Thread safe.
#pragma once

#include <cstddef>
#include <list>
#include <string_view>

#include "chat/limits.hpp"
#include "chat/mutex.hpp"
#include "chat/socket.hpp"

namespace chat {

class Lobby {
 public:
  // Those from loopback addresses are not counted for each address. `told` is the line that who has
  // to go gets. At least one place.
  Lobby(std::size_t places, std::size_t places_per_address, std::string_view told)
      : places_(places), places_per_address_(places_per_address), told_(told) {}
  Lobby(const Lobby&) = delete;
  Lobby& operator=(const Lobby&) = delete;

  // A connection's place, kept beside its socket. It is given back when the object goes.
  class Place {
   public:
    Place() = default;
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    friend class Lobby;
    // All of it only under Lobby::mutex_, once admitted.
    Lobby* lobby_ = nullptr;
    Socket* socket_ = nullptr;
    PeerAddress peer_;
    bool waits_for_peer_ = false;
    bool made_to_go_ = false;
    std::list<Place*> entry_;  // of the lobby's list, while the place is not in there
  };

  // Gives the connection of `socket`, which must outlive it, a place. Where there is none, another
  // has to go: it is told so, and its socket is shut down both ways. May wait a moment for one
  // whose turn it is. For the thread that accepts, or, where it has left its place to come
  // back from elsewhere, its worker.
  void admit(Place& place, Socket& socket, const PeerAddress& peer);

  // Whether it is the peer's turn to say something now, or the server's to answer.
  void waits_for_peer(Place& place, bool waits);

  // The connection comes in, and needs no place any more, or never had one. False: it has had to
  // go.
  bool leave(Place& place);
  // It did not come in after all: it is back, and the first to go.
  void come_back(Place& place);

  bool made_to_go(const Place& place) const;

  std::size_t waiting() const;  // how many have a place

 private:
  // Of one source, or (nullptr) of all.
  std::size_t count(const Source* source) const REQUIRES(mutex_);
  void make_room(MutexLock& lock, const Source* source) REQUIRES(mutex_);
  Place* choose(const Source* source, bool whoever) const REQUIRES(mutex_);
  void make_go(Place& place) REQUIRES(mutex_);
  void remove(Place& place) REQUIRES(mutex_);

  const std::size_t places_;
  const std::size_t places_per_address_;
  const std::string_view told_;
  mutable Mutex mutex_;
  Condition changed_;
  std::list<Place*> waiting_ GUARDED_BY(mutex_);  // the one who has waited longest first
};

}  // namespace chat
