#include "chat/broadcast.hpp"

#include <algorithm>
#include <utility>

namespace chat {
namespace {

constexpr std::size_t kMaxPieces = 16;  // of one send

std::size_t total_size(std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  return size;
}

}  // namespace

Broadcast::Broadcast(std::chrono::milliseconds stall_timeout)
    : stall_timeout_(stall_timeout), kept_(log_) {
  poller_.add_event(wake_, nullptr);
  broadcaster_ = std::thread([this] { run(); });
}

Broadcast::~Broadcast() { close({}); }

bool Broadcast::enter(Member& member, std::string greeting, std::string_view notice) {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    wait_until_fits(lock, notice.size());
    if (closed_) return false;
    reserve_slot();
    member.first_ = log_.end();
    next_.arrivals.push_back(&member);
    try {
      post(member, std::move(greeting));
    } catch (...) {
      next_.arrivals.pop_back();
      throw;
    }
    append({notice});
    ++members_;
    wake = claim_wake_up();
  }
  if (wake) wake_.signal();
  return true;
}

void Broadcast::leave(Member& member, std::string_view notice, bool flush) noexcept {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    wait_until_fits(lock, notice.size());
    if (closed_) return;
    append({notice});
    if (!member.released_) {
      member.departs_at_ = flush ? log_.end() : 0;
      member.next_departure_ = std::exchange(next_.departures, &member);
    }
    wake = claim_wake_up();
  }
  if (wake) wake_.signal();
}

void Broadcast::wait_until_released(Member& member) {
  MutexLock lock(mutex_);
  while (!member.released_) member.released_condition_.wait(lock);
}

bool Broadcast::say(const Member& member, std::initializer_list<std::string_view> pieces) {
  std::optional<Work> lent;
  bool wake = false;
  {
    MutexLock lock(mutex_);
    if (!wait_for_turn(lock, member, total_size(pieces))) return false;
    append(pieces);
    if (round_ == Round::kFree) {
      lent = take_work();
      round_ = Round::kLent;
    } else {
      wake = claim_wake_up();
    }
  }
  if (lent) make_lent_round(*std::move(lent));
  if (wake) wake_.signal();
  return true;
}

bool Broadcast::tell(Member& member, std::string lines) {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    if (!wait_for_turn(lock, member, 0)) return false;
    post(member, std::move(lines));
    wake = claim_wake_up();
  }
  if (wake) wake_.signal();
  return true;
}

void Broadcast::close(std::string_view goodbye) {
  {
    MutexLock lock(mutex_);
    wait_until_fits(lock, goodbye.size());
    if (!closed_) append({goodbye});
    closed_ = true;
    turn_.notify_all();
  }
  wake_.signal();
  if (broadcaster_.joinable()) broadcaster_.join();
}

// Who comes in gets the memory for it, so that a round needs none, and cannot run out of it.
void Broadcast::reserve_slot() {
  if (members_ < places_) return;
  next_.slots.reserve(2 * members_ + 16);
  places_ = next_.slots.capacity();
}

void Broadcast::append(std::initializer_list<std::string_view> pieces) {
  for (const std::string_view piece : pieces) log_.append(piece);
}

