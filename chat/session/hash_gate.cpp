#include "chat/session/hash_gate.hpp"

#include <algorithm>
#include <iterator>
#include <new>

#include "chat/session/limits.hpp"

namespace chat {

HashGate::Turn HashGate::enter(const Guesser& guesser, Clock::time_point deadline,
                               const std::atomic<bool>& gone) {
  Waiter self{guesser, gone};
  std::list<Waiter*> entry{&self};
  MutexLock lock(mutex_);
  if (closed_) return {Answer::kClosed};
  if (gone) return {Answer::kGone};
  if (waiting_.size() >= kMaxHashQueue && !make_room(guesser)) return {Answer::kCrowded};
  const auto at = entry.begin();
  waiting_.splice(waiting_.end(), entry);
  give_places();
  while (!self.answered) {
    // Until its source has another turn; the queue is nobody else's to watch.
    const auto now = Clock::now();
    const auto turn = guesses_.turn_due(guesser, now);
    if (self.changed.wait_until(lock, turn > now ? std::min(turn, deadline) : deadline)) continue;
    if (self.answered) continue;
    if (Clock::now() < deadline) {
      give_places();
      continue;
    }
    waiting_.erase(at);
    self.answered = true;
  }
  return self.turn;
}

void HashGate::wake(const std::atomic<bool>& gone) {
  MutexLock lock(mutex_);
  const auto waiter = std::find_if(waiting_.begin(), waiting_.end(),
                                   [&](const Waiter* one) { return &one->gone == &gone; });
  if (waiter != waiting_.end()) answer(waiter, {Answer::kGone});
}

void HashGate::leave(const Guesser& guesser, bool wrong) {
  MutexLock lock(mutex_);
  ++places_;
  guesses_.end(guesser, wrong, Clock::now());
  give_places();
  for (Waiter* const waiter : waiting_) waiter->changed.notify_one();  // its turn may have moved
}

std::size_t HashGate::waiting() const {
  MutexLock lock(mutex_);
  return waiting_.size();
}

void HashGate::close() {
  MutexLock lock(mutex_);
  closed_ = true;
  while (!waiting_.empty()) answer(waiting_.begin(), {Answer::kClosed});
}

void HashGate::answer(std::list<Waiter*>::iterator waiter, Turn turn) {
  Waiter& answered = **waiter;
  waiting_.erase(waiter);
  answered.answered = true;
  answered.turn = turn;
  answered.changed.notify_one();
}

// If the queue is full, a waiter with more wrong guesses than `guesser` loses its place.
bool HashGate::make_room(const Guesser& guesser) {
  const auto now = Clock::now();
  const auto worst = std::max_element(waiting_.begin(), waiting_.end(),
                                      [&](const Waiter* one, const Waiter* other) REQUIRES(mutex_) {
                                        return guesses_.standing(one->guesser, now) <
                                               guesses_.standing(other->guesser, now);
                                      });
  if (guesses_.standing(guesser, now) >= guesses_.standing((*worst)->guesser, now)) return false;
  answer(worst, {Answer::kCrowded});
  return true;
}

// Answers whoever can be answered: with a place, or with when to come again.
void HashGate::give_places() {
  const auto now = Clock::now();
  for (auto waiter = waiting_.begin(); waiter != waiting_.end();) {
    const auto next = std::next(waiter);
    const auto due = guesses_.due((*waiter)->guesser, now);
    if (due > now) answer(waiter, {Answer::kLater, due});
    waiter = next;
  }
  while (places_ > 0) {
    auto best = waiting_.end();
    for (auto waiter = waiting_.begin(); waiter != waiting_.end(); ++waiter) {
      const Guesser& guesser = (*waiter)->guesser;
      if (!guesses_.may_begin(guesser, now)) continue;
      if (best == waiting_.end() ||
          guesses_.standing(guesser, now) < guesses_.standing((*best)->guesser, now)) {
        best = waiter;
      }
    }
    if (best == waiting_.end()) return;
    try {
      guesses_.begin((*best)->guesser, now);
    } catch (const std::bad_alloc&) {  // no memory to note it in: this one is sent away
      answer(best, {Answer::kCrowded});
      continue;
    }
    --places_;
    answer(best, {Answer::kIn});
  }
}

}  // namespace chat
