// The login users: the accounts of the room, and the file in which they are kept.
//
// The file is text: lines that begin with # are comments, every other line is one account,
// `name:hash[:operator][:id=ID]`. `operator` marks an operator's account. ID, 16 hexadecimal
// digits, is the account's identity. Anything else is damage and refused, so that this version does
// not drop what a later one has written there. Saving writes the accounts by name and a comment on
// top; other comments are not kept.
//
// A name can be given to somebody else: an account that is removed and added again is another one,
// and has another identity. A line without an ID, as earlier versions wrote it, has an identity
// that follows from its name and hash, and keeps it when it is saved.
//
// A value: Stored<PasswordStorage> reads and writes the file.
//
// Threads: the const functions are thread safe as long as nobody changes the object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>  // std::less
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/safe_file.hpp"  // Others

namespace chat {

// Which account it is, whatever it is called. 0: none.
using AccountId = std::uint64_t;

class PasswordStorage {
 public:
  // A server takes nobody's word but its own user's and root's for who may come in, and lets nobody
  // else read it.
  static constexpr Others kOthers = Others::kNothing;

  // No accounts.
  PasswordStorage() = default;

  // The file, which Stored reads and writes: see there.
  void take(std::string_view line);
  std::string text() const;

  std::size_t login_users() const { return accounts_.size(); }  // how many

  std::size_t operators() const;  // how many of them are operators

  // Names are looked up in any case.
  bool contains(std::string_view name) const;
  bool is_operator(std::string_view name) const;  // false, too, where there is no such account
  std::optional<std::string> name_of(std::string_view name) const;  // as the account has it
  AccountId id_of(std::string_view name) const;                     // 0: there is no such account

  // The same of one account and no other of its name.
  bool contains(std::string_view name, AccountId id) const;
  bool is_operator(std::string_view name, AccountId id) const;

  // The account's name if `password` is right. As much work, and the same answer, where there is no
  // account of that name. It is a lot of work: see password_hash.hpp.
  std::optional<std::string> verify(std::string_view name, std::string_view password) const;

  std::vector<std::string> names() const;

  // With a new identity. Throws std::invalid_argument that says why not: bad name, bad hash, or
  // there is one already.
  void add(const std::string& name, const std::string& hash, bool is_operator = false);
  bool remove(std::string_view name);  // false: there is none

  // Both throw std::invalid_argument where there is no such account, set_hash() also for a bad
  // hash.
  void set_operator(std::string_view name, bool is_operator);
  void set_hash(std::string_view name, const std::string& hash);

 private:
  struct Account {
    std::string name;
    std::string hash;
    bool is_operator;
    AccountId id;
  };

  void add(Account account);                // see the other add()
  Account& account(std::string_view name);  // throws std::invalid_argument: there is none

  std::map<std::string, Account, std::less<>> accounts_;  // by folded name
};

}  // namespace chat
