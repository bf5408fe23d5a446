// JSON objects, written a member at a time. Pure, and thread safe.
#pragma once

#include <string>
#include <string_view>

namespace chat {

// Appends "key":"text" to an object that is being written, and before the first one its brace; the
// last one is the caller's. `text` is neutralised.
void add_json(std::string& json, std::string_view key, std::string_view text);

}  // namespace chat
