#include "chat/base/safe_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>  // mkostemp
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>  // rename
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "chat/base/limits.hpp"
#include "chat/base/system_call.hpp"

namespace chat {
namespace {

[[noreturn]] void throw_irregular(const std::string& path) {
  throw std::runtime_error(path + " is not a regular file");
}

struct stat status_of(const Descriptor& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_errno("cannot examine " + path);
  return status;
}

std::string octal(mode_t mode) {
  std::array<char, 8> text;
  (void)std::snprintf(text.data(), text.size(), "%04o", mode & 07777);
  return text.data();
}

// Throws std::runtime_error, which says how to make it right.
void check_owner(const struct stat& status, const std::string& path) {
  if (status.st_uid == ::geteuid() || status.st_uid == 0) return;
  const std::string self = std::to_string(::geteuid());
  throw std::runtime_error(path + " belongs to user " + std::to_string(status.st_uid) +
                           ", neither to the one who runs this (" + self +
                           ") nor to root: run it as that user, or chown " + self + " " + path);
}

void check_mode(const struct stat& status, const std::string& path, Others others) {
  const mode_t of_others = status.st_mode & (S_IRWXG | S_IRWXO);
  if ((of_others & (S_IWGRP | S_IWOTH)) != 0) {
    throw std::runtime_error(path + " can be written by others than its owner (mode " +
                             octal(status.st_mode) + "): chmod " +
                             (others == Others::kNothing ? "600 " : "go-w ") + path);
  }
  const bool is_roots = status.st_uid == 0 && ::geteuid() != 0;
  const mode_t allowed = is_roots ? S_IRGRP : 0;
  if (others == Others::kNothing && (of_others & ~allowed) != 0) {
    throw std::runtime_error(path + " can be read by others than its owner (mode " +
                             octal(status.st_mode) + "): chmod 600 " + path);
  }
}

std::string read_all(const Descriptor& file, const std::string& path) {
  std::string content;
  std::array<char, 16 * 1024> part;
  while (true) {
    const ssize_t n = ::read(file.get(), part.data(), part.size());
    if (n == 0) return content;
    if (n > 0) content.append(part.data(), static_cast<std::size_t>(n));
    if (n < 0 && errno != EINTR) throw_errno("cannot read " + path);
  }
}

// Nothing if there is no such file.
std::optional<std::string> read_file(const std::string& path, Others others) {
  try {
    return read_all(open_regular(path, O_RDONLY, others), path);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) return std::nullopt;
    throw;
  }
}

void write_all(const Descriptor& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) throw_errno("cannot write " + path);
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void flush_to_disk(const Descriptor& file, const std::string& path) {
  if (::fsync(file.get()) != 0) throw_errno("cannot flush " + path + " to disk (fsync)");
}

std::string folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path().string() : ".";
}

// A file's folder, to make durable which names are in it.
class Folder {
 public:
  explicit Folder(const std::string& file)
      : path_(folder_of(file)),
        descriptor_(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (!descriptor_) throw_errno("cannot open folder " + path_);
  }

  void flush() const { flush_to_disk(descriptor_, "folder " + path_); }

 private:
  const std::string path_;
  const Descriptor descriptor_;
};

// A new file beside `file`, of mode 0600, that is gone again unless it gets another name.
class Temporary {
 public:
  explicit Temporary(const std::string& file) : path_(file + ".XXXXXX") {
    descriptor_ = Descriptor(::mkostemp(path_.data(), O_CLOEXEC));
    if (!descriptor_) throw_errno("cannot create a temporary file " + path_);
  }
  ~Temporary() {
    if (!renamed_) (void)::unlink(path_.c_str());  // best effort: there is nothing else to do
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  // False: `file` is a mount point.
  bool rename_to(const std::string& file) {
    renamed_ = ::rename(path_.c_str(), file.c_str()) == 0;
    if (!renamed_ && errno != EBUSY) throw_errno("cannot rename " + path_ + " to " + file);
    return renamed_;
  }

  const std::string& path() const { return path_; }
  const Descriptor& descriptor() const { return descriptor_; }

 private:
  std::string path_;
  Descriptor descriptor_;
  bool renamed_ = false;
};

struct Owner {
  uid_t user;
  gid_t group;
  bool is_files;  // not its folder's
};

// Who is to have what is made beside `file`. An administrator may change the files of a server that
// runs as a user of its own; that user has to be able to read them afterwards. What is new, and
// root's, is the folder's owner's. Nothing: who makes it.
std::optional<Owner> owner_beside(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0) return Owner{status.st_uid, status.st_gid, true};
  if (errno != ENOENT) throw_errno("cannot examine " + file);
  if (::geteuid() != 0 || ::stat(folder_of(file).c_str(), &status) != 0) return std::nullopt;
  return Owner{status.st_uid, status.st_gid, false};
}

