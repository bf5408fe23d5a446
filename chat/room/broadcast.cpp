#include "chat/room/broadcast.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <new>
#include <random>
#include <utility>

#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

constexpr std::size_t kMaxPieces = 16;  // of one send

std::string rendered_now(std::string lines, Rendering rendering) {
  return rendered(std::move(lines), rendering, std::chrono::system_clock::now());
}

std::string new_epoch() {
  std::random_device random;
  std::array<char, 17> text{};
  (void)std::snprintf(text.data(), text.size(), "%08x%08x", random(), random());
  return text.data();
}

}  // namespace

// What a thread changes for the room in one step: it holds the lock, and afterwards makes the round
// that this needs, or wakes the broadcaster for it where that sleeps.
class SCOPED_CAPABILITY Broadcast::Publication {
 public:
  explicit Publication(Broadcast& broadcast) ACQUIRE(broadcast.mutex_)
      : broadcast_(broadcast), lock_(broadcast.mutex_) {}
  ~Publication() RELEASE() NO_THREAD_SAFETY_ANALYSIS {
    const bool wake = broadcast_.has_news() && broadcast_.claim_wake_up();
    lock_.reset();
    if (lent_) broadcast_.make_lent_round(*std::move(lent_));
    if (wake) broadcast_.wake_.signal();
  }
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  MutexLock& lock() { return *lock_; }

  // This thread makes the round, if it is free.
  void borrow_round() NO_THREAD_SAFETY_ANALYSIS { lent_ = broadcast_.borrow_round(); }

 private:
  Broadcast& broadcast_;
  std::optional<MutexLock> lock_;
  std::optional<Work> lent_;
};

Broadcast::Broadcast(std::chrono::milliseconds stall_timeout, std::uint64_t history,
                     Transcript* transcript, const State* taken_over)
    : stall_timeout_(stall_timeout), history_(history), transcript_(transcript), kept_(log_) {
  pieces_.reserve(kMaxPieces + 2);
  poller_.add_event(wake_, nullptr);
  {
    MutexLock lock(mutex_);
    restore_lines(transcript, taken_over);
  }
  broadcaster_ = std::thread([this] { run(); });
}

Broadcast::~Broadcast() { close({}); }

bool Broadcast::enter(Member& member, Rendering rendering, Greeting greeting,
                      std::string_view name) {
  Publication publication(*this);
  wait_until_fits(publication.lock(), kEntered.size());
  if (closed_) return false;
  admit(member, rendering, std::move(greeting));
  append(Kind::kEnter, name, kEntered);
  return true;
}

bool Broadcast::take_over(Member& old, std::string_view farewell, Member& member,
                          Rendering rendering, Greeting greeting) {
  Publication publication(*this);
  if (closed_) return false;
  Letters last;
  add_letter(last, old, Letter::What::kText, rendered_now(std::string(farewell), old.rendering_));
  admit(member, rendering, std::move(greeting));
  old.replaced_ = true;
  see_off(old, std::move(last));
  return true;
}

void Broadcast::dismiss(Member& member, std::string_view farewell) {
  Publication publication(*this);
  if (closed_ || member.dismissed_) return;
  Letters last;
  add_letter(last, member, Letter::What::kText,
             rendered_now(std::string(farewell), member.rendering_));
  see_off(member, std::move(last));
}

// `last` is what it still gets.
void Broadcast::see_off(Member& member, Letters last) {
  const bool dismissed = member.dismissed_.exchange(true);
  if (!member.released_ && !dismissed) {
    post(std::move(last));
    depart(member, log_.end());
  }
  turn_.notify_all();  // it may wait for its turn
}

// It hears no more than up to there.
void Broadcast::depart(Member& member, Place at) {
  member.departs_at_ = at;
  member.next_departure_ = std::exchange(next_.departures, &member);
}

void Broadcast::leave(Member& member, std::string_view name, bool flush) noexcept {
  Publication publication(*this);
  wait_until_fits(publication.lock(), kLeft.size());
  if (closed_) return;
  append(Kind::kLeave, name, kLeft);
  // One who was dismissed is on its way out already, up to the farewell.
  if (!member.released_ && !member.dismissed_) depart(member, flush ? log_.end() : Place{});
}

