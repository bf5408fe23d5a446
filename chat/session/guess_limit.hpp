// The delay after wrong passwords. After a few wrong ones for one account from one source the
// next has to wait, longer each time. It is the source that waits, never the account: else anyone
// could lock its owner out. All accounts together have so many turns from one source, which go to
// the account with the fewest wrong ones first: else one guesser could lock out all behind its
// address. Sources are nested (see network.hpp): a wider network has twice as many free ones, and
// turns. Right ones cost nothing, but do not make up for wrong ones either.
//
// Who guesses with many connections at a time wins nothing: once the free ones are used up, only
// one is tried at a time.
//
// NOT thread safe: it belongs to whoever holds its lock. Pure: the time is given to it.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/base/text.hpp"
#include "chat/net/address.hpp"
#include "chat/net/network.hpp"
#include "chat/session/limits.hpp"

namespace chat {

// One who says that it has the account of that name, whether there is one or not. The name is
// known by its hash: that takes no memory, and who finds another name with the same one shares its
// turns, from the same source.
struct Guesser {
  Guesser(const Source& from, std::string_view name)
      : source(from), account(std::hash<std::string>()(folded_name(name)) | 1) {}
  Source source;
  std::size_t account;  // never 0
};

class GuessLimit {
 public:
  // From when on the account may be tried again; in the past where it may at once.
  Clock::time_point due(const Guesser& guesser, Clock::time_point now) const {
    return latest(guesser, guesser.account, now);
  }

  // From when on there is another turn for its source.
  Clock::time_point turn_due(const Guesser& guesser, Clock::time_point now) const {
    return latest(guesser, kAll, now);
  }

  // Whether it may begin another try now, beside those that are under way.
  bool may_begin(const Guesser& guesser, Clock::time_point now) const {
    for (std::size_t level = 0; level < levels_of(guesser.source); ++level) {
      for (const std::size_t account : {guesser.account, kAll}) {
        const Key key{network_of(guesser.source, level), account};
        const Record record = record_of(key, now);
        if (now < record.due) return false;
        if (record.under_way > 0 && record.wrong + record.under_way >= free_of(key)) return false;
      }
    }
    return true;
  }

  // How much speaks against it: whoever has less is better served first. Its widest network, its
  // source, its account.
  using Standing = std::array<int, 3>;
  Standing standing(const Guesser& guesser, Clock::time_point now) const {
    const Network widest = network_of(guesser.source, levels_of(guesser.source) - 1);
    const Network source = network_of(guesser.source, 0);
    return {against({widest, kAll}, now), against({source, kAll}, now),
            against({source, guesser.account}, now)};
  }

  // Throws std::bad_alloc, and nothing has begun then.
  void begin(const Guesser& guesser, Clock::time_point now) {
    while (records_.size() + 2 * kNetworkLevels > kMaxGuessRecords) forget_oldest();
    for_all(guesser, [&](const Key& key) { (void)records_.try_emplace(key); });
    for_all(guesser, [&](const Key& key) {
      Record& record = records_.find(key)->second;
      record = record_of(key, now);
      ++record.under_way;
    });
  }

  // Ends what begin() began.
  void end(const Guesser& guesser, bool wrong, Clock::time_point now) {
    for_all(guesser, [&](const Key& key) {
      const auto found = records_.find(key);
      Record& record = found->second;
      --record.under_way;
      if (wrong) {
        record.last_wrong = now;
        record.due = now + wait_after(++record.wrong, key);
      } else if (record.wrong == 0 && record.under_way == 0) {
        records_.erase(found);
      }
    });
  }

  std::size_t size() const { return records_.size(); }

 private:
  using Key = std::pair<Network, std::size_t>;
  static constexpr std::size_t kAll = 0;  // all accounts together

  struct Record {
    int wrong = 0;
    int under_way = 0;
    Clock::time_point last_wrong{};
    Clock::time_point due{};
  };

  template <typename Step>
  static void for_all(const Guesser& guesser, Step step) {
    for (std::size_t level = 0; level < levels_of(guesser.source); ++level) {
      for (const std::size_t account : {guesser.account, kAll}) {
        step({network_of(guesser.source, level), account});
      }
    }
  }

  // What there is against `key`; nothing where that was long ago.
  Record record_of(const Key& key, Clock::time_point now) const {
    const auto found = records_.find(key);
    if (found == records_.end()) return {};
    const Record& record = found->second;
    if (record.under_way == 0 && now - record.last_wrong >= kGuessMemory) return {};
    return record;
  }

  int against(const Key& key, Clock::time_point now) const {
    const Record record = record_of(key, now);
    return record.wrong + record.under_way;
  }

  Clock::time_point latest(const Guesser& guesser, std::size_t account,
                           Clock::time_point now) const {
    Clock::time_point due{};
    for (std::size_t level = 0; level < levels_of(guesser.source); ++level) {
      due = std::max(due, record_of({network_of(guesser.source, level), account}, now).due);
    }
    return due;
  }

  static int free_of(const Key& key) {
    return (key.second == kAll ? kFreeGuessesOfSource : kFreeGuesses) << key.first.level;
  }

  static Clock::duration wait_after(int wrong, const Key& key) {
    const int free = free_of(key);
    if (wrong < free) return Clock::duration::zero();
    if (key.second == kAll) return Clock::duration(kSourceGuessWait) / (1 << key.first.level);
    Clock::duration wait = kFirstGuessWait;
    for (int i = free; i < wrong && wait < kLongestGuessWait; ++i) wait *= 2;
    return std::min<Clock::duration>(wait, kLongestGuessWait);
  }

  // Of so many under way are only a few, so there is always one to forget.
  void forget_oldest() {
    const auto before = [](const auto& a, const auto& b) {
      return std::pair(a.second.under_way, a.second.last_wrong) <
             std::pair(b.second.under_way, b.second.last_wrong);
    };
    records_.erase(std::min_element(records_.begin(), records_.end(), before));
  }

  std::map<Key, Record> records_;
};

}  // namespace chat
