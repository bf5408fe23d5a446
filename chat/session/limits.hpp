// Bounds of one connection, and of those who are not in yet. Bytes unless the name says otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chat {

// Commands.
inline constexpr std::size_t kProfilesUnasked = 20;  // that /who describes: a screen
inline constexpr std::size_t kMaxProfiles = 200;     // that /who all describes
inline constexpr std::size_t kMaxAway = 200;         // bytes of what /away says

inline constexpr std::chrono::minutes kCorrectable{2};  // a line, after it was said
inline constexpr std::size_t kMaxFound = 20;            // lines that /find shows
inline constexpr std::uint64_t kSearchedAtOnce = 128;   // lines, while nobody can say anything
inline constexpr std::uint64_t kLinesAround = 5;        // that /context shows on either side

// What a command costs of the rate of lines besides itself: one for so many lines of the room that
// it brings once more, or so many names or descriptions of members.
inline constexpr std::size_t kReplayedLikeALine = 1024;
inline constexpr std::size_t kNamesLikeALine = 256;
inline constexpr std::size_t kProfilesLikeALine = 32;
inline constexpr std::chrono::minutes kMuteTime{10};
inline constexpr std::chrono::seconds kPasswordPatience{10};  // of a member, for a turn to hash

// Who is connected but not in yet (see lobby.hpp).
inline constexpr std::size_t kDefaultMaxPending = 256;           // all together
inline constexpr std::size_t kDefaultMaxPendingPerAddress = 32;  // loopback addresses are free
inline constexpr int kSparedAnswers = 4;          // that spare a connection from having to go
inline constexpr std::size_t kMostMadeToGo = 32;  // whose threads have not ended yet
inline constexpr int kMostNameLookups = 8;        // of Unix users, which may take long

// Guessing passwords (see guess_limit.hpp), for each address and account: the waits are 2, 4, 8 ...
// seconds.
inline constexpr int kFreeGuesses = 3;                     // wrong ones without a wait
inline constexpr int kFreeGuessesOfSource = 12;            // of all accounts, from one address
inline constexpr std::chrono::seconds kFirstGuessWait{2};  // after the last free one
inline constexpr std::chrono::seconds kLongestGuessWait{32};
inline constexpr std::chrono::milliseconds kSourceGuessWait{500};  // after the last free one of all
inline constexpr std::chrono::minutes kGuessMemory{10};            // without a wrong one: forgotten
inline constexpr std::size_t kMaxGuessRecords = 16'384;  // addresses and accounts remembered

// One connection.
inline constexpr std::chrono::seconds kDefaultLoginTimeout{60};
inline constexpr int kMaxTagRequests = 16;            // before it comes in
inline constexpr std::uint64_t kDefaultHistory = 20;  // lines that one who comes in gets
inline constexpr std::chrono::milliseconds kLingerTimeout{1000};  // discarding input before a close
inline constexpr std::size_t kLingerBytes = 1024 * 1024;          // of which at most so much
inline constexpr int kDefaultRate = 5;  // lines a second and member; bursts of twice that

// Hashing passwords.
inline constexpr int kMaxHashes = 2;               // password hashes computed at the same time
inline constexpr std::size_t kMaxHashQueue = 256;  // who waits for that; more are refused

}  // namespace chat
