// Bounds of the server as a process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chat {

// What may be asked for.
inline constexpr std::uint64_t kMaxTranscriptSize = std::uint64_t{1} << 50;

inline constexpr int kMaxStallTimeout = 60;  // seconds

// Time.
inline constexpr std::chrono::seconds kStandstillTimeout{5};    // before handing over, for all
inline constexpr std::chrono::milliseconds kNudgePause{5};      // between two attempts at that
inline constexpr std::chrono::seconds kReadyTimeout{10};        // for the program that takes over
inline constexpr std::chrono::milliseconds kAcceptPause{100};   // out of descriptors: breathe
inline constexpr std::chrono::milliseconds kLobbyPatience{50};  // while all are being answered
inline constexpr std::chrono::seconds kStorePause{1};           // before storing is tried again

inline constexpr std::chrono::seconds kMetricsPatience{2};  // with one who asks for figures
inline constexpr std::size_t kMaxScrapers = 16;  // at a time: one more, and the oldest makes room
inline constexpr std::size_t kMaxMetricsRequest = 8 * 1024;

inline constexpr int kAcceptBatch = 32;  // connections accepted between two looks at other things
inline constexpr std::size_t kReservedDescriptors = 32;  // besides one per connection

// A worker's stack. Deepest is crypt_r, whose own data (32 KiB) and work area live on the heap.
// ThreadSanitizer keeps its own records there as well.
#if defined(__SANITIZE_THREAD__)
inline constexpr std::size_t kWorkerStack = 2 * 1024 * 1024;
#else
inline constexpr std::size_t kWorkerStack = 128 * 1024;
#endif

}  // namespace chat
