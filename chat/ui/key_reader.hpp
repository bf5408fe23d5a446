// The keyboard's bytes into keys, however they were cut up on their way: UTF-8, control keys, the
// escape sequences of xterm, the Linux console, rxvt, tmux and screen, and bracketed paste. Pure.
// NOT thread safe.
//
// An ESC waits for what follows it (Alt+key sends ESC and the key). Whoever reads the keyboard says
// when it has waited long enough: then a lone ESC is the Esc key, and half a sequence is dropped.
// An unknown sequence is skipped whole. A control character ends an unfinished sequence and
// counts for itself: Enter and Ctrl+C always work.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

struct Key {
  enum class Kind {
    kText,   // one code point
    kPaste,  // pasted text: lines that end in LF, otherwise without control characters
    kPasteTooLong,
    kEnter,
    kTab,
    kBackTab,  // Shift+Tab
    kBackspace,
    kDelete,
    kDeleteOrEnd,  // Ctrl+D
    kLeft,
    kRight,
    kUp,
    kDown,
    kHome,
    kEnd,
    kWordLeft,
    kWordRight,
    kKillWordLeft,   // Ctrl+W: back to a space
    kKillPartLeft,   // Alt+Backspace: back to what is no letter or digit
    kKillWordRight,  // Alt+D
    kKillToStart,
    kKillToEnd,
    kYank,
    kTranspose,
    kUndo,  // Ctrl+_
    kSearch,
    kCancel,  // Ctrl+G
    kEscape,
    kClearScreen,
    kInterrupt,
    kSuspend,
    kFocus,            // the terminal reports it: the user looks, or
    kBlur,             // looks elsewhere
    kToggleNotifying,  // Alt+N
  };
  Kind kind;
  std::string text = {};
};

class KeyReader {
 public:
  std::vector<Key> feed(std::string_view bytes);

  // Whether a sequence has begun and waits for more; and that it has waited in vain.
  bool is_unfinished() const { return escape_ != Escape::kNone && escape_ != Escape::kPaste; }
  std::vector<Key> lapse();

 private:
  // Where in an escape sequence the keyboard is.
  enum class Escape { kNone, kBegun, kParameters, kApplication, kConsole, kMouse, kString, kPaste };

  void take(unsigned char byte);
  bool belongs_to_escape(unsigned char byte);
  void begin_sequence(unsigned char byte);
  void swallow(Escape what, std::size_t bytes);
  void take_paste(unsigned char byte);
  void end_paste();
  void take_utf8(unsigned char byte);
  void take_control(unsigned char byte);
  void take_sequence(unsigned char final_byte);
  void take_alt(unsigned char byte);
  void add(Key::Kind kind) { keys_.push_back({kind}); }

  std::vector<Key> keys_;
  std::string character_;       // the first bytes of one that has not come whole
  std::string parameters_;      // of the escape sequence
  std::size_t to_swallow_ = 0;  // at most, of a mouse report or a control string
  std::string pasted_;
  bool paste_too_long_ = false;
  Escape escape_ = Escape::kNone;
  bool after_return_ = false;
};

}  // namespace chat
