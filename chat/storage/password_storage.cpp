#include "chat/storage/password_storage.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/storage/password_hash.hpp"

namespace chat {
namespace {

constexpr std::string_view kHeader =
    "# The accounts of the chatroom, one name:hash[:operator]:id=ID in a line. Change them with\n"
    "# ./server --add-account NAME [--operator] and ./server --remove-account NAME.\n";
constexpr std::string_view kOperator = "operator";
constexpr std::string_view kId = "id=";
constexpr std::size_t kIdDigits = 16;

// Out of a damaged file it may be anything: the message does not repeat it.
void check_hash(const std::string& hash) {
  if (!is_password_hash(hash)) throw std::invalid_argument("not a yescrypt hash");
}

AccountId new_id() {
  AccountId id = 0;
  while (id == 0) {
    if (::getrandom(&id, sizeof id, 0) != sizeof id && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
  }
  return id;
}

// Of a line that has none (FNV-1a): each hash has its own salt, so another password is another
// account.
AccountId id_from(std::string_view name, std::string_view hash) {
  constexpr AccountId kPrime = 0x100000001B3;
  AccountId id = 0xCBF29CE484222325;
  const std::string line = folded_name(name).append(":").append(hash);
  for (const char c : line) id = (id ^ static_cast<unsigned char>(c)) * kPrime;
  return id == 0 ? 1 : id;
}

std::string id_text(AccountId id) {
  std::array<char, kIdDigits> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), id, 16).ptr;
  std::string text(digits.data(), end);
  return text.insert(0, kIdDigits - text.size(), '0');
}

// 0: it is none.
AccountId parse_id(std::string_view text) {
  AccountId id = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, id, 16);
  return error == std::errc{} && stop == end && id_text(id) == text ? id : 0;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (auto end = line.find(':'); end != std::string_view::npos; end = line.find(':')) {
    fields.push_back(line.substr(0, end));
    line.remove_prefix(end + 1);
  }
  fields.push_back(line);
  return fields;
}

}  // namespace

// Hash and ID have a fixed length, so that a last line that is cut short shows, or is no
// operator's.
void PasswordStorage::take(std::string_view line) {
  const auto fields = fields_of(line);
  if (fields.size() < 2) throw std::invalid_argument("not name:hash");
  std::size_t at = 2;
  const bool is_operator = at < fields.size() && fields[at] == kOperator;
  if (is_operator) ++at;
  AccountId id = id_from(fields[0], fields[1]);
  if (at < fields.size() && fields[at].starts_with(kId)) {
    id = parse_id(fields[at++].substr(kId.size()));
  }
  if (at < fields.size() || id == 0) {
    throw std::invalid_argument("after name:hash stands something else than :operator or :id=ID");
  }
  add({std::string(fields[0]), std::string(fields[1]), is_operator, id});
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

AccountId PasswordStorage::id_of(std::string_view name) const {
  const auto found = accounts_.find(folded_name(name));
  return found == accounts_.end() ? 0 : found->second.id;
}

bool PasswordStorage::contains(std::string_view name, AccountId id) const {
  return id != 0 && id_of(name) == id;
}

bool PasswordStorage::is_operator(std::string_view name, AccountId id) const {
  return contains(name, id) && is_operator(name);
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
  add({name, hash, is_operator, new_id()});
}

void PasswordStorage::add(Account account) {
  if (!is_name(account.name)) throw std::invalid_argument("bad name");  // see check_hash()
  check_hash(account.hash);
  const std::string key = folded_name(account.name);
  const auto [place, added] = accounts_.try_emplace(key, std::move(account));
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

std::string PasswordStorage::text() const {
  std::string content(kHeader);
  for (const auto& [folded, account] : accounts_) {
    content += account.name + ":" + account.hash;
    if (account.is_operator) content.append(":").append(kOperator);
    content.append(":").append(kId).append(id_text(account.id)) += '\n';
  }
  return content;
}

PasswordStorage::Account& PasswordStorage::account(std::string_view name) {
  const auto found = accounts_.find(folded_name(name));
  if (found == accounts_.end()) {
    throw std::invalid_argument("there is no account " + neutralised(name));
  }
  return found->second;
}

}  // namespace chat
