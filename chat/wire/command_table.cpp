#include "chat/wire/command_table.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <vector>

#include "chat/base/text.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

constexpr Access kEveryone = Access::kEveryone;
constexpr Access kAccounts = Access::kAccounts;
constexpr Access kOperators = Access::kOperators;
constexpr Access kClient = Access::kClient;

constexpr std::array kTable = {
    CommandEntry{Command::kHelp, "/help", "[COMMAND]", kEveryone,
                 "lists the commands, or explains one"},
    CommandEntry{Command::kWho, "/who", "[all]", kEveryone,
                 "lists who is online; all: with arrival, idle time and away message of each"},
    CommandEntry{
        Command::kWhois, "/whois", "NAME", kEveryone,
        "shows whether NAME is an account, and since when here; operators see the address"},
    CommandEntry{Command::kMsg, "/msg", "NAME TEXT", kEveryone, "sends a private message"},
    CommandEntry{Command::kReply, "/reply", "TEXT", kEveryone, "answers the last private message"},
    CommandEntry{Command::kMe, "/me", "TEXT", kEveryone, "describes what you do: ~ ann waves"},
    CommandEntry{Command::kEdit, "/edit", "TEXT", kEveryone,
                 "corrects your last line, for two minutes"},
    CommandEntry{Command::kUndo, "/undo", "", kEveryone,
                 "takes your last line back, for two minutes"},
    CommandEntry{Command::kAway, "/away", "[TEXT]", kEveryone, "marks you as away"},
    CommandEntry{Command::kBack, "/back", "", kEveryone, "ends that"},
    CommandEntry{Command::kIgnore, "/ignore", "[NAME]", kClient,
                 "hides what NAME says; without NAME: lists whom you ignore"},
    CommandEntry{Command::kUnignore, "/unignore", "NAME", kClient, "shows it again"},
    CommandEntry{Command::kQuiet, "/quiet", "[off]", kClient, "hides arrivals and departures"},
    CommandEntry{Command::kTopic, "/topic", "[TEXT]", kEveryone,
                 "shows the topic; operators set it (- removes it)"},
    CommandEntry{Command::kMotd, "/motd", "[TEXT]", kEveryone,
                 "shows the message that newcomers see; operators set it (- removes it)"},
    CommandEntry{Command::kTime, "/time", "", kEveryone, "shows the server's time"},
    CommandEntry{Command::kHistory, "/history", "[COUNT]", kEveryone, "shows the last lines"},
    CommandEntry{Command::kSince, "/since", "NUMBER", kEveryone, "shows all lines after that one"},
    CommandEntry{Command::kFind, "/find", "TEXT [@NAME]", kEveryone,
                 "shows the newest lines that hold TEXT; @NAME: of those that NAME said"},
    CommandEntry{Command::kContext, "/context", "NUMBER", kEveryone,
                 "shows the lines around that one"},
    CommandEntry{Command::kTagged, "/tagged", "", kEveryone,
                 "switches to numbered lines for programs (chat/wire/PROTOCOL.md)"},
    CommandEntry{Command::kPing, protocol::kPing, "", kEveryone, "answers * pong, for programs"},
    CommandEntry{Command::kPassword, "/password", "OLD<TAB>NEW", kAccounts,
                 "changes your account's password; the client asks for both"},
    CommandEntry{Command::kQuit, "/quit", "", kEveryone, "leaves the room"},
    CommandEntry{Command::kKick, "/kick", "NAME [REASON]", kOperators, "disconnects NAME"},
    CommandEntry{Command::kMute, "/mute", "NAME [MINUTES]", kOperators,
                 "silences NAME for that long (default 10)"},
    CommandEntry{Command::kUnmute, "/unmute", "NAME", kOperators, "lifts a mute"},
    CommandEntry{Command::kBan, "/ban", "NAME|ADDRESS[/BITS] [MINUTES] [REASON]", kOperators,
                 "bans a name or an address range"},
    CommandEntry{Command::kUnban, "/unban", "NAME|ADDRESS[/BITS]", kOperators, "lifts a ban"},
    CommandEntry{Command::kBans, "/bans", "", kOperators, "lists the bans"},
    CommandEntry{Command::kClose, "/close", "", kOperators,
                 "stops registration; accounts can still log in"},
    CommandEntry{Command::kOpen, "/open", "", kOperators, "allows registration again"},
    CommandEntry{Command::kAccount, "/account", "add|remove|operator NAME", kOperators,
                 "adds an account (NAME<TAB>PASSWORD; the client asks), removes it, makes it an "
                 "operator or undoes that"},
    CommandEntry{Command::kStats, "/stats", "", kOperators, "shows statistics"},
    CommandEntry{Command::kShutdown, "/shutdown", "[MINUTES] [REASON]", kOperators,
                 "stops the server after a countdown; off: cancels it"},
};

// How many letters one has to change, insert, delete or swap with the next one.
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> before_last(other.size() + 1);
  std::vector<std::size_t> last(other.size() + 1);
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 0; i < one.size(); ++i) {
    row[0] = i + 1;
    for (std::size_t k = 0; k < other.size(); ++k) {
      const std::size_t change = last[k] + (one[i] == other[k] ? 0 : 1);
      row[k + 1] = std::min({change, last[k + 1] + 1, row[k] + 1});
      const bool swapped = i > 0 && k > 0 && one[i] == other[k - 1] && one[i - 1] == other[k];
      if (swapped) row[k + 1] = std::min(row[k + 1], before_last[k - 1] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last.back();
}

}  // namespace

std::span<const CommandEntry> command_table() { return kTable; }

const CommandEntry* find_command(std::string_view name) {
  const std::string folded = lowercase(name);
  const auto* const found = std::find_if(kTable.begin(), kTable.end(),
                                         [&](const auto& entry) { return entry.name == folded; });
  return found == kTable.end() ? nullptr : found;
}

const CommandEntry* find_help(std::string_view name) {
  return find_command(name.starts_with('/') ? std::string(name) : "/" + std::string(name));
}

const CommandEntry* nearest_command(std::string_view name) {
  constexpr std::size_t kLongest = 16;
  if (name.size() > kLongest) return nullptr;
  const std::string folded = lowercase(name);
  const CommandEntry* nearest = nullptr;
  std::size_t least = name.size() > 7 ? 3 : 2;
  for (const CommandEntry& entry : kTable) {
    const std::size_t wrong = distance(folded, entry.name);
    if (wrong < least) nearest = &entry;
    least = std::min(least, wrong);
  }
  return nearest;
}

std::string help_row(const CommandEntry& entry) {
  std::string row = "* " + std::string(entry.name);
  if (!entry.arguments.empty()) row.append(" ").append(entry.arguments);
  return row.append("  ").append(entry.help);
}

}  // namespace chat
