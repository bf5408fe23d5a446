#include "chat/room/broadcast.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "chat/room/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

std::string rendered_now(std::string lines, Rendering rendering) {
  return rendered(std::move(lines), rendering, std::chrono::system_clock::now());
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
  std::optional<Delivery::Work> lent_;
};

Broadcast::Broadcast(std::chrono::milliseconds stall_timeout, std::uint64_t history,
                     Transcript* transcript, const State* taken_over)
    : history_(history), delivery_(log_, transcript, stall_timeout, wake_) {
  {
    MutexLock lock(mutex_);
    const RestoredLog restored = restore_log(log_, transcript, taken_over);
    epoch_ = restored.epoch;
    floor_ = restored.floor;
    round_end_ = log_.end();
    delivery_.begin(floor_, round_end_, restored.written);
  }
  broadcaster_ = std::thread([this] { run(); });
}

Broadcast::~Broadcast() { close({}); }

bool Broadcast::enter(Subscriber& member, Rendering rendering, Greeting greeting,
                      std::string_view name) {
  Publication publication(*this);
  wait_until_fits(publication.lock(), kEntered.size());
  if (closed_) return false;
  admit(member, rendering, std::move(greeting));
  append(Kind::kEnter, name, kEntered);
  return true;
}

bool Broadcast::take_over(Subscriber& old, std::string_view farewell, Subscriber& member,
                          Rendering rendering, Greeting greeting) {
  Publication publication(*this);
  if (closed_) return false;
  Outbox::Letters last;
  add_letter(last, old, What::kText, rendered_now(std::string(farewell), old.guarded().rendering));
  admit(member, rendering, std::move(greeting));
  old.replace();
  see_off(old, std::move(last));
  return true;
}

void Broadcast::dismiss(Subscriber& member, std::string_view farewell) {
  Publication publication(*this);
  if (closed_ || member.was_dismissed()) return;
  Outbox::Letters last;
  add_letter(last, member, What::kText,
             rendered_now(std::string(farewell), member.guarded().rendering));
  see_off(member, std::move(last));
}

// `last` is what it still gets.
void Broadcast::see_off(Subscriber& member, Outbox::Letters last) {
  const bool dismissed = member.dismiss();
  if (!member.guarded().released && !dismissed) {
    post(std::move(last));
    depart(member, log_.end());
  }
  turn_.notify_all();  // it may wait for its turn
}

// It hears no more than up to there.
void Broadcast::depart(Subscriber& member, Place at) {
  member.guarded().departs_at = at;
  member.guarded().next_departure = std::exchange(next_.departures, &member);
}

void Broadcast::leave(Subscriber& member, std::string_view name, bool flush) noexcept {
  Publication publication(*this);
  wait_until_fits(publication.lock(), kLeft.size());
  if (closed_) return;
  append(Kind::kLeave, name, kLeft);
  // One who was dismissed is on its way out already, up to the farewell.
  if (!member.guarded().released && !member.was_dismissed())
    depart(member, flush ? log_.end() : Place{});
}

void Broadcast::wait_until_released(Subscriber& member) {
  MutexLock lock(mutex_);
  while (!member.guarded().released) member.guarded().is_released.wait(lock);
}

void Broadcast::announce(std::string_view name, std::string_view text) {
  Publication publication(*this);
  wait_until_fits(publication.lock(), text.size());
  if (closed_) return;
  append(Kind::kNotice, name, text);
}

bool Broadcast::say(Subscriber& member, std::string_view name, std::string_view text, Kind kind,
                    bool more) {
  Publication publication(*this);
  if (!wait_for_turn(publication.lock(), member, text.size())) return false;
  const WallTime now = std::chrono::system_clock::now();
  append(kind, name, text, now);
  member.has_spoken(now);
  if (kind != Kind::kNotice) member.has_said(log_.end().number);
  if (!loaded_ && !more) publication.borrow_round();
  return true;
}

bool Broadcast::tell(Subscriber& member, std::string lines) {
  return send_letter(member, What::kText, std::move(lines));
}

bool Broadcast::report(Subscriber& member, std::string lines) {
  return send_letter(member, What::kText, std::move(lines), {}, true);
}

bool Broadcast::post(Subscriber& member, std::string lines) {
  Publication publication(*this);
  if (closed_ || member.guarded().released || member.was_dismissed() || !may_talk(member))
    return false;
  Outbox::Letters letters;
  add_letter(letters, member, What::kText,
             rendered_now(std::move(lines), member.guarded().rendering));
  post(std::move(letters));
  return true;
}

bool Broadcast::tag(Subscriber& member, std::string lines) {
  return send_letter(member, What::kTag, std::move(lines));
}

bool Broadcast::replay(Subscriber& member, MessageLog::Range lines) {
  return send_letter(member, What::kReplay, {}, lines);
}

