// Bounds of what is shown and typed. Bytes unless the name says otherwise.
#pragma once

#include <chrono>
#include <cstddef>

namespace chat {

inline constexpr std::size_t kMaxHistory = 1000;  // lines
inline constexpr std::size_t kMaxPaste = 64 * 1024;
inline constexpr std::size_t kMaxHeld = 64 * 1024;  // that comes while a plain row is typed
inline constexpr std::size_t kLastSpeakers = 4;     // who differ in colour
inline constexpr std::size_t kMaxLiftable = 1000;   // bans or mutes that Tab knows of
inline constexpr std::size_t kMaxWaitingRows = 5;   // of lines that wait for the connection
inline constexpr std::size_t kNoticesAtOnce = 5;    // arrivals and departures in a kFoldTime
inline constexpr std::chrono::seconds kFoldTime{1};
inline constexpr std::chrono::seconds kBellPause{1};  // the bell rings no more often

inline constexpr std::size_t kMaxUndo = 100;  // changes of the typed line

// While the user looks elsewhere.
inline constexpr std::size_t kNotificationColumns = 200;
inline constexpr std::chrono::seconds kNotificationPause{1};  // between two notifications
inline constexpr std::size_t kLinesWorthASummary = 20;        // that came meanwhile

}  // namespace chat
