// The user registry: who is in the room, and how many seats are left.
//
// Seats: the maximum number of users is login users + registered users. Every account of the
// password storage keeps its seat, in the room or not; whoever registers takes one of the rest.
//
// Coming in is one step under one mutex: name, seat, the list of who is online, and the notice to
// the room. So the list that a joiner gets and the notices that follow it agree exactly. Leaving is
// one step likewise.
//
// A name is not a person: it can be given to somebody else while an earlier stay still goes on, or
// waits to be replied to. So each stay has a number of its own, which it keeps when it is resumed
// and handed over, and a stay of an account has that account's identity: when the account of its
// name is another one, or none, the stay is sent away. Who is sent away keeps name and seat until
// it has left, but cannot resume, and makes way at once for an account that logs in.
//
// What keeps people out (bans, a closed room) is looked at in the same step in which they come in:
// whoever changes that and then dismisses those whom it concerns misses nobody.
//
// Who is in holds a Membership of its stay: leaving, writing to others and being away need no
// lookup.
//
// Whoever registers may not be taken for somebody else: a name that looks like one that is online,
// like an account's (name_skeleton() in text.hpp), or like what the room or its owner would be
// called, is used. The owner is free in what the accounts are called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "chat/base/mutex.hpp"
#include "chat/base/text.hpp"
#include "chat/room/broadcast.hpp"
#include "chat/storage/password_storage.hpp"
#include "chat/storage/room_storage.hpp"
#include "chat/storage/stored.hpp"

namespace chat {

// How many can register where there are seats for `max_users`. Throws std::runtime_error where not
// even the accounts have one each.
std::size_t seats_beside(const PasswordStorage& accounts, std::size_t max_users);

// What comes with a member.
struct Visit {
  Rendering rendering = Rendering::kPlain;
  PeerAddress peer = {};
  std::string notices = {};  // plain lines, behind the greeting
};

// What is known of one who is online.
struct Profile {
  std::string name;
  AccountId account = 0;   // 0: registered
  std::uint64_t stay = 0;  // its number
  PeerAddress peer;
  WallTime since;
  WallTime spoke;                   // since then: idle
  std::optional<std::string> away;  // what it says of that; may be empty
};

class Registry {
  struct Stay;
  // What a member and its stay know each other by: it stays where it is when the Membership moves.
  struct Hold {
    Stay* stay = nullptr;  // nothing: another member has taken the place, or it had to make way
  };

 public:
  // A member's place in the room: its worker owns it. Move-only; empty where nobody is in. Neither
  // the registry nor the member may end before it. One that is dropped leaves without a flush: like
  // leave(), so the broadcaster has to let go of the member as well.
  class Membership {
   public:
    Membership() = default;
    Membership(Membership&&) noexcept = default;
    Membership& operator=(Membership&& other) noexcept;  // what it held before goes to `other`
    ~Membership();

   private:
    friend class Registry;
    Membership(Registry& registry, std::unique_ptr<Hold> hold)
        : registry_(&registry), hold_(std::move(hold)) {}

    Registry* registry_ = nullptr;
    std::unique_ptr<Hold> hold_;
  };

  // Storage and broadcast must outlive the registry. Of one address so many can register; 0: half
  // of the free seats, at least one. Throws std::runtime_error where not even the accounts fit.
  Registry(std::size_t max_users, const PasswordStorage& accounts,
           const Stored<RoomStorage>& storage, Broadcast& broadcast,
           std::size_t max_per_address = 0);

  // Thread safe, all of them.

  enum class Entry {
    kIn,
    kNameUsed,      // online, an account's, reserved, or like one of those
    kFull,          // register: no free seat
    kAddressFull,   // register: too many have from the same address
    kTooOften,      // too many came in from the same source, see SourceLimits
    kOnlyAccounts,  // register: not now
    kBanned,        // the name, or where it comes from
    kAlreadyIn,     // login: this user is online
    kClosed,        // the room is closing
    kResumed,
    kSentAway,       // resume: that session has to leave, see farewell_of()
    kWrongPassword,  // resume: not the one with which that name was registered; login, resume: the
                     // account was removed, or is another one, since its password was looked at
    kGone,           // resume: the connection is dead already, and takes nobody's place
  };

  struct Entered {
    Entry entry = Entry::kGone;
    Membership membership = {};  // with kIn and kResumed

    Entered(Entry why) : entry(why) {}
    Entered(Entry how, Membership got) : entry(how), membership(std::move(got)) {}
  };

