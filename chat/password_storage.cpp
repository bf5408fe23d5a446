#include "chat/password_storage.hpp"

#include <stdexcept>
#include <utility>

#include "chat/password_hash.hpp"
#include "chat/safe_file.hpp"
#include "chat/text.hpp"

namespace chat {
namespace {

constexpr std::string_view kHeader =
    "# The accounts of the chatroom, one name:hash in a line. Change them with\n"
    "# ./server --add-account NAME and ./server --remove-account NAME.\n";

}  // namespace

PasswordStorage PasswordStorage::load(const std::string& path) {
  PasswordStorage storage;
  // A hash has a fixed length, so that a last line that is cut short shows.
  read_entries(path, [&](std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) throw std::invalid_argument("not name:hash");
    const auto hash = line.substr(colon + 1);
    if (hash.find(':') != std::string_view::npos) {
      throw std::invalid_argument("more than the two fields name:hash");
    }
    storage.add(std::string(line.substr(0, colon)), std::string(hash));
  });
  return storage;
}

void PasswordStorage::update(const std::string& path,
                             const std::function<void(PasswordStorage& storage)>& change) {
  const FileLock lock(path);
  PasswordStorage storage = load(lock.file());
  change(storage);
  storage.save(lock.file());
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
  std::string content(kHeader);
  for (const auto& [folded, account] : accounts_) {
    content += account.name + ":" + account.hash + "\n";
  }
  replace_file(path, content);
}

}  // namespace chat
