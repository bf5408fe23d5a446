// Bounds that everything shares. Those of one folder stand in its own limits.hpp. Bytes unless the
// name says otherwise.
#pragma once

#include <chrono>
#include <cstddef>

namespace chat {

using Clock = std::chrono::steady_clock;  // deadlines do not move when somebody sets the wall clock

inline constexpr std::size_t kMaxUsersLimit = 1'000'000;

// What one line may hold.
inline constexpr std::size_t kMaxName = 32;
inline constexpr std::size_t kMaxPassword = 511;
inline constexpr std::size_t kMaxMarks = 8;  // combining marks on one character

// Changing a file.
inline constexpr std::chrono::seconds kFileLockPatience{5};     // with who changes the same file
inline constexpr std::chrono::milliseconds kFileLockPause{20};  // between two looks at that

}  // namespace chat