  // `name` comes in, as `member`. For login the caller has verified the password of `account`.
  // Where memory runs out (std::bad_alloc), nothing has happened.
  Entered enter_registered(const std::string& name, std::string_view password, Subscriber& member,
                           const Visit& visit = {});
  Entered enter_login(const std::string& name, AccountId account, Subscriber& member,
                      const Visit& visit = {});

  // The same where nobody of that name is in. Otherwise `member` takes the place of the one who is,
  // in one step and with nothing told to the others: kResumed, and `name` as it was. That one was
  // registered with the same `password`, or is the account's user.
  Entered resume_registered(std::string& name, std::string_view password, Subscriber& member,
                            const Visit& visit = {});
  Entered resume_login(const std::string& name, AccountId account, Subscriber& member,
                       const Visit& visit = {});

  // The name is free at once; with `flush` the member still gets what was said before, so the
  // broadcaster has to let go of it: see Broadcast::wait_until_released(). Needs no memory: it
  // cannot fail. False: another member has taken its place, or it had to make way: it is told.
  bool leave(Membership membership, bool flush) noexcept;

  // Who is online. Names are found in any case.

  std::vector<std::string> online() const;  // in the order in which they came
  std::vector<std::string> away() const;    // those of them who are away, in any order
  std::vector<Profile> profiles() const;    // in the order in which they came
  std::optional<Profile> profile(std::string_view name) const;

  // Between members.

  struct Posted {
    enum class Outcome { kSent, kNobody, kYourself, kNotReading, kNoLetter, kHasLeft };
    Outcome outcome = Outcome::kNobody;
    std::string to = {};                   // the name as it is written
    std::optional<std::string> away = {};  // what that one says of being away
  };
  // `text` for `to` alone, who can reply() then. Nobody is waited for.
  Posted post(const Membership& from, std::string_view to, std::string_view text);
  // The same to whoever wrote to `from` last (kNoLetter: nobody did), and to nobody else of that
  // name (kHasLeft).
  Posted reply(const Membership& from, std::string_view text);

  void set_away(const Membership& member, std::optional<std::string> away);

  // Order.

  // Plain `lines` for everyone `whom` says, who reads.
  void tell(const std::function<bool(const Profile&)>& whom, const std::string& lines);
  // Everyone `whom` says gets `farewell`, and has to leave. Gives their names.
  std::vector<std::string> dismiss(const std::function<bool(const Profile&)>& whom,
                                   std::string_view farewell);
  // What one of this name who is sent away was told; nothing: there is none.
  std::optional<std::string> farewell_of(std::string_view name) const;

  // A mute holds for who is `name` now; for names that look like it; and, unless they are
  // operators, for all who come from the same source, where that is not exempt from bans. So it is
  // not left by leaving. An account's mute is that account's, also when the name becomes another's.
  // It takes the place of the one that `name` has. Nothing: nobody of that name is online. Throws
  // std::runtime_error: there are too many.
  struct Muted {
    std::string name;                 // as it is written
    std::vector<std::string> others;  // online, and muted with it
  };
  std::optional<Muted> mute(std::string_view name, WallTime until);
  // Lifts all mutes that hold for `name`, who need not be online. Gives the name; nothing: nobody
  // of that name is online, and none of that name is muted.
  std::optional<std::string> unmute(std::string_view name);

  // Other accounts. claim_seats(), before they are stored, throws std::runtime_error where their
  // seats, and those of who is registered now, are more than there are, unless they take none;
  // otherwise nobody registers on theirs from here on. adopt(), with what is valid then, sends away
  // whoever has no account any more, or is registered by a name that looks like an account's now.
  // Gives the latter's names.
  void claim_seats(const PasswordStorage& accounts);
  std::vector<std::string> adopt(const PasswordStorage& accounts);

  struct Seats {
    std::size_t max_users = 0;
    std::size_t accounts = 0;
    std::size_t logged_in = 0;
    std::size_t registered = 0;
  };
  Seats seats() const;

  // Who can say nothing until when, in the room or not.
  struct Mute {
    std::string name;
    AccountId account = 0;  // 0: registered
    Source source{};        // where it came from; all 0: that does not matter
    WallTime until;
    std::string skeleton = name_skeleton(name);
  };

  // What is not anybody's own, as it is handed over.
  struct State {
    std::vector<Mute> mutes;
    std::uint64_t last_stay = 0;  // the number of the newest one so far
  };

  // A place in the room, as it is handed over.
  struct Seat {
    std::string name;
    AccountId account = 0;   // 0: registered
    std::uint64_t stay = 0;  // its number
    std::string password;    // of who is registered
    WallTime since;
    std::optional<std::string> away;
    std::uint64_t last_to_write = 0;  // the stay to which it would reply; 0: none
    std::string last_to_write_name;
    WallTime muted_until;  // since before it resumed last
    std::string farewell;  // of who is sent away; otherwise empty
  };

