// Runs `./server --add-account NAME [--operator]`, `--remove-account NAME` and `--list-accounts` on
// the accounts in `file`. Each returns the exit status of the program: 0, or 1 after one
// line on standard error that says why. A running server has read its accounts at start and keeps
// those.
#pragma once

#include <string>

namespace chat {

int add_account(const std::string& file, const std::string& name,
                bool is_operator);  // asks for the password
int remove_account(const std::string& file, const std::string& name);
int list_accounts(const std::string& file);

}  // namespace chat
