// Times and durations for people to read. Pure, and thread safe.
#pragma once

#include <chrono>
#include <string>

namespace chat {

// 2026-11-24T12:34:56Z
std::string utc_text(std::chrono::system_clock::time_point time);

// 12 s, 5 min, 3 h, 2 d: whole units, the largest that fits.
std::string duration_text(std::chrono::system_clock::duration time);

}  // namespace chat
