// The line reader, fed in pieces of any size, against the plain meaning of lines: the same bytes
// split at their line ends all at once.
#include "chat/net/line_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/wire/limits.hpp"
#include "tests/fuzz/check.hpp"

namespace {

using chat::LineReader;

constexpr std::size_t kMaxLine = 8;
constexpr std::size_t kMaxUnterminated = 32;

struct Line {
  std::string text;
  bool too_long = false;
  bool operator==(const Line&) const = default;
};

Line line_of(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.size() > kMaxLine) return {{}, true};
  return {std::string(text), false};
}

// What a reader that has all the bytes at once makes of them.
std::vector<Line> lines_of(std::string_view bytes) {
  std::vector<Line> lines;
  while (true) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) break;
    lines.push_back(line_of(bytes.substr(0, end)));
    bytes.remove_prefix(end + 1);
  }
  if (!bytes.empty()) lines.push_back(line_of(bytes));
  return lines;
}

std::size_t unterminated(std::string_view bytes) {
  const auto last = bytes.rfind('\n');
  return last == std::string_view::npos ? bytes.size() : bytes.size() - last - 1;
}

Line copy(const LineReader::Line& line) { return {std::string(line.text), line.too_long}; }

}  // namespace

// The first half says how the second is cut up.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view cuts(reinterpret_cast<const char*>(bytes), size / 2);
  const std::string_view all(reinterpret_cast<const char*>(bytes) + size / 2, size - size / 2);
  LineReader reader(kMaxLine, kMaxUnterminated);
  std::vector<Line> lines;
  std::string_view left = all;
  for (std::size_t i = 0; !left.empty(); ++i) {
    const auto space = reader.space();
    check(!space.empty(), "there is room once all lines were taken");
    const std::size_t wanted =
        cuts.empty() ? 1 : 1 + static_cast<unsigned char>(cuts[i % cuts.size()]);
    const std::size_t count = std::min({wanted, space.size(), left.size()});
    std::copy_n(left.data(), count, space.data());
    reader.received(count);
    left.remove_prefix(count);
    while (const auto line = reader.next()) lines.push_back(copy(*line));
    const std::size_t open = unterminated(all.substr(0, all.size() - left.size()));
    check(reader.overflowed() == (open > kMaxUnterminated), "the overflow is told");
    if (reader.overflowed()) return 0;
  }
  if (const auto line = reader.rest()) lines.push_back(copy(*line));
  check(!reader.rest(), "the rest is given once");
  check(lines == lines_of(all), "the lines are those of the bytes");
  return 0;
}