bool Broadcast::send_letter(Subscriber& member, What what, std::string text,
                            MessageLog::Range lines, bool also_held) {
  Publication publication(*this);
  const bool may = wait_for_turn(publication.lock(), member, 0, what == What::kReplay);
  if (!may && !(also_held && halt_ != Halt::kNo && is_in(member))) return false;
  Outbox::Letters letters;
  add_letter(letters, member, what, std::move(text), lines);
  post(std::move(letters));
  if (what == What::kTag) member.guarded().rendering = Rendering::kTagged;
  if (may && what == What::kText) publication.borrow_round();
  return true;
}

std::string Broadcast::kept(MessageLog::Range lines) const {
  MutexLock lock(mutex_);
  const Place end = log_.end();
  lines.first = std::max(lines.first, floor_.number + 1);
  lines.last = std::min(lines.last, end.number);
  if (lines.empty()) return {};
  return log_.bytes(Rendering::kTagged, log_.after(lines.first - 1, end).tagged,
                    log_.after(lines.last, end).tagged);
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
  halt_ = Halt::kHeld;
  turn_.notify_all();
}

void Broadcast::freeze() {
  MutexLock lock(mutex_);
  halt_ = Halt::kFrozen;
  returned_.notify_all();
  wake_.signal();
  while (halt_ != Halt::kResting) rests_.wait(lock);
}

void Broadcast::go_on() {
  MutexLock lock(mutex_);
  halt_ = Halt::kNo;
  returned_.notify_all();
}

void Broadcast::rest_while_frozen(MutexLock& lock) {
  while (halt_ >= Halt::kFrozen && !has_work()) {
    halt_ = Halt::kResting;
    rests_.notify_one();
    returned_.wait(lock);
  }
}

Broadcast::State Broadcast::state() const {
  return {log_beginning(epoch_, delivery_.lowest().number) + delivery_.lines(),
          delivery_.last_written()};
}

void Broadcast::restore(Subscriber& member, const Subscriber::State& state, bool leaving) {
  Publication publication(*this);
  reserve_slot();
  Outbox::Letters letters;
  for (const Outbox::Unsent& unsent : state.unsent) {
    add_letter(letters, member, unsent.what, unsent.text, unsent.lines);
  }
  next_.arrivals.push_back({&member, {log_.end().in(state.sent), state.sent}});
  member.has_spoken(state.spoke);
  member.guarded().rendering = state.rendering;
  post(std::move(letters));
  ++members_;
  if (state.dismissed) (void)member.dismiss();
  if (state.dismissed || leaving) depart(member, log_.end());
}

// Entering allocates the member's slot, so that a round needs no memory, and cannot run out of it.
void Broadcast::reserve_slot() {
  if (members_ < places_) return;
  next_.slots.reserve(2 * members_ + 16);
  places_ = next_.slots.capacity();
}

