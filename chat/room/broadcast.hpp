// The broadcast list: everything the room says, and who hears it.
//
// The room is a log; a member is a cursor into it. Publishing appends one line once, whatever the
// number of members, so all of them get the same lines in the same order. One thread, the
// broadcaster, walks the members and gives each, in one send, all that lies past its cursor: a
// round. While it walks, new lines gather, and its next round carries them together.
//
// While the broadcaster sleeps and no socket is full, a worker makes the round that its member's
// line or answer needs itself: waking another thread would take as long. Not where the last round
// had several lines: then the broadcaster gathers more, and each member gets them in one send.
// There is one round at a time, whoever makes it.
//
// The broadcaster never waits for a member. One whose socket is full (a slow consumer) is left
// alone until the kernel says that there is room again. One that falls more than kMaxLag behind, or
// off the log's end, is skipped forward and told which lines it has missed; one whose socket takes
// nothing for the stall timeout is dropped. Talkers in turn wait for the broadcaster when they are
// kMaxAhead in front of it, and for themselves when they talk without reading (back-pressure): so
// the log is bounded, and who reads misses nothing.
//
// Lines that are replayed are looked at one by one, which costs more than to send them.
// So a member has only a turn of that at a time (kTurnLines), and a round only so many turns
// (kRoundLines): who needs more waits in a queue, and everyone else gets the room's new lines
// first.
//
// Ownership: a Member belongs to the worker that serves its connection. From enter() until
// wait_until_released() has returned, who makes the round uses it and is the only one to write to
// its socket.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "chat/base/histogram.hpp"
#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/base/poller.hpp"
#include "chat/base/rate_meter.hpp"
#include "chat/net/socket.hpp"
#include "chat/room/message_log.hpp"
#include "chat/storage/transcript.hpp"
#include "chat/wire/line_format.hpp"

namespace chat {

class Broadcast {
 public:
  class Member;

  // What one who comes in is greeted with, in plain lines: first `hello`, then the room's last
  // lines, then `online`.
  struct Greeting {
    std::string hello;
    std::string online;
  };

  // The room's lines, as they are handed over.
  struct State {
    std::string lines;                // that are kept, tagged, behind their log_beginning()
    std::uint64_t in_transcript = 0;  // the number of the last one that is written there
  };

  // What a member has not been sent yet, in its order.
  struct Unsent {
    enum class What : std::uint8_t {
      kText,
      kTag,     // a text, and what follows it is tagged
      kReplay,  // lines of the room, once more
      kMissed,  // the notice that it has missed those lines
    };
    What what = What::kText;
    std::string text;
    MessageLog::Range lines;
  };

  // A member, as it is handed over.
  struct MemberState {
    Rendering rendering = Rendering::kPlain;  // of what it is to get
    Rendering sent = Rendering::kPlain;       // with which `unsent` begins
    std::vector<Unsent> unsent;
    bool dismissed = false;  // sent away: its worker does not know yet
    WallTime spoke;
  };

  // `stall_timeout`: a member whose full socket takes nothing for so long is dropped. `history`:
  // how many of the room's last lines one who comes in gets. `transcript`: what it holds is where
  // the room goes on from, and all its lines go there; it must outlive this. `taken_over`: where
  // the room goes on from instead, read here only. Throws what reading the transcript does.
  explicit Broadcast(std::chrono::milliseconds stall_timeout = kDefaultStallTimeout,
                     std::uint64_t history = 0, Transcript* transcript = nullptr,
                     const State* taken_over = nullptr);
  ~Broadcast();  // close() without a word, where it was not called
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;

  // Thread safe, all of them. Where memory runs out (std::bad_alloc), nothing has happened.

  // From here on `member` hears the room, in its rendering: first what it is greeted with, then
  // that `name` has entered, which goes to everyone, then all that follows. False: the room is
  // closed.
  bool enter(Member& member, Rendering rendering, Greeting greeting, std::string_view name);

  // The same, in place of `old` and with nothing told to the others: what `old` says from here on
  // comes too late. It gets `farewell`, a plain line, and its socket is shut down.
  bool take_over(Member& old, std::string_view farewell, Member& member, Rendering rendering,
                 Greeting greeting);

