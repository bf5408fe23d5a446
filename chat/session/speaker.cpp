#include "chat/session/speaker.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/text.hpp"
#include "chat/base/time_format.hpp"
#include "chat/room/limits.hpp"
#include "chat/session/limits.hpp"
#include "chat/session/operator_commands.hpp"
#include "chat/storage/password_hash.hpp"

namespace chat {
namespace {

std::string usage(const CommandEntry& entry) {
  return "! it is " + std::string(entry.name) + " " + std::string(entry.arguments) + "\n";
}

std::string refusal(const CommandEntry& entry) {
  const std::string command = "! " + std::string(entry.name);
  switch (entry.access) {
    case Access::kAccounts:
      return command + " is for accounts\n";
    case Access::kOperators:
      return command + " is for operators\n";
    default:
      return command + " is a command of the client program: the server hides nothing\n";
  }
}

// A line that was asked for, with its number: * 1042 2026-11-24T12:34:56Z ann: hello
std::string numbered_line(const RoomLine& line) {
  std::string text = "* " + std::to_string(line.number) + " ";
  text.append(line.time.substr(0, line.time.size() - std::string_view(".000Z").size())) += "Z ";
  for (const std::string_view piece : plain_pieces(line.kind, line.from, line.text)) text += piece;
  return text;
}

// Lets `take` have each of the tagged lines, from the last one on.
void for_each_backwards(std::string_view lines, const std::function<void(const RoomLine&)>& take) {
  while (!lines.empty()) {
    lines.remove_suffix(1);
    const auto begin = lines.rfind('\n') + 1;  // 0 where there is none
    if (const auto line = parse_room_line(lines.substr(begin))) take(*line);
    lines = lines.substr(0, begin);
  }
}

// What /find looks for.
struct Wanted {
  explicit Wanted(std::string_view arguments) {
    const auto at = arguments.rfind('@');
    const bool has_name = at != std::string_view::npos && (at == 0 || arguments[at - 1] == ' ') &&
                          is_name(arguments.substr(at + 1));
    if (has_name) from = folded_name(arguments.substr(at + 1));
    text = lowercase(trimmed(has_name ? arguments.substr(0, at) : arguments));
  }

  bool is(const RoomLine& line) const {
    if (line.kind == Kind::kEnter || line.kind == Kind::kLeave) return false;
    if (!from.empty() && folded_name(line.from) != from) return false;
    return lowercase(line.text).find(text) != std::string::npos;
  }