void Broadcast::wait_until_released(Member& member) {
  MutexLock lock(mutex_);
  while (!member.released_) member.released_condition_.wait(lock);
}

void Broadcast::announce(std::string_view name, std::string_view text) {
  Publication publication(*this);
  wait_until_fits(publication.lock(), text.size());
  if (closed_) return;
  append(Kind::kNotice, name, text);
}

bool Broadcast::say(Member& member, std::string_view name, std::string_view text, Kind kind) {
  Publication publication(*this);
  if (!wait_for_turn(publication.lock(), member, text.size())) return false;
  const WallTime now = std::chrono::system_clock::now();
  append(kind, name, text, now);
  member.spoke_.store(now, std::memory_order_relaxed);
  if (!loaded_) publication.borrow_round();
  return true;
}

bool Broadcast::tell(Member& member, std::string lines) {
  return send_letter(member, Letter::What::kText, std::move(lines));
}

bool Broadcast::report(Member& member, std::string lines) {
  return send_letter(member, Letter::What::kText, std::move(lines), {}, true);
}

bool Broadcast::post(Member& member, std::string lines) {
  Publication publication(*this);
  if (closed_ || member.released_ || member.dismissed_ || !may_talk(member)) return false;
  Letters letters;
  add_letter(letters, member, Letter::What::kText,
             rendered_now(std::move(lines), member.rendering_));
  post(std::move(letters));
  return true;
}

bool Broadcast::tag(Member& member, std::string lines) {
  return send_letter(member, Letter::What::kTag, std::move(lines));
}

bool Broadcast::replay(Member& member, MessageLog::Range lines) {
  return send_letter(member, Letter::What::kReplay, {}, lines);
}

bool Broadcast::send_letter(Member& member, Letter::What what, std::string text,
                            MessageLog::Range lines, bool also_held) {
  Publication publication(*this);
  const bool may = wait_for_turn(publication.lock(), member, 0, what == Letter::What::kReplay);
  if (!may && !(also_held && held_ && is_in(member))) return false;
  Letters letters;
  add_letter(letters, member, what, std::move(text), lines);
  post(std::move(letters));
  if (what == Letter::What::kTag) member.rendering_ = Rendering::kTagged;
  if (may && what == Letter::What::kText) publication.borrow_round();
  return true;
}

std::uint64_t Broadcast::last_number() const {
  MutexLock lock(mutex_);
  return log_.end().number;
}

void Broadcast::close(std::string_view goodbye) {
  {
    MutexLock lock(mutex_);
    wait_until_fits(lock, goodbye.size());
    if (!closed_) {
      room_end_ = log_.end();
      log_.append_unnumbered(goodbye);
    }
    closed_ = true;
    turn_.notify_all();
  }
  wake_.signal();
  if (broadcaster_.joinable()) broadcaster_.join();
}

void Broadcast::hold() {
  MutexLock lock(mutex_);
  held_ = true;
  turn_.notify_all();
}

void Broadcast::freeze() {
  MutexLock lock(mutex_);
  frozen_ = true;
  resting_ = false;  // it may not have woken yet since it rested last
  returned_.notify_all();
  wake_.signal();
  while (!resting_) rests_.wait(lock);
}

void Broadcast::go_on() {
  MutexLock lock(mutex_);
  held_ = frozen_ = false;
  returned_.notify_all();
}

void Broadcast::rest_while_frozen(MutexLock& lock) {
  while (frozen_ && !has_work()) {
    resting_ = true;
    rests_.notify_one();
    returned_.wait(lock);
  }
}

Broadcast::State Broadcast::state() const {
  const Place& end = end_;
  return {log_beginning(epoch_, lowest_.number) +
              kept_.bytes(Rendering::kTagged, lowest_.tagged, end.tagged),
          kept_.first_from(Rendering::kTagged, written_, lowest_, end) - 1};
}