  // Nothing that `member` says from here on is heard. It gets `farewell`, a plain line, and its
  // socket is shut down; its worker does the leaving.
  void dismiss(Member& member, std::string_view farewell);

  // Everyone hears that `name` has left, which is the last that `member` hears. With `flush` all up
  // to there is still sent, as long as the member takes it; without, nothing more is. One that was
  // dismissed gets no more than its farewell. Needs no memory.
  void leave(Member& member, std::string_view name, bool flush) noexcept;
  // After leave(): blocks until the broadcaster has let go of `member`.
  void wait_until_released(Member& member);

  // `name`, who is `member`, says `text` to everyone, or (kMe) does it. May wait (back-pressure).
  // False: the room is closed or `member` has been dropped.
  bool say(Member& member, std::string_view name, std::string_view text, Kind kind = Kind::kSay);

  // Everyone hears what operator `name` has done.
  void announce(std::string_view name, std::string_view text);

  // Lines for `member` alone, as it is to get them; they keep their place among those of the room.
  // As say() otherwise.
  bool tell(Member& member, std::string lines);

  // The same of something that is done already, and cannot be done once more by who goes on: also
  // while the room is held, and then without waiting.
  bool report(Member& member, std::string lines);

  // Plain `lines` for another `member`, without waiting. False: it does not read, or is gone.
  bool post(Member& member, std::string lines);

  // As tell(), and from here on `member` hears the room in tagged lines.
  bool tag(Member& member, std::string lines);

  // Those `lines` of the room once more that have been said by now. Where some are not kept any
  // more, a notice says so. Waits until an earlier replay for this member is over.
  bool replay(Member& member, MessageLog::Range lines);

  // How it goes. The rates are of the last minute.
  struct Figures {
    double lines_per_second;
    double bytes_per_second;  // sent
    std::uint64_t last_number;
    std::uint64_t kept_lines;
    std::size_t kept_bytes;
    std::size_t slow;  // members whose sockets are full
    std::size_t lag;   // bytes that the slowest of them is behind
    std::uint64_t sent_bytes;
    std::uint64_t delivered_lines;
    std::uint64_t skipped;  // times that a member was skipped forward
    std::uint64_t dropped;  // members that took nothing for too long
    Histogram to_kernel;    // from being said to being handed to the kernel for everyone who reads
  };
  Figures figures();

  std::uint64_t last_number() const;  // of the room's last line; 0: there was none yet

  // Which log the numbers count in: a name that nobody else's log has. It lasts as long as they go
  // on: with the transcript, and where a new program takes over.
  const std::string& epoch() const { return epoch_; }

  // For who watches whether the broadcaster moves: it does so some time after nudge(), and then
  // moves() has grown.
  void nudge() { wake_.signal(); }
  std::uint64_t moves() const { return moves_.load(std::memory_order_relaxed); }

  // Whether it is in the room, rather than dropped, dismissed, or the room at its end.
  bool hears(const Member& member) const;

  // Handing over, for one thread. hold(): from here on say() and its like do nothing, and are
  // false, report() aside. freeze(): when nobody calls anything else any more, blocks until all
  // that can be sent without waiting was sent; then state() and state_of() say what is to be handed
  // over. go_on(): nothing was.
  void hold();
  void freeze();
  State state() const;
  MemberState state_of(const Member& member) const;
  void go_on();

  // Taken over: `member` is in, or `leaving`, as it was, and nobody is told.
  void restore(Member& member, const MemberState& state, bool leaving);

  // The end of the room: everyone gets `goodbye` and end of file, or what of it gets through within
  // kGoodbyeTimeout. Joins the broadcaster.
  void close(std::string_view goodbye);

 private:
  using Position = MessageLog::Position;
  using Place = MessageLog::Place;
  static constexpr Position kNever = std::numeric_limits<Position>::max();

  // Lines for one member, to be sent when its cursor has come to `place`. Until then all but a text
  // is closed: see open_letter().
  struct Letter {
    // kTag: from here on the member's cursor is one into the tagged lines. kReplay: `lines` are
    // still to be written into the text.
    using What = Unsent::What;

