#include "chat/line_editor.hpp"

#include <utility>

#include "chat/limits.hpp"
#include "chat/text.hpp"

namespace chat {
namespace {

constexpr std::string_view kPrompt = "> ";

constexpr unsigned char kCtrlC = 0x03;
constexpr unsigned char kCtrlD = 0x04;
constexpr unsigned char kCtrlH = 0x08;
constexpr unsigned char kCtrlU = 0x15;
constexpr unsigned char kEscapeKey = 0x1B;
constexpr unsigned char kDelete = 0x7F;  // what the Backspace key of most terminals sends

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::size_t utf8_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
}

// Where the character that ends before `end` begins.
std::size_t last_character(std::string_view text, std::size_t end) {
  do --end;
  while (end > 0 && is_continuation(text[end]));
  return end;
}

// How many columns a character takes at most. The wide ones (CJK, emoji) all lie above U+1000, so
// this errs on the wide side only, and a line scrolls a little early rather than wraps.
std::size_t columns_of(char lead) { return static_cast<unsigned char>(lead) >= 0xE1 ? 2 : 1; }

}  // namespace

std::vector<LineEditor::Event> LineEditor::feed(std::string_view bytes) {
  std::vector<Event> events;
  for (const char byte : bytes) take(static_cast<unsigned char>(byte), events);
  return events;
}

void LineEditor::take(unsigned char byte, std::vector<Event>& events) {
  const bool after_return = std::exchange(after_return_, false);
  if (belongs_to_escape(byte)) return;
  if (byte >= 0x80) return take_utf8(byte);
  character_.clear();
  switch (byte) {
    case '\n':
      if (after_return) return;  // pasted text may end its lines with both
      [[fallthrough]];
    case '\r':
      after_return_ = byte == '\r';
      events.push_back({Event::Kind::kLine, text_, painted()});
      text_.clear();
      return;
    case kCtrlC:
      events.push_back({Event::Kind::kInterrupt, {}, {}});
      return;
    case kCtrlD:
      if (text_.empty()) events.push_back({Event::Kind::kEndOfInput, {}, {}});
      return;
    case kCtrlH:
    case kDelete:
      return erase_last();
    case kCtrlU:
      return text_.clear();
    case kEscapeKey:
      escape_ = Escape::kBegun;
      return;
    case '\t':
      return insert(" ");  // a TAB would have another width at each place
    default:
      if (byte >= 0x20) insert(std::string_view(reinterpret_cast<const char*>(&byte), 1));
  }
}

// ESC [ parameters final; ESC O final; ESC ] or ESC P and a string up to BEL or ESC \; ESC key.
// A control character ends a sequence and counts for itself, so that Enter and Ctrl+C always work.
bool LineEditor::belongs_to_escape(unsigned char byte) {
  if (escape_ == Escape::kNone) return false;
  if (byte < 0x20) {
    escape_ = Escape::kNone;
    return false;
  }
  switch (escape_) {
    case Escape::kBegun:
      escape_ = byte == '['                  ? Escape::kParameters
                : byte == 'O'                ? Escape::kLastByte
                : byte == ']' || byte == 'P' ? Escape::kString
                                             : Escape::kNone;
      return true;
    case Escape::kParameters:
      if (byte >= 0x40) escape_ = Escape::kNone;
      return true;
    case Escape::kLastByte:
      escape_ = Escape::kNone;
      return true;
    default:
      return true;
  }
}

// Keeps the bytes of a character until it is whole. What is not UTF-8, or would disturb the screen,
// is left out: the server would refuse or replace it.
void LineEditor::take_utf8(unsigned char byte) {
  const char unit = static_cast<char>(byte);
  if (!is_continuation(unit)) character_.clear();
  if (is_continuation(unit) && character_.empty()) return;
  character_ += unit;
  if (character_.size() < utf8_length(character_.front())) return;
  if (!needs_neutralising(character_)) insert(character_);
  character_.clear();
}

void LineEditor::insert(std::string_view character) {
  if (text_.size() + character.size() <= kMaxLine) text_ += character;
}

void LineEditor::erase_last() {
  if (!text_.empty()) text_.erase(last_character(text_, text_.size()));
}

// The prompt and the line, as far as it may be seen.
std::string LineEditor::painted() const {
  std::string result(kPrompt);
  const auto comma = text_.find(',');
  if (!secret_ || comma == std::string::npos) return result + text_;
  result += text_.substr(0, comma + 1);
  for (const char byte : text_.substr(comma + 1)) {
    if (!is_continuation(byte)) result += '*';
  }
  return result;
}

std::string LineEditor::repaint(std::size_t columns) const {
  const std::string line = painted();
  std::size_t begin = line.size();
  std::size_t used = kPrompt.size() + 1;  // the last column is the cursor's
  while (begin > kPrompt.size()) {
    const std::size_t previous = last_character(line, begin);
    used += columns_of(line[previous]);
    if (used > columns) break;
    begin = previous;
  }
  return "\r" + std::string(kPrompt) + line.substr(begin) + "\x1B[K";
}

std::string_view LineEditor::hide() { return "\r\x1B[K"; }

}  // namespace chat
