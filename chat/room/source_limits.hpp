// Rate limits of one source over all its connections and names: of lines, arrivals, and resumed
// sessions. Each has a token bucket, which outlives the connections. A line beyond
// it is read later; an arrival or a resume is refused, before anybody in the room hears of it.
//
// Sources are nested (see network.hpp): each wider network may do twice as much. Free of all this
// are the loopback addresses and Unix sockets; behind a trusted proxy, the address that it names
// counts.
//
// Memory is bounded: full buckets are forgotten where room is needed, then the one that has been
// quiet for longest.
//
// Thread safe. No other mutex is taken under its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/base/rate_limit.hpp"
#include "chat/net/address.hpp"
#include "chat/net/network.hpp"

namespace chat {

class SourceLimits {
 public:
  // `rate`: the lines a second of one member; 0: lines are not limited.
  explicit SourceLimits(int rate) : rate_(rate) {}
  SourceLimits(const SourceLimits&) = delete;
  SourceLimits& operator=(const SourceLimits&) = delete;

  // Both throw std::bad_alloc.

  // Counts one line; gives the time from which on it may be handled.
  Clock::time_point next_line(const PeerAddress& peer, Clock::time_point now);

  enum class Entry : std::uint8_t { kArrival, kResume };
  // Counts one, and returns true, unless there were too many lately.
  bool may_enter(Entry entry, const PeerAddress& peer, Clock::time_point now);

  std::size_t size() const;  // buckets

 private:
  enum class Kind : std::uint8_t { kLines, kArrivals, kResumes };
  using Key = std::pair<Kind, Network>;

  RateLimit& bucket(Kind kind, const Network& network, Clock::time_point now) REQUIRES(mutex_);
  void forget(Clock::time_point now) REQUIRES(mutex_);

  const int rate_;
  mutable Mutex mutex_;
  std::map<Key, RateLimit> buckets_ GUARDED_BY(mutex_);
};

}  // namespace chat
