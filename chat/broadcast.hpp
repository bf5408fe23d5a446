// The broadcast list: everything the room says, and who hears it.
//
// The room is a log; a member is a cursor into it. Publishing appends one line once, whatever the
// number of members, so all of them get the same lines in the same order. One thread, the
// broadcaster, walks the members and gives each, in one send, all that lies past its cursor: a
// round. While it walks, new lines gather, and its next round carries them together.
//
// In a small and quiet room (kSmallRoom; the broadcaster sleeps, no socket is full) a talker makes
// the round that its line needs itself: waking another thread would take as long. There is one
// round at a time, whoever makes it.
//
// The broadcaster never waits for a member. One whose socket is full (a slow consumer) is left
// alone until the kernel says that there is room again; one that falls more than kMaxLag behind, or
// whose socket takes nothing for the stall timeout, is dropped. Talkers in turn wait for the
// broadcaster when they are kMaxAhead in front of it, and for themselves when they talk without
// reading (back-pressure): so the log is bounded, and no line is lost.
//
// Ownership: a Member belongs to the worker that serves its connection. From enter() until
// wait_until_released() has returned, who makes the round uses it and is the only one to write to
// its socket.
#pragma once

#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "chat/limits.hpp"
#include "chat/message_log.hpp"
#include "chat/mutex.hpp"
#include "chat/socket.hpp"

namespace chat {

class Broadcast {
 public:
  class Member;

  // `stall_timeout`: a member whose full socket takes nothing for so long is dropped.
  explicit Broadcast(std::chrono::milliseconds stall_timeout = kDefaultStallTimeout);
  ~Broadcast();  // close() without a word, where it was not called
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;

  // Thread safe, all of them. Lines come with their LF. Where memory runs out (std::bad_alloc),
  // nothing has happened.

  // From here on `member` hears the room: first `greeting`, which is for it alone, then `notice`,
  // which goes to everyone, then all that follows. False: the room is closed.
  bool enter(Member& member, std::string greeting, std::string_view notice);

  // `member` hears no more than what was said up to and including `notice`. With `flush` that much
  // is still sent, as long as the member takes it; without, nothing more is.
  // Needs no memory.
  void leave(Member& member, std::string_view notice, bool flush) noexcept;
  // After leave(): blocks until the broadcaster has let go of `member`.
  void wait_until_released(Member& member);

  // Says the line that `pieces` make up to everyone. May wait (back-pressure). False: the room is
  // closed or `member` has been dropped.
  bool say(const Member& member, std::initializer_list<std::string_view> pieces);

  // Lines for `member` alone; they keep their place among those of the room. As say() otherwise.
  bool tell(Member& member, std::string lines);

  // The end of the room: everyone gets `goodbye` and end of file, or what of it gets through within
  // kGoodbyeTimeout. Joins the broadcaster.
  void close(std::string_view goodbye);

 private:
  using Position = MessageLog::Position;
  static constexpr Position kNever = std::numeric_limits<Position>::max();

  // Lines for one member, to be sent when its cursor has come to `position`.
  struct Letter {
    Member* to;
    Position position;
    std::string text;
  };

  // What the broadcaster's round needs of a member, side by side in memory: members themselves lie
  // scattered, and to touch each of thousands costs as much as a part of its send.
  struct Slot {
    Position cursor;  // all before it was sent
    Member* member;
    Sender sender;
    bool plain;  // it keeps up, and gets nothing but the log: no letters, no end
  };

  // What has gathered for the broadcaster since it looked last.
  struct Work {
    Position end = 0;
    std::vector<Member*> arrivals;
    std::vector<Slot> slots;  // empty, with places for more members; or none
    std::list<Letter> letters;
    Member* departures = nullptr;  // the first of a chain
    bool closed = false;
    bool anything = false;
    bool free = false;  // no work, and Round::kFree
  };

  // Who makes the rounds, and so owns all that is marked as the round's below.
  enum class Round {
    kTaken,   // the broadcaster; it will look for work again before it sleeps
    kAsleep,  // the broadcaster, which sleeps: work needs a wake-up
    kFree,    // whoever takes it: the broadcaster waits for a wake-up and nothing else
    kLent,    // a talker who found it free, and hands it on afterwards
  };

