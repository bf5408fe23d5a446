#include "chat/password_storage.hpp"

#include <fcntl.h>
#include <stdlib.h>  // mkostemp
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "chat/password_hash.hpp"
#include "chat/socket.hpp"
#include "chat/text.hpp"

namespace chat {
namespace {

constexpr std::string_view kHeader =
    "# The accounts of the chatroom, one name:hash in a line. Change them with\n"
    "# ./server --add-account NAME and ./server --remove-account NAME.\n";

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

// An administrator may change the accounts of a server that runs as a user of its own; that user
// has to be able to read them afterwards.
void keep_owner(const std::string& file, const Temporary& temporary) {
  struct stat old {};
  if (::stat(file.c_str(), &old) != 0) {
    if (errno == ENOENT) return;
    throw_errno("cannot examine " + file);
  }
  struct stat now {};
  if (::fstat(temporary.descriptor().get(), &now) != 0) {
    throw_errno("cannot examine " + temporary.path());
  }
  if (old.st_uid == now.st_uid && old.st_gid == now.st_gid) return;
  if (::fchown(temporary.descriptor().get(), old.st_uid, old.st_gid) != 0) {
    throw_errno("cannot keep the owner of " + file + " (fchown)");
  }
}

}  // namespace

PasswordStorage PasswordStorage::load(const std::string& path) {
  PasswordStorage storage;
  const auto content = read_file(path);
  if (!content) return storage;
  std::string_view left = *content;
  for (std::size_t number = 1; !left.empty(); ++number) {
    // The last line may lack its end: a hash has a fixed length, so one cut short shows anyhow.
    const std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(left.size(), line.size() + 1));
    if (line.starts_with('#')) continue;
    try {
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) throw std::invalid_argument("not name:hash");
      const auto hash = line.substr(colon + 1);
      if (hash.find(':') != std::string_view::npos) {
        throw std::invalid_argument("more than the two fields name:hash");
      }
      storage.add(std::string(line.substr(0, colon)), std::string(hash));
    } catch (const std::invalid_argument& error) {
      throw std::runtime_error(path + " is damaged, line " + std::to_string(number) + ": " +
                               error.what());
    }
  }
  return storage;
}

void PasswordStorage::update(const std::string& path,
                             const std::function<void(PasswordStorage& storage)>& change) {
  const std::string file = resolved(path);
  // The lock is on the folder, since the file itself is another one after each save. The kernel
  // drops it with the descriptor, however this process ends.
  const Descriptor folder = open_folder(folder_of(file));
  while (::flock(folder.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw_errno("cannot lock folder " + folder_of(file) + " (flock)");
  }
  PasswordStorage storage = load(file);
  change(storage);
  storage.save(file);
}

bool PasswordStorage::contains(std::string_view name) const {
  return accounts_.contains(folded_name(name));
}

std::optional<std::string> PasswordStorage::name_of(std::string_view name) const {
  const auto found = accounts_.find(folded_name(name));
  if (found == accounts_.end()) return std::nullopt;
  return found->second.name;
}

std::optional<std::string> PasswordStorage::verify(std::string_view name,
                                                   std::string_view password) const {
  const auto found = accounts_.find(folded_name(name));
  if (found != accounts_.end()) {
    if (!verify_password(password, found->second.hash)) return std::nullopt;
    return found->second.name;
  }
  (void)verify_password(password,
                        accounts_.empty() ? decoy() : decoy_like(accounts_.begin()->second.hash));
  return std::nullopt;
}

std::vector<std::string> PasswordStorage::names() const {
  std::vector<std::string> names;
  for (const auto& [folded, account] : accounts_) names.push_back(account.name);
  return names;
}

void PasswordStorage::add(const std::string& name, const std::string& hash) {
  // Neither is repeated in the message: out of a damaged file, it may be anything.
  if (!is_name(name)) throw std::invalid_argument("bad name");
  if (!is_password_hash(hash)) throw std::invalid_argument("not a yescrypt hash");
  const auto [place, added] = accounts_.try_emplace(folded_name(name), Account{name, hash});
  if (!added) throw std::invalid_argument("there is an account " + place->second.name + " already");
}

bool PasswordStorage::remove(std::string_view name) {
  return accounts_.erase(folded_name(name)) != 0;
}

void PasswordStorage::save(const std::string& path) const {
  const std::string file = resolved(path);
  const Descriptor folder = open_folder(folder_of(file));
  std::string content(kHeader);
  for (const auto& [folded, account] : accounts_) {
    content += account.name + ":" + account.hash + "\n";
  }
  Temporary temporary(file);
  keep_owner(file, temporary);
  write_all(temporary.descriptor(), content, temporary.path());
  // In this order: a name that points to a file whose bytes are not on disk yet would be an empty
  // file after a power cut.
  flush_to_disk(temporary.descriptor(), temporary.path());
  temporary.rename_to(file);
  flush_to_disk(folder, "folder " + folder_of(file));
}

}  // namespace chat
