// Bounds of what is kept in files. Bytes unless the name says otherwise.
#pragma once

#include <chrono>
#include <cstddef>

namespace chat {

// What the room keeps beside its accounts (see room_storage.hpp).
inline constexpr std::size_t kMaxBans = 1000;
inline constexpr std::size_t kMaxRoomText = 1000;  // the topic, and the message of the day
inline constexpr std::size_t kMaxReason = 200;     // of a ban

// The log.
inline constexpr std::size_t kKeptTagged = 2 * 1024 * 1024;  // of its tagged lines, in memory
inline constexpr std::chrono::seconds kTranscriptSync{1};    // between two syncs to the disk

}  // namespace chat
