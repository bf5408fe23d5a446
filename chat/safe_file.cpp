#include "chat/safe_file.hpp"

#include <fcntl.h>
#include <stdlib.h>  // mkostemp
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>  // rename
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace chat {
namespace {

[[noreturn]] void throw_errno(const std::string& operation) {
  throw std::system_error(errno, std::generic_category(), operation);
}

// Nothing if there is no such file.
std::optional<std::string> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) throw_errno("cannot open " + path);
  std::string content;
  std::array<char, 16 * 1024> part;
  while (true) {
    const ssize_t n = ::read(file.get(), part.data(), part.size());
    if (n == 0) return content;
    if (n > 0) content.append(part.data(), static_cast<std::size_t>(n));
    if (n < 0 && errno != EINTR) throw_errno("cannot read " + path);
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

// Where the symbolic links of the last component lead: it is their target that is to be replaced.
std::filesystem::path resolved(std::filesystem::path path) {
  for (int links = 0; std::filesystem::is_symlink(path); ++links) {
    if (links == 40) {  // as many as the kernel follows
      errno = ELOOP;
      throw_errno("cannot open " + path.string());
    }
    path = path.parent_path() / std::filesystem::read_symlink(path);
  }
  return path;
}

std::string folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path().string() : ".";
}

Descriptor open_folder(const std::string& path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) throw_errno("cannot open folder " + path);
  return folder;
}

// A new file beside `file`, of mode 0600, that is gone again unless it takes the place of `file`.
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

  void rename_to(const std::string& file) {
    if (::rename(path_.c_str(), file.c_str()) != 0) {
      throw_errno("cannot rename " + path_ + " to " + file);
    }
    renamed_ = true;
  }

  const std::string& path() const { return path_; }
  const Descriptor& descriptor() const { return descriptor_; }

 private:
  std::string path_;
  Descriptor descriptor_;
  bool renamed_ = false;
};

// An administrator may change the files of a server that runs as a user of its own; that user has
// to be able to read them afterwards. A new file of root's is the folder's owner's: best effort,
// since a root that may give nothing away can be the server's user itself.
void keep_owner(const std::string& file, const Temporary& temporary) {
  struct stat owner {};
  const bool is_new = ::stat(file.c_str(), &owner) != 0;
  if (is_new && errno != ENOENT) throw_errno("cannot examine " + file);
  if (is_new && (::geteuid() != 0 || ::stat(folder_of(file).c_str(), &owner) != 0)) return;
  struct stat now {};
  if (::fstat(temporary.descriptor().get(), &now) != 0) {
    throw_errno("cannot examine " + temporary.path());
  }
  if (owner.st_uid == now.st_uid && owner.st_gid == now.st_gid) return;
  if (::fchown(temporary.descriptor().get(), owner.st_uid, owner.st_gid) != 0 && !is_new) {
    throw_errno("cannot keep the owner of " + file + " (fchown)");
  }
}

}  // namespace

void read_entries(const std::string& path, const std::function<void(std::string_view line)>& take) {
  const auto content = read_file(path);
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

void replace_file(const std::string& path, std::string_view content) {
  const std::string file = resolved(path);
  const Descriptor folder = open_folder(folder_of(file));
  Temporary temporary(file);
  keep_owner(file, temporary);
  write_all(temporary.descriptor(), content, temporary.path());
  // In this order: a name that points to a file whose bytes are not on disk yet would be an empty
  // file after a power cut.
  flush_to_disk(temporary.descriptor(), temporary.path());
  temporary.rename_to(file);
  flush_to_disk(folder, "folder " + folder_of(file));
}

FileLock::FileLock(const std::string& path)
    : file_(resolved(path)), folder_(open_folder(folder_of(file_))) {
  while (::flock(folder_.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw_errno("cannot lock folder " + folder_of(file_) + " (flock)");
  }
}

}  // namespace chat
