#include "chat/room/outbox.hpp"

#include <chrono>
#include <limits>
#include <utility>

#include "chat/room/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

void gather_log(const MessageLog& log, Rendering rendering, Outbox::Position from,
                Outbox::Position to, std::vector<iovec>& pieces) {
  while (from < to) {
    pieces.push_back(log.piece(rendering, from, to));
    from += pieces.back().iov_len;
  }
}

}  // namespace

void Outbox::Turn::spend(std::size_t lines_read, std::size_t bytes) {
  const std::size_t spent = lines_read + bytes / kBytesLikeALine;
  lines -= std::min(lines, spent);
  round_lines -= std::min(round_lines, spent);
}

std::size_t Outbox::weight_of(const std::string& text, const MessageLog::Range& lines) {
  return sizeof(Letter) + (lines.empty() ? text.size() : kReplayChunk);
}

void Outbox::expect(const Letter& letter) {
  waiting_bytes_.fetch_add(letter.weight, std::memory_order_relaxed);
  if (letter.what == What::kReplay) replays_.fetch_add(1, std::memory_order_relaxed);
}

bool Outbox::open(Cursor& cursor, const Window& window, Turn& turn) {
  while (!letters_.empty()) {
    if (cursor.position != letters_.front().place.in(cursor.rendering)) return true;
    if (!open_first(cursor, window, turn)) return false;
    if (letters_.front().is_closed()) continue;
    if (!letters_.front().text.empty()) return true;
    pop();
  }
  return true;
}

// The cursor has come to the first letter.
bool Outbox::open_first(Cursor& cursor, const Window& window, Turn& turn) {
  Letter& letter = letters_.front();
  switch (letter.what) {
    case What::kText:
      return true;
    case What::kTag:
      cursor = {letter.place.tagged, Rendering::kTagged};
      break;
    case What::kMissed:
      letter.text = rendered(protocol::missed_lines(letter.lines.first, letter.lines.last),
                             cursor.rendering, std::chrono::system_clock::now());
      break;
    case What::kReplay: {
      if (sent_ < letter.text.size()) return true;
      letter.text.clear();
      sent_ = 0;
      if (turn.lines == 0) return false;
      const std::uint64_t first = letter.lines.first;
      window.log.replay(letter.lines, cursor.rendering, window.floor, window.end, kReplayChunk,
                        turn.lines, letter.text);
      turn.spend(letter.lines.first - first, letter.text.size());
      if (!letter.lines.empty()) return true;
      replays_.fetch_sub(1, std::memory_order_relaxed);
      break;
    }
  }
  letter.what = What::kText;
  return true;
}

void Outbox::pop() {
  waiting_bytes_.fetch_sub(letters_.front().weight, std::memory_order_relaxed);
  letters_.pop_front();
  sent_ = 0;
}

void Outbox::gather(const Cursor& cursor, const MessageLog& log, Position limit,
                    std::vector<iovec>& pieces) const {
  Position position = cursor.position;
  std::size_t skip = sent_;
  for (const Letter& letter : letters_) {
    const Position place = letter.place.in(cursor.rendering);
    if (place > limit) break;
    if (pieces.size() + 3 > kMaxPieces) return;  // the rest comes with the next send
    gather_log(log, cursor.rendering, position, place, pieces);
    if (letter.is_closed()) return;
    // iovec serves reading and writing alike: nothing is written through it here.
    pieces.push_back({const_cast<char*>(letter.text.data()) + skip, letter.text.size() - skip});
    if (letter.what == What::kReplay) return;
    position = place;
    skip = 0;
  }
  gather_log(log, cursor.rendering, position, limit, pieces);
}

void Outbox::advance(Cursor& cursor, std::size_t bytes) {
  while (bytes > 0) {
    const Position stop = letters_.empty() ? std::numeric_limits<Position>::max()
                                           : letters_.front().place.in(cursor.rendering);
    if (stop != cursor.position) {
      const std::size_t n = std::min<Position>(bytes, stop - cursor.position);
      cursor.position += n;
      bytes -= n;
      continue;
    }
    const Letter& letter = letters_.front();
    const std::size_t n = std::min(bytes, letter.text.size() - sent_);
    sent_ += n;
    bytes -= n;
    if (sent_ < letter.text.size() || letter.what != What::kText) return;
    pop();
  }
}

void Outbox::skip_forward(Cursor& cursor, const Window& window, Subscriber& member) {
  const Place& end = window.end;
  const std::uint64_t first =
      window.log.first_from(cursor.rendering, cursor.position, window.floor, end);
  const Position whole = window.log.after(first - 1, end).in(cursor.rendering);
  Letters rest, notice;
  if (cursor.position < whole) {
    std::string text = window.log.bytes(cursor.rendering, cursor.position, whole);
    const std::size_t weight = weight_of(text, {});
    rest.push_back({&member, end, What::kText, std::move(text), {}, weight});
  }
  // After a hand-over lines may follow an earlier notice, as a letter: then it takes another one.
  const auto told = std::find_if(letters_.begin(), letters_.end(), [&](const Letter& letter) {
    return letter.what == What::kMissed && letter.lines.last + 1 == first;
  });
  if (told != letters_.end()) {
    told->lines.last = end.number;
  } else if (first <= end.number) {
    notice.push_back({&member, end, What::kMissed, {}, {first, end.number}, sizeof(Letter)});
  }
  for (Letter& letter : letters_) letter.place = end;
  for (const Letters* added : {&rest, &notice}) {
    for (const Letter& letter : *added) expect(letter);
  }
  letters_.splice(letters_.begin(), rest);
  letters_.splice(letters_.end(), notice);
  cursor.position = end.in(cursor.rendering);
}

std::vector<Outbox::Unsent> Outbox::unsent(Cursor cursor, const MessageLog& log,
                                           const Place& end) const {
  std::vector<Unsent> unsent;
  const auto take = [&](What what, std::string text, MessageLog::Range lines = {}) {
    if (what == What::kText && text.empty()) return;
    unsent.push_back({what, std::move(text), lines});
  };
  const auto take_log_until = [&](Position place) {
    if (cursor.position < place) {
      take(What::kText, log.bytes(cursor.rendering, cursor.position, place));
    }
    cursor.position = place;
  };
  std::size_t sent = sent_;
  for (const Letter& letter : letters_) {
    if (letter.place.in(cursor.rendering) > end.in(cursor.rendering)) break;
    take_log_until(letter.place.in(cursor.rendering));
    std::string text = letter.text.substr(std::exchange(sent, 0));
    if (letter.what == What::kReplay) {
      take(What::kText, std::move(text));
      if (!letter.lines.empty()) take(What::kReplay, {}, letter.lines);
    } else {
      take(letter.what, std::move(text), letter.lines);
    }
    if (letter.what == What::kTag) cursor = {letter.place.tagged, Rendering::kTagged};
  }
  take_log_until(end.in(cursor.rendering));
  return unsent;
}

}  // namespace chat
