// The transcript: the room's lines in a file, in their tagged form, so that whoever starts the
// server again finds the numbering and the history there, and tail, grep and awk work on it.
//
// Who makes a round appends its lines before it sends them: what a member has got is in the file,
// however the server ends. What a power cut may take is a matter of `Sync`.
//
// A file has one writer at a time (flock), and nothing but whole lines is ever left in it: where
// one cannot be written, as on a full disk, what was written of it is cut off again.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>

#include "chat/event_log.hpp"
#include "chat/limits.hpp"
#include "chat/line_format.hpp"
#include "chat/mutex.hpp"
#include "chat/socket.hpp"

namespace chat {

class Transcript {
 public:
  enum class Sync : std::uint8_t {
    kAlways,  // before the lines are sent
    kSecond,  // at most a second later, by a thread of its own
    kNever,   // when the kernel likes to
  };

  using Tell = std::function<void(const std::string& news)>;

  // Opens the file, or makes it with mode 0600. `log`, which must outlive the transcript, is told
  // of trouble, and so is `tell`, which must not wait. Throws std::system_error, and
  // std::runtime_error where another server writes there.
  Transcript(std::string path, Sync sync, EventLog& log, Tell tell = {});
  ~Transcript();  // makes durable what was written
  Transcript(const Transcript&) = delete;
  Transcript& operator=(const Transcript&) = delete;

  // Whether the file can be opened, or made: throws std::system_error where not. Another server may
  // be writing there.
  static void check(const std::string& path);

  // Reads the file from its beginning. A last line without its end is cut off; a damaged line is
  // left where it is, and left out; both are told to the log, and so are missing numbers. For the
  // owning thread, before anything is written. Throws std::system_error.
  void read(const std::function<void(const RoomLine& line)>& take);

  // Thread safe, from here on. Neither needs memory, or throws.

  // Appends `lines`, all of them or nothing: false. The first failure is told to the log, and so is
  // the first success after it.
  bool write(std::span<const iovec> lines) noexcept;

  // Goes on in whatever is at the path by now, so that somebody can move the file away.
  void reopen() noexcept;

 private:
  using File = std::shared_ptr<const Descriptor>;  // shared with the thread that syncs it

  bool append(std::span<const iovec> lines) REQUIRES(mutex_);
  bool give_up(std::size_t written) REQUIRES(mutex_);
  void note(bool done, const char* what) REQUIRES(mutex_);
  void sync_now_and_then();
  File wait_for_lines(Clock::time_point next);

  const std::string path_;
  const Sync sync_;
  EventLog& log_;
  const Tell tell_;

  Mutex mutex_;
  File file_ GUARDED_BY(mutex_);
  bool failing_ GUARDED_BY(mutex_) = false;
  bool dirty_ GUARDED_BY(mutex_) = true;  // written to since the last sync, or before
  bool ending_ GUARDED_BY(mutex_) = false;
  Condition changed_;  // for the thread that syncs

  std::thread syncing_;  // where sync_ is kSecond
};

}  // namespace chat