  // Handing over; who is in, in the order in which they came. And taken over, in that order:
  // adopt() follows.
  State state() const;
  std::vector<std::pair<const Subscriber*, Seat>> seats_taken() const;
  void restore(const State& state);
  Membership restore(Subscriber& member, const Seat& seat, const PeerAddress& peer,
                     const Subscriber::State& state);

 private:
  using Keys = std::map<std::string, Stay*>;  // who holds it
  using Stays = std::list<Stay>;

  // One who is online, with all that it takes to leave or to be taken over.
  struct Stay {
    Subscriber* member;
    std::string name;
    AccountId account;     // 0: registered
    std::uint64_t number;  // its own
    std::string password;  // of who is registered: wiped when it is forgotten
    Keys& keys;            // in which its key is
    std::string key;
    PeerAddress peer;
    WallTime since;
    std::optional<std::string> away = {};
    std::uint64_t last_to_write = 0;  // a stay; 0: none
    std::string last_to_write_name = {};
    WallTime muted_until = {};  // since before it was resumed last: it may have another source now
    std::string farewell = {};  // of who is sent away; otherwise empty
    Hold* hold = nullptr;       // of whose membership it is
    Stays::iterator place = {};
    Keys::iterator key_place = {};  // once it is in keys
  };

  struct Account {
    AccountId id;
    bool is_operator;
  };

  // For whom a mute may hold.
  struct Talker {
    std::string skeleton;
    AccountId account;
    bool is_operator;
    Source source;  // all 0: not known
    bool is_muted_by(const Mute& mute) const;
  };

  static std::unordered_map<std::string, Account> by_name(const PasswordStorage& accounts);
  bool is_account(const std::string& key, AccountId id) const REQUIRES(mutex_);
  bool is_banned(std::string_view name, const PeerAddress& peer) const REQUIRES(mutex_);
  Entered log_in_anew(const std::string& name, AccountId account, Subscriber& member,
                      const Visit& visit, const std::string& key) REQUIRES(mutex_);
  Entered register_anew(const std::string& name, std::string_view password, Subscriber& member,
                        const Visit& visit, const std::string& key) REQUIRES(mutex_);
  bool is_address_full(const PeerAddress& peer) const REQUIRES(mutex_);
  Entered enter(Stay stay, const Visit& visit) REQUIRES(mutex_);
  Entered take_over(Stay& stay, Subscriber& member, const Visit& visit) REQUIRES(mutex_);
  Stay& add(Stay stay, Hold& hold) REQUIRES(mutex_);
  Broadcast::Greeting greeting(const std::string& name, const Visit& visit) const REQUIRES(mutex_);
  Stay* find(std::string_view name) const REQUIRES(mutex_);
  static Profile profile_of(const Stay& stay);
  bool makes_way(const Keys& keys, const std::string& key) noexcept REQUIRES(mutex_);
  std::size_t registered_beside(const std::unordered_set<std::string>& skeletons) const
      REQUIRES(mutex_);
  void send_away(Stay& stay, std::string_view farewell) REQUIRES(mutex_);
  Posted post(const Stay& from, Stay* to, std::string_view text) REQUIRES(mutex_);
  Talker talker_of(const Stay& stay) const REQUIRES(mutex_);
  void apply_mutes(Subscriber& member, const Talker& talker, WallTime since_before)
      REQUIRES(mutex_);
  void apply_mutes() REQUIRES(mutex_);
  void forget(Stay& stay) noexcept REQUIRES(mutex_);

  const std::size_t max_users_;
  const Stored<RoomStorage>& storage_;
  Broadcast& broadcast_;
  const std::size_t max_per_address_;

  // Held while the broadcast's mutex is taken, never the other way round.
  mutable Mutex mutex_;
  std::size_t registered_seats_ GUARDED_BY(mutex_);
  // Skeletons nobody can register: reserved, accounts'. And the accounts, by folded name.
  std::unordered_set<std::string> taken_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, Account> accounts_ GUARDED_BY(mutex_);
  Keys logged_in_ GUARDED_BY(mutex_);                   // the accounts online, by folded name
  Keys registered_ GUARDED_BY(mutex_);                  // the others online, by skeleton
  Stays stays_ GUARDED_BY(mutex_);                      // in the order in which they came
  std::vector<std::string> online_ GUARDED_BY(mutex_);  // their names, as their users write them
  std::vector<Mute> mutes_ GUARDED_BY(mutex_);
  std::uint64_t last_stay_ GUARDED_BY(mutex_) = 0;
};

}  // namespace chat
