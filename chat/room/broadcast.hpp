// The broadcast list: everything the room says, and who hears it.
//
// The room is a log; a member is a cursor into it. Publishing appends one line once, whatever the
// number of members, so all of them get the same lines in the same order. One thread, the
// broadcaster, makes rounds (see Delivery): each gives every member, in one send, all that lies
// past its cursor. While it walks, new lines gather, and its next round carries them together.
//
// While the broadcaster sleeps and no socket is full, a worker makes the round that its member's
// line or answer needs itself: waking another thread would take as long. Not where the last round
// had several lines, or the member says several: then the broadcaster gathers more, and each member
// gets them in one send.
// There is one round at a time, whoever makes it.
//
// The broadcaster never waits for a member. Talkers in turn wait for the broadcaster when they are
// kMaxAhead in front of it, and for themselves when they talk without reading (back-pressure): so
// the log is bounded, and who reads misses nothing.
//
// Threads: any, but where it says otherwise. Errors: where memory runs out (std::bad_alloc),
// nothing has happened.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "chat/base/histogram.hpp"
#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/base/poller.hpp"
#include "chat/base/rate_meter.hpp"
#include "chat/room/delivery.hpp"
#include "chat/room/limits.hpp"
#include "chat/room/log_restoring.hpp"
#include "chat/room/message_log.hpp"
#include "chat/room/outbox.hpp"
#include "chat/room/subscriber.hpp"
#include "chat/storage/transcript.hpp"
#include "chat/wire/line_format.hpp"

namespace chat {

class Broadcast {
 public:
  // What one who comes in is greeted with, in plain lines: first `hello`, then the room's last
  // lines, then `online`.
  struct Greeting {
    std::string hello;
    std::string online;
  };

  using State = LogState;

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

  // From here on `member` hears the room, in its rendering: first what it is greeted with, then
  // that `name` has entered, which goes to everyone, then all that follows. False: the room is
  // closed.
  bool enter(Subscriber& member, Rendering rendering, Greeting greeting, std::string_view name);

  // The same, in place of `old` and with nothing told to the others: what `old` says from here on
  // comes too late. It gets `farewell`, a plain line, and its socket is shut down.
  bool take_over(Subscriber& old, std::string_view farewell, Subscriber& member,
                 Rendering rendering, Greeting greeting);

  // Nothing that `member` says from here on is heard. It gets `farewell`, a plain line, and its
  // socket is shut down; its worker does the leaving.
  void dismiss(Subscriber& member, std::string_view farewell);

  // Everyone hears that `name` has left, which is the last that `member` hears. With `flush` all up
  // to there is still sent, as long as the member takes it; without, nothing more is. One that was
  // dismissed gets no more than its farewell. Needs no memory.
  void leave(Subscriber& member, std::string_view name, bool flush) noexcept;
  // After leave(): blocks until the broadcaster has let go of `member`.
  void wait_until_released(Subscriber& member);

  // `name`, who is `member`, says `text` to everyone, or (kMe) does it, or (kNotice) changes what
  // it has said, which it can do until it says something more. May wait (back-pressure). `more`: it
  // is about to say something more, which the same round may carry. False: the room is closed or
  // `member` has been dropped.
  bool say(Subscriber& member, std::string_view name, std::string_view text, Kind kind = Kind::kSay,
           bool more = false);

  // Everyone hears what operator `name` has done.
  void announce(std::string_view name, std::string_view text);

  // Lines for `member` alone, as it is to get them; they keep their place among those of the room.
  // As say() otherwise.
  bool tell(Subscriber& member, std::string lines);

  // The same of something that is done already, and cannot be done once more by who goes on: also
  // while the room is held, and then without waiting.
  bool report(Subscriber& member, std::string lines);

  // Plain `lines` for another `member`, without waiting. False: it does not read, or is gone.
  bool post(Subscriber& member, std::string lines);

  // As tell(), and from here on `member` hears the room in tagged lines.
  bool tag(Subscriber& member, std::string lines);

  // Those `lines` of the room once more that have been said by now. Where some are not kept any
  // more, a notice says so. Waits until an earlier replay for this member is over.
  bool replay(Subscriber& member, MessageLog::Range lines);

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

  // Those of `lines` that are kept, tagged, each with LF. They are copied while nobody can say
  // anything: ask for few at a time.
  std::string kept(MessageLog::Range lines) const;

  std::uint64_t last_number() const;  // of the room's last line; 0: there was none yet

  // Which log the numbers count in: a name that nobody else's log has. It lasts as long as they go
  // on: with the transcript, and where a new program takes over.
  const std::string& epoch() const { return epoch_; }

  // For who watches whether the broadcaster moves: it does so some time after nudge(), and then
  // moves() has grown.
  void nudge() { wake_.signal(); }
  std::uint64_t moves() const { return moves_.load(std::memory_order_relaxed); }

  // Whether it is in the room, rather than dropped, dismissed, or the room at its end.
  bool hears(const Subscriber& member) const;

