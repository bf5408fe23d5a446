#include "chat/room/delivery.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/room/limits.hpp"

namespace chat {

Delivery::Delivery(const MessageLog& log, Transcript* transcript,
                   std::chrono::milliseconds stall_timeout, WakeEvent& wake)
    : log_(log), transcript_(transcript), stall_timeout_(stall_timeout) {
  pieces_.reserve(Outbox::kMaxPieces + 2);
  poller_.add_event(wake, nullptr);
}

void Delivery::begin(const Place& lowest, const Place& end, const Place& written) {
  lowest_ = lowest;
  end_ = end;
  written_ = written.tagged;
}

void Delivery::make_round(Work work) noexcept {
  start(std::move(work));
  walk();
}

void Delivery::start(Work work) {
  begin_ = end_;
  end_ = work.end;
  for_all_ = begin_.plain != end_.plain;
  oldest_ = work.oldest;
  turn_.round_lines = kRoundLines;
  floor_ = work.floor;
  lowest_ = work.lowest;
  write_transcript(work.room_end);
  seat(work);
  while (!work.letters.empty()) {
    Subscriber& to = *work.letters.front().to;
    slot_of(to).keeps_up = false;
    call(to);
    to.outbox().take_first_of(work.letters);
  }
  while (work.departures != nullptr) {
    Subscriber& member = *work.departures;
    work.departures = member.guarded().next_departure;
    slot_of(member).keeps_up = false;
    call(member);
    member.round().leaving = true;
    member.round().last = member.guarded().departs_at;
    if (member.round().last.plain == 0) release(member);
  }
  if (work.closed && !is_ending()) end_room();
}

void Delivery::seat(Work& work) {
  if (work.slots.capacity() > slots_.capacity()) {
    work.slots.insert(work.slots.end(), slots_.begin(), slots_.end());
    slots_.swap(work.slots);
  }
  for (const Arrival& arrival : work.arrivals) {
    arrival.member->round().index = slots_.size();
    slots_.push_back({arrival.cursor, arrival.member, arrival.member->socket().sender(), true});
    call(*arrival.member);
  }
}

void Delivery::end_room() {
  goodbye_deadline_ = Clock::now() + kGoodbyeTimeout;
  for_all_ = true;
  for (Slot& slot : slots_) {
    Subscriber::Round& round = slot.member->round();
    slot.keeps_up = false;
    if (!round.leaving) round.last = end_;
    round.leaving = round.closing = true;
  }
}

// Before anything is sent. What cannot be written is tried again for as long as it is kept.
void Delivery::write_transcript(const Place& end) {
  if (transcript_ == nullptr) return;
  Outbox::Position from = std::max(written_, floor_.tagged);
  std::array<iovec, 2> pieces{};
  std::size_t count = 0;
  while (from < end.tagged) {
    pieces[count] = log_.piece(Rendering::kTagged, from, end.tagged);
    from += pieces[count++].iov_len;
  }
  if (count > 0 && transcript_->write({pieces.data(), count}, end.number)) {
    written_ = end.tagged;
  }
}

void Delivery::call(Subscriber& member) {
  if (std::exchange(member.round().called, true)) return;
  member.round().next_called = std::exchange(called_, &member);
}

void Delivery::forget_call(const Subscriber& member) {
  if (!member.round().called) return;
  Subscriber** link = &called_;
  while (*link != &member) link = &(*link)->round().next_called;
  *link = member.round().next_called;
}

// In a round without lines for all, only members with letters are visited: a walk over thousands
// for one answer would cost more than the answer.
void Delivery::walk() {
  Subscriber* const called = std::exchange(called_, nullptr);
  for (Subscriber* member = called; member != nullptr; member = member->round().next_called) {
    member->round().called = false;
  }
  if (!for_all_) return walk_called(called);
  for (std::size_t i = 0; i < slots_.size();) {
    Slot& slot = slots_[i];
    Subscriber* const member = slot.member;
    if (slot.keeps_up && deliver_log(slot)) {
      ++i;
      continue;
    }
    if (!member->round().blocked) {
      try_or_drop(*member, &Delivery::deliver);
    } else if (is_too_far_behind(slot)) {
      try_or_drop(*member, &Delivery::skip_forward);
    }
    // One that is gone has left its place to the last one.
    if (i < slots_.size() && slots_[i].member == member) ++i;
  }
  if (oldest_) tally_.to_kernel.add(Clock::now() - *oldest_, end_.number - begin_.number);
}

void Delivery::walk_called(Subscriber* member) {
  while (member != nullptr) {
    // Read before: it may be gone when it has got its part.
    Subscriber* const next = member->round().next_called;
    if (!member->round().blocked) try_or_drop(*member, &Delivery::deliver);
    member = next;
  }
}

// The common case. False: not all was sent, or not possible in one piece; deliver() knows why.
bool Delivery::deliver_log(Slot& slot) {
  Outbox::Cursor& cursor = slot.cursor;
  const Outbox::Position end = end_.in(cursor.rendering);
  const iovec piece = log_.piece(cursor.rendering, cursor.position, end);
  if (piece.iov_len > 0) {
    const std::size_t sent = slot.sender.send_some(std::span(&piece, 1)).bytes;
    count_lines(cursor.rendering, cursor.position, cursor.position + sent);
    cursor.position += sent;
    sent_ += sent;
  }
  return cursor.position == end;
}

// All members that keep up are at the same place, so that is the rule.
void Delivery::count_lines(Rendering rendering, Outbox::Position from, Outbox::Position to) {
  if (from == begin_.in(rendering) && to == end_.in(rendering)) {
    tally_.delivered_lines += end_.number - begin_.number;
  } else if (from < to) {
    tally_.delivered_lines += log_.first_from(rendering, to, floor_, end_) -
                              log_.first_from(rendering, from, floor_, end_);
  }
}

void Delivery::serve_sockets(Wait wait) {
  const auto timeout =
      wait == Wait::kForSockets ? time_to_next_deadline() : std::chrono::milliseconds(0);
  for (void* tag : poller_.wait(timeout)) {
    if (tag != nullptr) try_or_drop(*static_cast<Subscriber*>(tag), &Delivery::deliver);
  }
}

// A member for whom there is no memory left is lost, and the round goes on.
void Delivery::try_or_drop(Subscriber& member, void (Delivery::*step)(Subscriber& member)) {
  try {
    (this->*step)(member);
  } catch (const std::exception&) {  // std::bad_alloc, or epoll_ctl() with the same trouble
    drop(member);
  }
}

// Sends `member` all it has not had yet, or what of it the kernel takes.
void Delivery::deliver(Subscriber& member) {
  // Those who wait for a turn come first.
  turn_.lines = queue_.empty() ? std::min(kTurnLines, turn_.round_lines) : 0;
  deliver_in_turn(member);
}

void Delivery::deliver_in_turn(Subscriber& member) {
  Outbox& outbox = member.outbox();
  bool ready = true;
  while (true) {
    Outbox::Cursor& cursor = slot_of(member).cursor;
    ready = outbox.open(cursor, window(), turn_);
    pieces_.clear();
    outbox.gather(cursor, log_, end_of(member).in(cursor.rendering), pieces_);
    if (pieces_.empty()) break;
    std::size_t wanted = 0;
    for (const iovec& piece : pieces_) wanted += piece.iov_len;
    const IoResult sent = member.socket().send_some(pieces_);
    if (sent.io == Io::kFailed) return drop(member);
    const Outbox::Position from = cursor.position;
    outbox.advance(cursor, sent.bytes);
    count_lines(cursor.rendering, from, cursor.position);
    sent_ += sent.bytes;
    if (sent.bytes == wanted) continue;
    if (sent.bytes > 0 || !member.round().blocked) member.round().progress = Clock::now();
    block(member);
    if (is_too_far_behind(slot_of(member))) skip_forward(member);
    return;
  }
  unblock(member);
  finish(member, !ready);
}

// It has got all that there is for it now.
void Delivery::finish(Subscriber& member, bool wants_turn) {
  Slot& slot = slot_of(member);
  const Subscriber::Round& round = member.round();
  if (wants_turn) {
    slot.keeps_up = false;
    queue_up(member);
    if (is_too_far_behind(slot)) skip_forward(member);
    return;
  }
  slot.keeps_up = member.outbox().empty() && !round.leaving;
  if (!round.leaving || slot.cursor.position != round.last.in(slot.cursor.rendering)) return;
  if (member.was_dismissed()) return drop(member);
  if (round.closing) member.socket().shutdown_write();
  release(member);
}

void Delivery::queue_up(Subscriber& member) {
  auto& queued = member.round().queued;
  if (!queued) queued = queue_.insert(queue_.end(), &member);
}

void Delivery::leave_queue(Subscriber& member) {
  auto& queued = member.round().queued;
  if (!queued) return;
  queue_.erase(*queued);
  queued.reset();
}

// As far as the round's lines go.
void Delivery::serve_queue() noexcept {
  for (std::size_t turns = queue_.size(); turns > 0 && !queue_.empty() && turn_.round_lines > 0;
       --turns) {
    Subscriber& member = *queue_.front();
    leave_queue(member);
    turn_.lines = std::min(kTurnLines, turn_.round_lines);
    try_or_drop(member, &Delivery::deliver_in_turn);
  }
}

// The end of what `member` gets in this round: if it leaves, that may be before the goodbye.
const Delivery::Place& Delivery::end_of(const Subscriber& member) const {
  return member.round().leaving ? member.round().last : end_;
}

bool Delivery::is_too_far_behind(const Slot& slot) const {
  const Outbox::Cursor& cursor = slot.cursor;
  return end_.in(cursor.rendering) - cursor.position > kMaxLag ||
         cursor.position < lowest_.in(cursor.rendering);
}

// One that is leaving has no use for the notice.
void Delivery::skip_forward(Subscriber& member) {
  if (member.round().leaving) return drop_slow(member);
  ++tally_.skipped;
  Outbox::Cursor& cursor = slot_of(member).cursor;
  member.outbox().skip_forward(cursor, window(), member);
  member.is_stuck_at(cursor);
}

void Delivery::block(Subscriber& member) {
  Slot& slot = slot_of(member);
  member.is_stuck_at(slot.cursor);
  Subscriber::Round& round = member.round();
  if (round.blocked) return;
  blocked_.push_back(&member);  // first: it may throw
  round.blocked = true;
  round.blocked_index = blocked_.size() - 1;
  slot.keeps_up = false;
  poller_.add_writable(member.socket().descriptor(), &member);
}

void Delivery::unblock(Subscriber& member) {
  Subscriber::Round& round = member.round();
  if (!round.blocked) return;
  round.blocked = false;
  member.is_not_stuck();
  blocked_.back()->round().blocked_index = round.blocked_index;
  blocked_[round.blocked_index] = blocked_.back();
  blocked_.pop_back();
  poller_.remove(member.socket().descriptor());
}

Clock::time_point Delivery::deadline_of(const Subscriber& member) const {
  return member.round().progress +
         (member.round().leaving ? std::chrono::milliseconds(kLeaveTimeout) : stall_timeout_);
}

void Delivery::drop_stalled() {
  if (blocked_.empty()) return;
  const auto now = Clock::now();
  if (now >= goodbye_deadline_) {
    while (!slots_.empty()) drop(*slots_.back().member);
  }
  for (std::size_t i = 0; i < blocked_.size();) {
    Subscriber* const member = blocked_[i];
    if (now >= deadline_of(*member)) drop_slow(*member);
    if (i < blocked_.size() && blocked_[i] == member) ++i;
  }
}

std::optional<std::chrono::milliseconds> Delivery::time_to_next_deadline() const {
  if (blocked_.empty()) return std::nullopt;
  auto next = goodbye_deadline_;
  for (const Subscriber* member : blocked_) next = std::min(next, deadline_of(*member));
  return std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
}

void Delivery::count_slow() noexcept {
  tally_.slow = blocked_.size();
  tally_.lag = 0;
  for (const Subscriber* member : blocked_) tally_.lag = std::max(tally_.lag, member->lag(end_));
}

// Gives up on `member`: its worker, woken by the shutdown, does the leaving.
void Delivery::drop(Subscriber& member) {
  member.socket().shutdown();
  release(member);
}

void Delivery::drop_slow(Subscriber& member) {
  ++tally_.dropped;
  member.is_too_slow();
  drop(member);
}

void Delivery::release(Subscriber& member) {
  unblock(member);
  leave_queue(member);
  forget_call(member);
  Slot& slot = slot_of(member);
  slots_.back().member->round().index = member.round().index;
  slot = slots_.back();
  slots_.pop_back();
  member.round().next_gone = std::exchange(gone_, &member);
}

std::uint64_t Delivery::take_sent() { return std::exchange(sent_, 0); }

Subscriber* Delivery::take_gone() { return std::exchange(gone_, nullptr); }

std::string Delivery::lines() const {
  return log_.bytes(Rendering::kTagged, lowest_.tagged, end_.tagged);
}

std::uint64_t Delivery::last_written() const {
  return log_.first_from(Rendering::kTagged, written_, lowest_, end_) - 1;
}

Subscriber::State Delivery::state_of(const Subscriber& member) const {
  Subscriber::State state;
  state.dismissed = member.was_dismissed();
  state.spoke = member.spoke();
  const std::size_t index = member.round().index;
  if (slots_.size() <= index || slots_[index].member != &member) return state;
  const Outbox::Cursor& cursor = slots_[index].cursor;
  state.sent = cursor.rendering;
  state.unsent = member.outbox().unsent(cursor, log_, end_of(member));
  return state;
}

}  // namespace chat
