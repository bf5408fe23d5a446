// Translates commands that users of other chats type out of habit. Pure, and thread safe.
#pragma once

#include <string>
#include <string_view>

namespace chat {

// `line` with another chat's command in front as this room has it: /w and /query are /msg, /names
// is /who, /exit, /part and /leave are /quit. Any other line as it is.
std::string in_own_words(std::string_view line);

// Why `line` does nothing here that its user could expect; empty: it is one as any other.
std::string_view nothing_here(std::string_view line);

// Whether it is the correction of another line: s/old/new/
bool is_correction(std::string_view line);

}  // namespace chat
