// Times and durations as text. Pure, and thread safe.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

using WallTime = std::chrono::system_clock::time_point;

// 2026-11-24T12:34:56.789Z
using TimeText = std::array<char, 24>;
TimeText time_text(WallTime time);
// The time of which time_text() has made `text`; nothing: there is none.
std::optional<WallTime> parse_time(std::string_view text);

// 2026-11-24T12:34:56Z
std::string utc_text(WallTime time);
std::optional<WallTime> parse_utc(std::string_view text);

// 12 s, 5 min, 3 h, 2 d: whole units, the largest that fits.
std::string duration_text(std::chrono::system_clock::duration time);

}  // namespace chat
