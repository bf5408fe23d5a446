// A sequence of bytes of which the last `capacity` are kept.
//
// A position counts the bytes appended since the beginning; it never goes back, so a position is
// all that a reader has to remember (its cursor).
//
// Threads: appending needs a lock of the owner's. The bytes between two positions may be read
// without it as long as the owner sees to it that they are still kept: append() writes only behind
// end(), over bytes that are `capacity` older.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace chat {

class ByteRing {
 public:
  using Position = std::uint64_t;

  explicit ByteRing(std::size_t capacity) : bytes_(capacity) {}

  Position end() const { return end_; }
  std::size_t capacity() const { return bytes_.size(); }

  void append(std::string_view text) {
    while (!text.empty()) {
      const std::size_t at = end_ % bytes_.size();
      const std::size_t n = std::min(text.size(), bytes_.size() - at);
      std::memcpy(bytes_.data() + at, text.data(), n);
      text.remove_prefix(n);
      end_ += n;
    }
  }

  // The first contiguous piece of [from, to): all of it, unless it goes over the ring's seam.
  iovec piece(Position from, Position to) const {
    const std::size_t at = from % bytes_.size();
    const std::size_t n = std::min(static_cast<std::size_t>(to - from), bytes_.size() - at);
    return {const_cast<char*>(bytes_.data() + at), n};  // iovec serves reading and writing alike
  }

 private:
  std::vector<char> bytes_;
  Position end_ = 0;
};

}  // namespace chat
