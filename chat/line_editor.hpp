// The line being typed: key bytes in, events and what to paint out. Pure: it neither reads nor
// writes, so that every key can be tested without a terminal.
//
// Keys: printable UTF-8, Backspace, Ctrl+U (empties the line), Enter, Ctrl+C, and Ctrl+D on an
// empty line. Escape sequences (arrows, function keys) are swallowed whole.
//
// NOT thread safe: the Screen that owns it guards it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

class LineEditor {
 public:
  struct Event {
    enum class Kind { kLine, kEndOfInput, kInterrupt };
    Kind kind;
    std::string line;   // of kLine: what was typed
    std::string shown;  // of kLine: the prompt and the line as it may stay on the screen
  };

  // What the keyboard sent, cut up in any way.
  std::vector<Event> feed(std::string_view bytes);

  // While secret, all that follows the line's first comma (the password of `user,password`) is
  // painted as asterisks.
  void set_secret(bool secret) { secret_ = secret; }

  // Paints the line over the cursor's row, which is `columns` wide. The line stays within that one
  // row: of a longer one the end is shown.
  std::string repaint(std::size_t columns) const;

  // Clears the cursor's row.
  static std::string_view hide();

 private:
  // Where in an escape sequence the keyboard is.
  enum class Escape { kNone, kBegun, kParameters, kLastByte, kString };

  void take(unsigned char byte, std::vector<Event>& events);
  bool belongs_to_escape(unsigned char byte);
  void take_utf8(unsigned char byte);
  void insert(std::string_view character);
  void erase_last();
  std::string painted() const;

  std::string text_;
  std::string character_;  // the first bytes of a character that has not come whole
  Escape escape_ = Escape::kNone;
  bool after_return_ = false;
  bool secret_ = false;
};

}  // namespace chat
