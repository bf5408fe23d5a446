// The room's lines, numbered, of which the last ones are kept: in both renderings, so that sending
// either is no more than sending bytes that lie there.
//
// Threads: appending, and whatever does not say otherwise, needs a lock of the owner's. piece() and
// line_at() may be called without it for what the owner knows to be kept, see byte_ring.hpp.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "chat/byte_ring.hpp"
#include "chat/limits.hpp"
#include "chat/line_format.hpp"

namespace chat {

class MessageLog {
 public:
  using Position = ByteRing::Position;

  // A place between two lines: where it is in each rendering.
  struct Place {
    Position plain = 0;
    Position tagged = 0;

    Position in(Rendering rendering) const {
      return rendering == Rendering::kPlain ? plain : tagged;
    }
  };

  MessageLog() : plain_(2 * kKeptPlain), tagged_(2 * kKeptTagged) {}

  Place end() const { return {plain_.end(), tagged_.end()}; }
  std::uint64_t last_number() const { return last_number_; }  // 0: there was no line yet

  // Whether a line with a text of so many bytes can be appended with nothing behind `floor` lost.
  bool fits(std::size_t text_size, const Place& floor) const;

  // Gives the line the next number. Needs no memory.
  void append(Kind kind, std::string_view from, std::string_view text, WallTime now);
  // A line that does not count, for the very end of the room; `line` is plain, with LF.
  void append_unnumbered(std::string_view line);

  // The first contiguous piece of [from, to).
  iovec piece(Rendering rendering, Position from, Position to) const {
    return (rendering == Rendering::kPlain ? plain_ : tagged_).piece(from, to);
  }

 private:
  ByteRing plain_;
  ByteRing tagged_;
  std::uint64_t last_number_ = 0;
};

}  // namespace chat
