// A line of the server's, taken apart (PROTOCOL.md): when, what kind, from whom, what. Pure and
// thread safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

struct ServerLine {
  enum class Kind { kSay, kPrivate, kEnter, kLeave, kOnline, kNotice, kError };
  Kind kind = Kind::kNotice;
  std::string from;  // of kSay, kPrivate, kEnter and kLeave
  std::string to;    // of kPrivate
  std::string text;  // what stands behind that, or behind the mark (* or !) of the server
  // Where the line is one from before, replayed: when it was said. Otherwise it is said now.
  std::optional<std::chrono::system_clock::time_point> time = {};
};

// `text` is a line without its end, and neutralised. What is none of the known kinds is a notice.
ServerLine parse_server_line(std::string_view text);

// say, private, enter, leave, online, notice or error.
std::string_view name_of(ServerLine::Kind kind);

// One JSON object that ends in LF: time (UTC, milliseconds; `now` where the line has none of its
// own), kind, from, text, and of private lines to.
std::string json_of(const ServerLine& line, std::chrono::system_clock::time_point now);

}  // namespace chat
