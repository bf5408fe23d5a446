// Lets at most a few threads compute a password hash at the same time: each takes tens of
// milliseconds and 16 MiB, and anyone who reaches the port can ask for one. Among those who wait,
// whoever comes from a source that has guessed wrong least goes first; of one source, whose account
// was guessed wrong least; of equals, who came first.
#pragma once

#include <atomic>
#include <cstddef>
#include <list>

#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/session/guess_limit.hpp"

namespace chat {

class HashGate {
 public:
  explicit HashGate(int places) : places_(places) {}
  HashGate(const HashGate&) = delete;
  HashGate& operator=(const HashGate&) = delete;

  // Thread safe, all of them.

  enum class Answer {
    kIn,       // the caller computes its one hash now, and calls leave() then
    kLater,    // it has guessed wrong too often: it may come again at `due`
    kCrowded,  // too many wait
    kTimedOut,
    kGone,  // who asked is gone
    kClosed,
  };
  struct Turn {
    Answer answer;
    Clock::time_point due{};
  };

  // Waits for a place, until `deadline`, or until `gone` is true and wake(gone) was called since.
  Turn enter(const Guesser& guesser, Clock::time_point deadline,
             const std::atomic<bool>& gone = kStays);
  void wake(const std::atomic<bool>& gone);

  // `wrong`: what was hashed was not the password.
  void leave(const Guesser& guesser, bool wrong);

  std::size_t waiting() const;  // how many

  // Sends everyone who waits away.
  void close();

 private:
  struct Waiter {
    Waiter(const Guesser& who, const std::atomic<bool>& leaves) : guesser(who), gone(leaves) {}
    const Guesser& guesser;
    const std::atomic<bool>& gone;
    Condition changed;
    bool answered = false;
    Turn turn{Answer::kTimedOut};
  };

  static inline const std::atomic<bool> kStays{false};

  void answer(std::list<Waiter*>::iterator waiter, Turn turn) REQUIRES(mutex_);
  void give_places() REQUIRES(mutex_);
  bool make_room(const Guesser& guesser) REQUIRES(mutex_);

  mutable Mutex mutex_;
  int places_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  GuessLimit guesses_ GUARDED_BY(mutex_);
  std::list<Waiter*> waiting_ GUARDED_BY(mutex_);  // those not answered yet, as they came
};

}  // namespace chat
