// Bounds of the client. Bytes unless the name says otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <ratio>

#include "chat/wire/limits.hpp"

namespace chat {

// A line of the server's: a user's one, grown where U+FFFD replaced single bytes, and name and time
// in front of it.
inline constexpr std::size_t kMaxServerLine = 3 * kMaxLine + 256;
inline constexpr std::size_t kMaxPending = 64 * 1024;  // typed, not sent: more, and it is not read
inline constexpr std::size_t kMaxUnheard = 64 * 1024;  // typed, not heard back: the same
inline constexpr std::chrono::seconds kLeaveWait{2};   // after leaving, for the server to close
inline constexpr std::chrono::seconds kEchoWait{60};   // what --send waits for
inline constexpr std::chrono::seconds kPasswordFileWait{5};  // for who writes to a FIFO
inline constexpr std::chrono::duration<int, std::milli> kLastWordsWait{100};  // of a proxy command
inline constexpr std::chrono::duration<int, std::milli> kProxyGrace{1000};    // to end by itself
// Before the server is asked whether it is there; up to kSilenceSpread later, so that not all
// clients ask at the same moment.
inline constexpr std::chrono::milliseconds kSilence{60'000};
inline constexpr std::chrono::milliseconds kSilenceSpread{15'000};
inline constexpr std::chrono::seconds kAnswerWait{10};  // for what was said, and for that answer
inline constexpr std::chrono::milliseconds kFirstReconnect{1000};  // after a connection is lost
inline constexpr std::chrono::milliseconds kLongestReconnect{30'000};
inline constexpr std::chrono::seconds kLateArrival{10};  // of what an earlier connection has sent
inline constexpr std::size_t kMaxIgnored = 100;          // names
inline constexpr std::chrono::milliseconds kKeyPatience{75};  // for the rest of an escape sequence

}  // namespace chat
