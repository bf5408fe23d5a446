// Completes a half-typed word (Tab): a /command at the line's beginning, what the command table
// wants as its argument, an emoji by its name behind a colon, otherwise the name of somebody
// online. Commands that the user may not use are not offered. Pure and thread safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "chat/ui/moderation.hpp"
#include "chat/ui/roster.hpp"

namespace chat {

struct Completion {
  std::size_t begin = 0;                // where the word begins
  std::vector<std::string> words = {};  // what may stand there instead, the likeliest first
};

// `before` is the line up to the cursor.
Completion complete(std::string_view before, const Roster& roster, const Moderation& moderation);

}  // namespace chat
