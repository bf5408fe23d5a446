// The event log, for the room's owner: one line for each event,
//
//   2026-11-24T12:34:56Z came-in 192.0.2.7:51820 ann login
//
// that is: the time in UTC, the event, who (- where nobody), the user's name (- where the room does
// not know the name: what a stranger types in its place may be a password), and more about it.
//
// or, as JSON, an object with the members time, level, event, who, name and more. What goes to the
// journal has its priority in front: <6>.
//
// A line is one write. It never waits: where it can not be written at once (nobody empties the
// pipe, the disk is full), it is left out, and the next one that can be written is preceded by how
// many were.
//
// Thread safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "chat/base/descriptor.hpp"
#include "chat/base/mutex.hpp"

namespace chat {

class EventLog {
 public:
  // By syslog's numbers. It follows from the event.
  enum class Level : std::uint8_t { kError = 3, kWarning = 4, kInfo = 6 };

  struct Style {
    bool json = false;
    bool priorities = false;
    Level least = Level::kInfo;  // of what is written
  };

  // Without a descriptor everything is left out. A write to a pipe that nobody reads any more must
  // not raise SIGPIPE: whoever makes a log sees to that.
  EventLog() : to_() {}
  explicit EventLog(Descriptor to) : to_(std::move(to)) {}
  EventLog(Descriptor to, const Style& style) : to_(std::move(to)), style_(style) {}

  // For events that have to do with nobody.
  void write(std::string_view event, std::string_view more) { write(event, "-", "-", more); }
  void write(std::string_view event, std::string_view who, std::string_view name,
             std::string_view more);

 private:
  bool put(std::string_view line) REQUIRES(mutex_);

  std::string line_of(std::string_view event, std::string_view who, std::string_view name,
                      std::string_view more) const;

  const Descriptor to_;
  const Style style_{};
  Mutex mutex_;
  std::uint64_t left_out_ GUARDED_BY(mutex_) = 0;  // since the last line that was written
};

}  // namespace chat