void Broadcast::post(Member& member, std::string lines) {
  if (lines.empty()) return;
  const std::size_t bytes = lines.size();
  next_.letters.push_back({&member, log_.end(), std::move(lines)});
  member.letter_bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

// The broadcaster reads without the lock what lies behind floor_: that must not be written over.
bool Broadcast::fits(std::size_t bytes) const {
  return log_.end() + bytes <= floor_ + log_.capacity();
}

bool Broadcast::may_talk(const Member& member) const {
  if (log_.end() > round_end_ + kMaxAhead) return false;
  const Position end = log_.end();
  const std::size_t lag = end - std::min(end, member.stuck_at_.load(std::memory_order_relaxed));
  return lag + member.letter_bytes_.load(std::memory_order_relaxed) <= kMaxOwnLag;
}

// A short wait: a round of the broadcaster never blocks, and takes no lock but this one.
void Broadcast::wait_until_fits(MutexLock& lock, std::size_t bytes) {
  ++waiting_;
  while (!closed_ && !fits(bytes)) turn_.wait(lock);
  --waiting_;
}

bool Broadcast::wait_for_turn(MutexLock& lock, const Member& member, std::size_t bytes) {
  ++waiting_;
  while (!closed_ && !member.released_ && !(may_talk(member) && fits(bytes))) turn_.wait(lock);
  --waiting_;
  return !closed_ && !member.released_;
}

// One of those who publish while the broadcaster sleeps wakes it; the others need not.
bool Broadcast::claim_wake_up() {
  const bool asleep = round_ == Round::kFree || round_ == Round::kAsleep;
  if (asleep) round_ = Round::kTaken;
  return asleep;
}

bool Broadcast::has_work() const {
  return log_.end() != end_ || !next_.letters.empty() || next_.departures != nullptr ||
         (closed_ && goodbye_deadline_ == Clock::time_point::max());
}

// Exactly one round, so that a talker is soon a reader again: what has come meanwhile, and whoever
// has not taken all, is the broadcaster's.
void Broadcast::make_lent_round(Work work) {
  start(std::move(work));
  walk();
  MutexLock lock(mutex_);
  const bool done = blocked_.empty() && !has_work();
  round_ = done ? Round::kFree : Round::kTaken;
  if (!done) wake_.signal();
  returned_.notify_one();
}

void Broadcast::run() {
  while (true) {
    Work work;
    {
      MutexLock lock(mutex_);
      while (round_ == Round::kLent) returned_.wait(lock);
      work = take_work();
    }
    if (work.free) {
      // From here on a talker may have the round: nothing of it may be touched. Sockets that it
      // finds full are told of once more when they are waited for.
      (void)poller_.wait(std::nullopt);
      continue;
    }
    const bool idle = !work.anything;
    const bool closed = work.closed;
    start(std::move(work));
    if (!idle) walk();
    if (closed && slots_.empty()) return;
    if (idle || !blocked_.empty()) wait_for_sockets(idle);
    drop_stalled();
  }
}

Broadcast::Work Broadcast::take_work() {
  const bool anything = has_work();
  // The round before is over: whoever was left more than kMaxLag behind its end has been dropped.
  floor_ = round_end_ - std::min<Position>(round_end_, kMaxLag);
  Work work = std::exchange(next_, {});
  work.end = round_end_ = log_.end();
  work.closed = closed_;
  work.anything = anything;
  work.free = !anything && !closed_ && blocked_.empty() && slots_.size() <= kSmallRoom;
  round_ = anything ? Round::kTaken : work.free ? Round::kFree : Round::kAsleep;
  if (waiting_ > 0) turn_.notify_all();
  return work;
}

void Broadcast::start(Work work) {
  end_ = work.end;
  if (work.slots.capacity() > slots_.capacity()) {
    work.slots.insert(work.slots.end(), slots_.begin(), slots_.end());
    slots_.swap(work.slots);
  }
  for (Member* member : work.arrivals) {
    member->index_ = slots_.size();
    slots_.push_back({member->first_, member, member->socket_.sender(), true});
  }
  while (!work.letters.empty()) {
    Member& to = *work.letters.front().to;
    slot_of(to).plain = false;
    to.letters_.splice(to.letters_.end(), work.letters, work.letters.begin());
  }
  while (work.departures != nullptr) {
    Member& member = *work.departures;
    work.departures = member.next_departure_;
    slot_of(member).plain = false;
    member.last_ = member.departs_at_;
    if (member.last_ == 0) release(member);
  }
  if (work.closed && goodbye_deadline_ == Clock::time_point::max()) {
    goodbye_deadline_ = Clock::now() + kGoodbyeTimeout;
    for (Slot& slot : slots_) {
      slot.plain = false;
      slot.member->last_ = std::min(slot.member->last_, end_);
      slot.member->closing_ = true;
    }
  }
}

void Broadcast::walk() {
  for (std::size_t i = 0; i < slots_.size();) {
    Slot& slot = slots_[i];
    Member* const member = slot.member;
    if (slot.plain && deliver_plain(slot)) {
      ++i;
      continue;
    }
    if (!member->blocked_) {
      deliver_or_drop(*member);
    } else if (end_ - slot.cursor > kMaxLag) {
      drop_slow(*member);
    }
    // One that is gone has left its place to the last one.
    if (i < slots_.size() && slots_[i].member == member) ++i;
  }
}

// The common case. False: not all was sent, or not possible in one piece; deliver() knows why.
bool Broadcast::deliver_plain(Slot& slot) const {
  const iovec piece = kept_.piece(slot.cursor, end_);
  if (piece.iov_len > 0) slot.cursor += slot.sender.send_some({&piece, 1}).bytes;
  return slot.cursor == end_;
}

void Broadcast::wait_for_sockets(bool idle) {
  const auto timeout = idle ? time_to_next_deadline() : std::chrono::milliseconds(0);
  for (void* tag : poller_.wait(timeout)) {
    if (tag != nullptr) deliver_or_drop(*static_cast<Member*>(tag));
  }
}

// A member for whom there is no memory left is lost, and the round goes on.
void Broadcast::deliver_or_drop(Member& member) {
  try {
    deliver(member);
  } catch (const std::exception&) {  // std::bad_alloc, or epoll_ctl() with the same trouble
    drop(member);
  }
}

// Sends `member` all it has not had yet, or what of it the kernel takes.
void Broadcast::deliver(Member& member) {
  const Position limit = std::min(end_, member.last_);
  while (true) {
    gather(member, limit);
    if (pieces_.empty()) break;
    std::size_t wanted = 0;
    for (const iovec& piece : pieces_) wanted += piece.iov_len;
    const IoResult sent = member.socket_.send_some(pieces_);
    if (sent.io == Io::kFailed) return drop(member);
    advance(member, sent.bytes);
    if (sent.bytes == wanted) continue;
    if (sent.bytes > 0 || !member.blocked_) member.progress_ = Clock::now();
    block(member);
    if (end_ - slot_of(member).cursor > kMaxLag) drop_slow(member);
    return;
  }
  unblock(member);
  slot_of(member).plain = member.letters_.empty() && member.last_ == kNever;
  if (limit != member.last_) return;
  if (member.closing_) member.socket_.shutdown_write();
  release(member);
}

// Sets pieces_ to what `member` gets next: the log's lines up to `limit`, with its letters in their
// places among them.
void Broadcast::gather(const Member& member, Position limit) {
  pieces_.clear();
  Position position = slot_of(member).cursor;
  std::size_t skip = member.letter_sent_;
  for (const Letter& letter : member.letters_) {
    if (letter.position > limit) break;
    if (pieces_.size() + 3 > kMaxPieces) return;  // the rest comes with the next send
    gather_log(position, letter.position);
    // iovec serves reading and writing alike: nothing is written through it here.
    pieces_.push_back({const_cast<char*>(letter.text.data()) + skip, letter.text.size() - skip});
    position = letter.position;
    skip = 0;
  }
  gather_log(position, limit);
}

void Broadcast::gather_log(Position from, Position to) {
  while (from < to) {
    pieces_.push_back(kept_.piece(from, to));
    from += pieces_.back().iov_len;
  }
}

// Marks `bytes` of what gather() gives as sent.
void Broadcast::advance(Member& member, std::size_t bytes) {
  Position& cursor = slot_of(member).cursor;
  while (bytes > 0) {
    if (!member.letters_.empty() && member.letters_.front().position == cursor) {
      const Letter& letter = member.letters_.front();
      const std::size_t n = std::min(bytes, letter.text.size() - member.letter_sent_);
      member.letter_bytes_.fetch_sub(n, std::memory_order_relaxed);
      member.letter_sent_ += n;
      bytes -= n;
      if (member.letter_sent_ == letter.text.size()) {
        member.letters_.pop_front();
        member.letter_sent_ = 0;
      }
    } else {
      const Position stop = member.letters_.empty() ? kNever : member.letters_.front().position;
      const std::size_t n = std::min<Position>(bytes, stop - cursor);
      cursor += n;
      bytes -= n;
    }
  }
}

Broadcast::Slot& Broadcast::slot_of(const Member& member) { return slots_[member.index_]; }

void Broadcast::block(Member& member) {
  member.stuck_at_.store(slot_of(member).cursor, std::memory_order_relaxed);
  if (member.blocked_) return;
  blocked_.push_back(&member);  // first: it may throw
  member.blocked_ = true;
  member.blocked_index_ = blocked_.size() - 1;
  slot_of(member).plain = false;
  poller_.add_writable(member.socket_.descriptor(), &member);
}

void Broadcast::unblock(Member& member) {
  if (!member.blocked_) return;
  member.blocked_ = false;
  member.stuck_at_.store(kNever, std::memory_order_relaxed);
  blocked_.back()->blocked_index_ = member.blocked_index_;
  blocked_[member.blocked_index_] = blocked_.back();
  blocked_.pop_back();
  poller_.remove(member.socket_.descriptor());
}

Clock::time_point Broadcast::deadline_of(const Member& member) const {
  return member.progress_ +
         (member.last_ == kNever ? stall_timeout_ : std::chrono::milliseconds(kLeaveTimeout));
}

void Broadcast::drop_stalled() {
  if (blocked_.empty()) return;
  const auto now = Clock::now();
  if (now >= goodbye_deadline_) {
    while (!slots_.empty()) drop(*slots_.back().member);
  }
  for (std::size_t i = 0; i < blocked_.size();) {
    Member* const member = blocked_[i];
    if (now >= deadline_of(*member)) drop_slow(*member);
    if (i < blocked_.size() && blocked_[i] == member) ++i;
  }
}

std::optional<std::chrono::milliseconds> Broadcast::time_to_next_deadline() const {
  if (blocked_.empty()) return std::nullopt;
  auto next = goodbye_deadline_;
  for (const Member* member : blocked_) next = std::min(next, deadline_of(*member));
  return std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
}

// Gives up on `member`: its worker, woken by the shutdown, does the leaving.
void Broadcast::drop(Member& member) {
  member.socket_.shutdown();
  release(member);
}

void Broadcast::drop_slow(Member& member) {
  member.too_slow_.store(true, std::memory_order_relaxed);
  drop(member);
}

// Forgets `member`. Its worker may destroy it as soon as the lock is free again.
void Broadcast::release(Member& member) {
  unblock(member);
  slots_.back().member->index_ = member.index_;
  slots_[member.index_] = slots_.back();
  slots_.pop_back();
  MutexLock lock(mutex_);
  std::erase_if(next_.letters, [&](const Letter& letter) { return letter.to == &member; });
  for (Member** link = &next_.departures; *link != nullptr; link = &(*link)->next_departure_) {
    if (*link != &member) continue;
    *link = member.next_departure_;
    break;
  }
  --members_;
  member.released_ = true;
  member.released_condition_.notify_one();
  turn_.notify_all();
}

}  // namespace chat
