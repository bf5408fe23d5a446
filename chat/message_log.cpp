#include "chat/message_log.hpp"

#include <array>
#include <charconv>

namespace chat {
namespace {

// What a tagged line has besides its text: number, time, kind, name, tabs and LF.
constexpr std::size_t kMaxFields = 20 + TimeText().size() + 6 + kMaxName + 5;

}  // namespace

bool MessageLog::fits(std::size_t text_size, const Place& floor) const {
  const std::size_t line = text_size + kMaxFields;
  return plain_.end() + line <= floor.plain + plain_.capacity() &&
         tagged_.end() + line <= floor.tagged + tagged_.capacity();
}

void MessageLog::append(Kind kind, std::string_view from, std::string_view text, WallTime now) {
  for (const std::string_view piece : plain_pieces(kind, from, text)) plain_.append(piece);
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), ++last_number_).ptr;
  const TimeText time = time_text(now);
  const std::string_view tab = "\t";
  for (const std::string_view piece :
       {std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())), tab,
        std::string_view(time.data(), time.size()), tab, word_of(kind), tab, from, tab, text,
        std::string_view("\n")}) {
    tagged_.append(piece);
  }
}

void MessageLog::append_unnumbered(std::string_view line) {
  plain_.append(line);
  tagged_.append(rendered(std::string(line), Rendering::kTagged, std::chrono::system_clock::now()));
}

}  // namespace chat