// The log's lines become letters like those among them.
Broadcast::MemberState Broadcast::state_of(const Member& member) const {
  using What = Letter::What;
  MemberState state;
  state.dismissed = member.was_dismissed();
  state.spoke = member.spoke();
  if (slots_.size() <= member.index_ || slots_[member.index_].member != &member) return state;
  Rendering rendering = state.sent = slot_of(member).rendering;
  Position at = slot_of(member).cursor;
  std::size_t sent = member.letter_sent_;
  const auto take = [&](What what, std::string text, MessageLog::Range lines = {}) {
    if (what == What::kText && text.empty()) return;
    state.unsent.push_back({what, std::move(text), lines});
  };
  const auto take_log_until = [&](Position place) {
    if (at < place) take(What::kText, kept_.bytes(rendering, at, place));
    at = place;
  };
  const Place& end = end_of(member);
  for (const Letter& letter : member.letters_) {
    if (letter.place.in(rendering) > end.in(rendering)) break;
    take_log_until(letter.place.in(rendering));
    std::string text = letter.text.substr(std::exchange(sent, 0));
    if (letter.what == What::kReplay) {
      take(What::kText, std::move(text));
      if (!letter.lines.empty()) take(What::kReplay, {}, letter.lines);
    } else {
      take(letter.what, std::move(text), letter.lines);
    }
    if (letter.what != What::kTag) continue;
    rendering = Rendering::kTagged;
    at = letter.place.tagged;
  }
  take_log_until(end.in(rendering));
  return state;
}

void Broadcast::restore(Member& member, const MemberState& state, bool leaving) {
  Publication publication(*this);
  reserve_slot();
  Letters letters;
  for (const Unsent& unsent : state.unsent) {
    add_letter(letters, member, unsent.what, unsent.text, unsent.lines);
  }
  next_.arrivals.push_back(&member);
  member.spoke_ = state.spoke;
  member.rendering_ = state.rendering;
  member.first_rendering_ = state.sent;
  member.first_ = log_.end();
  post(std::move(letters));
  ++members_;
  member.dismissed_ = state.dismissed;
  if (state.dismissed || leaving) depart(member, log_.end());
}

void Broadcast::restore_lines(Transcript* transcript, const State* taken_over) {
  Transcript::Contents contents;
  if (taken_over != nullptr) {
    std::string_view lines = taken_over->lines;
    while (!lines.empty()) {
      const std::size_t length = lines.find('\n');
      const std::string_view text = lines.substr(0, length);
      if (const auto line = parse_room_line(text)) restore_line(*line);
      if (const auto beginning = parse_log_beginning(text)) {
        contents.epoch = beginning->epoch;
        go_on_after(beginning->after);
      }
      lines.remove_prefix(length + 1);
    }
    contents.says_epoch = !contents.epoch.empty();
    contents.last = taken_over->in_transcript;
  } else if (transcript != nullptr) {
    contents =
        transcript->read([this](const RoomLine& line) REQUIRES(mutex_) { restore_line(line); });
    go_on_after(contents.last);
  }
  if (contents.epoch.empty()) contents.epoch = new_epoch();
  epoch_ = contents.epoch;
  if (transcript != nullptr) transcript->begin(contents);
  end_ = round_end_ = log_.end();
  written_ =
      taken_over == nullptr ? end_.tagged : log_.after(taken_over->in_transcript, end_).tagged;
}

void Broadcast::restore_line(const RoomLine& line) {
  go_on_after(line.number - 1);
  TimeText time{};
  std::copy(line.time.begin(), line.time.end(), time.begin());
  log_.append(line.kind, line.from, line.text, time);
  floor_ = lowest_ = log_.advanced(lowest_, log_.end());
}

// Lines up to this number are lost, where there are no others.
void Broadcast::go_on_after(std::uint64_t number) {
  if (number <= log_.end().number) return;
  const bool far = number + 1 - log_.end().number > kKeptLines;
  log_.skip_to(number + 1);
  if (far) lowest_ = log_.end();
  floor_ = lowest_ = log_.advanced(lowest_, log_.end());
}

// Who comes in gets the memory for it, so that a round needs none, and cannot run out of it.
void Broadcast::reserve_slot() {
  if (members_ < places_) return;
  next_.slots.reserve(2 * members_ + 16);
  places_ = next_.slots.capacity();
}

void Broadcast::append(Kind kind, std::string_view name, std::string_view text, WallTime now) {
  log_.append(kind, name, text, time_text(now));
  const auto time = Clock::now();
  lines_.add(1, time);
  if (!oldest_) oldest_ = time;
}

