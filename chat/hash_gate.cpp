#include "chat/hash_gate.hpp"

#include <algorithm>
#include <iterator>
#include <new>

namespace chat {

HashGate::Turn HashGate::enter(const Source& source, Clock::time_point deadline,
                               const std::atomic<bool>& gone) {
  Waiter self{source, gone};
  std::list<Waiter*> entry{&self};
  MutexLock lock(mutex_);
  if (closed_) return {Answer::kClosed};
  if (gone) return {Answer::kGone};
  if (waiting_.size() >= kMaxHashQueue) return {Answer::kCrowded};
  const auto at = entry.begin();
  waiting_.splice(waiting_.end(), entry);
  give_places();
  while (!self.answered) {
    if (self.changed.wait_until(lock, deadline) || self.answered) continue;
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

void HashGate::leave(const Source& source, bool wrong) {
  MutexLock lock(mutex_);
  ++places_;
  guesses_.end(source, wrong, Clock::now());
  give_places();
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

// Answers whoever can be answered: with a place, or with when to come again.
void HashGate::give_places() {
  const auto now = Clock::now();
  for (auto waiter = waiting_.begin(); waiter != waiting_.end();) {
    const auto next = std::next(waiter);
    const auto due = guesses_.due((*waiter)->source, now);
    if (due > now) answer(waiter, {Answer::kLater, due});
    waiter = next;
  }
  while (places_ > 0) {
    auto best = waiting_.end();
    for (auto waiter = waiting_.begin(); waiter != waiting_.end(); ++waiter) {
      const Source& source = (*waiter)->source;
      if (!guesses_.may_begin(source, now)) continue;
      if (best == waiting_.end() ||
          guesses_.standing(source, now) < guesses_.standing((*best)->source, now)) {
        best = waiter;
      }
    }
    if (best == waiting_.end()) return;
    try {
      guesses_.begin((*best)->source, now);
    } catch (const std::bad_alloc&) {  // no memory to note it in: this one is sent away
      answer(best, {Answer::kCrowded});
      continue;
    }
    --places_;
    answer(best, {Answer::kIn});
  }
}

}  // namespace chat