// Best effort where the owner is the folder's, since a root that may give nothing away can be the
// server's user itself.
void keep_owner(const std::string& file, const Temporary& temporary) {
  const auto owner = owner_beside(file);
  if (!owner) return;
  const struct stat now = status_of(temporary.descriptor(), temporary.path());
  if (owner->user == now.st_uid && owner->group == now.st_gid) return;
  if (::fchown(temporary.descriptor().get(), owner->user, owner->group) != 0 && owner->is_files) {
    throw_errno("cannot keep the owner of " + file + " (fchown)");
  }
}

std::string copy_beside(const std::string& file) { return file + ".unfinished"; }

// FILE.unfinished is there, and durable. Until it is gone it counts, so that it does not matter
// when this is interrupted. What can be known to fail fails before the file is touched, and
// FILE.unfinished is gone then.
void write_in_place(const std::string& file, const Folder& folder, std::string_view content) {
  const std::string copy = copy_beside(file);
  const auto size = static_cast<off_t>(content.size());
  Descriptor target;
  try {
    target = open_regular(file, O_WRONLY, Others::kAnything);
    // So that there is room on the disk. Not every file system has this.
    if (::fallocate(target.get(), FALLOC_FL_KEEP_SIZE, 0, std::max<off_t>(size, 1)) != 0 &&
        (errno == ENOSPC || errno == EFBIG || errno == EDQUOT || errno == EIO)) {
      throw_errno("cannot write " + file);
    }
  } catch (...) {
    (void)::unlink(copy.c_str());
    throw;
  }
  write_all(target, content, file);
  if (::ftruncate(target.get(), size) != 0) throw_errno("cannot write " + file);
  flush_to_disk(target, file);
  if (::unlink(copy.c_str()) != 0) throw_errno("cannot remove " + copy);
  folder.flush();
}

// What stands beside `file` was made by somebody who may change that, and by nobody else.
void check_hands(const struct stat& status, const std::string& path, const std::string& file) {
  if (!S_ISREG(status.st_mode)) throw_irregular(path);
  const auto owner = owner_beside(file);
  if (::geteuid() != 0 || !owner || owner->user != status.st_uid) check_owner(status, path);
  check_mode(status, path, Others::kNothing);
}

// Only one who holds the lock may.
void finish_write(const std::string& file) {
  const std::string copy = copy_beside(file);
  if (::access(copy.c_str(), F_OK) != 0) return;
  const Descriptor from = open_regular(copy, O_RDONLY, Others::kAnything);
  check_hands(status_of(from, copy), copy, file);
  write_in_place(file, Folder(file), read_all(from, copy));
}

// The content that counts, also while another process writes in place. Nothing: no such file.
std::optional<std::string> read_current(const std::string& path, Others others) {
  const std::string file = resolved(path);
  const std::string copy = copy_beside(file);
  while (true) {
    if (auto content = read_file(copy, others)) return content;
    auto content = read_file(path, others);
    if (::access(copy.c_str(), F_OK) != 0) return content;
  }
}

// FILE.lock, made where there is none. A root's lock would lock the server's user out.
Descriptor open_lock(const std::string& path, const std::string& file) {
  constexpr int kFlags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  Descriptor lock(::open(path.c_str(), kFlags | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR));
  if (lock) {
    const auto owner = owner_beside(file);
    if (owner) (void)!::fchown(lock.get(), owner->user, owner->group);  // which only root can
    return lock;
  }
  if (errno != EEXIST) {
    const int error = errno;
    (void)Folder(file);  // or it is what is missing
    errno = error;
    throw_errno("cannot create " + path + ", whose folder must be writable");
  }
  lock = Descriptor(::open(path.c_str(), kFlags));
  if (!lock) throw_errno("cannot open " + path);
  check_hands(status_of(lock, path), path, file);
  return lock;
}

// Who holds it, as far as the kernel tells.
std::string holder_of(const Descriptor& lock, const std::string& path) {
  const struct stat status = status_of(lock, path);
  std::array<char, 64> place;
  (void)std::snprintf(place.data(), place.size(), "%02x:%02x:%llu", ::major(status.st_dev),
                      ::minor(status.st_dev), static_cast<unsigned long long>(status.st_ino));
  std::ifstream locks("/proc/locks");
  std::string number, kind, manner, access, process, held;
  for (std::string rest; locks >> number >> kind >> manner >> access >> process >> held;
       std::getline(locks, rest)) {
    if (kind == "FLOCK" && held == place.data()) return "process " + process;
  }
  return "another process";
}

