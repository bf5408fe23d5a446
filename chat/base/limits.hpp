// Every bound of the chatroom, in one place. Bytes unless the name says otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ratio>

namespace chat {

using Clock = std::chrono::steady_clock;  // deadlines do not move when somebody sets the wall clock

inline constexpr std::uint16_t kDefaultPort = 3490;
inline constexpr std::size_t kMaxUsersLimit = 1'000'000;

// What one line may hold.
inline constexpr std::size_t kMaxLine = 4096;            // a client's line, its end not counted
inline constexpr std::size_t kMaxUnterminated = 65'536;  // without any line end: the peer is closed
inline constexpr std::size_t kMaxName = 32;
inline constexpr std::size_t kMaxPassword = 511;
inline constexpr int kMaxTagRequests = 16;   // of one connection, before it comes in
inline constexpr std::size_t kMaxMarks = 8;  // combining marks on one character

// What the room keeps for members who are slower than it (see broadcast.hpp).
inline constexpr std::size_t kMaxLag = 256 * 1024;   // further behind: skipped forward
inline constexpr std::size_t kMaxAhead = 64 * 1024;  // talkers wait so far ahead of a round
inline constexpr std::size_t kMaxTaggedAhead = 2 * kMaxAhead;  // the same, of tagged lines
inline constexpr std::size_t kKeptPlain = 4 * kMaxLag;         // of the log, behind a round's end
inline constexpr std::size_t kKeptTagged = 2 * 1024 * 1024;    // the same, of its tagged lines
inline constexpr std::size_t kKeptLines = 32 * 1024;           // the same, in lines
inline constexpr std::uint64_t kDefaultHistory = 20;           // lines that one who comes in gets
inline constexpr std::size_t kReplayChunk = 16 * 1024;  // of what is replayed, in memory at a time
// Replayed and filtered lines have to be looked at one by one: so many of one member's in a turn,
// and of all members' in a round of the broadcaster. So many bytes count like a line.
inline constexpr std::size_t kTurnLines = 512;
inline constexpr std::size_t kRoundLines = 4096;
inline constexpr std::size_t kBytesLikeALine = 128;
inline constexpr std::size_t kMaxOwnLag = 64 * 1024;  // a talker who does not read waits for itself
inline constexpr int kSendBuffer = 128 * 1024;        // the kernel's part of it (SO_SNDBUF)

// Commands.
inline constexpr std::size_t kProfilesUnasked = 20;  // that /who describes: a screen
inline constexpr std::size_t kMaxProfiles = 200;     // that /who all describes
inline constexpr std::size_t kMaxAway = 200;         // bytes of what /away says

// What a command costs of the rate of lines besides itself: one for so many lines of the room that
// it brings once more, or so many names or descriptions of members.
inline constexpr std::size_t kReplayedLikeALine = 1024;
inline constexpr std::size_t kNamesLikeALine = 256;
inline constexpr std::size_t kProfilesLikeALine = 32;
inline constexpr std::chrono::minutes kMuteTime{10};
inline constexpr std::uint64_t kMostMinutes = 366 * 24 * 60;  // of a ban and the like
inline constexpr std::chrono::seconds kPasswordPatience{10};  // of a member, for a turn to hash

// Who is connected but not in yet (see lobby.hpp).
inline constexpr std::size_t kDefaultMaxPending = 256;           // all together
inline constexpr std::size_t kDefaultMaxPendingPerAddress = 32;  // loopback addresses are free
inline constexpr int kSparedAnswers = 4;          // that spare a connection from having to go
inline constexpr std::size_t kMostMadeToGo = 32;  // whose threads have not ended yet
inline constexpr std::chrono::milliseconds kLobbyPatience{50};  // while all are being answered
inline constexpr int kMostNameLookups = 8;  // of Unix users, which may take long

// Guessing passwords (see guess_limit.hpp), for each address and account: the waits are 2, 4, 8 ...
// seconds.
inline constexpr int kFreeGuesses = 3;                     // wrong ones without a wait
inline constexpr int kFreeGuessesOfSource = 12;            // of all accounts, from one address
inline constexpr std::chrono::seconds kFirstGuessWait{2};  // after the last free one
inline constexpr std::chrono::seconds kLongestGuessWait{32};
inline constexpr std::chrono::milliseconds kSourceGuessWait{500};  // after the last free one of all
inline constexpr std::chrono::minutes kGuessMemory{10};            // without a wrong one: forgotten
inline constexpr std::size_t kMaxGuessRecords = 16'384;  // addresses and accounts remembered

// What comes from one address (see source_limits.hpp): enough for an office behind a single one.
inline constexpr int kSourceLineRates = 20;               // as many lines as so many members
inline constexpr int kSourceEntryRate = 5;                // arrivals a second; the same of resumes
inline constexpr int kSourceEntryBurst = 500;             // all of them at once, after a restart
inline constexpr std::size_t kMaxSourceBuckets = 16'384;  // remembered

// What the room keeps beside its accounts (see room_storage.hpp).
inline constexpr std::size_t kMaxBans = 1000;
inline constexpr std::size_t kMaxMutes = 1000;
inline constexpr std::size_t kMaxIgnored = 100;    // names, of each account
inline constexpr std::size_t kMaxRoomText = 1000;  // the topic, and the message of the day
inline constexpr std::size_t kMaxReason = 200;     // of a ban
inline constexpr std::uint64_t kMaxTranscriptSize = std::uint64_t{1} << 50;

// Time.
inline constexpr std::chrono::seconds kDefaultLoginTimeout{60};
// A member's socket accepts nothing. What kUserTimeout allows is the most.
inline constexpr std::chrono::seconds kDefaultStallTimeout{30};
inline constexpr int kMaxStallTimeout = 60;                       // seconds
inline constexpr std::chrono::seconds kLeaveTimeout{5};           // the same for one who is leaving
inline constexpr std::chrono::milliseconds kLingerTimeout{1000};  // discarding input before a close
inline constexpr std::size_t kLingerBytes = 1024 * 1024;          // of which at most so much
inline constexpr std::chrono::milliseconds kGoodbyeTimeout{1000};  // flushing everyone at shutdown
inline constexpr std::chrono::seconds kTranscriptSync{1};          // between two syncs to the disk
inline constexpr std::chrono::seconds kFileLockPatience{5};        // with who changes the same file
inline constexpr std::chrono::milliseconds kFileLockPause{20};     // between two looks at that
inline constexpr std::chrono::seconds kStoreRetry{1};              // where a file cannot be written
inline constexpr std::chrono::seconds kStandstillTimeout{5};       // before handing over, for all
inline constexpr std::chrono::milliseconds kNudgePause{5};         // between two attempts at that
inline constexpr std::chrono::seconds kReadyTimeout{10};       // for the program that takes over
inline constexpr std::chrono::milliseconds kAcceptPause{100};  // out of descriptors: breathe
inline constexpr std::chrono::seconds kStorePause{
    1};  // before what could not be stored is tried again

inline constexpr std::chrono::seconds kMetricsPatience{2};  // with one who asks for figures
inline constexpr std::size_t kMaxScrapers = 16;  // at a time: one more, and the oldest makes room
inline constexpr std::size_t kMaxMetricsRequest = 8 * 1024;

inline constexpr int kPortTries = 10;    // where the kernel chooses a port for two families
inline constexpr int kAcceptBatch = 32;  // connections accepted between two looks at other things
inline constexpr int kDefaultRate = 5;   // lines a second and member; bursts of twice that
inline constexpr int kMaxHashes = 2;     // password hashes computed at the same time
inline constexpr std::size_t kMaxHashQueue = 256;  // who waits for that; more are refused

// A peer that vanished without a word (see Socket::configure_accepted): a connection on which
// nothing came is asked after kKeepaliveIdle whether it is still there, and given up after so many
// unanswered questions; one on which something was sent is given up when so long nothing was
// acknowledged.
//
// Everybody hears the last line at the same moment. So that thousands are not asked at one moment
// as well, which is more than a network card's queue holds, each connection has an idle time of its
// own, up to kKeepaliveSpread longer.
inline constexpr std::chrono::seconds kKeepaliveIdle{20};
inline constexpr std::chrono::seconds kKeepaliveSpread{25};
inline constexpr std::chrono::seconds kKeepaliveInterval{10};
inline constexpr int kKeepaliveProbes = 3;
inline constexpr std::chrono::milliseconds kUserTimeout{60'000};

// The client's own bounds. A line of the server's: a user's one, grown where U+FFFD replaced single
// bytes, and name and time in front of it.
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
inline constexpr std::chrono::milliseconds kConnectLead{250};      // of an address on the next one
inline constexpr std::chrono::milliseconds kConnectTry{10'000};    // of each of them
inline constexpr std::chrono::milliseconds kConnectWait{15'000};   // of all of them
inline constexpr std::chrono::milliseconds kFirstReconnect{1000};  // after a connection is lost
inline constexpr std::chrono::milliseconds kLongestReconnect{30'000};
inline constexpr std::chrono::seconds kLateArrival{10};  // of what an earlier connection has sent
inline constexpr std::size_t kMaxHistory = 1000;         // lines
inline constexpr std::size_t kMaxPaste = 64 * 1024;
inline constexpr std::size_t kMaxHeld = 64 * 1024;  // that comes while a plain row is typed
inline constexpr std::size_t kLastSpeakers = 4;     // who differ in colour
inline constexpr std::size_t kMaxLiftable = 1000;   // bans or mutes that Tab knows of
inline constexpr std::size_t kMaxWaitingRows = 5;   // of lines that wait for the connection
inline constexpr std::chrono::milliseconds kKeyPatience{75};  // for the rest of an escape sequence
inline constexpr std::size_t kNoticesAtOnce = 5;  // arrivals and departures in a kFoldTime
inline constexpr std::chrono::seconds kFoldTime{1};
inline constexpr std::chrono::seconds kBellPause{1};  // the bell rings no more often

// A worker's stack. Deepest is crypt_r, whose own data (32 KiB) and work area live on the heap.
// ThreadSanitizer keeps its own records there as well.
#if defined(__SANITIZE_THREAD__)
inline constexpr std::size_t kWorkerStack = 2 * 1024 * 1024;
#else
inline constexpr std::size_t kWorkerStack = 128 * 1024;
#endif

// Descriptors the server needs besides one per connection.
inline constexpr std::size_t kReservedDescriptors = 32;

}  // namespace chat
