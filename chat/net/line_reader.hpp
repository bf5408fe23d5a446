// Bytes in, lines out, however the network cut them up. Pure: it reads nothing by itself.
// NOT thread safe: it belongs to the thread that reads one connection.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

class LineReader {
 public:
  // A line that holds more than `max_line` bytes is reported as too long and thrown away; more than
  // `max_unterminated` bytes without a line end, and the stream is beyond repair.
  LineReader(std::size_t max_line, std::size_t max_unterminated);

  struct Line {
    std::string_view text;  // without its end (LF or CR LF); valid until the next call of anything
    bool too_long = false;  // then `text` is empty
  };

  // Where the next bytes go: fill a part of it, then say how many came. Never empty once next() has
  // returned nothing.
  std::span<char> space();
  void received(std::size_t bytes);

  // The next complete line, if there is one.
  std::optional<Line> next();

  // Whether more has come than was given out, be it a part of a line.
  bool has_more() const { return begin_ < end_; }

  // After the end of input: what came without a line end, if anything did.
  std::optional<Line> rest();

  // The line that next() or rest() has just given is the next one once more.
  void put_back();

  // What has come and is not given out yet, for another reader to go on from.
  struct Unread {
    std::string bytes;
    bool discarding = false;
    std::size_t unterminated = 0;  // bytes before those, since the last line end
  };
  Unread unread() const;
  void restore(const Unread& unread);  // for a new one; not more than can have been unread

  bool overflowed() const { return unterminated_ > max_unterminated_; }

 private:
  Line line_of(std::string_view text) const;
  void compact();

  std::size_t max_line_;
  std::size_t max_unterminated_;
  std::vector<char> buffer_;       // small while the lines are: a room has many members
  std::size_t begin_ = 0;          // the first byte not yet given out
  std::size_t given_ = 0;          // where the line begins that was given out last
  std::size_t scanned_ = 0;        // no line end before this one
  std::size_t end_ = 0;            // behind the last byte received
  std::size_t unterminated_ = 0;   // bytes since the last line end
  bool discarding_ = false;        // in the rest of a line that is too long
  bool given_discarding_ = false;  // and the line that was given out last is that rest
};

}  // namespace chat
