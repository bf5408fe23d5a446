// Pending connections: those who are connected but not in yet. Each costs a thread and a
// descriptor, and anyone who reaches the port can be one, so their number is bounded. Nothing here
// waits: where a place is missing, a connection has to go at once.
//
// Which one: always one of the source that holds the most places, so that a crowd costs nobody else
// a place. Of that source first one that is only closed or that waits for its guess, then the one
// that has been silent for longest. Sources are nested for this: this machine is one, and so are
// an IPv6 /48, the /56 networks in it, and their /64 networks.
//
// A connection whose peer has said what the server has not answered yet is spared while others are
// there: it needs nothing but processor time, and a burst of clients that have said all they had to
// say must not lose to its own tail. It is spared for a few answers only, so that nobody keeps a
// place by talking on.
//
// Thread safe. Lock order: its mutex, then the hash gate's.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <list>
#include <map>
#include <string_view>

#include "chat/base/mutex.hpp"
#include "chat/base/poller.hpp"
#include "chat/net/address.hpp"
#include "chat/net/socket.hpp"
#include "chat/session/hash_gate.hpp"
#include "chat/session/limits.hpp"

namespace chat {

class Lobby {
 public:
  // What a connection with a place is doing.
  enum class State {
    kReading,        // it is the peer's turn to say something
    kAnswering,      // it is the server's turn; so it is at first
    kWaitsForGuess,  // until its password is looked at
    kEntering,       // it is coming in, and stays
    kLingering,      // it has been refused or has left, and is waited for until it closes
  };

  // `told` is the line that a connection gets which has to go. `changed` is signalled when the
  // lobby is not busy any more. Connections from this machine are free of `places_per_address`.
  // At least one place each.
  Lobby(std::size_t places, std::size_t places_per_address, std::string_view told,
        HashGate& hash_gate, WakeEvent& changed)
      : most_(places),
        most_per_address_(places_per_address),
        told_(told),
        hash_gate_(hash_gate),
        changed_(changed) {}
  Lobby(const Lobby&) = delete;
  Lobby& operator=(const Lobby&) = delete;

 private:
  // All who share an address, or a network.
  struct Group {
    std::size_t places = 0;
    std::size_t waiting = 0;  // of them, those that are not spared
  };
  using Groups = std::map<Source, Group>;
  static constexpr std::size_t kLevels = 3;  // from the widest network to the source itself
  using Weight = std::array<std::size_t, kLevels>;
  using Membership = std::array<Groups::iterator, kLevels>;

 public:
  // A connection's place, kept beside its socket. It is given back when the object goes.
  class Place {
   public:
    Place() = default;
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // The connection has had to go: its socket is shut down both ways. Thread safe.
    const std::atomic<bool>& gone() const { return gone_; }

   private:
    friend class Lobby;
    std::atomic<bool> gone_{false};
    // The rest only under Lobby::mutex_, once it has been given.
    Lobby* lobby_ = nullptr;  // where it counts
    Socket* socket_ = nullptr;
    State state_ = State::kAnswering;
    int answers_left_ = kSparedAnswers;
    bool limited_ = false;  // by places_per_address
    Membership groups_;
    std::list<Place*>::iterator at_;  // in the lobby's list
  };

  // For the thread that accepts.

  // Newcomers had better be left to the kernel for now: all those who would have to go for one are
  // being answered, or too many that had to go have not ended yet. `changed` tells when to look
  // again.
  bool is_busy();
  // Gives the connection of `socket`, which must outlive it, a place; another one may have to go.
  // It is told so, and its socket is shut down both ways. Throws std::bad_alloc.
  void admit(Place& place, Socket& socket, const PeerAddress& peer);
  // The same for one that had its place in the program before this one: nobody has to go.
  void restore(Place& place, Socket& socket, const PeerAddress& peer);

  // For the connection's worker. False: it has had to go.

  bool becomes(Place& place, State state);
  // It comes from `peer`, as a proxy says. Throws std::bad_alloc, and has changed nothing then.
  bool comes_from(Place& place, const PeerAddress& peer);
  // It is only waited for from here on. A connection that has been in the room gets a place for
  // that, unless others would have to go which do not linger themselves: then false.
  bool linger(Place& place, Socket& socket, const PeerAddress& peer) noexcept;
  // It needs no place any more, or never had one.
  void leave(Place& place);

  // Those with a place, and those that had to go whose threads have not ended yet.
  std::size_t pending() const;

 private:
  Membership join_groups(const PeerAddress& peer) REQUIRES(mutex_);
  void leave_groups(const Membership& groups) REQUIRES(mutex_);
  void seat(Place& place, Socket& socket, const PeerAddress& peer) REQUIRES(mutex_);
  bool seat_for_lingering(Place& place, Socket& socket, const PeerAddress& peer) REQUIRES(mutex_);
  void count_waiting(Place& place, bool waited) REQUIRES(mutex_);
  static bool waits(const Place& place);
  static bool is_spared(const Place& place);
  static int rank(const Place& place);
  static Weight weight(const Place& place);
  Place* first_of_all(const Place* except) const REQUIRES(mutex_);
  template <typename Among>
  Place* first_to_go(Among among) const REQUIRES(mutex_);
  void make_go(Place& place) REQUIRES(mutex_);
  void remove(Place& place) REQUIRES(mutex_);
  void tell_changed() REQUIRES(mutex_);

  const std::size_t most_;
  const std::size_t most_per_address_;
  const std::string_view told_;
  HashGate& hash_gate_;
  WakeEvent& changed_;
  mutable Mutex mutex_;
  std::list<Place*> places_ GUARDED_BY(mutex_);  // the one that came first is the first
  std::list<Place*> going_ GUARDED_BY(mutex_);   // made to go, not ended yet
  std::array<Groups, kLevels> groups_ GUARDED_BY(mutex_);
  bool watched_ GUARDED_BY(mutex_) = false;  // somebody waits for `changed_`
};

}  // namespace chat