    Member* to;
    Place place;
    What what;
    std::string text;
    MessageLog::Range lines;
    std::size_t weight;  // what it counts in letter_bytes_
  };
  using Letters = std::list<Letter>;

  // What the broadcaster's round needs of a member, side by side in memory: members themselves lie
  // scattered, and to touch each of thousands costs as much as a part of its send.
  struct Slot {
    Position cursor;  // all before it was sent
    Member* member;
    Sender sender;
    Rendering rendering;  // what the cursor is a position in
    bool keeps_up;        // it gets nothing but the log: no letters, no end
  };

  // What has gathered for the broadcaster since it looked last.
  struct Work {
    Place end;
    Place readable;
    Place lowest;
    Place room_end;  // the goodbye is not the room's
    std::vector<Member*> arrivals;
    std::vector<Slot> slots;  // empty, with places for more members; or none
    Letters letters;
    Member* departures = nullptr;  // the first of a chain
    bool closed = false;
    bool anything = false;
    bool free = false;  // no work, and Round::kFree
    std::optional<Clock::time_point> oldest;
  };

  class Publication;

  // Who makes the rounds, and so owns all that is marked as the round's below.
  enum class Round {
    kTaken,   // the broadcaster; it will look for work again before it sleeps
    kAsleep,  // the broadcaster, which sleeps: work needs a wake-up
    kFree,    // whoever takes it: the broadcaster waits for a wake-up and nothing else
    kLent,    // a worker that found it free, and hands it on afterwards
  };

  void restore_lines(Transcript* transcript, const State* taken_over) REQUIRES(mutex_);
  void restore_line(const RoomLine& line) REQUIRES(mutex_);
  void go_on_after(std::uint64_t number) REQUIRES(mutex_);
  void reserve_slot() REQUIRES(mutex_);
  void append(Kind kind, std::string_view name, std::string_view text,
              WallTime now = std::chrono::system_clock::now()) REQUIRES(mutex_);
  void admit(Member& member, Rendering rendering, Greeting greeting) REQUIRES(mutex_);
  void see_off(Member& member, Letters last) REQUIRES(mutex_);
  void depart(Member& member, Place at) REQUIRES(mutex_);
  void add_letter(Letters& letters, Member& member, Letter::What what, std::string text,
                  MessageLog::Range lines = {}) const REQUIRES(mutex_);
  void post(Letters letters) REQUIRES(mutex_);
  bool send_letter(Member& member, Letter::What what, std::string text,
                   MessageLog::Range lines = {}, bool also_held = false);
  bool is_in(const Member& member) const REQUIRES(mutex_);
  bool may_talk(const Member& member) const REQUIRES(mutex_);
  void wait_until_fits(MutexLock& lock, std::size_t text_size) REQUIRES(mutex_);
  bool wait_for_turn(MutexLock& lock, const Member& member, std::size_t text_size,
                     bool to_replay = false) REQUIRES(mutex_);
  bool claim_wake_up() REQUIRES(mutex_);
  bool has_news() const REQUIRES(mutex_);  // what no round has taken yet
  bool has_work() const REQUIRES(mutex_);
  std::optional<Work> borrow_round() REQUIRES(mutex_);
  Work take_work() REQUIRES(mutex_);
  void tell_figures() REQUIRES(mutex_);
  void make_lent_round(Work work) noexcept;

  void rest_while_frozen(MutexLock& lock) REQUIRES(mutex_);

