#include "chat/storage/transcript.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/storage/limits.hpp"

namespace chat {
namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

constexpr std::size_t kChunk = 64 * 1024;  // far more than a line

std::string old_of(const std::string& target) { return target + ".1"; }

Descriptor open_transcript(const std::string& path) {
  return open_regular(path, O_WRONLY | O_APPEND | O_CREAT, Others::kMayRead);
}

// Locks FILE.lock, or `file` itself (nothing is returned) if the folder is not writable. That is
// the second choice, because anybody who may read the transcript could hold a lock on it.
std::optional<FileLock> claim(const std::string& path, const Descriptor& file) {
  const std::string taken = path + ": another server writes there";
  const std::string advice = ": stop that one, or choose another file";
  try {
    return FileLock(path, Clock::now());
  } catch (const FileBusy& error) {
    throw std::runtime_error(taken + " (" + error.what() + ")" + advice);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::permission_denied &&
        error.code() != std::errc::read_only_file_system) {
      throw;
    }
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return std::nullopt;
  if (errno == EWOULDBLOCK) throw std::runtime_error(taken + advice);
  fail(errno, path);
}

bool is_file(const struct stat& status, const Descriptor& file) {
  struct stat other {};
  return ::fstat(file.get(), &other) == 0 && status.st_dev == other.st_dev &&
         status.st_ino == other.st_ino;
}

bool is_same_file(const Descriptor& a, const Descriptor& b) {
  struct stat status {};
  return ::fstat(a.get(), &status) == 0 && is_file(status, b);
}

std::uint64_t size_of(const Descriptor& file) {
  struct stat now {};
  return ::fstat(file.get(), &now) == 0 ? static_cast<std::uint64_t>(now.st_size) : 0;
}

void cut_off(const Descriptor& file, std::size_t bytes) {
  struct stat now {};
  if (bytes == 0 || ::fstat(file.get(), &now) != 0) return;
  (void)!::ftruncate(file.get(), now.st_size - static_cast<off_t>(bytes));
}

// Whoever may read the one may read the other. Best effort.
void keep_readers(const Descriptor& of, const Descriptor& file) {
  struct stat status {};
  if (::fstat(of.get(), &status) != 0) return;
  (void)!::fchown(file.get(), static_cast<uid_t>(-1), status.st_gid);
  (void)::fchmod(file.get(), status.st_mode & 0755);
}

// Up to kChunk bytes at `offset`.
std::string read_at(const Descriptor& file, std::uint64_t offset, const std::string& path) {
  std::string bytes(kChunk, '\0');
  while (true) {
    const ssize_t n = ::pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(errno, path);
    bytes.resize(static_cast<std::size_t>(n));
    return bytes;
  }
}

// Gives all lines that have their end, without it; those that are too long to be one, empty. Gives
// the length of what follows the last one.
std::size_t read_lines(const Descriptor& file, const std::string& path,
                       const std::function<void(std::string_view line)>& take) {
  std::string line;
  std::size_t length = 0;  // with what of it is not kept
  std::uint64_t offset = 0;
  while (true) {
    const std::string bytes = read_at(file, offset, path);
    if (bytes.empty()) return length;
    offset += bytes.size();
    std::string_view left = bytes;
    for (auto end = left.find('\n'); end != std::string_view::npos; end = left.find('\n')) {
      line.append(left.substr(0, end));
      length += end;
      take(length > kChunk ? std::string_view() : line);
      line.clear();
      length = 0;
      left.remove_prefix(end + 1);
    }
    length += left.size();
    if (length > kChunk) {
      line.clear();
    } else {
      line.append(left);
    }
  }
}

// The epoch that `file` begins with; empty: none.
std::string epoch_in(const Descriptor& file, const std::string& path) {
  const std::string text = read_at(file, 0, path);
  const auto beginning = parse_log_beginning(std::string_view(text).substr(0, text.find('\n')));
  return std::string(beginning ? beginning->epoch : "");
}

// The number of the first line in `text`, or the last; 0: there is none.
std::uint64_t number_in(std::string_view text, bool last) {
  std::uint64_t number = 0;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const auto line = parse_room_line(text.substr(0, end));
    if (line) number = line->number;
    if (line && !last) return number;
    text.remove_prefix(end + 1);
  }
  return number;
}

std::uint64_t first_number(const Descriptor& file, const std::string& path) {
  return number_in(read_at(file, 0, path), false);
}

std::uint64_t last_number(const Descriptor& file, const std::string& path) {
  const std::uint64_t size = size_of(file);
  if (size <= kChunk) return number_in(read_at(file, 0, path), true);
  const std::string end = read_at(file, size - kChunk, path);
  return number_in(std::string_view(end).substr(std::min(end.size(), end.find('\n'))), true);
}

}  // namespace

