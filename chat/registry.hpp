// The user registry: who is in the room, and how many seats are left.
//
// Seats: the maximum number of users is login users + registered users. Every account of the
// password storage keeps its seat, in the room or not; whoever registers takes one of the rest.
//
// Coming in is one step under one mutex: name, seat, the list of who is online, and the notice to
// the room. So the list that a joiner gets and the notices that follow it agree exactly. Leaving is
// one step likewise.
//
// Whoever registers may not be taken for somebody else: a name that looks like one that is online,
// like an account's (name_skeleton() in text.hpp), or like what the room or its owner would be
// called, is used. The owner is free in what the accounts are called.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "chat/broadcast.hpp"
#include "chat/handover.hpp"
#include "chat/mutex.hpp"
#include "chat/password_storage.hpp"

namespace chat {

// How many can register where there are seats for `max_users`. Throws std::runtime_error where not
// even the accounts have one each.
std::size_t seats_beside(const PasswordStorage& accounts, std::size_t max_users);

// What comes with a member.
struct Visit {
  Rendering rendering = Rendering::kPlain;
  PeerAddress peer = {};
  LineFilter filter = {};
  std::string notices = {};    // plain lines, behind the greeting
  bool only_accounts = false;  // others may resume, but not register
};

// What is known of one who is online.
struct Profile {
  std::string name;
  bool login = false;  // an account; otherwise registered
  PeerAddress peer;
  WallTime since;
  WallTime spoke;                   // since then: idle
  std::optional<std::string> away;  // what it says of that; may be empty
};

class Registry {
 public:
  // The broadcast must outlive the registry. Throws std::runtime_error where not even the accounts
  // fit.
  Registry(std::size_t max_users, const PasswordStorage& accounts, Broadcast& broadcast);

  // Thread safe, all of them.

  enum class Entry {
    kIn,
    kNameUsed,      // online, an account's, reserved, or like one of those
    kFull,          // register: no free seat
    kOnlyAccounts,  // register: not now
    kBanned,        // the session's to find out
    kAlreadyIn,     // login: this user is online
    kClosed,        // the room is closing
    kResumed,
    kWrongPassword,  // resume: not the one with which that name was registered; login, resume: the
                     // account was removed while its password was looked at
    kGone,           // resume: the connection is dead already, and takes nobody's place
  };

  // `name` comes in, as `member`. For login the caller has verified the password. Where memory runs
  // out (std::bad_alloc), nothing has happened.
  Entry enter_registered(const std::string& name, std::string_view password,
                         Broadcast::Member& member, const Visit& visit = {});
  Entry enter_login(const std::string& name, Broadcast::Member& member, const Visit& visit = {});

  // The same where nobody of that name is in. Otherwise `member` takes the place of the one who is,
  // in one step and with nothing told to the others: kResumed, and `name` as it was. That one was
  // registered with the same `password`, or is the account's user.
  Entry resume_registered(std::string& name, std::string_view password, Broadcast::Member& member,
                          const Visit& visit = {});
  Entry resume_login(const std::string& name, Broadcast::Member& member, const Visit& visit = {});

  // The name is free at once; with `flush` the member still gets what was said before, so the
  // broadcaster has to let go of it: see Broadcast::wait_until_released(). Needs no memory: it
  // cannot fail. False: another member has taken its place, and goes on.
  bool leave(Broadcast::Member& member, bool flush) noexcept;

  // Who is online. Names are found in any case.

  std::vector<std::string> online() const;  // in the order in which they came
  std::vector<Profile> profiles() const;    // the same
  std::optional<Profile> profile(std::string_view name) const;

  // Between members.

  struct Posted {
    enum class Outcome { kSent, kNobody, kYourself, kIgnored, kNotReading };
    Outcome outcome = Outcome::kNobody;
    std::string to = {};                   // the name as it is written
    std::optional<std::string> away = {};  // what that one says of being away
  };
  // `text` for `to` alone, who can reply() then. Nobody is waited for.
  Posted post(const Broadcast::Member& from, std::string_view to, std::string_view text);
  std::string last_to_write_to(const Broadcast::Member& member) const;  // empty: nobody did