  // The broadcaster's, from here on; start() and walk(), and what they call, the round's. A round
  // throws nothing: see reserve_slot() and try_or_drop().
  void run();
  void start(Work work) noexcept;
  void write_transcript(const Place& end) noexcept;
  void call(Member& member);
  void forget_call(const Member& member);
  void walk() noexcept;
  void walk_called(Member* member) noexcept;
  void count_slow() noexcept;
  bool deliver_log(Slot& slot);
  void wait_for_sockets(bool idle);
  void try_or_drop(Member& member, void (Broadcast::*step)(Member& member));
  void deliver(Member& member);
  void deliver_in_turn(Member& member);
  void spend_turn(std::size_t lines, std::size_t bytes);
  void queue_up(Member& member);
  void leave_queue(Member& member);
  void serve_queue() noexcept;
  void make_ready(Member& member);
  void open_letter(Member& member);
  void open_replay(const Member& member, Letter& letter);
  static bool is_closed(const Letter& letter);
  void pop_letter(Member& member);
  const Place& end_of(const Member& member) const;
  void count_lines(Rendering rendering, Position from, Position to);
  void gather(const Member& member);
  void gather_log(Rendering rendering, Position from, Position to);
  void advance(Member& member, std::size_t bytes);
  Slot& slot_of(const Member& member);
  const Slot& slot_of(const Member& member) const;
  bool is_too_far_behind(const Slot& slot) const;
  void skip_forward(Member& member);
  void block(Member& member);
  void unblock(Member& member);
  Clock::time_point deadline_of(const Member& member) const;
  void drop_stalled();
  void drop(Member& member);
  void drop_slow(Member& member);
  void release(Member& member);
  std::optional<std::chrono::milliseconds> time_to_next_deadline() const;

  const std::chrono::milliseconds stall_timeout_;
  const std::uint64_t history_;
  Transcript* const transcript_;

  // Lock order: the registry's mutex, when held, was taken before this one.
  mutable Mutex mutex_;
  Condition turn_;  // talkers wait here for the broadcaster
  MessageLog log_ GUARDED_BY(mutex_);
  Place floor_ GUARDED_BY(mutex_);              // the round may read from here on
  Place round_end_ GUARDED_BY(mutex_);          // the round reaches up to here
  std::size_t members_ GUARDED_BY(mutex_) = 0;  // who came in and is not released yet
  std::size_t places_ GUARDED_BY(mutex_) = 0;   // for whom there are slots
  int waiting_ GUARDED_BY(mutex_) = 0;          // how many wait at turn_
  Round round_ GUARDED_BY(mutex_) = Round::kTaken;
  bool loaded_ GUARDED_BY(mutex_) = false;  // the last round had several lines
  Condition
      returned_;  // the broadcaster waits here for a round that is lent, or while it is frozen
  Condition rests_;
  bool held_ GUARDED_BY(mutex_) = false;
  bool frozen_ GUARDED_BY(mutex_) = false;
  bool resting_ GUARDED_BY(mutex_) = false;  // the broadcaster, as it is frozen
  bool closed_ GUARDED_BY(mutex_) = false;
  Place room_end_ GUARDED_BY(mutex_);  // where the goodbye begins, once closed
  Work next_ GUARDED_BY(mutex_);
  RateMeter lines_ GUARDED_BY(mutex_){Clock::now()};
  RateMeter bytes_ GUARDED_BY(mutex_){Clock::now()};
  // As of the end of the last round.
  struct Tally {
    std::size_t slow = 0;
    std::size_t lag = 0;
    std::uint64_t delivered_lines = 0;
    std::uint64_t skipped = 0;
    std::uint64_t dropped = 0;
    Histogram to_kernel;
  };
  Tally told_ GUARDED_BY(mutex_);
  // When the oldest line was said that no round has taken yet.
  std::optional<Clock::time_point> oldest_ GUARDED_BY(mutex_);

  // The round's: only who makes it touches these.
  std::string epoch_;             // since the constructor
  const MessageLog& kept_;        // log_, to read what lies between the round's floor and its end
  Place readable_;                // the round's floor
  Place lowest_;                  // and the next one's: nobody is left behind this
  Place end_;                     // of this round
  Position written_ = 0;          // all tagged lines before it are in the transcript
  std::vector<Slot> slots_;       // one for each member
  std::vector<Member*> blocked_;  // those of them whose sockets are full
  std::list<Member*> queue_;      // those who wait for a turn to look at lines
  std::size_t round_lines_ = 0;   // that may still be looked at in this round
  std::size_t turn_lines_ = 0;    // and in this turn
  std::vector<iovec> pieces_;
  std::uint64_t sent_ = 0;  // bytes, by the round that is over
  Tally tally_;
  Place begin_;  // the end of the round before
  std::optional<Clock::time_point> oldest_in_round_;
  Clock::time_point goodbye_deadline_ = Clock::time_point::max();
  Member* called_ = nullptr;  // the first of a chain
  bool for_all_ = false;      // this round has something for everybody
  Poller poller_;

