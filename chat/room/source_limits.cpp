#include "chat/room/source_limits.hpp"

#include <algorithm>

#include "chat/room/limits.hpp"

namespace chat {

Clock::time_point SourceLimits::next_line(const PeerAddress& peer, Clock::time_point now) {
  if (peer.loopback || rate_ == 0) return now;
  MutexLock lock(mutex_);
  auto due = now;
  for (std::size_t level = 0; level < levels_of(peer.source); ++level) {
    due = std::max(due, bucket(Kind::kLines, network_of(peer.source, level), now).next(now));
  }
  return due;
}

bool SourceLimits::may_enter(Entry entry, const PeerAddress& peer, Clock::time_point now) {
  if (peer.loopback) return true;
  const Kind kind = entry == Entry::kArrival ? Kind::kArrivals : Kind::kResumes;
  MutexLock lock(mutex_);
  for (std::size_t level = 0; level < levels_of(peer.source); ++level) {
    if (bucket(kind, network_of(peer.source, level), now).due(now) > now) return false;
  }
  for (std::size_t level = 0; level < levels_of(peer.source); ++level) {
    (void)bucket(kind, network_of(peer.source, level), now).next(now);
  }
  return true;
}

std::size_t SourceLimits::size() const {
  MutexLock lock(mutex_);
  return buckets_.size();
}

RateLimit& SourceLimits::bucket(Kind kind, const Network& network, Clock::time_point now) {
  const Key key{kind, network};
  if (const auto found = buckets_.find(key); found != buckets_.end()) return found->second;
  if (buckets_.size() >= kMaxSourceBuckets) forget(now);
  const int times = 1 << network.level;
  const RateLimit full = kind == Kind::kLines
                             ? RateLimit(kSourceLineRates * rate_ * times)
                             : RateLimit(kSourceEntryRate * times, kSourceEntryBurst * times);
  return buckets_.emplace(key, full).first->second;
}

void SourceLimits::forget(Clock::time_point now) {
  std::erase_if(buckets_, [&](const auto& entry) { return entry.second.spent_until() <= now; });
  if (buckets_.size() < kMaxSourceBuckets) return;
  buckets_.erase(
      std::min_element(buckets_.begin(), buckets_.end(), [](const auto& a, const auto& b) {
        return a.second.spent_until() < b.second.spent_until();
      }));
}

}  // namespace chat