  void reserve_slot() REQUIRES(mutex_);
  void append(std::initializer_list<std::string_view> pieces) REQUIRES(mutex_);
  void post(Member& member, std::string lines) REQUIRES(mutex_);
  bool fits(std::size_t bytes) const REQUIRES(mutex_);
  bool may_talk(const Member& member) const REQUIRES(mutex_);
  void wait_until_fits(MutexLock& lock, std::size_t bytes) REQUIRES(mutex_);
  bool wait_for_turn(MutexLock& lock, const Member& member, std::size_t bytes) REQUIRES(mutex_);
  bool claim_wake_up() REQUIRES(mutex_);
  bool has_work() const REQUIRES(mutex_);
  Work take_work() REQUIRES(mutex_);
  void make_lent_round(Work work);

  // The broadcaster's, from here on; start() and walk(), and what they call, the round's.
  void run();
  void start(Work work);
  void walk();
  bool deliver_plain(Slot& slot) const;
  void wait_for_sockets(bool idle);
  void deliver_or_drop(Member& member);
  void deliver(Member& member);
  void gather(const Member& member, Position limit);
  void gather_log(Position from, Position to);
  void advance(Member& member, std::size_t bytes);
  Slot& slot_of(const Member& member);
  void block(Member& member);
  void unblock(Member& member);
  Clock::time_point deadline_of(const Member& member) const;
  void drop_stalled();
  void drop(Member& member);
  void drop_slow(Member& member);
  void release(Member& member);
  std::optional<std::chrono::milliseconds> time_to_next_deadline() const;

  const std::chrono::milliseconds stall_timeout_;

  // Lock order: the registry's mutex, when held, was taken before this one.
  Mutex mutex_;
  Condition turn_;  // talkers wait here for the broadcaster
  MessageLog log_ GUARDED_BY(mutex_){kLogCapacity};
  Position floor_ GUARDED_BY(mutex_) = 0;       // the broadcaster may read from here on
  Position round_end_ GUARDED_BY(mutex_) = 0;   // the broadcaster's round reaches up to here
  std::size_t members_ GUARDED_BY(mutex_) = 0;  // who came in and is not released yet
  std::size_t places_ GUARDED_BY(mutex_) = 0;   // for whom there are slots
  int waiting_ GUARDED_BY(mutex_) = 0;          // how many wait at turn_
  Round round_ GUARDED_BY(mutex_) = Round::kTaken;
  Condition returned_;  // the broadcaster waits here for a round that is lent
  bool closed_ GUARDED_BY(mutex_) = false;
  Work next_ GUARDED_BY(mutex_);

  // The round's: only who makes it touches these.
  const MessageLog& kept_;        // log_, to read what lies between floor_ and the round's end
  Position end_ = 0;              // of this round
  std::vector<Slot> slots_;       // one for each member
  std::vector<Member*> blocked_;  // those of them whose sockets are full
  std::vector<iovec> pieces_;
  Clock::time_point goodbye_deadline_ = Clock::time_point::max();
  Poller poller_;

  WakeEvent wake_;  // thread safe
  std::thread broadcaster_;
};

// One who hears the room.
class Broadcast::Member {
 public:
  // `socket` must outlive the member.
  explicit Member(Socket& socket) : socket_(socket) {}
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  // Whether it was dropped because it did not read. Thread safe.
  bool was_too_slow() const { return too_slow_.load(std::memory_order_relaxed); }

 private:
  friend class Broadcast;

  Socket& socket_;

  // Written by the broadcaster, read by the member's worker too.
  std::atomic<Position> stuck_at_{kNever};    // its cursor while its socket is full
  std::atomic<std::size_t> letter_bytes_{0};  // waiting in letters
  std::atomic<bool> too_slow_{false};

  // Only under Broadcast::mutex_.
  bool released_ = false;
  Condition released_condition_;
  Position departs_at_ = 0;           // where it stops hearing; 0 for at once
  Member* next_departure_ = nullptr;  // in the chain of Work

  // The round's.
  std::list<Letter> letters_;
  std::size_t letter_sent_ = 0;  // bytes of the first letter that were sent
  Position first_ = 0;           // where it begins to hear
  Position last_ = kNever;       // where it stops
  bool closing_ = false;         // and gets end of file there
  std::size_t index_ = 0;        // in slots_
  std::size_t blocked_index_ = 0;
  bool blocked_ = false;
  Clock::time_point progress_;  // when its full socket last took something
};

}  // namespace chat