Broadcast::Figures Broadcast::figures() {
  MutexLock lock(mutex_);
  const auto now = Clock::now();
  const Place end = log_.end();
  return {lines_.per_second(now),
          bytes_.per_second(now),
          end.number,
          end.number - floor_.number,
          end.plain - floor_.plain + end.tagged - floor_.tagged,
          told_.slow,
          told_.lag,
          bytes_.total(),
          told_.delivered_lines,
          told_.skipped,
          told_.dropped,
          told_.to_kernel};
}

// `member` hears what comes after this moment.
void Broadcast::admit(Member& member, Rendering rendering, Greeting greeting) {
  reserve_slot();
  Letters letters;
  add_letter(letters, member, Letter::What::kText, rendered_now(greeting.hello, rendering));
  const std::uint64_t last = log_.end().number;
  std::uint64_t first = std::max(last - std::min(last, history_), floor_.number) + 1;
  while (first <= last && !log_.holds(first, floor_, log_.end())) ++first;
  add_letter(letters, member, Letter::What::kReplay, {}, {first, last});
  add_letter(letters, member, Letter::What::kText, rendered_now(greeting.online, rendering));
  next_.arrivals.push_back(&member);
  member.rendering_ = member.first_rendering_ = rendering;
  member.first_ = log_.end();
  post(std::move(letters));
  ++members_;
}

// One that would hold nothing is left out.
void Broadcast::add_letter(Letters& letters, Member& member, Letter::What what, std::string text,
                           MessageLog::Range lines) const {
  lines.last = std::min(lines.last, log_.end().number);
  if (text.empty() && lines.empty()) return;
  const std::size_t weight = sizeof(Letter) + (lines.empty() ? text.size() : kReplayChunk);
  letters.push_back({&member, log_.end(), what, std::move(text), lines, weight});
}

