#include "chat/net/line_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace chat {
namespace {

constexpr std::size_t kSmallBuffer = 512;

}  // namespace

LineReader::LineReader(std::size_t max_line, std::size_t max_unterminated)
    : max_line_(max_line), max_unterminated_(max_unterminated) {}

std::span<char> LineReader::space() {
  compact();
  if (buffer_.empty()) buffer_.resize(std::min(kSmallBuffer, max_line_ + 2));
  // Room for the longest line and its CR LF is all that is ever needed: next() throws away more.
  if (end_ == buffer_.size()) buffer_.resize(std::min(2 * buffer_.size(), max_line_ + 2));
  return {buffer_.data() + end_, buffer_.size() - end_};
}

void LineReader::received(std::size_t bytes) { end_ += bytes; }

std::optional<LineReader::Line> LineReader::next() {
  while (true) {
    const char* from = buffer_.data() + scanned_;
    const auto* found = scanned_ == end_
                            ? nullptr
                            : static_cast<const char*>(std::memchr(from, '\n', end_ - scanned_));
    if (found == nullptr) {
      unterminated_ += end_ - scanned_;
      scanned_ = end_;
      if (end_ - begin_ == max_line_ + 2 || discarding_) {
        discarding_ = true;
        begin_ = scanned_ = end_ = 0;
      }
      return std::nullopt;
    }
    const auto length = static_cast<std::size_t>(found - (buffer_.data() + begin_));
    const std::string_view text(buffer_.data() + begin_, length);
    given_ = begin_;
    begin_ = scanned_ = begin_ + length + 1;
    unterminated_ = 0;
    given_discarding_ = std::exchange(discarding_, false);
    if (given_discarding_) return Line{{}, true};
    return line_of(text);
  }
}

std::optional<LineReader::Line> LineReader::rest() {
  given_ = begin_;
  given_discarding_ = std::exchange(discarding_, false);
  if (given_discarding_) return Line{{}, true};
  if (begin_ == end_) return std::nullopt;
  const std::string_view text(buffer_.data() + begin_, end_ - begin_);
  begin_ = scanned_ = end_;
  return line_of(text);
}

void LineReader::put_back() {
  begin_ = scanned_ = given_;
  discarding_ = given_discarding_;
  unterminated_ = 0;  // its bytes are counted once more
}

LineReader::Unread LineReader::unread() const {
  const std::size_t here = std::min(unterminated_, scanned_ - begin_);
  return {{buffer_.data() + begin_, end_ - begin_}, discarding_, unterminated_ - here};
}

void LineReader::restore(const Unread& unread) {
  end_ = unread.bytes.size();
  if (end_ > 0) buffer_.resize(std::max(end_, std::min(kSmallBuffer, max_line_ + 2)));
  std::copy(unread.bytes.begin(), unread.bytes.end(), buffer_.begin());
  unterminated_ = unread.unterminated;
  discarding_ = unread.discarding;
}

LineReader::Line LineReader::line_of(std::string_view text) const {
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  if (text.size() > max_line_) return {{}, true};
  return {text, false};
}

// Moves what is left to the front, and gives a large buffer back once it is empty.
void LineReader::compact() {
  if (begin_ == end_) {
    begin_ = scanned_ = end_ = 0;
    if (buffer_.size() > kSmallBuffer) std::vector<char>().swap(buffer_);
    return;
  }
  if (begin_ == 0) return;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  scanned_ -= begin_;
  end_ -= begin_;
  begin_ = 0;
}

}  // namespace chat
