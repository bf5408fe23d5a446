// Restores a room's log, from its transcript or from the program that handed it over.
#pragma once

#include <cstdint>
#include <string>

#include "chat/room/message_log.hpp"
#include "chat/storage/transcript.hpp"

namespace chat {

// The room's lines, as they are handed over.
struct LogState {
  std::string lines;                // that are kept, tagged, behind their log_beginning()
  std::uint64_t in_transcript = 0;  // the number of the last one that is written there
};

struct RestoredLog {
  // Which log the numbers count in: a name that nobody else's log has.
  std::string epoch;
  MessageLog::Place floor;    // what is kept begins here
  MessageLog::Place written;  // the transcript has all before this
};

// Fills `log`, which is empty, from `taken_over`, from `transcript` where there is none, or from
// nothing; and begins the transcript. Throws what reading the transcript does.
RestoredLog restore_log(MessageLog& log, Transcript* transcript, const LogState* taken_over);

}  // namespace chat
