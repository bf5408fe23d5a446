#include "chat/server/account_commands.hpp"

#include <exception>
#include <functional>
#include <iostream>
#include <stdexcept>

#include "chat/base/limits.hpp"
#include "chat/base/program_name.hpp"
#include "chat/base/text.hpp"
#include "chat/server/password_prompt.hpp"
#include "chat/storage/password_hash.hpp"
#include "chat/storage/password_storage.hpp"
#include "chat/storage/stored.hpp"

namespace chat {
namespace {

int exit_status_of(const std::function<void()>& command) {
  try {
    command();
    if (!std::cout.flush()) throw std::runtime_error("cannot write to standard output");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << program_name() << ": " << error.what() << '\n';
    return 1;
  }
}

}  // namespace

int add_account(const std::string& file, const std::string& name, bool is_operator) {
  return exit_status_of([&] {
    if (!is_name(name)) {
      throw std::runtime_error("a name is 1 to " + std::to_string(kMaxName) +
                               " of the characters A-Z a-z 0-9 _ . - and begins with a letter or "
                               "digit");
    }
    // Before the question: nobody likes to type a password twice in vain. update() looks again,
    // since meanwhile someone else may have added the name.
    if (const auto present = Stored<PasswordStorage>::load(file).name_of(name)) {
      throw std::runtime_error("there is an account " + *present +
                               " already: choose another name, or remove it first");
    }
    const std::string hash = hash_password(ask_new_password());
    Stored<PasswordStorage>::update(
        file, [&](PasswordStorage& storage) { storage.add(name, hash, is_operator); });
    std::cout << "added account " << name << '\n';
  });
}

int remove_account(const std::string& file, const std::string& name) {
  return exit_status_of([&] {
    const auto present = [&](const PasswordStorage& storage) {
      if (const auto name_there = storage.name_of(name)) return *name_there;
      throw std::runtime_error("there is no account " + neutralised(name) + " in " + file +
                               ": --list-accounts shows those there are");
    };
    (void)present(Stored<PasswordStorage>::load(file));  // or nothing is made beside it
    std::string removed;
    Stored<PasswordStorage>::update(file, [&](PasswordStorage& storage) {
      removed = present(storage);
      storage.remove(name);
    });
    std::cout << "removed account " << removed << '\n';
  });
}

int list_accounts(const std::string& file) {
  return exit_status_of([&] {
    const auto storage = Stored<PasswordStorage>::load(file);
    for (const auto& name : storage.names()) {
      std::cout << name << (storage.is_operator(name) ? " (operator)" : "") << '\n';
    }
  });
}

}  // namespace chat
