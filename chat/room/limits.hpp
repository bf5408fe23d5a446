// Bounds of the room: its log, who is in it, and what they may do to each other. Bytes unless the
// name says otherwise.
#pragma once

#include <chrono>
#include <cstddef>

namespace chat {

// What the room keeps for members who are slower than it (see broadcast.hpp).
inline constexpr std::size_t kMaxLag = 256 * 1024;   // further behind: skipped forward
inline constexpr std::size_t kMaxAhead = 64 * 1024;  // talkers wait so far ahead of a round
inline constexpr std::size_t kMaxTaggedAhead = 2 * kMaxAhead;  // the same, of tagged lines
inline constexpr std::size_t kKeptPlain = 4 * kMaxLag;         // of the log, behind a round's end
inline constexpr std::size_t kKeptLines = 32 * 1024;           // the same, in lines
inline constexpr std::size_t kReplayChunk = 16 * 1024;  // of what is replayed, in memory at a time
// Replayed and filtered lines have to be looked at one by one: so many of one member's in a turn,
// and of all members' in a round of the broadcaster. So many bytes count like a line.
inline constexpr std::size_t kTurnLines = 512;
inline constexpr std::size_t kRoundLines = 4096;
inline constexpr std::size_t kBytesLikeALine = 128;
inline constexpr std::size_t kMaxOwnLag = 64 * 1024;  // a talker who does not read waits for itself

// What comes from one address (see source_limits.hpp): enough for an office behind a single one.
inline constexpr int kSourceLineRates = 20;               // as many lines as so many members
inline constexpr int kSourceEntryRate = 5;                // arrivals a second; the same of resumes
inline constexpr int kSourceEntryBurst = 500;             // all of them at once, after a restart
inline constexpr std::size_t kMaxSourceBuckets = 16'384;  // remembered

inline constexpr std::size_t kMaxMutes = 1000;

// A member's socket accepts nothing. What kUserTimeout allows is the most.
inline constexpr std::chrono::seconds kDefaultStallTimeout{30};
inline constexpr std::chrono::seconds kLeaveTimeout{5};  // the same for one who is leaving
inline constexpr std::chrono::milliseconds kGoodbyeTimeout{1000};  // flushing everyone at shutdown

}  // namespace chat
