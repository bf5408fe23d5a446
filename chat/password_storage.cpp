#include "chat/password_storage.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "chat/password_hash.hpp"
#include "chat/safe_file.hpp"
#include "chat/text.hpp"

namespace chat {
namespace {

constexpr std::string_view kHeader =
    "# The accounts of the chatroom, one name:hash in a line, or name:hash:operator. Change them\n"
    "# with ./server --add-account NAME [--operator] and ./server --remove-account NAME.\n";
constexpr std::string_view kOperator = "operator";

// Out of a damaged file it may be anything: the message does not repeat it.
void check_hash(const std::string& hash) {
  if (!is_password_hash(hash)) throw std::invalid_argument("not a yescrypt hash");
}

}  // namespace

PasswordStorage PasswordStorage::load(const std::string& path) {
  PasswordStorage storage;
  // A hash has a fixed length, so that a last line that is cut short shows, or is no operator's.
  read_entries(path, [&](std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) throw std::invalid_argument("not name:hash");
    const auto second = line.find(':', colon + 1);
    const bool is_operator = second != std::string_view::npos;
    if (is_operator && line.substr(second + 1) != kOperator) {
      throw std::invalid_argument("after name:hash there is something else than :operator");
    }
    const auto hash = line.substr(colon + 1, is_operator ? second - colon - 1 : second);
    storage.add(std::string(line.substr(0, colon)), std::string(hash), is_operator);
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

std::size_t PasswordStorage::operators() const {
  return static_cast<std::size_t>(
      std::count_if(accounts_.begin(), accounts_.end(),
                    [](const auto& entry) { return entry.second.is_operator; }));
}

bool PasswordStorage::contains(std::string_view name) const {
  return accounts_.contains(folded_name(name));
}

bool PasswordStorage::is_operator(std::string_view name) const {
  const auto found = accounts_.find(folded_name(name));
  return found != accounts_.end() && found->second.is_operator;
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

void PasswordStorage::add(const std::string& name, const std::string& hash, bool is_operator) {
  if (!is_name(name)) throw std::invalid_argument("bad name");  // not repeated, see check_hash()
  check_hash(hash);
  const auto [place, added] =
      accounts_.try_emplace(folded_name(name), Account{name, hash, is_operator});
  if (!added) throw std::invalid_argument("there is an account " + place->second.name + " already");
}

bool PasswordStorage::remove(std::string_view name) {
  return accounts_.erase(folded_name(name)) != 0;
}

void PasswordStorage::set_operator(std::string_view name, bool is_operator) {
  account(name).is_operator = is_operator;
}

void PasswordStorage::set_hash(std::string_view name, const std::string& hash) {
  check_hash(hash);
  account(name).hash = hash;
}

void PasswordStorage::save(const std::string& path) const {
  std::string content(kHeader);
  for (const auto& [folded, account] : accounts_) {
    content += account.name + ":" + account.hash;
    if (account.is_operator) content.append(":").append(kOperator);
    content += '\n';
  }
  replace_file(path, content);
}

PasswordStorage::Account& PasswordStorage::account(std::string_view name) {
  const auto found = accounts_.find(folded_name(name));
  if (found == accounts_.end()) {
    throw std::invalid_argument("there is no account " + neutralised(name));
  }
  return found->second;
}

}  // namespace chat
