#include "chat/transcript.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "chat/limits.hpp"

namespace chat {
namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

Descriptor open_transcript(const std::string& path) {
  Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file) fail(errno, path);
  return file;
}

void claim(const Descriptor& file, const std::string& path) {
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK) throw std::runtime_error(path + ": another server writes there");
  fail(errno, path);
}

bool is_same_file(const Descriptor& a, const Descriptor& b) {
  struct stat first {};
  struct stat second {};
  return ::fstat(a.get(), &first) == 0 && ::fstat(b.get(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

void cut_off(const Descriptor& file, std::size_t bytes) {
  struct stat now {};
  if (bytes == 0 || ::fstat(file.get(), &now) != 0) return;
  (void)!::ftruncate(file.get(), now.st_size - static_cast<off_t>(bytes));
}

}  // namespace

Transcript::Transcript(std::string path, Sync sync, EventLog& log, Tell tell)
    : path_(std::move(path)), sync_(sync), log_(log), tell_(std::move(tell)) {
  Descriptor file = open_transcript(path_);
  claim(file, path_);
  {
    MutexLock lock(mutex_);
    file_ = std::make_shared<const Descriptor>(std::move(file));
  }
  if (sync_ == Sync::kSecond) syncing_ = std::thread([this] { sync_now_and_then(); });
}

Transcript::~Transcript() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    changed_.notify_one();
  }
  if (syncing_.joinable()) syncing_.join();
}

void Transcript::check(const std::string& path) { (void)open_transcript(path); }

void Transcript::read(const std::function<void(const RoomLine& line)>& take) {
  std::ifstream file(path_, std::ios::binary);
  if (!file) fail(errno, path_);
  std::string line;
  std::uint64_t at = 0;       // the line's number in the file
  std::uint64_t last = 0;     // the last number in the room
  std::uint64_t damaged = 0;  // lines, since that one
  while (std::getline(file, line)) {
    if (file.eof()) {
      MutexLock lock(mutex_);
      cut_off(*file_, line.size());
      log_.write("transcript", "a last line of " + std::to_string(line.size()) +
                                   " bytes lacked its end and was cut off");
      return;
    }
    ++at;
    const auto parsed = parse_room_line(line);
    if (!parsed || parsed->number <= last) {
      log_.write("transcript", "line " + std::to_string(at) + " is damaged, and left as it is");
      ++damaged;
      continue;
    }
    if (last > 0 && parsed->number > last + 1 + damaged) {
      log_.write("transcript", "lines " + std::to_string(last + 1) + " to " +
                                   std::to_string(parsed->number - 1) + " are missing");
    }
    last = parsed->number;
    damaged = 0;
    take(*parsed);
  }
  if (!file.eof()) fail(EIO, path_);
}

bool Transcript::write(std::span<const iovec> lines) noexcept {
  MutexLock lock(mutex_);
  const bool done = append(lines);
  note(done, done ? "is written again" : "cannot be written");
  if (!done || sync_ != Sync::kSecond || std::exchange(dirty_, true)) return done;
  changed_.notify_one();
  return true;
}

bool Transcript::append(std::span<const iovec> lines) {
  std::size_t written = 0;
  for (const iovec& piece : lines) {
    const char* at = static_cast<const char*>(piece.iov_base);
    for (std::size_t left = piece.iov_len; left > 0;) {
      const ssize_t n = ::write(file_->get(), at, left);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return give_up(written);
      at += n;
      left -= static_cast<std::size_t>(n);
      written += static_cast<std::size_t>(n);
    }
  }
  if (sync_ != Sync::kAlways || ::fdatasync(file_->get()) == 0) return true;
  return give_up(written);
}

// Of what could not be written as a whole nothing stays. errno is left as it is.
bool Transcript::give_up(std::size_t written) {
  const int error = errno;
  cut_off(*file_, written);
  errno = error;
  return false;
}

// Tells the log when it begins to go wrong, and when that is over.
void Transcript::note(bool done, const char* what) {
  if (failing_ != done) return;
  const int error = errno;
  failing_ = !done;
  try {
    const std::string why = done ? "" : ": " + std::generic_category().message(error);
    const std::string news = path_ + " " + what + why;
    log_.write("transcript", news);
    if (tell_) tell_("transcript " + news);
  } catch (const std::exception&) {  // no memory to tell with
  }
}

void Transcript::reopen() noexcept {
  try {
    Descriptor file = open_transcript(path_);
    MutexLock lock(mutex_);
    if (!is_same_file(file, *file_)) {
      claim(file, path_);
      file_ = std::make_shared<const Descriptor>(std::move(file));
    }
    log_.write("transcript", path_ + " is open anew");
  } catch (const std::exception& error) {
    log_.write("transcript", error.what());
  }
}

void Transcript::sync_now_and_then() {
  auto next = Clock::now();
  while (const File file = wait_for_lines(next)) {
    next = Clock::now() + kTranscriptSync;
    if (::fdatasync(file->get()) == 0) continue;
    MutexLock lock(mutex_);
    note(false, "cannot be made durable");
  }
}

// Where lines are to be synced, from `next` on. Nothing: there are none, and there will be none.
Transcript::File Transcript::wait_for_lines(Clock::time_point next) {
  MutexLock lock(mutex_);
  while (!ending_ && !dirty_) changed_.wait(lock);
  while (!ending_ && Clock::now() < next) (void)changed_.wait_until(lock, next);
  return std::exchange(dirty_, false) ? file_ : nullptr;
}

}  // namespace chat
