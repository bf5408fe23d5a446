// The format of a line of the room, in its two renderings (PROTOCOL.md):
//
//   plain    ann: hello
//   tagged   17<TAB>2026-11-24T12:34:56.789Z<TAB>say<TAB>ann<TAB>hello
//
// A tagged line holds all there is to know of it; the plain one follows from it. Lines here end in
// LF where it says so. Pure, and thread safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/base/time_format.hpp"

namespace chat {

enum class Rendering : std::uint8_t { kPlain, kTagged };

// The kinds of the room's own lines. All that is told to one alone is notice, online or error.
enum class Kind : std::uint8_t {
  kSay,
  kMe,  // ~ ann waves
  kEnter,
  kLeave,
  kNotice,  // what an operator has done: * ann has set the topic: ...
};

inline constexpr std::string_view kEntered = "has entered the chat";  // TEXT of kEnter
inline constexpr std::string_view kLeft = "has left the chat";        // TEXT of kLeave

// A line of the room, cut into its fields. They point into the text that was parsed.
struct RoomLine {
  std::uint64_t number;
  std::string_view time;
  Kind kind;
  std::string_view from;
  std::string_view text;
};

std::string_view word_of(Kind kind);
std::optional<Kind> kind_of(std::string_view word);

// A tagged line, cut into its fields, whatever stands in them. They point into the text.
struct TaggedLine {
  std::string_view number;
  std::string_view time;
  std::string_view kind;
  std::string_view from;
  std::string_view text;
};
// Nothing where `line`, which comes without LF, has fewer fields.
std::optional<TaggedLine> parse_tagged_line(std::string_view line);

// Nothing where `line`, which comes without LF, is not a tagged line of the room.
std::optional<RoomLine> parse_room_line(std::string_view line);

// What a transcript begins with: the log's epoch (see Broadcast), and the number of the line before
// the first one. With LF; and parsed, without it.
struct LogBeginning {
  std::string_view epoch;
  std::uint64_t after;
};
std::string log_beginning(std::string_view epoch, std::uint64_t after);
std::optional<LogBeginning> parse_log_beginning(std::string_view line);

// The plain line, LF included, in pieces.
std::array<std::string_view, 5> plain_pieces(Kind kind, std::string_view from,
                                             std::string_view text);

// Appends `line`, with LF, to `to`, as it is shown where it is replayed.
void append_replayed(std::string& to, const RoomLine& line, Rendering rendering);

// What is told to one alone: `lines` are plain ones, each with LF; tagged, each gets its kind by
// its mark.
std::string rendered(std::string lines, Rendering rendering, WallTime now);

// The answer to /tagged, which has the log's epoch in place of who said it.
std::string tag_answer(std::string_view epoch, WallTime now);

}  // namespace chat
