// The user registry: who is in the room, and how many seats are left.
//
// Seats: the maximum number of users is login users + registered users. Every account of the
// password storage keeps its seat, in the room or not; whoever registers takes one of the rest.
//
// Coming in is one step under one mutex: name, seat, the list of who is online, and the notice to
// the room. So the list that a joiner gets and the notices that follow it agree exactly. Leaving is
// one step likewise.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>
#include <vector>

#include "chat/broadcast.hpp"
#include "chat/mutex.hpp"
#include "chat/password_storage.hpp"

namespace chat {

class Registry {
 public:
  // Both must outlive the registry. Throws std::runtime_error where not even the accounts fit.
  Registry(std::size_t max_users, const PasswordStorage& accounts, Broadcast& broadcast);

  // Thread safe, all of them.

  enum class Entry {
    kIn,
    kNameUsed,   // register: online, or an account's
    kFull,       // register: no free seat
    kAlreadyIn,  // login: this user is online
    kClosed,     // the room is closing
  };

  // `name` comes in, as `member`. For login the caller has verified the password.
  Entry enter_registered(const std::string& name, Broadcast::Member& member);
  Entry enter_login(const std::string& name, Broadcast::Member& member);

  // The name is free at once; with `flush` the member still gets what was said
  // before. Blocks until the broadcaster has let go of `member`.
  void leave(const std::string& name, Broadcast::Member& member, bool flush);

  std::vector<std::string> online() const;  // in the order in which they came

 private:
  Entry enter(const std::string& name, Broadcast::Member& member) REQUIRES(mutex_);

  const std::size_t registered_seats_;
  const PasswordStorage& accounts_;
  Broadcast& broadcast_;

  // Held while the broadcast's mutex is taken, never the other way round.
  mutable Mutex mutex_;
  std::unordered_set<std::string> used_ GUARDED_BY(mutex_);  // the names online, folded
  std::vector<std::string> online_ GUARDED_BY(mutex_);       // the same, as their users write them
  std::size_t registered_ GUARDED_BY(mutex_) = 0;            // how many of them have no account
};

}  // namespace chat