struct Transcript::Reading {
  EventLog& log;
  const std::function<void(const RoomLine& line)>& take;
  std::string epoch = {};
  std::uint64_t last = 0;     // the last number in the room
  std::uint64_t damaged = 0;  // lines, since that one

  // Gives the length of a last line without its end.
  std::size_t read(const Descriptor& file, const std::string& path, const std::string& in) {
    std::uint64_t at = 0;  // the line's number in the file
    return read_lines(file, path, [&](std::string_view line) {
      ++at;
      if (const auto beginning = parse_log_beginning(line)) {
        epoch = beginning->epoch;
        return go_on_after(beginning->after);
      }
      const auto parsed = parse_room_line(line);
      if (!parsed || parsed->number <= last) {
        log.write("transcript",
                  "line " + std::to_string(at) + in + " is damaged, and left as it is");
        ++damaged;
        return;
      }
      if (parsed->number > last + 1 + damaged) go_on_after(parsed->number - 1);
      last = parsed->number;
      damaged = 0;
      take(*parsed);
    });
  }

  void go_on_after(std::uint64_t number) {
    if (number <= last) return;
    if (last > 0) {
      log.write("transcript", "lines " + std::to_string(last + 1) + " to " +
                                  std::to_string(number) + " are missing");
    }
    last = number;
    damaged = 0;
  }
};

Transcript::Transcript(std::string path, Sync sync, EventLog& log, Tell tell, std::uint64_t max)
    : path_(std::move(path)),
      sync_(sync),
      log_(log),
      tell_(std::move(tell)),
      max_(max),
      dirty_(sync == Sync::kSecond) {
  Descriptor file = open_transcript(path_);
  {
    MutexLock lock(mutex_);
    lock_ = claim(path_, file);
    begin_with(std::make_shared<const Descriptor>(std::move(file)));
  }
  if (sync_ == Sync::kSecond || max_ > 0) beside_ = std::thread([this] { work_beside_the_room(); });
}

Transcript::~Transcript() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    changed_.notify_one();
  }
  if (beside_.joinable()) beside_.join();
}

void Transcript::check(const std::string& path) { (void)open_transcript(path); }

Transcript::Contents Transcript::read(const std::function<void(const RoomLine& line)>& take) {
  const Descriptor file = open_regular(path_, O_RDONLY, Others::kMayRead);
  Reading reading{log_, take};
  // Otherwise nothing of the one before would be kept anyway.
  const std::string epoch = epoch_in(file, path_);
  if (size_of(file) < 2 * kKeptTagged) read_old(reading, first_number(file, path_), epoch);
  const std::string of_old = std::exchange(reading.epoch, {});
  const std::size_t torn = reading.read(file, path_, "");
  if (torn > 0) {
    MutexLock lock(mutex_);
    cut_off(*file_, torn);
    log_.write("transcript",
               "a last line of " + std::to_string(torn) + " bytes lacked its end and was cut off");
  }
  const bool says_epoch = !reading.epoch.empty();
  return {says_epoch ? reading.epoch : of_old, reading.last, says_epoch};
}

void Transcript::begin(const Contents& contents) {
  MutexLock lock(mutex_);
  epoch_ = contents.epoch;
  last_ = contents.last;
  if (!contents.says_epoch) say_epoch();
}

// If that fails, FILE.1 still says it, or nothing does.
void Transcript::say_epoch() {
  std::string line = log_beginning(epoch_, last_);
  const bool alone = size_of(*file_) == 0;
  const iovec piece{line.data(), line.size()};
  if (append({&piece, 1}) && alone) empty_ = line.size();
}

// `first` is the number that the file begins with, `epoch` its epoch; 0 and empty: it has none.
void Transcript::read_old(Reading& reading, std::uint64_t first, const std::string& epoch) {
  const std::string path = old_of(resolved(path_));
  if (::access(path.c_str(), F_OK) != 0) return;
  try {
    const Descriptor file = open_regular(path, O_RDONLY, Others::kMayRead);
    const std::string old_epoch = epoch_in(file, path);
    const bool other_log = !epoch.empty() && !old_epoch.empty() && epoch != old_epoch;
    if (other_log || (first != 0 && last_number(file, path) >= first)) {
      return log_.write("transcript",
                        path + " does not end where " + path_ + " begins, and is left out");
    }
    if (reading.read(file, path, " of " + path) == 0) return;
    log_.write("transcript", "the last line of " + path + " lacks its end, and is left out");
  } catch (const std::exception& error) {
    log_.write("transcript", path + " is left out: " + error.what());
  }
}

