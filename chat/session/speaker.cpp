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
#include "chat/session/operator_commands.hpp"
#include "chat/storage/password_hash.hpp"

namespace chat {
namespace {

std::string usage(const CommandEntry& entry) {
  return "! it is " + std::string(entry.name) + " " + std::string(entry.arguments) + "\n";
}

std::string help_line(const CommandEntry& entry) {
  std::string line = "* " + std::string(entry.name);
  if (!entry.arguments.empty()) line.append(" ").append(entry.arguments);
  return line.append("  ").append(entry.help).append("\n");
}

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

void Speaker::begin(const Handover::Connection& begun) {
  begin(begun.seat.account, begun.rendering);
  question_ = begun.question;
  asked_about_ = begun.asked_about;
}

void Speaker::describe(Handover::Connection& connection) const {
  connection.rendering = rendering_;
  connection.question = question_;
  connection.asked_about = asked_about_;
}

bool Speaker::take(const LineReader::Line& line) {
  if (member_.was_dismissed()) return false;
  const std::string_view text = line.text;
  if (line.too_long) return tell(std::string(protocol::kLineTooLong));
  if (const auto rest = protocol::without_telnet(text); rest.size() < text.size()) {
    if (std::exchange(told_of_telnet_, true) && rest.empty()) return true;
    return tell(std::string(protocol::kTelnet));
  }
  if (!is_utf8(text)) return tell(std::string(protocol::kNotUtf8));
  if (question_ != Question::kNone) return answer(text);
  if (text.empty()) return true;
  const auto command = protocol::parse_command(text);
  if (!command) return say(text.starts_with("//") ? text.substr(1) : text, Kind::kSay);
  const CommandEntry* const entry = find_command(command->name);
  if (entry == nullptr) {
    return tell("! unknown command " + neutralised(command->name.substr(0, kMaxName)) +
                "; /help lists the commands\n");
  }
  return run(*entry, command->arguments);
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

// The same of a command that would have asked for so many secrets, had it not been refused. Who has
// sent them along with it has not waited to be asked: they are nothing to say.
bool Speaker::refuse(std::string lines, std::size_t secrets) {
  bool any = false;
  for (; secrets > 0 && drop_line_(); --secrets) any = true;
  if (any) lines += "* what you sent along with it was not said\n";
  return report(std::move(lines));
}

bool Speaker::may(Access access) const {
  switch (access) {
    case Access::kEveryone:
      return true;
    case Access::kAccounts:
      return room_.accounts.current()->contains(name_, account_);
    case Access::kOperators:
      return room_.accounts.current()->is_operator(name_, account_);
  }
  return false;
}

bool Speaker::run(const CommandEntry& entry, std::string_view arguments) {
  if (room_.standstill.is_wanted()) return false;
  const std::size_t secrets = protocol::secrets_after(entry.name, arguments);
  if (!may(entry.access)) {
    const bool operators = entry.access == Access::kOperators;
    return refuse(
        "! " + std::string(entry.name) + " is for " + (operators ? "operators" : "accounts") + "\n",
        secrets);
  }
  // /since has words of its own for that.
  const bool needs_more = !entry.arguments.empty() && entry.arguments.front() != '[' &&
                          entry.command != Command::kSince;
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
    case Command::kAway:
      return away(argument);
    case Command::kBack:
      return back();
    case Command::kIgnore:
      return ignore(argument);
    case Command::kUnignore:
      return unignore(argument);
    case Command::kQuiet:
      return quiet(argument);
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
    case Command::kPing:
      return tell(std::string(protocol::kPong));
    case Command::kTagged:
      return tag();
    case Command::kPassword:
      return ask(Question::kOldPassword, name_);
    case Command::kQuit:
      quit_ = true;
      return false;
    case Command::kAccount:
      if (const auto account = new_account(room_, argument)) {
        return ask(Question::kAccountPassword, *account);
      }
      break;
    default:
      break;
  }
  return refuse(run_operator_command({room_, name_, account_, peer_}, entry, argument), secrets);
}

bool Speaker::is_muted() const { return member_.muted_until() > std::chrono::system_clock::now(); }

bool Speaker::tell_muted() {
  return tell("! you are muted until " + utc_text(member_.muted_until()) + "\n");
}

bool Speaker::say(std::string_view text, Kind kind) {
  if (is_muted()) return tell_muted();
  const std::string shown = sanitised(text);
  if (trimmed(shown).empty()) return true;
  return room_.broadcast.say(member_, name_, shown, kind);
}

bool Speaker::help(std::string_view name) {
  if (!name.empty()) {
    const CommandEntry* const entry =
        find_command(name.starts_with('/') ? std::string(name) : "/" + std::string(name));
    return tell(entry == nullptr ? "! there is no such command; /help lists them\n"
                                 : help_line(*entry));
  }
  std::string lines;
  for (const CommandEntry& entry : command_table()) {
    if (may(entry.access)) lines += help_line(entry);
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
  return tell_posted(room_.registry.post(member_, to, text), to, text);
}

bool Speaker::reply(std::string_view text) {
  if (is_muted()) return tell_muted();
  const auto posted = room_.registry.reply(member_, text);
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
    case Outcome::kIgnored:
      return tell("! " + posted.to + " ignores you\n");
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
  room_.registry.set_away(member_, std::string(text));
  return report("* you are away; /back says that you are back\n");
}

bool Speaker::back() {
  room_.registry.set_away(member_, std::nullopt);
  return report("* you are back\n");
}

bool Speaker::ignore(std::string_view name) {
  LineFilter filter = room_.registry.filter_of(member_);
  if (name.empty()) {
    std::string names;
    for (const std::string& ignored : filter.ignored)
      names += (names.empty() ? "" : ", ") + ignored;
    return tell(names.empty() ? "* you ignore nobody\n" : "* you ignore " + names + "\n");
  }
  if (!is_name(name)) return tell("! that is no name\n");
  const std::string folded = folded_name(name);
  if (folded == folded_name(name_)) return tell("! that is you\n");
  if (filter.ignored.size() >= kMaxIgnored && !filter.ignores(name)) {
    return tell("! you ignore " + std::to_string(kMaxIgnored) + " already\n");
  }
  filter.ignored.insert(folded);
  return change_filter(filter, "* you ignore " + folded + "\n");
}

bool Speaker::unignore(std::string_view name) {
  LineFilter filter = room_.registry.filter_of(member_);
  if (filter.ignored.erase(folded_name(name)) == 0) {
    return tell("! you do not ignore " + neutralised(name.substr(0, kMaxName)) + "\n");
  }
  return change_filter(filter, "* you ignore " + folded_name(name) + " no more\n");
}

bool Speaker::quiet(std::string_view arguments) {
  LineFilter filter = room_.registry.filter_of(member_);
  if (!arguments.empty() && lowercase(arguments) != "off") {
    return tell("! it is /quiet or /quiet off\n");
  }
  filter.quiet = arguments.empty();
  return change_filter(filter, filter.quiet ? "* you do not see any more who comes and goes\n"
                                            : "* you see who comes and goes\n");
}

// An account's last.
bool Speaker::change_filter(const LineFilter& filter, std::string answer) {
  const auto shared =
      filter.hides_anything() ? std::make_shared<const LineFilter>(filter) : Broadcast::Filter();
  // Before it is told: then nobody who is ignored writes any more.
  const LineFilter before = room_.registry.filter_of(member_);
  room_.registry.set_filter(member_, filter);
  if (!room_.broadcast.filter(member_, shared,
                              rendered(answer, rendering_, std::chrono::system_clock::now()))) {
    room_.registry.set_filter(member_, before);
    return false;
  }
  if (!may(Access::kAccounts)) return true;
  try {
    room_.storage.change([&](RoomStorage& storage) {
      storage.set_settings(name_, {filter.quiet, {filter.ignored.begin(), filter.ignored.end()}});
    });
    return true;
  } catch (const std::exception& error) {
    room_.log.write("not-stored", peer_.text, name_, error.what());
    return report("! it could not be stored: it lasts until you leave\n");
  }
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

bool Speaker::tag() {
  const auto now = std::chrono::system_clock::now();
  if (!room_.broadcast.tag(member_, tag_answer(room_.broadcast.epoch(), now))) return false;
  rendering_ = Rendering::kTagged;
  return true;
}

// The next line is the answer, whatever it looks like.
bool Speaker::ask(Question question, std::string_view about) {
  const std::string_view text = question == Question::kOldPassword ? protocol::kAskOldPassword : "";
  if (!tell(text.empty() ? protocol::ask_password_for(about) : std::string(text))) return false;
  question_ = question;
  asked_about_ = about;
  return true;
}

// It must never be taken for anything else: until there is a turn to hash it can be given once
// more, then it is used up, whoever hears of that.
bool Speaker::answer(std::string_view text) {
  if (room_.standstill.is_wanted()) return false;
  const bool old = question_ == Question::kOldPassword;
  std::string outcome;
  try {
    outcome = outcome_of_answer(text);
  } catch (const std::exception& error) {
    outcome = "! " + neutralised(error.what()) + ": nothing was changed\n";
    question_ = Question::kNone;
  }
  return refuse(std::move(outcome), old && question_ == Question::kNone ? 1 : 0);
}

std::string Speaker::outcome_of_answer(std::string_view text) {
  const bool old = question_ == Question::kOldPassword;
  const bool own = question_ == Question::kNewPassword;
  const std::string typed(text);
  if (typed.empty() || (!old && !is_password(typed))) {
    question_ = Question::kNone;
    return typed.empty() ? "* nothing was changed\n"
                         : "! a password is 1 to 511 bytes of text without control characters: "
                           "nothing was changed\n";
  }
  bool right = false;
  std::string hash;
  const auto work = [&] {
    if (old) return room_.accounts.current()->verify(name_, typed).has_value();
    hash = hash_password(typed);
    return true;
  };
  const bool had_turn = with_turn_to_hash(work, right);
  if (!had_turn) return "! too many passwords are looked at just now: try again later\n";
  if (!right) return "! wrong password: nothing was changed\n";
  if (old) {
    question_ = Question::kNewPassword;
    return std::string(protocol::kAskNewPassword);
  }
  if (!own) {
    if (!may(Access::kOperators)) return "! /account is for operators: nothing was changed\n";
    return add_account({room_, name_, account_, peer_}, asked_about_, hash);
  }
  change_accounts(room_, [&](PasswordStorage& accounts) {
    if (!accounts.contains(name_, account_)) throw std::runtime_error("your account is no more");
    accounts.set_hash(name_, hash);
  });
  room_.log.write("password", peer_.text, name_, "changed");
  return std::string(protocol::kPasswordChanged);
}

// False: there was no turn to be had. `right` is what `work` says; if not, it was a guess.
bool Speaker::with_turn_to_hash(const std::function<bool()>& work, bool& right) {
  const Guesser guesser(peer_.source, name_);
  const auto turn = [&] {
    const Standstill::Aside aside(room_.standstill, standing_);
    return room_.hash_gate.enter(guesser, Clock::now() + kPasswordPatience);
  }();
  question_ = Question::kNone;
  if (turn.answer != HashGate::Answer::kIn) return false;
  try {
    right = work();
  } catch (...) {
    room_.hash_gate.leave(guesser, false);
    throw;
  }
  room_.hash_gate.leave(guesser, !right);
  return true;
}

}  // namespace chat