void Broadcast::post(Letters letters) {
  for (const Letter& letter : letters) {
    letter.to->letter_bytes_.fetch_add(letter.weight, std::memory_order_relaxed);
    if (letter.what == Letter::What::kReplay)
      letter.to->replays_.fetch_add(1, std::memory_order_relaxed);
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

bool Broadcast::wait_for_turn(MutexLock& lock, const Member& member, std::size_t text_size,
                              bool to_replay) {
  ++waiting_;
  const auto may = [&]() REQUIRES(mutex_) { return !held_ && is_in(member); };
  const auto can = [&]() REQUIRES(mutex_) {
    if (to_replay && member.replays_.load(std::memory_order_relaxed) > 0) return false;
    return may_talk(member) && log_.fits(text_size, floor_);
  };
  while (may() && !can()) turn_.wait(lock);
  --waiting_;
  return may();
}

bool Broadcast::is_in(const Member& member) const {
  return !closed_ && !member.released_ && !member.dismissed_;
}

bool Broadcast::hears(const Member& member) const {
  MutexLock lock(mutex_);
  return is_in(member);
}

// One of those who publish while the broadcaster sleeps wakes it; the others need not.
bool Broadcast::claim_wake_up() {
  const bool asleep = round_ == Round::kFree || round_ == Round::kAsleep;
  if (asleep) round_ = Round::kTaken;
  return asleep;
}

// Nothing: it is not free.
std::optional<Broadcast::Work> Broadcast::borrow_round() {
  if (round_ != Round::kFree) return std::nullopt;
  Work work = take_work();
  round_ = Round::kLent;
  return work;
}

bool Broadcast::has_news() const {
  return log_.end().plain != round_end_.plain || !next_.letters.empty() ||
         !next_.arrivals.empty() || next_.departures != nullptr;
}

bool Broadcast::has_work() const {
  return has_news() || (closed_ && goodbye_deadline_ == Clock::time_point::max());
}

// Exactly one round, so that a talker is soon a reader again: what has come meanwhile, and whoever
// has not taken all, is the broadcaster's.
void Broadcast::make_lent_round(Work work) noexcept {
  start(std::move(work));
  walk();
  count_slow();
  MutexLock lock(mutex_);
  tell_figures();
  const bool done = blocked_.empty() && queue_.empty() && !has_work();
  round_ = done ? Round::kFree : Round::kTaken;
  if (!done) wake_.signal();
  returned_.notify_one();
}

void Broadcast::run() {
  while (true) {
    moves_.fetch_add(1, std::memory_order_relaxed);
    // Workers that are ready append first: the round carries their lines, too.
    std::this_thread::yield();
    Work work;
    {
      MutexLock lock(mutex_);
      while (round_ == Round::kLent) returned_.wait(lock);
      rest_while_frozen(lock);
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
    serve_queue();
    if (closed && slots_.empty()) return;
    if (idle || !blocked_.empty()) wait_for_sockets(idle);
    drop_stalled();
    count_slow();
  }
}

Broadcast::Work Broadcast::take_work() {
  const bool anything = has_work() || !queue_.empty();
  floor_ = lowest_;  // the round before is over, and has left nobody behind it
  tell_figures();
  Work work = std::exchange(next_, {});
  loaded_ = log_.end().number > round_end_.number + 1;
  work.end = round_end_ = log_.end();
  work.oldest = std::exchange(oldest_, std::nullopt);
  work.lowest = log_.advanced(floor_, round_end_);
  work.readable = floor_;
  work.room_end = closed_ ? room_end_ : work.end;
  work.closed = closed_;
  work.anything = anything;
  work.free = !anything && !closed_ && blocked_.empty();
  round_ = anything ? Round::kTaken : work.free ? Round::kFree : Round::kAsleep;
  if (waiting_ > 0) turn_.notify_all();
  return work;
}

void Broadcast::start(Work work) noexcept {
  begin_ = end_;
  end_ = work.end;
  for_all_ = begin_.plain != end_.plain;
  oldest_in_round_ = work.oldest;
  round_lines_ = kRoundLines;
  readable_ = work.readable;
  lowest_ = work.lowest;
  write_transcript(work.room_end);
  if (work.slots.capacity() > slots_.capacity()) {
    work.slots.insert(work.slots.end(), slots_.begin(), slots_.end());
    slots_.swap(work.slots);
  }
  for (Member* member : work.arrivals) {
    member->index_ = slots_.size();
    const Rendering rendering = member->first_rendering_;
    slots_.push_back(
        {member->first_.in(rendering), member, member->socket_.sender(), rendering, true});
    call(*member);
  }
  while (!work.letters.empty()) {
    Member& to = *work.letters.front().to;
    slot_of(to).keeps_up = false;
    call(to);
    to.letters_.splice(to.letters_.end(), work.letters, work.letters.begin());
  }
  while (work.departures != nullptr) {
    Member& member = *work.departures;
    work.departures = member.next_departure_;
    slot_of(member).keeps_up = false;
    call(member);
    member.leaving_ = true;
    member.last_ = member.departs_at_;
    if (member.last_.plain == 0) release(member);
  }
  if (work.closed && goodbye_deadline_ == Clock::time_point::max()) {
    goodbye_deadline_ = Clock::now() + kGoodbyeTimeout;
    for_all_ = true;
    for (Slot& slot : slots_) {
      Member& member = *slot.member;
      slot.keeps_up = false;
      if (!member.leaving_) member.last_ = end_;
      member.leaving_ = member.closing_ = true;
    }
  }
}

// Before anything is sent. What cannot be written is tried again for as long as it is kept.
void Broadcast::write_transcript(const Place& end) noexcept {
  if (transcript_ == nullptr) return;
  Position from = std::max(written_, readable_.tagged);
  std::array<iovec, 2> pieces{};
  std::size_t count = 0;
  while (from < end.tagged) {
    pieces[count] = kept_.piece(Rendering::kTagged, from, end.tagged);
    from += pieces[count++].iov_len;
  }
  if (count > 0 && transcript_->write({pieces.data(), count}, end.number)) {
    written_ = end.tagged;
  }
}

void Broadcast::call(Member& member) {
  if (std::exchange(member.called_, true)) return;
  member.next_called_ = std::exchange(called_, &member);
}

void Broadcast::forget_call(const Member& member) {
  if (!member.called_) return;
  Member** link = &called_;
  while (*link != &member) link = &(*link)->next_called_;
  *link = member.next_called_;
}

// Where nothing was said, only those are looked at who get something else: to look at all, for each
// answer to one of thousands, would cost more than all that the answer takes.
void Broadcast::walk() noexcept {
  Member* const called = std::exchange(called_, nullptr);
  for (Member* member = called; member != nullptr; member = member->next_called_) {
    member->called_ = false;
  }
  if (!for_all_) return walk_called(called);
  for (std::size_t i = 0; i < slots_.size();) {
    Slot& slot = slots_[i];
    Member* const member = slot.member;
    if (slot.keeps_up && deliver_log(slot)) {
      ++i;
      continue;
    }
    if (!member->blocked_) {
      try_or_drop(*member, &Broadcast::deliver);
    } else if (is_too_far_behind(slot)) {
      try_or_drop(*member, &Broadcast::skip_forward);
    }
    // One that is gone has left its place to the last one.
    if (i < slots_.size() && slots_[i].member == member) ++i;
  }
  if (oldest_in_round_) {
    tally_.to_kernel.add(Clock::now() - *oldest_in_round_, end_.number - begin_.number);
  }
}

void Broadcast::walk_called(Member* member) noexcept {
  while (member != nullptr) {
    Member* const next = member->next_called_;  // it may be gone when it has got its part
    if (!member->blocked_) try_or_drop(*member, &Broadcast::deliver);
    member = next;
  }
}

void Broadcast::count_slow() noexcept {
  tally_.slow = blocked_.size();
  tally_.lag = 0;
  for (const Member* member : blocked_) {
    tally_.lag = std::max(tally_.lag, member->stuck_at_.load(std::memory_order_relaxed).lag(end_));
  }
}

void Broadcast::tell_figures() {
  if (sent_ > 0) bytes_.add(std::exchange(sent_, 0), Clock::now());
  told_ = tally_;
}

// All members that keep up are at the same place, so that is the rule.
void Broadcast::count_lines(Rendering rendering, Position from, Position to) {
  if (from == begin_.in(rendering) && to == end_.in(rendering)) {
    tally_.delivered_lines += end_.number - begin_.number;
  } else if (from < to) {
    tally_.delivered_lines += kept_.first_from(rendering, to, readable_, end_) -
                              kept_.first_from(rendering, from, readable_, end_);
  }
}

// The common case. False: not all was sent, or not possible in one piece; deliver() knows why.
bool Broadcast::deliver_log(Slot& slot) {
  const Position end = end_.in(slot.rendering);
  const iovec piece = kept_.piece(slot.rendering, slot.cursor, end);
  if (piece.iov_len > 0) {
    const std::size_t sent = slot.sender.send_some(std::span(&piece, 1)).bytes;
    count_lines(slot.rendering, slot.cursor, slot.cursor + sent);
    slot.cursor += sent;
    sent_ += sent;
  }
  return slot.cursor == end;
}

void Broadcast::wait_for_sockets(bool idle) {
  const auto timeout = idle ? time_to_next_deadline() : std::chrono::milliseconds(0);
  for (void* tag : poller_.wait(timeout)) {
    if (tag != nullptr) try_or_drop(*static_cast<Member*>(tag), &Broadcast::deliver);
  }
}

// A member for whom there is no memory left is lost, and the round goes on.
void Broadcast::try_or_drop(Member& member, void (Broadcast::*step)(Member& member)) {
  try {
    (this->*step)(member);
  } catch (const std::exception&) {  // std::bad_alloc, or epoll_ctl() with the same trouble
    drop(member);
  }
}

// Sends `member` all it has not had yet, or what of it the kernel takes.
void Broadcast::deliver(Member& member) {
  // Those who wait for a turn come first.
  turn_lines_ = queue_.empty() ? std::min(kTurnLines, round_lines_) : 0;
  deliver_in_turn(member);
}

void Broadcast::deliver_in_turn(Member& member) {
  member.wants_turn_ = false;
  while (true) {
    make_ready(member);
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
    if (is_too_far_behind(slot_of(member))) skip_forward(member);
    return;
  }
  unblock(member);
  Slot& slot = slot_of(member);
  if (member.wants_turn_) {
    slot.keeps_up = false;
    queue_up(member);
    if (is_too_far_behind(slot)) skip_forward(member);
    return;
  }
  slot.keeps_up = member.letters_.empty() && !member.leaving_;
  if (!member.leaving_ || slot.cursor != member.last_.in(slot.rendering)) return;
  if (member.dismissed_) return drop(member);
  if (member.closing_) member.socket_.shutdown_write();
  release(member);
}

void Broadcast::spend_turn(std::size_t lines, std::size_t bytes) {
  const std::size_t spent = lines + bytes / kBytesLikeALine;
  turn_lines_ -= std::min(turn_lines_, spent);
  round_lines_ -= std::min(round_lines_, spent);
}

void Broadcast::queue_up(Member& member) {
  if (!member.queued_) member.queued_ = queue_.insert(queue_.end(), &member);
}

void Broadcast::leave_queue(Member& member) {
  if (!member.queued_) return;
  queue_.erase(*member.queued_);
  member.queued_.reset();
}

// A turn for each who waits for one now, as far as the round's lines go.
void Broadcast::serve_queue() noexcept {
  for (std::size_t turns = queue_.size(); turns > 0 && !queue_.empty() && round_lines_ > 0;
       --turns) {
    Member& member = *queue_.front();
    leave_queue(member);
    turn_lines_ = std::min(kTurnLines, round_lines_);
    try_or_drop(member, &Broadcast::deliver_in_turn);
  }
}

// Sees to it that what `member` gets next can be sent: letters that hold nothing are behind it.
// Otherwise its turn would be over.
void Broadcast::make_ready(Member& member) {
  while (true) {
    open_letter(member);
    if (member.letters_.empty()) return;
    const Letter& next = member.letters_.front();
    const Slot& slot = slot_of(member);
    if (slot.cursor != next.place.in(slot.rendering)) return;
    if (is_closed(next)) {
      if (member.wants_turn_) return;
      continue;
    }
    if (!next.text.empty()) return;
    pop_letter(member);
  }
}

bool Broadcast::is_closed(const Letter& letter) {
  if (letter.what == Letter::What::kReplay) return letter.text.empty();
  return letter.what != Letter::What::kText;
}

// Where its cursor has come to a letter that is closed, that can be sent then.
void Broadcast::open_letter(Member& member) {
  if (member.letters_.empty()) return;
  Letter& letter = member.letters_.front();
  Slot& slot = slot_of(member);
  if (slot.cursor != letter.place.in(slot.rendering)) return;
  switch (letter.what) {
    case Letter::What::kText:
      return;
    case Letter::What::kTag:
      slot.rendering = Rendering::kTagged;
      slot.cursor = letter.place.tagged;
      break;
    case Letter::What::kMissed:
      letter.text = rendered_now(protocol::missed_lines(letter.lines.first, letter.lines.last),
                                 slot.rendering);
      break;
    case Letter::What::kReplay:
      if (member.letter_sent_ < letter.text.size()) return;
      letter.text.clear();
      member.letter_sent_ = 0;
      member.wants_turn_ = turn_lines_ == 0;
      if (member.wants_turn_) return;
      open_replay(member, letter);
      if (!letter.lines.empty()) return;
      member.replays_.fetch_sub(1, std::memory_order_relaxed);
      break;
  }
  letter.what = Letter::What::kText;
}

void Broadcast::open_replay(const Member& member, Letter& letter) {
  const std::uint64_t first = letter.lines.first;
  kept_.replay(letter.lines, slot_of(member).rendering, readable_, end_, kReplayChunk, turn_lines_,
               letter.text);
  spend_turn(letter.lines.first - first, letter.text.size());
}

void Broadcast::pop_letter(Member& member) {
  member.letter_bytes_.fetch_sub(member.letters_.front().weight, std::memory_order_relaxed);
  member.letters_.pop_front();
  member.letter_sent_ = 0;
}

// Where it stops hearing in this round: for one who leaves that may be before the goodbye.
const Broadcast::Place& Broadcast::end_of(const Member& member) const {
  return member.leaving_ ? member.last_ : end_;
}

// Sets pieces_ to what `member` gets next: the log's lines, with its letters in their places among
// them, as far as nothing has to be done in between.
void Broadcast::gather(const Member& member) {
  pieces_.clear();
  const Rendering rendering = slot_of(member).rendering;
  Position position = slot_of(member).cursor;
  const Position limit = end_of(member).in(rendering);
  std::size_t skip = member.letter_sent_;
  for (const Letter& letter : member.letters_) {
    const Position place = letter.place.in(rendering);
    if (place > limit) break;
    if (pieces_.size() + 3 > kMaxPieces) return;  // the rest comes with the next send
    gather_log(rendering, position, place);
    if (is_closed(letter)) return;
    // iovec serves reading and writing alike: nothing is written through it here.
    pieces_.push_back({const_cast<char*>(letter.text.data()) + skip, letter.text.size() - skip});
    if (letter.what == Letter::What::kReplay) return;
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
  sent_ += bytes;
  Position& cursor = slot_of(member).cursor;
  const Rendering rendering = slot_of(member).rendering;
  while (bytes > 0) {
    const Position stop =
        member.letters_.empty() ? kNever : member.letters_.front().place.in(rendering);
    if (stop != cursor) {
      const std::size_t n = std::min<Position>(bytes, stop - cursor);
      count_lines(rendering, cursor, cursor + n);
      cursor += n;
      bytes -= n;
      continue;
    }
    const Letter& letter = member.letters_.front();
    const std::size_t n = std::min(bytes, letter.text.size() - member.letter_sent_);
    member.letter_sent_ += n;
    bytes -= n;
    if (member.letter_sent_ < letter.text.size() || letter.what != Letter::What::kText) return;
    pop_letter(member);
  }
}

Broadcast::Slot& Broadcast::slot_of(const Member& member) { return slots_[member.index_]; }
const Broadcast::Slot& Broadcast::slot_of(const Member& member) const {
  return slots_[member.index_];
}

bool Broadcast::is_too_far_behind(const Slot& slot) const {
  return end_.in(slot.rendering) - slot.cursor > kMaxLag ||
         slot.cursor < lowest_.in(slot.rendering);
}

// The lines up to the round's end are lost to `member`, which is told so; what of a line it has in
// part already, and its letters, it still gets. One that is leaving has no use for that.
void Broadcast::skip_forward(Member& member) {
  if (member.leaving_) return drop_slow(member);
  ++tally_.skipped;
  Slot& slot = slot_of(member);
  Letters& letters = member.letters_;
  const std::uint64_t first = kept_.first_from(slot.rendering, slot.cursor, readable_, end_);
  const Position whole = kept_.after(first - 1, end_).in(slot.rendering);
  Letters rest, notice;
  if (slot.cursor < whole) {
    std::string text = kept_.bytes(slot.rendering, slot.cursor, whole);
    const std::size_t weight = sizeof(Letter) + text.size();
    rest.push_back({&member, end_, Letter::What::kText, std::move(text), {}, weight});
  }
  // After a hand-over lines may follow an earlier notice, as a letter: then it takes another one.
  const auto told = std::find_if(letters.begin(), letters.end(), [&](const Letter& letter) {
    return letter.what == Letter::What::kMissed && letter.lines.last + 1 == first;
  });
  if (told != letters.end()) {
    told->lines.last = end_.number;
  } else if (first <= end_.number) {
    notice.push_back(
        {&member, end_, Letter::What::kMissed, {}, {first, end_.number}, sizeof(Letter)});
  }
  for (Letter& letter : letters) letter.place = end_;
  for (const Letters* added : {&rest, &notice}) {
    for (const Letter& letter : *added) {
      member.letter_bytes_.fetch_add(letter.weight, std::memory_order_relaxed);
    }
  }
  letters.splice(letters.begin(), rest);
  letters.splice(letters.end(), notice);
  slot.cursor = end_.in(slot.rendering);
  member.stuck_at_.store({slot.cursor, slot.rendering}, std::memory_order_relaxed);
}

void Broadcast::block(Member& member) {
  Slot& slot = slot_of(member);
  member.stuck_at_.store({slot.cursor, slot.rendering}, std::memory_order_relaxed);
  if (member.blocked_) return;
  blocked_.push_back(&member);  // first: it may throw
  member.blocked_ = true;
  member.blocked_index_ = blocked_.size() - 1;
  slot.keeps_up = false;
  poller_.add_writable(member.socket_.descriptor(), &member);
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
  ++tally_.dropped;
  member.too_slow_.store(true, std::memory_order_relaxed);
  drop(member);
}

// Forgets `member`. Its worker may destroy it as soon as the lock is free again.
void Broadcast::release(Member& member) {
  unblock(member);
  leave_queue(member);
  forget_call(member);
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
