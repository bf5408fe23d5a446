// Bounds that both programs must agree on. Bytes unless the name says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace chat {

inline constexpr std::uint16_t kDefaultPort = 3490;

// What one line may hold.
inline constexpr std::size_t kMaxLine = 4096;            // a client's line, its end not counted
inline constexpr std::size_t kMaxUnterminated = 65'536;  // without any line end: the peer is closed

inline constexpr std::uint64_t kMostMinutes = 366 * 24 * 60;  // of a ban and the like

}  // namespace chat
