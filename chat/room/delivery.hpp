// The round: a walk over the members that gives each, in one send, all that lies past its cursor.
//
// It never blocks, and takes no lock. A member whose socket is full (a slow reader) is left alone
// until the kernel says that there is room again. One that falls more than kMaxLag behind, or off
// the log's end, is skipped forward and told which lines it has missed; one whose socket takes
// nothing for the stall timeout is dropped.
//
// Lines that are replayed are looked at one by one, which costs more than to send them. So a member
// has only a turn of that at a time (kTurnLines), and a round only so many turns (kRoundLines): who
// needs more waits in a queue, and everyone else gets the room's new lines first.
//
// Threads: one at a time, the one that makes the round (see Broadcast).
//
// Errors: a round throws nothing. A member for whom there is no memory is dropped.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/histogram.hpp"
#include "chat/base/limits.hpp"
#include "chat/base/poller.hpp"
#include "chat/net/socket.hpp"
#include "chat/room/message_log.hpp"
#include "chat/room/outbox.hpp"
#include "chat/room/subscriber.hpp"
#include "chat/storage/transcript.hpp"

namespace chat {

class Delivery {
 public:
  using Place = MessageLog::Place;

  // What the round needs of a member, side by side in memory: members themselves lie scattered, and
  // to touch each of thousands costs as much as a part of its send.
  struct Slot {
    Outbox::Cursor cursor;
    Subscriber* member;
    Sender sender;
    bool keeps_up;  // it gets nothing but the log: no letters, no end
  };

  struct Arrival {
    Subscriber* member;
    Outbox::Cursor cursor;  // where it begins to hear
  };

  // What has gathered for a round.
  struct Work {
    Place end;
    Place floor;     // it reads from here on
    Place lowest;    // and nobody may be left behind this: the next one's floor
    Place room_end;  // the goodbye is not the room's
    std::vector<Arrival> arrivals;
    std::vector<Slot> slots;  // empty, with places for more members; or none
    Outbox::Letters letters;
    Subscriber* departures = nullptr;         // the first of a chain
    bool closed = false;                      // the room, after these lines
    std::optional<Clock::time_point> oldest;  // when the first of its lines was said
  };

  // What all rounds have come to.
  struct Tally {
    std::size_t slow = 0;  // members whose sockets are full
    std::size_t lag = 0;   // bytes that the slowest of them is behind
    std::uint64_t delivered_lines = 0;
    std::uint64_t skipped = 0;  // times that a member was skipped forward
    std::uint64_t dropped = 0;  // members that took nothing for too long
    Histogram to_kernel;  // from being said to being handed to the kernel for everyone who reads
  };

  // `log` and `transcript`, if there is one, must outlive this; of `log` it reads what lies between
  // a Work's floor and its end. `wake` ends the waiting for sockets.
  Delivery(const MessageLog& log, Transcript* transcript, std::chrono::milliseconds stall_timeout,
           WakeEvent& wake);
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Before the first round: what is kept of the log, and up to where it is in the transcript.
  void begin(const Place& lowest, const Place& end, const Place& written);

  // The steps of a round, in this order. make_round() gives everybody what `work` is; serve_queue()
  // those who wait for a turn one each.
  void make_round(Work work) noexcept;
  void serve_queue() noexcept;
  // For as long as nothing happens at a full socket, until the next deadline, or the wake-up; or
  // only a look at them.
  enum class Wait { kNot, kForSockets };
  void serve_sockets(Wait wait);
  void drop_stalled();
  void count_slow() noexcept;

  // Blocks until the wake-up, and touches nothing of the round.
  void sleep() { (void)poller_.wait(std::nullopt); }

  bool is_empty() const { return slots_.empty(); }
  bool has_slow() const { return !blocked_.empty(); }
  bool has_queue() const { return !queue_.empty(); }
  bool is_ending() const { return goodbye_deadline_ != Clock::time_point::max(); }
  const Place& lowest() const { return lowest_; }
  const Tally& tally() const { return tally_; }

  // Bytes that were sent since this was asked last.
  std::uint64_t take_sent();

  // Those it has let go of since this was asked last, as a chain by next_gone: it does not touch
  // them again.
  Subscriber* take_gone();

  // To be handed over, between two rounds: the kept lines, tagged; the last one that is written;
  // what a member has not got.
  std::string lines() const;
  std::uint64_t last_written() const;
  Subscriber::State state_of(const Subscriber& member) const;

 private:
  Outbox::Window window() const { return {log_, floor_, end_}; }
  void start(Work work);
  void seat(Work& work);
  void end_room();
  void write_transcript(const Place& end);
  void call(Subscriber& member);
  void forget_call(const Subscriber& member);
  void walk();
  void walk_called(Subscriber* member);
  bool deliver_log(Slot& slot);
  void try_or_drop(Subscriber& member, void (Delivery::*step)(Subscriber& member));
  void deliver(Subscriber& member);
  void deliver_in_turn(Subscriber& member);
  void finish(Subscriber& member, bool wants_turn);
  void queue_up(Subscriber& member);
  void leave_queue(Subscriber& member);
  void count_lines(Rendering rendering, Outbox::Position from, Outbox::Position to);
  const Place& end_of(const Subscriber& member) const;
  Slot& slot_of(const Subscriber& member) { return slots_[member.round().index]; }
  const Slot& slot_of(const Subscriber& member) const { return slots_[member.round().index]; }
  bool is_too_far_behind(const Slot& slot) const;
  void skip_forward(Subscriber& member);
  void block(Subscriber& member);
  void unblock(Subscriber& member);
  Clock::time_point deadline_of(const Subscriber& member) const;
  std::optional<std::chrono::milliseconds> time_to_next_deadline() const;
  void drop(Subscriber& member);
  void drop_slow(Subscriber& member);
  void release(Subscriber& member);

  const MessageLog& log_;
  Transcript* const transcript_;
  const std::chrono::milliseconds stall_timeout_;
  Poller poller_;

  Place begin_;                       // of this round: the end of the one before
  Place end_;                         // of this round
  Place floor_;                       // what it may read
  Place lowest_;                      // nobody is left behind this
  Outbox::Position written_ = 0;      // all tagged lines before it are in the transcript
  std::vector<Slot> slots_;           // one for each member
  std::vector<Subscriber*> blocked_;  // those of them whose sockets are full
  std::list<Subscriber*> queue_;      // those who wait for a turn to look at lines
  Outbox::Turn turn_;
  std::vector<iovec> pieces_;
  std::uint64_t sent_ = 0;
  Tally tally_;
  std::optional<Clock::time_point> oldest_;
  Clock::time_point goodbye_deadline_ = Clock::time_point::max();
  Subscriber* called_ = nullptr;  // the first of a chain
  bool for_all_ = false;          // this round has something for everybody
  Subscriber* gone_ = nullptr;    // the first of a chain
};

}  // namespace chat
