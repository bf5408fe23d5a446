// A line of the server's, taken apart (PROTOCOL.md): when, what kind, from whom, what. Pure and
// thread safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/base/time_format.hpp"

namespace chat {

struct ServerLine {
  enum class Kind {
    kSay,
    kMe,  // ~ ann waves
    kPrivate,
    kEnter,
    kLeave,
    kOnline,
    kNotice,
    kError,
    kUnknown,  // of a kind that this client does not know: only its number counts
  };
  Kind kind = Kind::kNotice;
  std::string from;  // of kSay, kMe, kPrivate, kEnter, kLeave, and a notice of the room's own
  std::string to;    // of kPrivate
  std::string text;  // what stands behind that, or behind the mark (* or !) of the server
  // When it was said, where the line has it: one that is tagged, or replayed.
  std::optional<WallTime> time = {};
  bool replayed = false;     // it is one from before
  bool hidden = false;       // the user does not want to see it
  std::uint64_t number = 0;  // of a tagged line of the room; 0: it has none
  std::string epoch = {};    // of the answer to /tagged: which log the numbers count in, if it says
  std::string plain = {};    // the plain line; of one that is replayed, what it was then
};

// `text` is a line without its end, and neutralised; plain or tagged. What is none of the known
// kinds is a notice.
ServerLine parse_server_line(std::string_view text);

// Whether it is a tagged one: no plain line is.
bool is_tagged(std::string_view text);

// `line` as a plain one, without its end.
std::string plain_line(const ServerLine& line);

// say, me, private, enter, leave, online, notice, error or unknown.
std::string_view name_of(ServerLine::Kind kind);

// One JSON object that ends in LF: time (UTC, milliseconds; `now` where the line has none of its
// own), number where it has one, kind, from, text, of private lines to, and "replayed":true of one
// from before.
std::string json_of(const ServerLine& line, WallTime now);

}  // namespace chat
