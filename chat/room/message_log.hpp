// The room's lines, numbered, of which the last ones are kept: in both renderings, so that sending
// either is no more than sending bytes that lie there; and where each line begins in them.
//
// Threads: appending, and whatever does not say otherwise, needs a lock of the owner's. What takes
// an `end` may be called without it, for lines that lie between a floor, behind which the owner
// appends nothing (see fits()), and `end`.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/byte_ring.hpp"
#include "chat/room/limits.hpp"
#include "chat/storage/limits.hpp"
#include "chat/wire/line_format.hpp"

namespace chat {

class MessageLog {
 public:
  using Position = ByteRing::Position;

  // A place between two lines: where it is in each rendering, and the number of the line before it.
  struct Place {
    Position plain = 0;
    Position tagged = 0;
    std::uint64_t number = 0;

    Position in(Rendering rendering) const {
      return rendering == Rendering::kPlain ? plain : tagged;
    }
  };

  // Lines by number, first and last included.
  struct Range {
    std::uint64_t first = 1;
    std::uint64_t last = 0;

    bool empty() const { return first > last; }
  };

  MessageLog() : plain_(2 * kKeptPlain), tagged_(2 * kKeptTagged), beginnings_(2 * kKeptLines) {}

  Place end() const { return {plain_.end(), tagged_.end(), last_number_}; }

  // Whether a line with a text of so many bytes can be appended with nothing behind `floor` lost.
  bool fits(std::size_t text_size, const Place& floor) const;

  // Gives the line the next number. Needs no memory.
  void append(Kind kind, std::string_view from, std::string_view text, const TimeText& time);
  // A line that does not count, for the very end of the room; `line` is plain, with LF.
  void append_unnumbered(std::string_view line);
  // The next line gets `number`, which is larger than the last one's: those between are lost.
  void skip_to(std::uint64_t number);

  // The floor that leaves no more than is to be kept before `end`, where `floor` was it before.
  Place advanced(Place floor, const Place& end) const;

  // The first contiguous piece of [from, to).
  iovec piece(Rendering rendering, Position from, Position to) const {
    return (rendering == Rendering::kPlain ? plain_ : tagged_).piece(from, to);
  }

  // All of [from, to).
  std::string bytes(Rendering rendering, Position from, Position to) const;

  // Where line `number` is over.
  Place after(std::uint64_t number, const Place& end) const;

  // The number of the first line that begins at `position` or after it.
  std::uint64_t first_from(Rendering rendering, Position position, const Place& floor,
                           const Place& end) const;

  // Whether line `number`, which is not larger than the end's, is there.
  bool holds(std::uint64_t number, const Place& floor, const Place& end) const {
    return number > floor.number && after(number, end).tagged > beginning(number).tagged;
  }

  // Appends `lines`, as they are shown where they are replayed, to `to`, until that holds `enough`
  // bytes or `most` lines were looked at; leaves in `lines` the rest. Where some are not kept any
  // more, a notice stands for them.
  void replay(Range& lines, Rendering rendering, const Place& floor, const Place& end,
              std::size_t enough, std::size_t most, std::string& to) const;

 private:
  // The tagged line, without LF.
  std::string line(std::uint64_t number, const Place& end) const;
  const Place& beginning(std::uint64_t number) const {
    return beginnings_[number % beginnings_.size()];
  }
  ByteRing plain_;
  ByteRing tagged_;
  std::vector<Place> beginnings_;  // of lines, by number
  std::uint64_t last_number_ = 0;
};

}  // namespace chat
