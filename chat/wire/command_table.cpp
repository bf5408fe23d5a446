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
    CommandEntry{Command::kHelp, "/help", "[COMMAND]", kEveryone, "this list, or one command"},
    CommandEntry{Command::kWho, "/who", "[all]", kEveryone,
                 "who is online or away; all: since when and how idle each is, too"},
    CommandEntry{Command::kWhois, "/whois", "NAME", kEveryone,
                 "account or registered, since when; operators see from where"},
    CommandEntry{Command::kMsg, "/msg", "NAME TEXT", kEveryone, "says it to NAME alone"},
    CommandEntry{Command::kReply, "/reply", "TEXT", kEveryone,
                 "says it to the one who wrote to you last"},
    CommandEntry{Command::kMe, "/me", "TEXT", kEveryone, "does it: ~ ann waves"},
    CommandEntry{Command::kAway, "/away", "[TEXT]", kEveryone,
                 "tells who asks, or writes to you, that you are away"},
    CommandEntry{Command::kBack, "/back", "", kEveryone, "and that you are back"},
    CommandEntry{Command::kIgnore, "/ignore", "[NAME]", kClient,
                 "hides what NAME says, or lists whom you ignore"},
    CommandEntry{Command::kUnignore, "/unignore", "NAME", kClient, "and shows it again"},
    CommandEntry{Command::kQuiet, "/quiet", "[off]", kClient, "hides who comes and goes"},
    CommandEntry{Command::kTopic, "/topic", "[TEXT]", kEveryone,
                 "what it is about; operators set it (- for none)"},
    CommandEntry{Command::kMotd, "/motd", "[TEXT]", kEveryone,
                 "what who comes in is told; operators set it (- for none)"},
    CommandEntry{Command::kTime, "/time", "", kEveryone, "the server's time"},
    CommandEntry{Command::kHistory, "/history", "[COUNT]", kEveryone, "the room's last lines"},
    CommandEntry{Command::kSince, "/since", "NUMBER", kEveryone, "all after that line"},
    CommandEntry{Command::kTagged, "/tagged", "", kEveryone,
                 "lines for programs, see chat/wire/PROTOCOL.md"},
    CommandEntry{Command::kPing, protocol::kPing, "", kEveryone, "answers, for programs"},
    CommandEntry{Command::kPassword, "/password", "OLD<TAB>NEW", kAccounts,
                 "changes your account's password; the client asks for both"},
    CommandEntry{Command::kQuit, "/quit", "", kEveryone, "leaves the room"},
    CommandEntry{Command::kKick, "/kick", "NAME [REASON]", kOperators, "makes NAME leave"},
    CommandEntry{Command::kMute, "/mute", "NAME [MINUTES]", kOperators,
                 "NAME can say nothing for so long (10)"},
    CommandEntry{Command::kUnmute, "/unmute", "NAME", kOperators, "and can again"},
    CommandEntry{Command::kBan, "/ban", "NAME|ADDRESS[/BITS] [MINUTES] [REASON]", kOperators,
                 "keeps a name, or where somebody comes from, out"},
    CommandEntry{Command::kUnban, "/unban", "NAME|ADDRESS[/BITS]", kOperators, "and lets it in"},
    CommandEntry{Command::kBans, "/bans", "", kOperators, "who is kept out, by whom, until when"},
    CommandEntry{Command::kClose, "/close", "", kOperators,
                 "nobody registers any more; accounts still come in"},
    CommandEntry{Command::kOpen, "/open", "", kOperators, "and they do again"},
    CommandEntry{Command::kAccount, "/account", "add|remove|operator NAME", kOperators,
                 "a new account (with <TAB>PASSWORD; the client asks for it); no more; an "
                 "operator, or no more"},
    CommandEntry{Command::kStats, "/stats", "", kOperators, "figures of the server"},
    CommandEntry{Command::kShutdown, "/shutdown", "[MINUTES] [REASON]", kOperators,
                 "stops the server, with a countdown; off: does not"},
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
