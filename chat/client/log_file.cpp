#include "chat/client/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

#include "chat/base/system_call.hpp"
#include "chat/ui/display.hpp"

namespace chat {

LogFile::LogFile(const std::string& file)
    : pattern_(file), file_(file_of(std::chrono::system_clock::now())) {
  open();
}

std::string LogFile::file_of(std::chrono::system_clock::time_point time) const {
  constexpr std::string_view kDate = "%F";
  const std::string date = local_time(time, "%Y-%m-%d");
  std::string file = pattern_;
  for (auto at = file.find(kDate); at != std::string::npos; at = file.find(kDate)) {
    file.replace(at, kDate.size(), date);
  }
  return file;
}

// A pipe, as of >(command), will do, but not a FIFO that nobody reads: opening it would wait.
void LogFile::open() {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  to_ = Descriptor(::open(file_.c_str(), kFlags, S_IRUSR | S_IWUSR));
  if (!to_) throw_errno("cannot open " + file_);
  const int flags = ::fcntl(to_.get(), F_GETFL);
  if (flags < 0 || ::fcntl(to_.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) {
    throw_errno("cannot open " + file_);
  }
}

// A pipe of >(command) is no file of that name, and stays.
bool LogFile::was_moved() const {
  struct stat opened {
  }, named{};
  if (::fstat(to_.get(), &opened) != 0 || !S_ISREG(opened.st_mode)) return false;
  if (::stat(file_.c_str(), &named) != 0) return true;
  return opened.st_dev != named.st_dev || opened.st_ino != named.st_ino;
}

void LogFile::append(std::span<const std::string> lines,
                     std::chrono::system_clock::time_point now) {
  const std::string time = local_time(now, "%Y-%m-%d %H:%M:%S ");
  std::string text;
  for (const std::string& line : lines) text.append(time).append(line).append("\n");
  const std::string before = std::exchange(file_, file_of(now));
  if (file_ != before || was_moved()) open();
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t n = ::write(to_.get(), rest.data(), rest.size());
    if (n < 0 && errno != EINTR) throw_errno("cannot write to " + file_);
    if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace chat
