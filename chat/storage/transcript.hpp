// The transcript: the room's lines in a file, in their tagged form, so that whoever starts the
// server again finds the numbering and the history there, and tail, grep and awk work on it.
//
// Who makes a round appends its lines before it sends them: what a member has got is in the file,
// however the server ends. What a power cut may take is a matter of `Sync`.
//
// A file has one writer at a time, and nothing but whole lines is ever left in it: where one cannot
// be written, as on a full disk, what was written of it is cut off again. What shows that it has a
// writer is a lock on FILE.lock (see FileLock); where that cannot be made, on the file itself.
//
// Each file begins with the log's epoch (see Broadcast) and the number of the line before its first
// one, so that both are carried on also where there is nothing else in it:
//
//   # log 4f3a9c0b12d5e6f7 after line 1042
//
// A file that would grow over its maximum becomes FILE.1, in place of the one before, and a new one
// is begun, by the one who writes: rename and open, so that the room hardly waits. Whatever the
// moment at which the server is killed, FILE.1 and FILE hold all the lines since FILE.1 was begun.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "chat/base/descriptor.hpp"
#include "chat/base/event_log.hpp"
#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/base/safe_file.hpp"
#include "chat/wire/line_format.hpp"

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
  // of trouble, and so is `tell`, which must not wait. `max` is the most bytes the file is to hold,
  // but for what is written at once; 0: it grows. Throws std::system_error, and std::runtime_error
  // where another server writes there or the file is not fit (see open_regular(); others may read
  // it).
  Transcript(std::string path, Sync sync, EventLog& log, Tell tell = {}, std::uint64_t max = 0);
  ~Transcript();  // makes durable what was written
  Transcript(const Transcript&) = delete;
  Transcript& operator=(const Transcript&) = delete;

  // Whether the file can be opened, or made: throws as above where not. Another server may be
  // writing there.
  static void check(const std::string& path);

  // Reads the file from its beginning; before it FILE.1, where the file goes on from there, or is
  // empty. A last line without its end is cut off; a damaged line is left where it is, and left
  // out; both are told to the log, and so are missing numbers. For the owning thread, before
  // anything is written. Throws std::system_error.
  struct Contents {
    std::string epoch;        // of the log; empty: it is not said
    std::uint64_t last = 0;   // the number of the last line that there was
    bool says_epoch = false;  // the file does, not only FILE.1
  };
  Contents read(const std::function<void(const RoomLine& line)>& take);

  // Which log it is, and the last number in the file: written there where it does not say so, and
  // from here on to each file that is begun. For the owning thread, before anything is written.
  void begin(const Contents& contents);

  // Thread safe, from here on. Neither needs memory, or throws.

  // Appends `lines`, of which the last one has the number `last`: all of them or nothing: false.
  // The first failure is told to the log, and so is the first success after it.
  bool write(std::span<const iovec> lines, std::uint64_t last) noexcept;

  // Goes on in whatever is at the path by now, so that somebody can move the file away.
  void reopen() noexcept;

 private:
  using File = std::shared_ptr<const Descriptor>;  // shared with the thread that syncs it

  // For the thread that works beside the room.
  struct Work {
    File file;           // to be made durable; nothing: there is none, and there will be none
    File rotated;        // the same, with the names that the two have now
    File replaced;       // has no name any more: to be closed, which can take long
    std::string target;  // what the file is called
  };

  // Goes through what is in a file; see read().
  struct Reading;

  void read_old(Reading& reading, std::uint64_t first, const std::string& epoch);
  void begin_with(File file) REQUIRES(mutex_);
  void say_epoch() REQUIRES(mutex_);
  void make_room_for(std::size_t bytes) noexcept REQUIRES(mutex_);
  void rotate() REQUIRES(mutex_);
  bool append(std::span<const iovec> lines) REQUIRES(mutex_);
  bool give_up(std::size_t written) REQUIRES(mutex_);
  void note(bool done, const char* what) REQUIRES(mutex_);
  void tell(const std::string& news) REQUIRES(mutex_);
  void work_beside_the_room();
  Work wait_for_work(Clock::time_point next);

  const std::string path_;
  const Sync sync_;
  EventLog& log_;
  const Tell tell_;
  const std::uint64_t max_;

  Mutex mutex_;
  std::string target_ GUARDED_BY(mutex_);            // where the symbolic links of path_ lead
  std::optional<FileLock> lock_ GUARDED_BY(mutex_);  // nothing: it is on the file itself
  File file_ GUARDED_BY(mutex_);
  File old_ GUARDED_BY(mutex_);                 // FILE.1; that it is open makes it quick to replace
  std::string epoch_ GUARDED_BY(mutex_);        // empty: it is not known yet
  std::uint64_t last_ GUARDED_BY(mutex_) = 0;   // the number of the last line that was written
  std::uint64_t empty_ GUARDED_BY(mutex_) = 0;  // the size of the file with no line of the room
  std::uint64_t limit_ GUARDED_BY(mutex_) = 0;  // the size that the file may reach
  bool failing_ GUARDED_BY(mutex_) = false;
  bool stuck_ GUARDED_BY(mutex_) = false;  // it could not be rotated
  bool dirty_ GUARDED_BY(mutex_);          // written to since the last sync, or before
  bool ending_ GUARDED_BY(mutex_) = false;
  File rotated_ GUARDED_BY(mutex_);   // for the thread, see Work
  File replaced_ GUARDED_BY(mutex_);  // the same
  Condition changed_;                 // for the thread

  std::thread beside_;  // where sync_ is kSecond, or there is a maximum
};

}  // namespace chat
