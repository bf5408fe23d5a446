// One who hears the room: what the worker that serves it, whoever publishes and whoever makes the
// round share of it.
//
// Ownership: it belongs to the worker. From Broadcast::enter() until wait_until_released() has
// returned, who makes the round uses it and is the only one to write to its socket.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <optional>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/net/socket.hpp"
#include "chat/room/outbox.hpp"
#include "chat/wire/line_format.hpp"

namespace chat {

class Subscriber {
 public:
  using Place = MessageLog::Place;

  // As it is handed over.
  struct State {
    Rendering rendering = Rendering::kPlain;  // of what it is to get
    Rendering sent = Rendering::kPlain;       // with which `unsent` begins
    std::vector<Outbox::Unsent> unsent;
    bool dismissed = false;  // sent away: its worker does not know yet
    WallTime spoke;
  };

  // `socket` must outlive this.
  explicit Subscriber(Socket& socket) : socket_(socket) {}
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  // Whether its connection is not reset, or shut down both ways. Until it is in, for its worker.
  bool is_connected() const { return socket_.wait_while_open(Clock::now()); }

  // From here on all is thread safe, until Guarded.

  // When it last said something to everyone; at first, when it came in.
  WallTime spoke() const { return spoke_.load(std::memory_order_relaxed); }
  void has_spoken(WallTime time) { spoke_.store(time, std::memory_order_relaxed); }

  // The number of the line of its own that it may correct; 0: there is none.
  std::uint64_t last_said() const { return last_said_.load(std::memory_order_relaxed); }
  void has_said(std::uint64_t number) { last_said_.store(number, std::memory_order_relaxed); }

  // Until when it may not say anything.
  WallTime muted_until() const { return muted_until_.load(std::memory_order_relaxed); }
  void mute_until(WallTime time) { muted_until_.store(time, std::memory_order_relaxed); }

  // How far the lines that it has sent run ahead of their rate (RateLimit::spent_until()): it keeps
  // that when it is resumed.
  Clock::time_point lines_spent_until() const {
    return lines_spent_until_.load(std::memory_order_relaxed);
  }
  void spend_lines_until(Clock::time_point time) {
    lines_spent_until_.store(time, std::memory_order_relaxed);
  }

  // Why it is not in the room any more, if it did not leave. It was dropped, as it did not read;
  bool was_too_slow() const { return too_slow_.load(std::memory_order_relaxed); }
  void is_too_slow() { too_slow_.store(true, std::memory_order_relaxed); }
  // or dismissed;
  bool was_dismissed() const { return dismissed_.load(std::memory_order_relaxed); }
  bool dismiss() { return dismissed_.exchange(true); }  // whether it was already
  // and that because another one took its place.
  bool was_replaced() const { return replaced_.load(std::memory_order_relaxed); }
  void replace() { replaced_.store(true, std::memory_order_relaxed); }

  // By how much of the log's bytes it is behind `end` whose socket is full; 0 where it is not.
  std::size_t lag(const Place& end) const {
    return stuck_at_.load(std::memory_order_relaxed).lag(end);
  }
  void is_stuck_at(const Outbox::Cursor& cursor) {
    stuck_at_.store(StuckAt(cursor), std::memory_order_relaxed);
  }
  void is_not_stuck() { stuck_at_.store({}, std::memory_order_relaxed); }

  // Guarded by the mutex of the broadcast list.
  struct Guarded {
    bool released = false;
    Condition is_released;
    Rendering rendering = Rendering::kPlain;  // of what is said from here on
    Place departs_at;                         // stops hearing there; the beginning for at once
    Subscriber* next_departure = nullptr;     // in the chain of Delivery::Work
  };

  // Only who makes the round touches this.
  struct Round {
    std::size_t index = 0;  // in the slots
    bool leaving = false;   // it stops hearing
    Place last;             // here
    bool closing = false;   // and gets end of file there
    bool called = false;    // in this round it gets something besides the log's lines
    Subscriber* next_called = nullptr;
    std::optional<std::list<Subscriber*>::iterator> queued;  // it waits for a turn
    bool blocked = false;                                    // its socket is full
    std::size_t blocked_index = 0;
    Clock::time_point progress;  // when its full socket last took something
    Subscriber* next_gone = nullptr;
  };

  Socket& socket() { return socket_; }
  Outbox& outbox() { return outbox_; }
  const Outbox& outbox() const { return outbox_; }
  Guarded& guarded() { return guarded_; }
  const Guarded& guarded() const { return guarded_; }
  Round& round() { return round_; }
  const Round& round() const { return round_; }

 private:
  // A cursor in one word.
  class StuckAt {
   public:
    StuckAt() : word_(std::numeric_limits<std::uint64_t>::max()) {}
    explicit StuckAt(const Outbox::Cursor& cursor)
        : word_(cursor.position << 1 | (cursor.rendering == Rendering::kTagged ? 1U : 0U)) {}
    std::size_t lag(const Place& end) const {
      const Outbox::Position from = word_ >> 1;
      const Outbox::Position to = end.in((word_ & 1) != 0 ? Rendering::kTagged : Rendering::kPlain);
      return to - std::min(to, from);
    }

   private:
    std::uint64_t word_;
  };

  Socket& socket_;
  std::atomic<StuckAt> stuck_at_{};
  std::atomic<bool> too_slow_{false};
  std::atomic<bool> dismissed_{false};
  std::atomic<bool> replaced_{false};
  std::atomic<WallTime> spoke_{};
  std::atomic<std::uint64_t> last_said_{0};
  std::atomic<WallTime> muted_until_{};
  std::atomic<Clock::time_point> lines_spent_until_{};
  Outbox outbox_;
  Guarded guarded_;
  Round round_;
};

}  // namespace chat
