#include "chat/room/message_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "chat/base/limits.hpp"
#include "chat/room/limits.hpp"
#include "chat/storage/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

// What a tagged line has besides its text: number, time, kind, name, tabs and LF.
constexpr std::size_t kMaxFields = 20 + TimeText().size() + 6 + kMaxName + 5;

}  // namespace

bool MessageLog::fits(std::size_t text_size, const Place& floor) const {
  const std::size_t line = text_size + kMaxFields;
  return plain_.end() + line <= floor.plain + plain_.capacity() &&
         tagged_.end() + line <= floor.tagged + tagged_.capacity() &&
         last_number_ - floor.number < beginnings_.size();
}

void MessageLog::append(Kind kind, std::string_view from, std::string_view text,
                        const TimeText& time) {
  const Place beginning = end();
  beginnings_[++last_number_ % beginnings_.size()] = beginning;
  for (const std::string_view piece : plain_pieces(kind, from, text)) plain_.append(piece);
  std::array<char, 20> digits;
  const auto stop = std::to_chars(digits.data(), digits.data() + digits.size(), last_number_).ptr;
  const std::string_view tab = "\t";
  for (const std::string_view piece :
       {std::string_view(digits.data(), static_cast<std::size_t>(stop - digits.data())), tab,
        std::string_view(time.data(), time.size()), tab, word_of(kind), tab, from, tab, text,
        std::string_view("\n")}) {
    tagged_.append(piece);
  }
}

void MessageLog::append_unnumbered(std::string_view line) {
  plain_.append(line);
  tagged_.append(rendered(std::string(line), Rendering::kTagged, std::chrono::system_clock::now()));
}

void MessageLog::skip_to(std::uint64_t number) {
  if (number - last_number_ > kKeptLines) last_number_ = number - kKeptLines;
  while (last_number_ + 1 < number) {
    const Place nothing = end();
    beginnings_[++last_number_ % beginnings_.size()] = nothing;
  }
}

MessageLog::Place MessageLog::advanced(Place floor, const Place& end) const {
  while (end.plain - floor.plain > kKeptPlain || end.tagged - floor.tagged > kKeptTagged ||
         end.number - floor.number > kKeptLines) {
    floor = after(floor.number + 1, end);
  }
  return floor;
}

std::string MessageLog::bytes(Rendering rendering, Position from, Position to) const {
  std::string text;
  while (from < to) {
    const iovec part = piece(rendering, from, to);
    text.append(static_cast<const char*>(part.iov_base), part.iov_len);
    from += part.iov_len;
  }
  return text;
}

MessageLog::Place MessageLog::after(std::uint64_t number, const Place& end) const {
  if (number >= end.number) return end;
  return beginning(number + 1);
}

std::uint64_t MessageLog::first_from(Rendering rendering, Position position, const Place& floor,
                                     const Place& end) const {
  std::uint64_t low = floor.number + 1;
  std::uint64_t high = end.number + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (beginning(middle).in(rendering) < position) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::string MessageLog::line(std::uint64_t number, const Place& end) const {
  const std::string text =
      bytes(Rendering::kTagged, beginning(number).tagged, after(number, end).tagged);
  return text.substr(0, text.find('\n'));
}

void MessageLog::replay(Range& lines, Rendering rendering, const Place& floor, const Place& end,
                        std::size_t enough, std::size_t most, std::string& to) const {
  for (; !lines.empty() && to.size() < enough && most > 0; --most) {
    const std::uint64_t first = lines.first;
    lines.first = std::clamp(floor.number + 1, first, lines.last + 1);
    while (!lines.empty() && !holds(lines.first, floor, end)) ++lines.first;
    if (lines.first > first) {
      to += rendered(protocol::not_kept(first, lines.first - 1), rendering,
                     std::chrono::system_clock::now());
      continue;
    }
    const std::string text = line(lines.first++, end);
    append_replayed(to, parse_room_line(text).value(), rendering);
  }
}

}  // namespace chat
