// A small text file that is read, and replaced, as a whole: whoever opens it, even after a power
// cut, finds either the old one or the new one. A symbolic link is followed: it stays, and its
// target is what is read and replaced.
//
// Errors: std::system_error that names operation and file.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "chat/socket.hpp"

namespace chat {

// Gives each line of the file, without its LF, to `take`; not those that begin with #, which are
// comments. The last line may lack its LF. Where there is no file there are no lines. What `take`
// refuses with std::invalid_argument is damage, thrown as std::runtime_error with file and line
// number.
void read_entries(const std::string& path, const std::function<void(std::string_view line)>& take);

// Makes `content` all that is in the file, which keeps its owner and has mode 0600 then. What
// throws has left the old file alone; except where only the last step, making the replacement
// durable, fails.
void replace_file(const std::string& path, std::string_view content);

// For loading a file, changing what it says, and replacing it: of several processes that hold this
// meanwhile, each waits for the one before. It locks the folder, since the file itself is another
// one after each replacement. The kernel drops the lock with the process, however that ends.
class FileLock {
 public:
  explicit FileLock(const std::string& path);

  const std::string& file() const { return file_; }  // where the symbolic links lead

 private:
  std::string file_;
  Descriptor folder_;
};

}  // namespace chat
