// The input line by line, where there is no screen: from a pipe, a file, or a terminal that keeps
// to lines. Two lines are the way in, where the options are not it, and passwords stand behind the
// commands that want them. The rest goes on as it is; with --send - it is text, line by line; with
// --listen nothing is read but a password.
#pragma once

#include <string>
#include <string_view>

#include "chat/client/input.hpp"
#include "chat/net/line_reader.hpp"

namespace chat {

class PipedInput : public Input {
 public:
  PipedInput(const ClientParts& parts, Client& client);

  void begin() override;
  bool may_read() override { return open_ && parts_.conversation.takes_more(); }
  void take() override;
  bool has_quit() const override { return quit_; }

 private:
  void take_end();
  void close_if_listening();
  std::string_view take_password(std::string_view bytes);
  void take_bytes(std::string_view bytes);
  void take_line(const LineReader::Line& line);
  void take_way_in(std::string_view line);
  void take_talk(std::string_view line);

  LineReader lines_;
  bool asks_password_ = false;  // the first line is the password
  std::string password_;        // what came of it
  int answers_left_;            // lines for the way in
  bool quit_ = false;
};

}  // namespace chat
