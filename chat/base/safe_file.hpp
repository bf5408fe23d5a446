// Small text files that are read, and replaced, as a whole: whoever opens one, even after a power
// cut, finds either the old content or the new one. A symbolic link is followed: it stays, and its
// target is what is read and replaced.
//
// A file that cannot be replaced because it is a mount point itself (rename says EBUSY), as where a
// container gets a single file, is written in place. Meanwhile FILE.unfinished, beside it, holds
// the new content, and is what counts: it is read instead of FILE, and a write that was interrupted
// is finished by the next FileLock.
//
// Errors: std::system_error that names operation and file, or std::runtime_error that says what is
// wrong with a file and how to make it right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "chat/base/descriptor.hpp"
#include "chat/base/limits.hpp"

namespace chat {

// What may be done with a file by others than its owner. Where that matters the owner has to be the
// user of this process, or root.
enum class Others : std::uint8_t {
  kAnything,  // for an administrator: neither owner nor mode is looked at
  kMayRead,
  kNothing,  // but a root's file may be readable for its group, which is how a service reads it
};

// What is to be done by what a file says.
enum class Use : std::uint8_t {
  kAdministration,  // changed, or listed, by one who may do so with anybody's file: root
  kService,         // served, so that nobody else may have had a hand in it
};

// Opens a file with `flags` of open(), and mode 0600 where they create it, if it is a regular one
// and `others` can do no more than they may. Never blocks, whatever is at the path.
Descriptor open_regular(const std::string& path, int flags, Others others);

// Gives each line of the file, without its LF, to `take`; not those that begin with #, which are
// comments. The last line may lack its LF. Where there is no file there are no lines. What `take`
// refuses with std::invalid_argument is damage, thrown as std::runtime_error with file and line
// number.
void read_entries(const std::string& path, Others others,
                  const std::function<void(std::string_view line)>& take);

// The first line of a file that its user has named for this once, without its line end; at most
// `most` bytes of it. It may also be a pipe, as of `<(command)`, whose other end takes its time;
// but a FIFO to which nobody writes is given up after `patience`. Throws std::system_error, and
// std::runtime_error where there is no line.
std::string first_line_of(const std::string& path, std::size_t most, Clock::duration patience);

// Makes `content` all that is in the file, which keeps its owner and, unless it is written in
// place, has mode 0600 then. What throws has left the old file alone; except where only the last
// step, making the replacement durable, fails, or a write in place does: that is finished later.
void replace_file(const std::string& path, std::string_view content);

// Makes durable which names are in the folder of `file`, after it was made, renamed or removed.
void make_names_durable(const std::string& file);

// Finishes what replace_file() has begun in place before the process was killed; does nothing where
// another process is changing the file just now, or that fails. For who reads without a FileLock.
void finish_interrupted_write(const std::string& path) noexcept;

// Where the symbolic links of the last component of `path` lead.
std::string resolved(const std::string& path);

// For loading a file, changing what it says, and replacing it: of several processes that hold this
// meanwhile, each waits for the one before, until `deadline`; then it throws FileBusy. Reading
// takes no lock. What is locked is FILE.lock, beside the file, that nobody but its owner can open:
// a lock on the file itself or its folder could be held by everyone who may read that. The kernel
// drops the lock with the process, however that ends; FILE.lock stays.
class FileLock {
 public:
  explicit FileLock(const std::string& path,
                    Clock::time_point deadline = Clock::now() + kFileLockPatience);

  const std::string& file() const { return file_; }  // where the symbolic links lead

 private:
  std::string file_;
  Descriptor lock_;
};

// Somebody else holds the lock.
class FileBusy : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace chat