  std::string text;  // in lower case
  std::string from;  // folded; empty: anybody
};

std::string profile_line(const Profile& profile, WallTime now) {
  std::string line = "* " + profile.name + ": here " + duration_text(now - profile.since);
  line += ", idle " + duration_text(now - profile.spoke);
  if (profile.away) line += ", away" + (profile.away->empty() ? "" : ": " + *profile.away);
  return line + "\n";
}

}  // namespace

void Speaker::begin(AccountId account, Rendering rendering) noexcept {
  account_ = account;
  rendering_ = rendering;
}

bool Speaker::take(const LineReader::Line& line, bool more) {
  more_ = more;
  if (member_.was_dismissed()) return false;
  const std::string_view text = line.text;
  if (line.too_long) return tell(std::string(protocol::kLineTooLong));
  if (const auto rest = protocol::without_telnet(text); rest.size() < text.size()) {
    if (std::exchange(told_of_telnet_, true) && rest.empty()) return true;
    return tell(std::string(protocol::kTelnet));
  }
  if (!is_utf8(text)) return tell(std::string(protocol::kNotUtf8));
  if (text.empty()) return true;
  const auto command = protocol::parse_command(text);
  if (!command) return say(text.starts_with("//") ? text.substr(1) : text, Kind::kSay);
  const CommandEntry* const entry = find_command(command->name);
  if (entry == nullptr) {
    const CommandEntry* const nearest = nearest_command(command->name);
    return tell("! unknown command " + neutralised(command->name.substr(0, kMaxName)) +
                (nearest == nullptr ? "" : "; is it " + std::string(nearest->name) + "?") +
                "; /help lists the commands\n");
  }
  return run(*entry, command->arguments, text);
}

bool Speaker::tell(std::string lines) {
  return room_.broadcast.tell(
      member_, rendered(std::move(lines), rendering_, std::chrono::system_clock::now()));
}

// Of something that is done already: whether this gets through makes no difference.
bool Speaker::report(std::string lines) {
  (void)room_.broadcast.report(
      member_, rendered(std::move(lines), rendering_, std::chrono::system_clock::now()));
  return true;
}

// Lines until there is none, as the member takes them. What has been begun is brought to an end
// also while the room is held: it would be told once more otherwise.
bool Speaker::tell_in_pieces(const std::function<std::string()>& next) {
  bool begun = false;
  std::string piece;
  while (true) {
    const std::string line = next();
    piece += line;
    if (!line.empty() && piece.size() < kReplayChunk) continue;
    if (piece.empty()) return true;
    std::string lines = rendered(std::move(piece), rendering_, std::chrono::system_clock::now());
    const bool told = begun ? room_.broadcast.report(member_, std::move(lines))
                            : room_.broadcast.tell(member_, std::move(lines));
    if (!told) return false;
    if (line.empty()) return true;
    begun = true;
    piece.clear();
  }
}

bool Speaker::tell_backwards(std::vector<std::string> lines) {
  return tell_in_pieces([&]() -> std::string {
    if (lines.empty()) return {};
    std::string line = std::move(lines.back());
    lines.pop_back();
    return line;
  });
}

bool Speaker::may(Access access) const {
  switch (access) {
    case Access::kEveryone:
      return true;
    case Access::kAccounts:
      return room_.accounts.current()->contains(name_, account_);
    case Access::kOperators:
      return room_.accounts.current()->is_operator(name_, account_);
    case Access::kClient:
      break;
  }
  return false;
}

bool Speaker::run(const CommandEntry& entry, std::string_view arguments, std::string_view line) {
  if (room_.standstill.is_wanted()) return false;
  if (!may(entry.access)) return tell(refusal(entry));
  // /since has words of its own for that.
  const bool needs_more = !entry.arguments.empty() && entry.arguments.front() != '[' &&
                          entry.command != Command::kSince;
  if (const auto command = protocol::parse_secret_command(line)) return take_passwords(*command);
  const std::string argument(trimmed(sanitised(arguments)));
  if (needs_more && argument.empty()) return tell(usage(entry));
  switch (entry.command) {
    case Command::kHelp:
      return help(argument);
    case Command::kWho:
      return who(argument);
    case Command::kWhois:
      return whois(argument);
    case Command::kMsg:
      return argument.find(' ') == std::string::npos ? tell(usage(entry)) : msg(argument);
    case Command::kReply:
      return reply(argument);
    case Command::kMe:
      return say(arguments, Kind::kMe);
    case Command::kEdit:
      return correct(argument);
    case Command::kUndo:
      return correct({});
    case Command::kAway:
      return away(argument);
    case Command::kBack:
      return back();
    case Command::kTopic:
      return topic(argument);
    case Command::kMotd:
      return motd(argument);
    case Command::kTime:
      return tell("* it is " + utc_text(std::chrono::system_clock::now()) + "\n");
    case Command::kHistory:
      return history(argument);
    case Command::kSince:
      return since(argument);
    case Command::kFind:
      return find(argument);
    case Command::kContext:
      return context(argument);
    case Command::kPing:
      return tell(std::string(protocol::kPong));
    case Command::kTagged:
      return tag();
    case Command::kQuit:
      quit_ = true;
      return false;
    case Command::kPassword:  // taken above
    case Command::kIgnore:    // the client's
    case Command::kUnignore:
    case Command::kQuiet:
      return true;
    case Command::kKick:
    case Command::kMute:
    case Command::kUnmute:
    case Command::kBan:
    case Command::kUnban:
    case Command::kBans:
    case Command::kClose:
    case Command::kOpen:
    case Command::kAccount:
    case Command::kStats:
    case Command::kShutdown:
      break;
  }
  return report(run_operator_command({room_, name_, account_, peer_}, entry, argument));
}

bool Speaker::is_muted() const { return member_.muted_until() > std::chrono::system_clock::now(); }

bool Speaker::tell_muted() {
  return tell("! you are muted until " + utc_text(member_.muted_until()) + "\n");
}

bool Speaker::say(std::string_view text, Kind kind) {
  if (is_muted()) return tell_muted();
  const std::string shown = sanitised(text);
  if (trimmed(shown).empty()) return true;
  return room_.broadcast.say(member_, name_, shown, kind, more_);
}

bool Speaker::help(std::string_view name) {
  if (!name.empty()) {
    const CommandEntry* const entry = find_help(name);
    return tell(
        (entry == nullptr ? "! there is no such command; /help lists them" : help_row(*entry)) +
        "\n");
  }
  std::string lines;
  for (const CommandEntry& entry : command_table()) {
    if (may(entry.access)) lines += help_row(entry) + "\n";
  }
  return tell(lines + "* //TEXT  says /TEXT\n");
}

// A screenful, unless all is asked for. Names are told also of those who are not described.
bool Speaker::who(std::string_view argument) {
  const bool all = lowercase(argument) == "all";
  if (!all && !argument.empty()) return tell(usage(*find_command("/who")));
  auto names = room_.registry.online();
  std::sort(names.begin(), names.end(), is_name_before);
  const bool describes = names.size() <= (all ? kMaxProfiles : kProfilesUnasked);
  std::vector<Profile> profiles;
  std::vector<std::string> away;
  if (describes) {
    profiles = room_.registry.profiles();
    std::sort(profiles.begin(), profiles.end(), [](const Profile& one, const Profile& other) {
      return is_name_before(one.name, other.name);
    });
  } else {
    away = room_.registry.away();
    std::sort(away.begin(), away.end(), is_name_before);
  }
  cost_ += static_cast<int>(names.size() / kNamesLikeALine + profiles.size() / kProfilesLikeALine);
  const auto now = std::chrono::system_clock::now();
  std::size_t named = 0;
  std::size_t named_away = 0;
  std::size_t described = 0;
  bool told = describes;
  return tell_in_pieces([&]() -> std::string {
    if (named < names.size()) return protocol::online_line(names, named);
    if (named_away < away.size()) return protocol::away_line(away, named_away);
    if (described < profiles.size()) return profile_line(profiles[described++], now);
    if (std::exchange(told, true)) return "";
    return names.size() <= kMaxProfiles ? "* /who all says more of each\n"
                                        : "* too many to say more; /whois NAME does of one\n";
  });
}

bool Speaker::whois(std::string_view name) {
  const auto profile = room_.registry.profile(name);
  if (!profile) return tell(protocol::nobody_called(name));
  std::string line = "* " + profile->name + ": ";
  line += profile->account != 0 ? "account" : "registered";
  if (room_.accounts.current()->is_operator(profile->name, profile->account)) line += ", operator";
  line += ", since " + utc_text(profile->since);
  if (may(Access::kOperators)) line += ", from " + profile->peer.text;
  return tell(line + "\n" + profile_line(*profile, std::chrono::system_clock::now()));
}

bool Speaker::msg(std::string_view arguments) {
  if (is_muted()) return tell_muted();
  const auto space = arguments.find(' ');
  const std::string_view to = arguments.substr(0, space);
  const std::string_view text = trimmed(arguments.substr(space));
  return tell_posted(room_.registry.post(membership_, to, text), to, text);
}

bool Speaker::reply(std::string_view text) {
  if (is_muted()) return tell_muted();
  const auto posted = room_.registry.reply(membership_, text);
  return tell_posted(posted, posted.to, text);
}

// Both see what was sent.
bool Speaker::tell_posted(const Registry::Posted& posted, std::string_view to,
                          std::string_view text) {
  using Outcome = Registry::Posted::Outcome;
  switch (posted.outcome) {
    case Outcome::kSent:
      break;
    case Outcome::kNobody:
      return tell(protocol::nobody_called(to));
    case Outcome::kYourself:
      return tell("! that is you\n");
    case Outcome::kNoLetter:
      return tell("! nobody has written to you yet\n");
    case Outcome::kHasLeft:
      return tell("! " + posted.to + " has left\n");
    case Outcome::kNotReading:
      return tell("! " + posted.to + " does not read just now: it was not sent\n");
  }
  std::string lines = protocol::private_line(name_, posted.to, text);
  if (posted.away) {
    lines +=
        "* " + posted.to + " is away" + (posted.away->empty() ? "" : ": " + *posted.away) + "\n";
  }
  return report(std::move(lines));
}

bool Speaker::away(std::string_view text) {
  if (!text.empty() && is_muted()) return tell_muted();
  if (text.size() > kMaxAway) {
    return tell("! an away message has at most " + std::to_string(kMaxAway) + " bytes\n");
  }
  room_.registry.set_away(membership_, std::string(text));
  return report("* you are away; /back says that you are back\n");
}

bool Speaker::back() {
  room_.registry.set_away(membership_, std::nullopt);
  return report("* you are back\n");
}

bool Speaker::topic(std::string_view text) {
  if (!text.empty()) {
    if (!may(Access::kOperators)) return tell("! operators set the topic\n");
    if (is_muted()) return tell_muted();
    return report(set_topic({room_, name_, account_, peer_}, text));
  }
  const std::string topic = room_.storage.current()->topic();
  return tell(topic.empty() ? "* there is no topic\n" : "* topic: " + topic + "\n");
}

bool Speaker::motd(std::string_view text) {
  if (!text.empty()) {
    if (!may(Access::kOperators)) return tell("! operators set the message of the day\n");
    if (is_muted()) return tell_muted();
    return report(set_motd({room_, name_, account_, peer_}, text));
  }
  const std::string motd = room_.storage.current()->motd();
  return tell(motd.empty() ? "* there is no message of the day\n"
                           : "* message of the day: " + motd + "\n");
}

bool Speaker::history(std::string_view count) {
  const auto lines = count.empty() ? kDefaultHistory : parse_number(count);
  if (!lines) return tell(std::string(protocol::kNotANumber));
  const std::uint64_t last = room_.broadcast.last_number();
  return replay({last - std::min(last, *lines) + 1, last});
}

// Lines that are said meanwhile come after it.
bool Speaker::since(std::string_view number) {
  const std::string_view count = number.substr(0, number.find('@'));
  auto after = parse_number(count);
  if (!after) return tell(std::string(protocol::kNotALineNumber));
  const std::uint64_t last = room_.broadcast.last_number();
  const bool other_log =
      count.size() < number.size() && number.substr(count.size() + 1) != room_.broadcast.epoch();
  if (other_log) {
    if (!tell(std::string(protocol::kBeganAnew))) return false;
    after = 0;
  }
  if (*after >= last) return tell(protocol::nothing_after(*after));
  return replay({*after + 1, last});
}

bool Speaker::replay(MessageLog::Range lines) {
  if (!room_.broadcast.replay(member_, lines)) return false;
  const std::uint64_t kept = std::min<std::uint64_t>(lines.last + 1 - lines.first, kKeptLines);
  cost_ += static_cast<int>(kept / kReplayedLikeALine);
  return true;
}

// Some lines at a time, so that nobody waits for a search. The newest ones, shown in their order.
bool Speaker::find(std::string_view arguments) {
  const Wanted wanted(arguments);
  std::uint64_t last = room_.broadcast.last_number();
  const std::uint64_t least = last - std::min<std::uint64_t>(last, kKeptLines);
  const auto cost = static_cast<int>((last - least) / kReplayedLikeALine);
  std::vector<std::string> found;
  while (last > least && found.size() <= kMaxFound) {
    if (room_.standstill.is_wanted()) return false;
    const std::uint64_t before = last - std::min(last - least, kSearchedAtOnce);
    const std::string lines = room_.broadcast.kept({before + 1, last});
    for_each_backwards(lines, [&](const RoomLine& line) {
      if (wanted.is(line)) found.push_back(numbered_line(line));
    });
    last = before;
  }
  cost_ += cost;
  if (found.empty()) return tell("* no line that is kept holds that\n");
  if (found.size() > kMaxFound) {
    found.resize(kMaxFound);
    found.push_back("* the newest " + std::to_string(kMaxFound) +
                    " lines of those that hold it:\n");
  }
  return tell_backwards(std::move(found));
}

bool Speaker::context(std::string_view argument) {
  const auto number = parse_number(argument);
  if (!number || *number == 0) return tell(std::string(protocol::kNotALineNumber));
  const std::uint64_t last = room_.broadcast.last_number();
  if (*number > last) return tell("! there is no line " + std::to_string(*number) + " yet\n");
  const std::uint64_t first = *number - std::min(*number - 1, kLinesAround);
  const std::string lines = room_.broadcast.kept({first, *number + kLinesAround});
  std::vector<std::string> around;  // the last one first
  bool kept = false;
  for_each_backwards(lines, [&](const RoomLine& line) {
    kept = kept || line.number == *number;
    around.push_back(numbered_line(line));
  });
  if (!kept) return tell("! line " + std::to_string(*number) + " is not kept any more\n");
  return tell_backwards(std::move(around));
}

// Its last line becomes `text`; empty: is taken back. A new line says so: what was said stays.
bool Speaker::correct(std::string_view text) {
  if (is_muted()) return tell_muted();
  const std::uint64_t number = member_.last_said();
  if (number == 0) return tell("! there is no line of yours that could be changed\n");
  if (std::chrono::system_clock::now() - member_.spoke() > kCorrectable) {
    return tell("! a line can be changed for two minutes; yours is older\n");
  }
  const std::string change =
      text.empty() ? protocol::withdrawal(number) : protocol::correction(number, text);
  if (!room_.broadcast.say(member_, name_, change, Kind::kNotice, more_)) return false;
  if (text.empty()) member_.has_said(0);
  return true;
}

bool Speaker::tag() {
  const auto now = std::chrono::system_clock::now();
  if (!room_.broadcast.tag(member_, tag_answer(room_.broadcast.epoch(), now))) return false;
  rendering_ = Rendering::kTagged;
  return true;
}

// A change that is done is reported even while the room is held. Before its turn to hash has come,
// the line can be put back and taken again.
bool Speaker::take_passwords(const protocol::SecretCommand& command) {
  try {
    return report(command.is_of_account() ? add_account(command) : change_password(command));
  } catch (const std::exception& error) {
    return report("! " + neutralised(error.what()) + ": nothing was changed\n");
  }
}

std::string Speaker::change_password(const protocol::SecretCommand& command) {
  if (!command.password) return usage(*find_command("/password"));
  const std::string old_password(command.old_password);
  const std::string password(*command.password);
  if (!is_password(password)) throw std::runtime_error(protocol::kNoPassword);
  std::string hash;
  const std::string refusal = with_turn_to_hash([&] {
    if (!room_.accounts.current()->verify(name_, old_password)) return false;
    hash = hash_password(password);
    return true;
  });
  if (!refusal.empty()) return refusal;
  change_accounts(room_, [&](PasswordStorage& accounts) {
    if (!accounts.contains(name_, account_)) throw std::runtime_error("your account is no more");
    accounts.set_hash(name_, hash);
  });
  room_.log.write("password", peer_.text, name_, "changed");
  return std::string(protocol::kPasswordChanged);
}

std::string Speaker::add_account(const protocol::SecretCommand& command) {
  const Operator by{room_, name_, account_, peer_};
  const std::string account(command.account);
  check_new_account(room_, account);
  if (!command.password) return "! it is /account add NAME<TAB>PASSWORD\n";
  const std::string password(*command.password);
  if (!is_password(password)) throw std::runtime_error(protocol::kNoPassword);
  std::string hash;
  const std::string refusal = with_turn_to_hash([&] {
    hash = hash_password(password);
    return true;
  });
  if (!refusal.empty()) return refusal;
  if (!may(Access::kOperators)) throw std::runtime_error("/account is for operators");
  return chat::add_account(by, account, hash);
}

// Gives why the work was not done; empty: it was. Where `work` says false, it was a guess.
std::string Speaker::with_turn_to_hash(const std::function<bool()>& work) {
  const Guesser guesser(peer_.source, name_);
  const auto turn = [&] {
    const Standstill::Aside aside(room_.standstill, standing_);
    return room_.hash_gate.enter(guesser, Clock::now() + kPasswordPatience);
  }();
  if (turn.answer != HashGate::Answer::kIn) {
    return "! too many passwords are looked at just now, try again later: nothing was changed\n";
  }
  bool right = false;
  try {
    right = work();
  } catch (...) {
    room_.hash_gate.leave(guesser, false);
    throw;
  }
  room_.hash_gate.leave(guesser, !right);
  return right ? "" : "! wrong password: nothing was changed\n";
}

}  // namespace chat
