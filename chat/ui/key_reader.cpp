#include "chat/ui/key_reader.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/ui/limits.hpp"

namespace chat {
namespace {

using Kind = Key::Kind;

constexpr unsigned char kCtrlC = 0x03;
constexpr unsigned char kBell = 0x07;
constexpr unsigned char kEscapeKey = 0x1B;
constexpr unsigned char kDelete = 0x7F;  // what the Backspace key of most terminals sends
constexpr std::string_view kPasteEnd = "\x1B[201~";
constexpr std::size_t kMaxParameters = 16;
constexpr std::size_t kMouseReport = 3;          // X10: button, column, row
constexpr std::size_t kMaxControlString = 1024;  // what a terminal answers is shorter

struct ControlKey {
  unsigned char byte;
  Kind kind;
};
constexpr unsigned char ctrl(char letter) { return static_cast<unsigned char>(letter & 0x1F); }
constexpr std::array kControlKeys = {
    ControlKey{ctrl('A'), Kind::kHome},         ControlKey{ctrl('B'), Kind::kLeft},
    ControlKey{ctrl('C'), Kind::kInterrupt},    ControlKey{ctrl('D'), Kind::kDeleteOrEnd},
    ControlKey{ctrl('E'), Kind::kEnd},          ControlKey{ctrl('F'), Kind::kRight},
    ControlKey{ctrl('G'), Kind::kCancel},       ControlKey{ctrl('H'), Kind::kBackspace},
    ControlKey{ctrl('I'), Kind::kTab},          ControlKey{ctrl('K'), Kind::kKillToEnd},
    ControlKey{ctrl('L'), Kind::kClearScreen},  ControlKey{ctrl('N'), Kind::kDown},
    ControlKey{ctrl('P'), Kind::kUp},           ControlKey{ctrl('R'), Kind::kSearch},
    ControlKey{ctrl('T'), Kind::kTranspose},    ControlKey{ctrl('U'), Kind::kKillToStart},
    ControlKey{ctrl('W'), Kind::kKillWordLeft}, ControlKey{ctrl('Y'), Kind::kYank},
    ControlKey{ctrl('Z'), Kind::kSuspend},      ControlKey{ctrl('_'), Kind::kUndo},
};

// What stands between ESC [ and the end, and that end. Ctrl is 5, Alt 3; rxvt has letters of its
// own for them.
struct SequenceKey {
  std::string_view sequence;
  Kind kind;
};
constexpr std::array kSequenceKeys = {
    SequenceKey{"A", Kind::kUp},
    SequenceKey{"B", Kind::kDown},
    SequenceKey{"C", Kind::kRight},
    SequenceKey{"D", Kind::kLeft},
    SequenceKey{"H", Kind::kHome},
    SequenceKey{"F", Kind::kEnd},
    SequenceKey{"Z", Kind::kBackTab},
    SequenceKey{"I", Kind::kFocus},
    SequenceKey{"O", Kind::kBlur},
    SequenceKey{"1~", Kind::kHome},
    SequenceKey{"7~", Kind::kHome},
    SequenceKey{"4~", Kind::kEnd},
    SequenceKey{"8~", Kind::kEnd},
    SequenceKey{"3~", Kind::kDelete},
    SequenceKey{"1;5C", Kind::kWordRight},
    SequenceKey{"1;3C", Kind::kWordRight},
    SequenceKey{"1;5D", Kind::kWordLeft},
    SequenceKey{"1;3D", Kind::kWordLeft},
    SequenceKey{"3;5~", Kind::kKillWordRight},
    SequenceKey{"3;3~", Kind::kKillWordRight},
};
constexpr std::array kApplicationKeys = {
    SequenceKey{"A", Kind::kUp},        SequenceKey{"B", Kind::kDown},
    SequenceKey{"C", Kind::kRight},     SequenceKey{"D", Kind::kLeft},
    SequenceKey{"H", Kind::kHome},      SequenceKey{"F", Kind::kEnd},
    SequenceKey{"c", Kind::kWordRight}, SequenceKey{"d", Kind::kWordLeft},
    SequenceKey{"M", Kind::kEnter},
};

template <std::size_t size>
const SequenceKey* find_key(const std::array<SequenceKey, size>& keys, std::string_view sequence) {
  for (const SequenceKey& key : keys) {
    if (key.sequence == sequence) return &key;
  }
  return nullptr;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::size_t utf8_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0x80 ? 2 : 1;
}

// Pasted text: with LF as the only line end, no other control character but TAB, and without what
// is not UTF-8 or would disturb the screen.
std::string cleaned(std::string_view pasted) {
  std::string result;
  for (std::size_t i = 0; i < pasted.size();) {
    const char byte = pasted[i];
    const std::string_view character = pasted.substr(i, utf8_length(byte));
    i += 1;
    if (byte == '\r' || byte == '\n') {
      if (byte == '\r' && i < pasted.size() && pasted[i] == '\n') ++i;
      result += '\n';
    } else if (byte == '\t') {
      result += byte;
    } else if (!needs_neutralising(character)) {
      result += character;
      i += character.size() - 1;
    }
  }
  return result;
}

}  // namespace

std::vector<Key> KeyReader::feed(std::string_view bytes) {
  for (const char byte : bytes) take(static_cast<unsigned char>(byte));
  return std::exchange(keys_, {});
}

std::vector<Key> KeyReader::lapse() {
  if (!is_unfinished()) return {};
  if (std::exchange(escape_, Escape::kNone) == Escape::kBegun) add(Kind::kEscape);
  return std::exchange(keys_, {});
}

void KeyReader::take(unsigned char byte) {
  if (escape_ == Escape::kPaste) return take_paste(byte);
  const bool after_return = std::exchange(after_return_, false);
  if (belongs_to_escape(byte)) return;
  if (byte >= 0x80) return take_utf8(byte);
  character_.clear();
  if (byte == '\n' && after_return) return;  // a line's end may be both
  if (byte >= 0x20 && byte != kDelete) {
    return keys_.push_back({Kind::kText, std::string(1, static_cast<char>(byte))});
  }
  take_control(byte);
}

void KeyReader::take_control(unsigned char byte) {
  if (byte == kEscapeKey) {
    escape_ = Escape::kBegun;
    parameters_.clear();
  } else if (byte == '\r' || byte == '\n') {
    after_return_ = byte == '\r';
    add(Kind::kEnter);
  } else if (byte == kDelete) {
    add(Kind::kBackspace);
  } else {
    for (const ControlKey& key : kControlKeys) {
      if (key.byte == byte) add(key.kind);
    }
  }
}

// ESC [ parameters final; ESC [ [ letter; ESC [ M and a mouse report; ESC O final; ESC ] and the
// like, and a string up to BEL or ESC \; ESC key.
bool KeyReader::belongs_to_escape(unsigned char byte) {
  if (escape_ == Escape::kNone) return false;
  if (byte < 0x20) {
    return std::exchange(escape_, Escape::kNone) == Escape::kString && byte == kBell;
  }
  switch (std::exchange(escape_, Escape::kNone)) {
    case Escape::kBegun:
      begin_sequence(byte);
      break;
    case Escape::kParameters:
      if (byte >= 0x40) {
        take_sequence(byte);
      } else {
        escape_ = Escape::kParameters;
        if (parameters_.size() < kMaxParameters) parameters_ += static_cast<char>(byte);
      }
      break;
    case Escape::kApplication:
      if (const char final_byte = static_cast<char>(byte);
          const auto* key = find_key(kApplicationKeys, {&final_byte, 1})) {
        add(key->kind);
      }
      break;
    case Escape::kMouse:
      swallow(Escape::kMouse, to_swallow_ - 1);
      break;
    case Escape::kString:
      swallow(Escape::kString, to_swallow_ - 1);
      break;
    default:
      break;  // the letter of a function key of the Linux console
  }
  return true;
}

void KeyReader::begin_sequence(unsigned char byte) {
  switch (byte) {
    case '[':
      escape_ = Escape::kParameters;
      break;
    case 'O':
      escape_ = Escape::kApplication;
      break;
    case ']':  // OSC, and DCS, SOS, PM, APC
    case 'P':
    case 'X':
    case '^':
    case '_':
      swallow(Escape::kString, kMaxControlString);
      break;
    default:
      take_alt(byte);
  }
}

void KeyReader::swallow(Escape what, std::size_t bytes) {
  to_swallow_ = bytes;
  if (bytes > 0) escape_ = what;
}

void KeyReader::take_sequence(unsigned char final_byte) {
  const std::string sequence = parameters_ + static_cast<char>(final_byte);
  if (sequence == "[") {
    escape_ = Escape::kConsole;
  } else if (sequence == "M") {
    swallow(Escape::kMouse, kMouseReport);
  } else if (sequence == "200~") {
    escape_ = Escape::kPaste;
  } else if (const auto* key = find_key(kSequenceKeys, sequence)) {
    add(key->kind);
  }
}

void KeyReader::take_alt(unsigned char byte) {
  switch (byte) {
    case 'b':
    case 'B':
      return add(Kind::kWordLeft);
    case 'f':
    case 'F':
      return add(Kind::kWordRight);
    case 'd':
    case 'D':
      return add(Kind::kKillWordRight);
    case 'n':
    case 'N':
      return add(Kind::kToggleNotifying);
    case kDelete:
      return add(Kind::kKillPartLeft);
    default:
      return;
  }
}

// The end of a paste may never come (the line broke): Ctrl+C gives up waiting for it.
void KeyReader::take_paste(unsigned char byte) {
  if (byte == kCtrlC) {
    pasted_.clear();
    paste_too_long_ = false;
    escape_ = Escape::kNone;
    return;
  }
  pasted_ += static_cast<char>(byte);
  if (pasted_.ends_with(kPasteEnd)) return end_paste();
  if (pasted_.size() > kMaxPaste + kPasteEnd.size()) {
    paste_too_long_ = true;
    pasted_.erase(0, kMaxPaste);
  }
}

void KeyReader::end_paste() {
  pasted_.resize(pasted_.size() - kPasteEnd.size());
  std::string text = cleaned(std::exchange(pasted_, {}));
  escape_ = Escape::kNone;
  if (std::exchange(paste_too_long_, false)) return add(Kind::kPasteTooLong);
  if (!text.empty()) keys_.push_back({Kind::kPaste, std::move(text)});
}

// Keeps the bytes of a character until it is whole. What is not UTF-8, or would disturb the screen,
// is left out: the server would refuse or replace it.
void KeyReader::take_utf8(unsigned char byte) {
  const char unit = static_cast<char>(byte);
  if (!is_continuation(unit)) character_.clear();
  if (is_continuation(unit) && character_.empty()) return;
  character_ += unit;
  if (character_.size() < utf8_length(character_.front())) return;
  if (!needs_neutralising(character_)) keys_.push_back({Kind::kText, character_});
  character_.clear();
}

}  // namespace chat
