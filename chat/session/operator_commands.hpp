// The commands of operators: who may come in, who has to leave, what is told. Each gives the
// answer, in plain lines, that the operator gets; what concerns the room is told to everyone, and
// all of it to the event log. Thread safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/net/address.hpp"
#include "chat/session/room.hpp"
#include "chat/wire/command_table.hpp"

namespace chat {

// Who gives the command.
struct Operator {
  Room& room;
  const std::string& name;
  AccountId account;
  const PeerAddress& peer;
};

// All but those below and /account add. `arguments` are neutralised.
std::string run_operator_command(const Operator& by, const CommandEntry& entry,
                                 std::string_view arguments);

std::string set_topic(const Operator& by, std::string_view text);
std::string set_motd(const Operator& by, std::string_view text);

// Throws std::runtime_error where there cannot be a new account of that name.
void check_new_account(const Room& room, std::string_view name);
// `hash` is of its password. Throws what change_accounts() does.
std::string add_account(const Operator& by, const std::string& account, const std::string& hash);

// A change of the accounts, with which whatever else stands in their file by now comes along, or
// only that: all of them must fit. Who has no account any more is sent away, and who is registered
// by a name that looks like an account's now. Throws what Stored does, and std::runtime_error where
// they do not fit.
void change_accounts(Room& room, const std::function<void(PasswordStorage& accounts)>& change);
void reload_accounts(Room& room);
// The same of accounts that are valid already. Gives the names that look like an account's.
std::vector<std::string> adopt_accounts(Room& room, const PasswordStorage& accounts);

// Who is banned by what is in the files by now is sent away.
void adopt_bans(Room& room);

// The line that one who is banned gets.
std::string banned_line(const Ban& ban);

}  // namespace chat