  // Handing over, for one thread. hold(): from here on say() and its like do nothing, and are
  // false, report() aside. freeze(): when nobody calls anything else any more, blocks until all
  // that can be sent without waiting was sent; then state() and state_of() say what is to be handed
  // over. go_on(): nothing was.
  void hold();
  void freeze();
  State state() const;
  Subscriber::State state_of(const Subscriber& member) const { return delivery_.state_of(member); }
  void go_on();

  // Taken over: `member` is in, or `leaving`, as it was, and nobody is told.
  void restore(Subscriber& member, const Subscriber::State& state, bool leaving);

  // The end of the room: everyone gets `goodbye` and end of file, or what of it gets through within
  // kGoodbyeTimeout. Joins the broadcaster.
  void close(std::string_view goodbye);

 private:
  using Place = MessageLog::Place;
  using What = Outbox::What;

  class Publication;

  // Who makes the rounds, and so owns delivery_.
  enum class Round {
    kTaken,   // the broadcaster; it will look for work again before it sleeps
    kAsleep,  // the broadcaster, which sleeps: work needs a wake-up
    kFree,    // whoever takes it: the broadcaster waits for a wake-up and nothing else
    kLent,    // a worker that found it free, and hands it on afterwards
  };

  // Whether the room stands still, to be handed over.
  enum class Halt {
    kNo,
    kHeld,    // nobody says anything
    kFrozen,  // and no round is begun that has no work
    kResting  // and the broadcaster is done
  };

  void reserve_slot() REQUIRES(mutex_);
  void append(Kind kind, std::string_view name, std::string_view text,
              WallTime now = std::chrono::system_clock::now()) REQUIRES(mutex_);
  void admit(Subscriber& member, Rendering rendering, Greeting greeting) REQUIRES(mutex_);
  void see_off(Subscriber& member, Outbox::Letters last) REQUIRES(mutex_);
  void depart(Subscriber& member, Place at) REQUIRES(mutex_);
  void add_letter(Outbox::Letters& letters, Subscriber& member, What what, std::string text,
                  MessageLog::Range lines = {}) const REQUIRES(mutex_);
  void post(Outbox::Letters letters) REQUIRES(mutex_);
  bool send_letter(Subscriber& member, What what, std::string text, MessageLog::Range lines = {},
                   bool also_held = false);
  bool is_in(const Subscriber& member) const REQUIRES(mutex_);
  bool may_talk(const Subscriber& member) const REQUIRES(mutex_);
  void wait_until_fits(MutexLock& lock, std::size_t text_size) REQUIRES(mutex_);
  bool wait_for_turn(MutexLock& lock, const Subscriber& member, std::size_t text_size,
                     bool to_replay = false) REQUIRES(mutex_);

  bool claim_wake_up() REQUIRES(mutex_);
  bool has_news() const REQUIRES(mutex_);  // what no round has taken yet
  bool has_work() const REQUIRES(mutex_);
  std::optional<Delivery::Work> borrow_round() REQUIRES(mutex_);
  Delivery::Work take_work(bool anything) REQUIRES(mutex_);
  void settle() REQUIRES(mutex_);
  void release(Subscriber& member) REQUIRES(mutex_);
  void make_lent_round(Delivery::Work work) noexcept;
  void rest_while_frozen(MutexLock& lock) REQUIRES(mutex_);
  void run();
  bool make_own_round();

  const std::uint64_t history_;
  std::string epoch_;  // since the constructor

  // Lock order: the registry's mutex, when held, was taken before this one.
  mutable Mutex mutex_;
  Condition turn_;      // talkers wait here for the broadcaster
  Condition returned_;  // the broadcaster, for a round that is lent, or while it is frozen
  Condition rests_;     // freeze(), for the broadcaster
  MessageLog log_ GUARDED_BY(mutex_);
  Place floor_ GUARDED_BY(mutex_);              // the round may read from here on
  Place round_end_ GUARDED_BY(mutex_);          // the round reaches up to here
  std::size_t members_ GUARDED_BY(mutex_) = 0;  // who came in and is not released yet
  std::size_t places_ GUARDED_BY(mutex_) = 0;   // for whom there are slots
  int waiting_ GUARDED_BY(mutex_) = 0;          // how many wait at turn_
  Round round_ GUARDED_BY(mutex_) = Round::kTaken;
  bool loaded_ GUARDED_BY(mutex_) = false;  // the last round had several lines
  Halt halt_ GUARDED_BY(mutex_) = Halt::kNo;
  bool closed_ GUARDED_BY(mutex_) = false;
  Place room_end_ GUARDED_BY(mutex_);       // where the goodbye begins, once closed
  Delivery::Work next_ GUARDED_BY(mutex_);  // what has gathered since the last round was begun
  RateMeter lines_ GUARDED_BY(mutex_){Clock::now()};
  RateMeter bytes_ GUARDED_BY(mutex_){Clock::now()};
  Delivery::Tally told_ GUARDED_BY(mutex_);  // as of the end of the last round

  std::atomic<std::uint64_t> moves_{0};
  WakeEvent wake_;     // thread safe
  Delivery delivery_;  // of whoever makes the round
  std::thread broadcaster_;
};

}  // namespace chat