void Broadcast::append(Kind kind, std::string_view name, std::string_view text, WallTime now) {
  log_.append(kind, name, text, time_text(now));
  const auto time = Clock::now();
  lines_.add(1, time);
  if (!next_.oldest) next_.oldest = time;
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
void Broadcast::admit(Subscriber& member, Rendering rendering, Greeting greeting) {
  reserve_slot();
  Outbox::Letters letters;
  add_letter(letters, member, What::kText, rendered_now(greeting.hello, rendering));
  const std::uint64_t last = log_.end().number;
  std::uint64_t first = std::max(last - std::min(last, history_), floor_.number) + 1;
  while (first <= last && !log_.holds(first, floor_, log_.end())) ++first;
  add_letter(letters, member, What::kReplay, {}, {first, last});
  add_letter(letters, member, What::kText, rendered_now(greeting.online, rendering));
  next_.arrivals.push_back({&member, {log_.end().in(rendering), rendering}});
  member.guarded().rendering = rendering;
  post(std::move(letters));
  ++members_;
}

// One that would hold nothing is left out.
void Broadcast::add_letter(Outbox::Letters& letters, Subscriber& member, What what,
                           std::string text, MessageLog::Range lines) const {
  lines.last = std::min(lines.last, log_.end().number);
  if (text.empty() && lines.empty()) return;
  const std::size_t weight = Outbox::weight_of(text, lines);
  letters.push_back({&member, log_.end(), what, std::move(text), lines, weight});
}

void Broadcast::post(Outbox::Letters letters) {
  for (const Outbox::Letter& letter : letters) letter.to->outbox().expect(letter);
  next_.letters.splice(next_.letters.end(), letters);
}

bool Broadcast::may_talk(const Subscriber& member) const {
  const Place end = log_.end();
  if (end.plain > round_end_.plain + kMaxAhead) return false;
  if (end.tagged > round_end_.tagged + kMaxTaggedAhead) return false;
  return member.lag(end) + member.outbox().waiting_bytes() <= kMaxOwnLag;
}

// The broadcaster reads without the lock what lies behind floor_: that must not be written over.
// A short wait: a round of the broadcaster never blocks, and takes no lock but this one.
void Broadcast::wait_until_fits(MutexLock& lock, std::size_t text_size) {
  ++waiting_;
  while (!closed_ && !log_.fits(text_size, floor_)) turn_.wait(lock);
  --waiting_;
}

bool Broadcast::wait_for_turn(MutexLock& lock, const Subscriber& member, std::size_t text_size,
                              bool to_replay) {
  ++waiting_;
  const auto may = [&]() REQUIRES(mutex_) { return halt_ == Halt::kNo && is_in(member); };
  const auto can = [&]() REQUIRES(mutex_) {
    if (to_replay && member.outbox().replays() > 0) return false;
    return may_talk(member) && log_.fits(text_size, floor_);
  };
  while (may() && !can()) turn_.wait(lock);
  --waiting_;
  return may();
}

bool Broadcast::is_in(const Subscriber& member) const {
  return !closed_ && !member.guarded().released && !member.was_dismissed();
}

bool Broadcast::hears(const Subscriber& member) const {
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
std::optional<Delivery::Work> Broadcast::borrow_round() {
  if (round_ != Round::kFree) return std::nullopt;
  Delivery::Work work = take_work(true);
  round_ = Round::kLent;
  return work;
}

bool Broadcast::has_news() const {
  return log_.end().plain != round_end_.plain || !next_.letters.empty() ||
         !next_.arrivals.empty() || next_.departures != nullptr;
}

bool Broadcast::has_work() const { return has_news() || (closed_ && !delivery_.is_ending()); }

// Exactly one round, so that a talker is soon a reader again: what has come meanwhile, and whoever
// has not taken all, is the broadcaster's.
void Broadcast::make_lent_round(Delivery::Work work) noexcept {
  delivery_.make_round(std::move(work));
  delivery_.count_slow();
  MutexLock lock(mutex_);
  settle();
  const bool done = !delivery_.has_slow() && !delivery_.has_queue() && !has_work();
  round_ = done ? Round::kFree : Round::kTaken;
  if (!done) wake_.signal();
  returned_.notify_one();
}

void Broadcast::run() {
  bool more = true;
  while (more) {
    moves_.fetch_add(1, std::memory_order_relaxed);
    // Workers that are ready append first: the round carries their lines, too.
    std::this_thread::yield();
    more = make_own_round();
  }
}

// False: it was the last one.
bool Broadcast::make_own_round() {
  Delivery::Work work;
  bool anything = false;
  bool free = false;
  {
    MutexLock lock(mutex_);
    while (round_ == Round::kLent) returned_.wait(lock);
    settle();
    if (closed_ && delivery_.is_ending() && delivery_.is_empty()) return false;
    rest_while_frozen(lock);
    anything = has_work() || delivery_.has_queue();
    work = take_work(anything);
    free = round_ == Round::kFree;
  }
  if (free) {
    // From here on a talker may have the round: nothing of it may be touched. Sockets that it
    // finds full are told of once more when they are waited for.
    delivery_.sleep();
    return true;
  }
  delivery_.make_round(std::move(work));
  delivery_.serve_queue();
  if (!anything || delivery_.has_slow()) {
    delivery_.serve_sockets(anything ? Delivery::Wait::kNot : Delivery::Wait::kForSockets);
  }
  delivery_.drop_stalled();
  delivery_.count_slow();
  return true;
}

// For a round. Without `anything` there is nothing for it, and the broadcaster goes to sleep.
Delivery::Work Broadcast::take_work(bool anything) {
  Delivery::Work work = std::exchange(next_, {});
  floor_ = delivery_.lowest();  // the round before is over, and has left nobody behind it
  loaded_ = log_.end().number > round_end_.number + 1;
  work.end = round_end_ = log_.end();
  work.floor = floor_;
  work.lowest = log_.advanced(floor_, round_end_);
  work.room_end = closed_ ? room_end_ : work.end;
  work.closed = closed_;
  const bool free = !anything && !closed_ && !delivery_.has_slow();
  round_ = anything ? Round::kTaken : free ? Round::kFree : Round::kAsleep;
  if (waiting_ > 0) turn_.notify_all();
  return work;
}

// After a round: what it has come to.
void Broadcast::settle() {
  if (const std::uint64_t sent = delivery_.take_sent(); sent > 0) bytes_.add(sent, Clock::now());
  told_ = delivery_.tally();
  for (Subscriber* member = delivery_.take_gone(); member != nullptr;) {
    Subscriber* const next = member->round().next_gone;
    release(*member);
    member = next;
  }
}

// Its worker may destroy it as soon as the lock is free again.
void Broadcast::release(Subscriber& member) {
  std::erase_if(next_.letters, [&](const Outbox::Letter& letter) { return letter.to == &member; });
  for (Subscriber** link = &next_.departures; *link != nullptr;
       link = &(*link)->guarded().next_departure) {
    if (*link != &member) continue;
    *link = member.guarded().next_departure;
    break;
  }
  --members_;
  member.guarded().released = true;
  member.guarded().is_released.notify_one();
  turn_.notify_all();
}

}  // namespace chat