void wait_for_lock(const Descriptor& lock, const std::string& path, Clock::time_point deadline) {
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) throw_errno("cannot lock " + path + " (flock)");
    if (Clock::now() >= deadline) {
      throw FileBusy(path + " is locked by " + holder_of(lock, path));
    }
    std::this_thread::sleep_for(kFileLockPause);
  }
}

}  // namespace

Descriptor open_regular(const std::string& path, int flags, Others others) {
  // O_NONBLOCK, which a regular file does not mind: opening a FIFO would wait for its other end.
  Descriptor file(
      ::open(path.c_str(), flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file && (errno == ENXIO || errno == ENODEV)) throw_irregular(path);  // FIFO, socket, device
  if (!file) throw_errno("cannot open " + path);
  const struct stat status = status_of(file, path);
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    throw_errno("cannot read " + path);  // only for reading a folder can be opened
  }
  if (!S_ISREG(status.st_mode)) throw_irregular(path);
  if (others == Others::kAnything) return file;
  check_owner(status, path);
  check_mode(status, path, others);
  return file;
}

void read_entries(const std::string& path, Others others,
                  const std::function<void(std::string_view line)>& take) {
  const auto content = read_current(path, others);
  std::string_view left = content ? std::string_view(*content) : std::string_view();
  for (std::size_t number = 1; !left.empty(); ++number) {
    const std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(left.size(), line.size() + 1));
    if (line.starts_with('#')) continue;
    try {
      take(line);
    } catch (const std::invalid_argument& error) {
      throw std::runtime_error(path + " is damaged, line " + std::to_string(number) + ": " +
                               error.what());
    }
  }
}

std::string first_line_of(const std::string& path, std::size_t most, Clock::duration patience) {
  const auto deadline = Clock::now() + patience;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) throw_errno("cannot open " + path);
  const bool is_pipe = S_ISFIFO(status_of(file, path).st_mode);
  std::string line;
  while (line.size() < most) {
    char byte = 0;
    const ssize_t n = ::read(file.get(), &byte, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {  // its writer is still at it
      pollfd entry{file.get(), POLLIN, 0};
      (void)::poll(&entry, 1, -1);
      continue;
    }
    if (n < 0) throw_errno("cannot read " + path);
    if (n == 0 && is_pipe && line.empty() && Clock::now() < deadline) {  // no writer yet
      std::this_thread::sleep_for(kFileLockPause);
      continue;
    }
    if (n == 0 && line.empty()) throw std::runtime_error("there is no line in " + path);
    if (n == 0 || byte == '\n') break;
    line += byte;
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

void replace_file(const std::string& path, std::string_view content) {
  const std::string file = resolved(path);
  const Folder folder(file);
  Temporary temporary(file);
  keep_owner(file, temporary);
  write_all(temporary.descriptor(), content, temporary.path());
  // In this order: a name that points to a file whose bytes are not on disk yet would be an empty
  // file after a power cut.
  flush_to_disk(temporary.descriptor(), temporary.path());
  if (temporary.rename_to(file)) return folder.flush();
  const std::string copy = copy_beside(file);
  if (!temporary.rename_to(copy)) throw_errno("cannot rename " + temporary.path() + " to " + copy);
  folder.flush();
  write_in_place(file, folder, content);
}

void make_names_durable(const std::string& file) { Folder(file).flush(); }

void finish_interrupted_write(const std::string& path) noexcept {
  try {
    const std::string file = resolved(path);
    if (::access(copy_beside(file).c_str(), F_OK) == 0) FileLock(file, Clock::now());
  } catch (const std::exception&) {  // it is read from FILE.unfinished, and finished later
  }
}

std::string resolved(const std::string& path) {
  std::filesystem::path file = path;
  for (int links = 0; std::filesystem::is_symlink(file); ++links) {
    if (links == 40) {  // as many as the kernel follows
      errno = ELOOP;
      throw_errno("cannot open " + file.string());
    }
    file = file.parent_path() / std::filesystem::read_symlink(file);
  }
  return file;
}

FileLock::FileLock(const std::string& path, Clock::time_point deadline) : file_(resolved(path)) {
  const std::string lock = file_ + ".lock";
  lock_ = open_lock(lock, file_);
  wait_for_lock(lock_, lock, deadline);
  finish_write(file_);
}

}  // namespace chat
