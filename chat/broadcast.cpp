#include "chat/broadcast.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace chat {
namespace {

constexpr std::size_t kMaxPieces = 16;  // of one send

}  // namespace

Broadcast::Broadcast(std::chrono::milliseconds stall_timeout)
    : stall_timeout_(stall_timeout), kept_(log_) {
  pieces_.reserve(kMaxPieces + 2);
  poller_.add_event(wake_, nullptr);
  broadcaster_ = std::thread([this] { run(); });
}

Broadcast::~Broadcast() { close({}); }

bool Broadcast::enter(Member& member, Rendering rendering, std::string greeting,
                      std::string_view name) {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    wait_until_fits(lock, kEntered.size());
    if (closed_) return false;
    Letters letters = letter(member, std::move(greeting), false);
    next_.arrivals.push_back(&member);
    member.rendering_ = rendering;
    member.first_ = log_.end();
    post(std::move(letters));
    append(Kind::kEnter, name, kEntered);
    wake = claim_wake_up();
  }
  if (wake) wake_.signal();
  return true;
}

void Broadcast::leave(Member& member, std::string_view name, bool flush) noexcept {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    wait_until_fits(lock, kLeft.size());
    if (closed_) return;
    append(Kind::kLeave, name, kLeft);
    if (!member.released_) {
      member.departs_at_ = flush ? log_.end() : Place{};
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

bool Broadcast::say(const Member& member, std::string_view name, std::string_view text) {
  std::optional<Work> lent;
  bool wake = false;
  {
    MutexLock lock(mutex_);
    if (!wait_for_turn(lock, member, text.size())) return false;
    append(Kind::kSay, name, text);
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
  return tell(member, std::move(lines), false);
}

bool Broadcast::tag(Member& member, std::string lines) {
  return tell(member, std::move(lines), true);
}

bool Broadcast::tell(Member& member, std::string lines, bool tags) {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    if (!wait_for_turn(lock, member, 0)) return false;
    post(letter(member, std::move(lines), tags));
    wake = claim_wake_up();
  }
  if (wake) wake_.signal();
  return true;
}

void Broadcast::close(std::string_view goodbye) {
  {
    MutexLock lock(mutex_);
    wait_until_fits(lock, goodbye.size());
    if (!closed_) log_.append_unnumbered(goodbye);
    closed_ = true;
    turn_.notify_all();
  }
  wake_.signal();
  if (broadcaster_.joinable()) broadcaster_.join();
}

void Broadcast::append(Kind kind, std::string_view name, std::string_view text) {
  log_.append(kind, name, text, std::chrono::system_clock::now());
}

Broadcast::Letters Broadcast::letter(Member& member, std::string text, bool tags) const {
  const std::size_t weight = text.size() + sizeof(Letter);
  Letters letters;
  letters.push_back({&member, log_.end(), std::move(text), tags, weight});
  return letters;
}

void Broadcast::post(Letters letters) {
  for (const Letter& letter : letters) {
    letter.to->letter_bytes_.fetch_add(letter.weight, std::memory_order_relaxed);
  }
  next_.letters.splice(next_.letters.end(), letters);
}

bool Broadcast::may_talk(const Member& member) const {
  const Place end = log_.end();
  if (end.plain > round_end_.plain + kMaxAhead) return false;
  if (end.tagged > round_end_.tagged + kMaxTaggedAhead) return false;
  const std::size_t lag = member.stuck_at_.load(std::memory_order_relaxed).lag(end);
  return lag + member.letter_bytes_.load(std::memory_order_relaxed) <= kMaxOwnLag;
}

// The broadcaster reads without the lock what lies behind floor_: that must not be written over.
// A short wait: a round of the broadcaster never blocks, and takes no lock but this one.
void Broadcast::wait_until_fits(MutexLock& lock, std::size_t text_size) {
  ++waiting_;
  while (!closed_ && !log_.fits(text_size, floor_)) turn_.wait(lock);
  --waiting_;
}

bool Broadcast::wait_for_turn(MutexLock& lock, const Member& member, std::size_t text_size) {
  ++waiting_;
  while (!closed_ && !member.released_ && !(may_talk(member) && log_.fits(text_size, floor_))) {
    turn_.wait(lock);
  }
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
  return log_.end().plain != end_.plain || !next_.letters.empty() || next_.departures != nullptr ||
         (closed_ && goodbye_deadline_ == Clock::time_point::max());
}

// Exactly one round, so that a talker is soon a reader again: what has come meanwhile, and whoever
// has not taken all, is the broadcaster's.
void Broadcast::make_lent_round(Work work) noexcept {
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
  floor_ = {round_end_.plain - std::min<Position>(round_end_.plain, kKeptPlain),
            round_end_.tagged - std::min<Position>(round_end_.tagged, kKeptTagged)};
  Work work = std::exchange(next_, {});
  work.end = round_end_ = log_.end();
  work.closed = closed_;
  work.anything = anything;
  work.free = !anything && !closed_ && blocked_.empty() && slots_.size() <= kSmallRoom;
  round_ = anything ? Round::kTaken : work.free ? Round::kFree : Round::kAsleep;
  if (waiting_ > 0) turn_.notify_all();
  return work;
}

void Broadcast::start(Work work) noexcept {
  end_ = work.end;
  add_slots(work.arrivals);
  hand_over(work.letters);
  while (work.departures != nullptr) {
    Member& member = *work.departures;
    work.departures = member.next_departure_;
    if (member.index_ == kNowhere) continue;
    slot_of(member).keeps_up = false;
    member.leaving_ = true;
    member.last_ = member.departs_at_;
    if (member.last_.plain == 0) release(member);
  }
  for (Member* member : work.arrivals) drop(*member);
  if (work.closed && goodbye_deadline_ == Clock::time_point::max()) {
    goodbye_deadline_ = Clock::now() + kGoodbyeTimeout;
    for (Slot& slot : slots_) {
      Member& member = *slot.member;
      slot.keeps_up = false;
      if (!member.leaving_) member.last_ = end_;
      member.leaving_ = member.closing_ = true;
    }
  }
}

// Leaves in `arrivals` whom there was no memory for.
void Broadcast::add_slots(std::vector<Member*>& arrivals) {
  std::erase_if(arrivals, [this](Member* member) {
    try {
      slots_.push_back({member->first_.in(member->rendering_), member, member->socket_.sender(),
                        member->rendering_, true});
    } catch (const std::bad_alloc&) {
      return false;
    }
    member->index_ = slots_.size() - 1;
    return true;
  });
}

// Moves nodes from list to list, which needs no memory.
void Broadcast::hand_over(Letters& letters) {
  while (!letters.empty()) {
    Member& member = *letters.front().to;
    if (member.index_ == kNowhere) {
      letters.pop_front();
      continue;
    }
    slot_of(member).keeps_up = false;
    member.letters_.splice(member.letters_.end(), letters, letters.begin());
  }
}

void Broadcast::walk() noexcept {
  for (std::size_t i = 0; i < slots_.size();) {
    Slot& slot = slots_[i];
    Member* const member = slot.member;
    if (slot.keeps_up && deliver_log(slot)) {
      ++i;
      continue;
    }
    if (!member->blocked_) {
      deliver(*member);
    } else if (lag_of(slot) > kMaxLag) {
      drop_slow(*member);
    }
    // One that is gone has left its place to the last one.
    if (i < slots_.size() && slots_[i].member == member) ++i;
  }
}

// The common case. False: not all was sent, or not possible in one piece; deliver() knows why.
bool Broadcast::deliver_log(Slot& slot) const {
  const Position end = end_.in(slot.rendering);
  const iovec piece = kept_.piece(slot.rendering, slot.cursor, end);
  if (piece.iov_len > 0) slot.cursor += slot.sender.send_some({&piece, 1}).bytes;
  return slot.cursor == end;
}

void Broadcast::wait_for_sockets(bool idle) {
  const auto timeout = idle ? time_to_next_deadline() : std::chrono::milliseconds(0);
  for (void* tag : poller_.wait(timeout)) {
    if (tag != nullptr) deliver(*static_cast<Member*>(tag));
  }
}

void Broadcast::deliver(Member& member) noexcept {
  try {
    deliver_all(member);
  } catch (const std::exception&) {  // no memory, here or for the kernel's epoll set
    drop(member);
  }
}

// Sends `member` all it has not had yet, or what of it the kernel takes.
void Broadcast::deliver_all(Member& member) {
  while (true) {
    open_letter(member);
    gather(member);
    if (pieces_.empty()) break;
    std::size_t wanted = 0;
    for (const iovec& piece : pieces_) wanted += piece.iov_len;
    const IoResult sent = member.socket_.send_some(pieces_);
    if (sent.io == Io::kFailed) return drop(member);
    advance(member, sent.bytes);
    if (sent.bytes == wanted) continue;
    if (sent.bytes > 0 || !member.blocked_) member.progress_ = Clock::now();
    block(member);
    if (lag_of(slot_of(member)) > kMaxLag) drop_slow(member);
    return;
  }
  unblock(member);
  Slot& slot = slot_of(member);
  slot.keeps_up = member.letters_.empty() && !member.leaving_;
  if (!member.leaving_ || slot.cursor != member.last_.in(slot.rendering)) return;
  if (member.closing_) member.socket_.shutdown_write();
  release(member);
}

// Where its cursor has come to the letter from which on `member` gets tagged lines, they begin.
void Broadcast::open_letter(Member& member) {
  if (member.letters_.empty()) return;
  Letter& letter = member.letters_.front();
  Slot& slot = slot_of(member);
  if (!letter.tags || slot.cursor != letter.place.in(slot.rendering)) return;
  letter.tags = false;
  slot.rendering = Rendering::kTagged;
  slot.cursor = letter.place.tagged;
}

Broadcast::Position Broadcast::limit_of(const Member& member) const {
  const Rendering rendering = slot_of(member).rendering;
  const Position end = end_.in(rendering);
  return member.leaving_ ? std::min(end, member.last_.in(rendering)) : end;
}

// Sets pieces_ to what `member` gets next: the log's lines, with its letters in their places among
// them, as far as nothing has to be done in between.
void Broadcast::gather(const Member& member) {
  pieces_.clear();
  const Position limit = limit_of(member);
  const Rendering rendering = slot_of(member).rendering;
  Position position = slot_of(member).cursor;
  std::size_t skip = member.letter_sent_;
  for (const Letter& letter : member.letters_) {
    const Position place = letter.place.in(rendering);
    if (place > limit) break;
    if (pieces_.size() + 3 > kMaxPieces) return;  // the rest comes with the next send
    gather_log(rendering, position, place);
    if (letter.tags) return;
    // iovec serves reading and writing alike: nothing is written through it here.
    pieces_.push_back({const_cast<char*>(letter.text.data()) + skip, letter.text.size() - skip});
    position = place;
    skip = 0;
  }
  gather_log(rendering, position, limit);
}

void Broadcast::gather_log(Rendering rendering, Position from, Position to) {
  while (from < to) {
    pieces_.push_back(kept_.piece(rendering, from, to));
    from += pieces_.back().iov_len;
  }
}

// Marks `bytes` of what gather() gives as sent.
void Broadcast::advance(Member& member, std::size_t bytes) {
  Position& cursor = slot_of(member).cursor;
  const Rendering rendering = slot_of(member).rendering;
  while (bytes > 0) {
    const Position stop =
        member.letters_.empty() ? kNever : member.letters_.front().place.in(rendering);
    if (stop != cursor) {
      const std::size_t n = std::min<Position>(bytes, stop - cursor);
      cursor += n;
      bytes -= n;
      continue;
    }
    const Letter& letter = member.letters_.front();
    const std::size_t n = std::min(bytes, letter.text.size() - member.letter_sent_);
    member.letter_sent_ += n;
    bytes -= n;
    if (member.letter_sent_ < letter.text.size()) return;
    member.letter_bytes_.fetch_sub(letter.weight, std::memory_order_relaxed);
    member.letters_.pop_front();
    member.letter_sent_ = 0;
  }
}

Broadcast::Slot& Broadcast::slot_of(const Member& member) { return slots_[member.index_]; }
const Broadcast::Slot& Broadcast::slot_of(const Member& member) const {
  return slots_[member.index_];
}

// How far behind the round's end it is.
Broadcast::Position Broadcast::lag_of(const Slot& slot) const {
  return end_.in(slot.rendering) - slot.cursor;
}

// Where memory runs out, nothing has happened.
void Broadcast::block(Member& member) {
  Slot& slot = slot_of(member);
  member.stuck_at_.store({slot.cursor, slot.rendering}, std::memory_order_relaxed);
  if (member.blocked_) return;
  blocked_.push_back(&member);
  try {
    poller_.add_writable(member.socket_.descriptor(), &member);
  } catch (...) {
    blocked_.pop_back();
    throw;
  }
  slot.keeps_up = false;
  member.blocked_ = true;
  member.blocked_index_ = blocked_.size() - 1;
}

void Broadcast::unblock(Member& member) {
  if (!member.blocked_) return;
  member.blocked_ = false;
  member.stuck_at_.store({}, std::memory_order_relaxed);
  blocked_.back()->blocked_index_ = member.blocked_index_;
  blocked_[member.blocked_index_] = blocked_.back();
  blocked_.pop_back();
  poller_.remove(member.socket_.descriptor());
}

Clock::time_point Broadcast::deadline_of(const Member& member) const {
  return member.progress_ +
         (member.leaving_ ? std::chrono::milliseconds(kLeaveTimeout) : stall_timeout_);
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
  if (member.index_ != kNowhere) {
    slots_.back().member->index_ = member.index_;
    slots_[member.index_] = slots_.back();
    slots_.pop_back();
  }
  MutexLock lock(mutex_);
  std::erase_if(next_.letters, [&](const Letter& letter) { return letter.to == &member; });
  for (Member** link = &next_.departures; *link != nullptr; link = &(*link)->next_departure_) {
    if (*link != &member) continue;
    *link = member.next_departure_;
    break;
  }
  member.released_ = true;
  member.released_condition_.notify_one();
  turn_.notify_all();
}

}  // namespace chat
