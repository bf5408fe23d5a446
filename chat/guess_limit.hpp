// How often passwords may be guessed: after a few wrong ones from one source the next has to wait,
// longer each time. It is the source that waits, never the account: else anyone could lock its
// owner out. Right ones cost nothing, but do not make up for wrong ones either.
//
// Who guesses with many connections at a time wins nothing: once the free ones are used up, only
// one is tried at a time.
//
// NOT thread safe: it belongs to whoever holds its lock. Pure: the time is given to it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "chat/limits.hpp"
#include "chat/socket.hpp"

namespace chat {

class GuessLimit {
 public:
  // From when on `source` may try again; in the past where it may at once.
  Clock::time_point due(const Source& source, Clock::time_point now) const {
    return record_of(source, now).due;
  }

  // Whether it may begin another try now, beside those that are under way.
  bool may_begin(const Source& source, Clock::time_point now) const {
    const Record record = record_of(source, now);
    return now >= record.due &&
           (record.under_way == 0 || record.wrong + record.under_way < kFreeGuesses);
  }

  // How much speaks against it: whoever has less is better served first.
  int standing(const Source& source, Clock::time_point now) const {
    const Record record = record_of(source, now);
    return record.wrong + record.under_way;
  }

  void begin(const Source& source, Clock::time_point now) {
    Record record = record_of(source, now);
    if (!records_.contains(source) && records_.size() >= kMaxGuessSources) forget_oldest();
    ++record.under_way;
    records_[source] = record;
  }

  // Ends what begin() began.
  void end(const Source& source, bool wrong, Clock::time_point now) {
    const auto found = records_.find(source);
    Record& record = found->second;
    --record.under_way;
    if (wrong) {
      record.last_wrong = now;
      record.due = now + wait_after(++record.wrong);
    } else if (record.wrong == 0 && record.under_way == 0) {
      records_.erase(found);
    }
  }

  std::size_t size() const { return records_.size(); }

 private:
  struct Record {
    int wrong = 0;
    int under_way = 0;
    Clock::time_point last_wrong{};
    Clock::time_point due{};
  };

  // What there is against `source`; nothing where that was long ago.
  Record record_of(const Source& source, Clock::time_point now) const {
    const auto found = records_.find(source);
    if (found == records_.end()) return {};
    const Record& record = found->second;
    if (record.under_way == 0 && now - record.last_wrong >= kGuessMemory) return {};
    return record;
  }

  static Clock::duration wait_after(int wrong) {
    if (wrong < kFreeGuesses) return Clock::duration::zero();
    auto wait = kFirstGuessWait;
    for (int i = kFreeGuesses; i < wrong && wait < kLongestGuessWait; ++i) wait *= 2;
    return std::min(wait, kLongestGuessWait);
  }

  // Of so many under way are only a few, so there is always one to forget.
  void forget_oldest() {
    const auto before = [](const auto& a, const auto& b) {
      return std::pair(a.second.under_way, a.second.last_wrong) <
             std::pair(b.second.under_way, b.second.last_wrong);
    };
    records_.erase(std::min_element(records_.begin(), records_.end(), before));
  }

  std::map<Source, Record> records_;
};

}  // namespace chat