bool Transcript::write(std::span<const iovec> lines, std::uint64_t last) noexcept {
  MutexLock lock(mutex_);
  if (max_ > 0) {
    std::size_t bytes = 0;
    for (const iovec& piece : lines) bytes += piece.iov_len;
    make_room_for(bytes);
  }
  const bool done = append(lines);
  note(done, done ? "is written again" : "cannot be written");
  if (done) last_ = last;
  if (!done || sync_ != Sync::kSecond || std::exchange(dirty_, true)) return done;
  changed_.notify_one();
  return true;
}

void Transcript::begin_with(File file) {
  target_ = resolved(path_);
  file_ = std::move(file);
  limit_ = max_;
  empty_ = 0;
  if (max_ == 0) return;
  Descriptor old(::open(old_of(target_).c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  old_ = old ? std::make_shared<const Descriptor>(std::move(old)) : nullptr;
}

// If rotating fails, the file grows; the next try is due when it has grown by as much again.
void Transcript::make_room_for(std::size_t bytes) noexcept {
  const std::uint64_t size = size_of(*file_);
  if (size <= empty_ || size + bytes <= limit_) return;
  try {
    try {
      rotate();
      limit_ = max_;
      if (std::exchange(stuck_, false)) tell(path_ + " is rotated again");
    } catch (const std::exception& error) {
      limit_ = size + max_;
      if (!std::exchange(stuck_, true)) tell(path_ + " cannot be rotated: " + error.what());
    }
  } catch (const std::exception&) {  // no memory to tell with
  }
}

// May have been interrupted, or have failed, between any two of its steps before.
void Transcript::rotate() {
  const std::string old = old_of(target_);
  struct stat there {};
  struct stat here {};
  const bool is_there = ::stat(target_.c_str(), &there) == 0 && ::fstat(file_->get(), &here) == 0 &&
                        there.st_dev == here.st_dev && there.st_ino == here.st_ino;
  // Otherwise that is done, or somebody has moved it away.
  if (is_there && ::rename(target_.c_str(), old.c_str()) != 0) {
    fail(errno, "cannot rename it to " + old);
  }
  File next = std::make_shared<const Descriptor>(open_transcript(target_));
  keep_readers(*file_, *next);
  if (sync_ == Sync::kAlways) make_names_durable(target_);
  replaced_ = std::move(old_);
  rotated_ = old_ = file_;
  file_ = std::move(next);
  empty_ = 0;
  if (!epoch_.empty() && size_of(*file_) == 0) say_epoch();
  dirty_ = sync_ == Sync::kSecond;
  changed_.notify_one();
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
    tell(path_ + " " + what + why);
  } catch (const std::exception&) {  // no memory to tell with
  }
}

void Transcript::tell(const std::string& news) {
  log_.write("transcript", news);
  if (tell_) tell_("transcript " + news);
}

void Transcript::reopen() noexcept {
  try {
    MutexLock lock(mutex_);  // before: or it is rotated in between
    Descriptor file = open_transcript(path_);
    if (!is_same_file(file, *file_)) {
      if (!lock_ || lock_->file() != resolved(path_)) lock_ = claim(path_, file);
      begin_with(std::make_shared<const Descriptor>(std::move(file)));
      if (!epoch_.empty() && size_of(*file_) == 0) say_epoch();
    }
    log_.write("transcript", path_ + " is open anew");
  } catch (const std::exception& error) {
    log_.write("transcript", error.what());
  }
}

void Transcript::work_beside_the_room() {
  auto next = Clock::now();
  for (Work work = wait_for_work(next); work.file; work = wait_for_work(next)) {
    next = Clock::now() + kTranscriptSync;
    work.replaced.reset();
    if (sync_ != Sync::kSecond) continue;
    try {
      if (work.rotated && ::fdatasync(work.rotated->get()) != 0) fail(errno, old_of(work.target));
      if (work.rotated) make_names_durable(work.target);
      if (::fdatasync(work.file->get()) != 0) fail(errno, work.target);
    } catch (const std::system_error& error) {
      MutexLock lock(mutex_);
      errno = error.code().value();
      note(false, "cannot be made durable");
    }
  }
}

Transcript::Work Transcript::wait_for_work(Clock::time_point next) {
  MutexLock lock(mutex_);
  while (!ending_ && !dirty_ && !replaced_) changed_.wait(lock);
  while (!ending_ && Clock::now() < next) (void)changed_.wait_until(lock, next);
  Work work{nullptr, std::move(rotated_), std::move(replaced_), {}};
  rotated_ = replaced_ = nullptr;
  if (!std::exchange(dirty_, false) && !work.replaced) return work;
  work.file = file_;
  work.target = target_;
  return work;
}

}  // namespace chat
