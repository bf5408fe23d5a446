// The commands of the room: what each is called, what it takes, who may give it, and what it does
// in one line. Parsing, permission, /help, the client's completion and the table in README.md all
// follow from this one. Pure, and thread safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace chat {

enum class Command : std::uint8_t {
  kHelp,
  kWho,
  kWhois,
  kMsg,
  kReply,
  kMe,
  kEdit,
  kUndo,
  kAway,
  kBack,
  kIgnore,
  kUnignore,
  kQuiet,
  kTopic,
  kMotd,
  kTime,
  kHistory,
  kSince,
  kFind,
  kContext,
  kTagged,
  kPing,
  kPassword,
  kQuit,
  kKick,
  kMute,
  kUnmute,
  kBan,
  kUnban,
  kBans,
  kClose,
  kOpen,
  kAccount,
  kStats,
  kShutdown,
};

// kClient: the client program does it; the server refuses it.
enum class Access : std::uint8_t { kEveryone, kAccounts, kOperators, kClient };

struct CommandEntry {
  Command command;
  std::string_view name;       // with its slash
  std::string_view arguments;  // as /help shows them; NAME is somebody who is online
  Access access;
  std::string_view help;
};

// In the order in which /help lists them; all that take operators come last.
std::span<const CommandEntry> command_table();

// In any case. Null: there is none of that name.
const CommandEntry* find_command(std::string_view name);
const CommandEntry* find_help(std::string_view name);  // as /help takes it: without a slash, too

// The one that `name` is a misspelling of: a letter or two are wrong, missing, too many or in each
// other's place. Null: there is none.
const CommandEntry* nearest_command(std::string_view name);

// The plain line, without its end, that says what it does.
std::string help_row(const CommandEntry& entry);

}  // namespace chat