  void set_away(const Broadcast::Member& member, std::optional<std::string> away);
  LineFilter filter_of(const Broadcast::Member& member) const;
  // What it has not got yet is filtered when Broadcast::filter() says so.
  void set_filter(const Broadcast::Member& member, const LineFilter& filter);

  // Order.

  // Plain `lines` for everyone `whom` says, who reads.
  void tell(const std::function<bool(const Profile&)>& whom, const std::string& lines);
  // Everyone `whom` says gets `farewell`, and has to leave. Gives their names.
  std::vector<std::string> dismiss(const std::function<bool(const Profile&)>& whom,
                                   std::string_view farewell);
  // Also where `name` leaves and comes back meanwhile. Nothing: nobody of that name is online.
  std::optional<std::string> mute(std::string_view name, WallTime until);

  // Other accounts. claim_seats(), before they are stored, throws std::runtime_error where their
  // seats, and those of who is registered now, are more than there are, unless they take none;
  // otherwise nobody registers on theirs from here on. adopt(), with what is valid then, sends
  // whoever has no account any more away, with `farewell`.
  void claim_seats(const PasswordStorage& accounts);
  void adopt(const PasswordStorage& accounts, std::string_view farewell);

  struct Seats {
    std::size_t max_users = 0;
    std::size_t accounts = 0;
    std::size_t logged_in = 0;
    std::size_t registered = 0;
  };
  Seats seats() const;

  // Handing over: who can say nothing, and who is in, in the order in which they came; and taken
  // over, in that order.
  std::vector<Handover::Mute> mutes() const;
  std::vector<std::pair<const Broadcast::Member*, Handover::Seat>> stays() const;
  void restore_mutes(const std::vector<Handover::Mute>& mutes);
  void restore(Broadcast::Member& member, const Handover::Connection& connection);

 private:
  using Keys = std::unordered_map<std::string, Broadcast::Member*>;  // who holds it

  // One who is online, with all that it takes to leave or to be taken over.
  struct Stay {
    std::string name;
    std::string password;  // of who is registered: wiped when it is forgotten
    Keys& keys;            // in which its key is
    std::string key;
    PeerAddress peer;
    LineFilter filter;
    WallTime since;
    std::optional<std::string> away = {};
    std::string last_to_write = {};
  };

  Entry log_in_anew(const std::string& name, Broadcast::Member& member, const Visit& visit,
                    const std::string& key) REQUIRES(mutex_);
  Entry register_anew(const std::string& name, std::string_view password, Broadcast::Member& member,
                      const Visit& visit, const std::string& key) REQUIRES(mutex_);
  Entry enter(Stay stay, Broadcast::Member& member, const Visit& visit) REQUIRES(mutex_);
  Entry take_over(Broadcast::Member& old, Broadcast::Member& member, const Visit& visit)
      REQUIRES(mutex_);
  Broadcast::Greeting greeting(const std::string& name, const Visit& visit) const REQUIRES(mutex_);
  Broadcast::Member* find(std::string_view name) const REQUIRES(mutex_);
  Profile profile_of(const Broadcast::Member& member, const Stay& stay) const REQUIRES(mutex_);
  void apply_mute(Broadcast::Member& member, const std::string& name) REQUIRES(mutex_);
  void forget(Broadcast::Member& member) noexcept REQUIRES(mutex_);

  const std::size_t max_users_;
  Broadcast& broadcast_;

  // Held while the broadcast's mutex is taken, never the other way round.
  mutable Mutex mutex_;
  std::size_t registered_seats_ GUARDED_BY(mutex_);
  // Skeletons nobody can register: reserved, accounts'. And the accounts' folded names.
  std::unordered_set<std::string> taken_ GUARDED_BY(mutex_);
  std::unordered_set<std::string> accounts_ GUARDED_BY(mutex_);
  Keys logged_in_ GUARDED_BY(mutex_);   // the accounts online, by folded name
  Keys registered_ GUARDED_BY(mutex_);  // the others online, by skeleton
  std::unordered_map<const Broadcast::Member*, Stay> stays_ GUARDED_BY(mutex_);
  std::vector<std::string> online_ GUARDED_BY(mutex_);  // all names, as their users write them
  std::unordered_map<std::string, WallTime> mutes_ GUARDED_BY(mutex_);  // by folded name
};

}  // namespace chat