  std::atomic<std::uint64_t> moves_{0};
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

  // Whether its connection is not reset, or shut down both ways. Until it is in, for its worker.
  bool is_connected() const { return socket_.wait_while_open(Clock::now()); }

  // When it last said something to everyone; at first, when it came in. Thread safe.
  WallTime spoke() const { return spoke_.load(std::memory_order_relaxed); }

  // Until when it may not say anything. Thread safe.
  WallTime muted_until() const { return muted_until_.load(std::memory_order_relaxed); }
  void mute_until(WallTime time) { muted_until_.store(time, std::memory_order_relaxed); }

  // How far the lines that it has sent run ahead of their rate (RateLimit::spent_until()): it keeps
  // that when it is resumed. Thread safe.
  Clock::time_point lines_spent_until() const {
    return lines_spent_until_.load(std::memory_order_relaxed);
  }
  void spend_lines_until(Clock::time_point time) {
    lines_spent_until_.store(time, std::memory_order_relaxed);
  }

  // Whether it was dropped because it did not read. Thread safe.
  bool was_too_slow() const { return too_slow_.load(std::memory_order_relaxed); }
  // Or dismissed. Thread safe.
  bool was_dismissed() const { return dismissed_.load(std::memory_order_relaxed); }
  // Dismissed because another member took its place. Thread safe.
  bool was_replaced() const { return replaced_.load(std::memory_order_relaxed); }

 private:
  friend class Broadcast;

  Socket& socket_;

  // Where its cursor is while its socket is full: a position and what it is one in, in one word.
  class StuckAt {
   public:
    StuckAt() : word_(kNever) {}
    StuckAt(Position position, Rendering rendering)
        : word_(position << 1 | (rendering == Rendering::kTagged ? 1U : 0U)) {}
    std::size_t lag(const Place& end) const {
      const Position from = word_ >> 1;
      const Position to = end.in((word_ & 1) != 0 ? Rendering::kTagged : Rendering::kPlain);
      return to - std::min(to, from);
    }

   private:
    Position word_;
  };

  // Written by the broadcaster, read by the member's worker too.
  std::atomic<StuckAt> stuck_at_{};
  std::atomic<std::size_t> letter_bytes_{0};  // waiting in letters
  std::atomic<int> replays_{0};               // of those, which are not over
  std::atomic<bool> too_slow_{false};
  std::atomic<bool> dismissed_{false};
  std::atomic<bool> replaced_{false};
  std::atomic<WallTime> spoke_{};
  std::atomic<WallTime> muted_until_{};
  std::atomic<Clock::time_point> lines_spent_until_{};

  // Only under Broadcast::mutex_.
  bool released_ = false;
  Condition released_condition_;
  Rendering rendering_ = Rendering::kPlain;  // of what is said from here on
  Place departs_at_;                         // where it stops hearing; the beginning for at once
  Member* next_departure_ = nullptr;         // in the chain of Work

  // The round's.
  Letters letters_;
  std::size_t letter_sent_ = 0;                    // bytes of the first letter that were sent
  Rendering first_rendering_ = Rendering::kPlain;  // with which it begins to hear
  Place first_;                                    // and where
  bool leaving_ = false;                           // it stops hearing
  Place last_;                                     // here
  bool closing_ = false;                           // and gets end of file there
  std::size_t index_ = 0;                          // in slots_
  std::size_t blocked_index_ = 0;
  bool called_ = false;  // in this round it gets something besides the log's lines
  Member* next_called_ = nullptr;
  bool wants_turn_ = false;                             // it has lines left to look at
  std::optional<std::list<Member*>::iterator> queued_;  // in queue_
  bool blocked_ = false;
  Clock::time_point progress_;  // when its full socket last took something
};

}  // namespace chat
