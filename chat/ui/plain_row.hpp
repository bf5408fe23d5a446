// The line being typed where nothing moves but the end of the text: on a terminal that cannot
// paint, and for a screen reader. Pure. NOT thread safe.
//
// What is typed is echoed behind what stands there; what cannot be had that way begins a new row.
// Lines of the chat wait while there is something in the row, so that they never tear it.
#pragma once

#include <string>
#include <string_view>

namespace chat {

class PlainRow {
 public:
  // What to write so that the row is `prompt` and `text`.
  std::string become(std::string_view prompt, std::string_view text);

  // What to write so that `row`, its prompt and its text, stays; and so that it is over, whatever
  // is in it.
  std::string finish(std::string_view row);
  std::string end();

  // What to write of the chat now. Beyond kMaxHeld the row is interrupted.
  std::string add(std::string_view lines);

 private:
  std::string release();

  std::string prompt_;
  std::string text_;
  std::string held_;
};

}  // namespace chat
