#include "chat/session/operator_commands.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/text.hpp"
#include "chat/base/time_format.hpp"
#include "chat/session/limits.hpp"
#include "chat/wire/limits.hpp"

namespace chat {
namespace {

using std::chrono::minutes;

WallTime now() { return std::chrono::system_clock::now(); }

// Takes the first word off `text`.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text = trimmed(text.substr(word.size()));
  return word;
}

// Takes a number of minutes off `text`, where it begins with one. Throws std::runtime_error where
// that is too many, or no whole number: `5m` is not meant as a reason.
std::optional<minutes> take_minutes(std::string_view& text) {
  std::string_view rest = text;
  const std::string_view word = take_word(rest);
  const auto number = parse_number(word);
  if (!number) {
    const std::string_view unsigned_word = word.substr(word.find_first_not_of("+-") == 1 ? 1 : 0);
    if (unsigned_word.find_first_of("0123456789") != 0) return std::nullopt;
    throw std::runtime_error("how many minutes? A whole number, in front of the reason");
  }
  text = rest;
  if (*number > kMostMinutes)
    throw std::runtime_error("at most " + std::to_string(kMostMinutes) + " minutes, a year");
  return minutes(*number);
}

std::string minutes_text(minutes time) { return std::to_string(time.count()) + " min"; }

std::string with_reason(std::string text, std::string_view reason) {
  if (!reason.empty()) text.append(": ").append(reason);
  return text;
}

void note(const Operator& by, std::string_view event, std::string_view what) {
  by.room.log.write(event, by.peer.text, by.name, what);
}

// The room hears that the operator `has_done` it, and so does the log.
void announce(const Operator& by, std::string_view event, const std::string& has_done) {
  by.room.broadcast.announce(by.name, has_done);
  note(by, event, has_done);
}

// The same of a ban. The room is told no address: it would tell where somebody lives.
void announce_ban(const Operator& by, std::string_view event, const std::string& has_done,
                  const Ban& ban, const std::string& more) {
  by.room.broadcast.announce(by.name, has_done + (ban.range ? "an address" : ban.name) + more);
  note(by, event, has_done + ban.target() + more);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Throws std::runtime_error where `name` is the operator's own.
void refuse_oneself(const Operator& by, std::string_view name) {
  if (folded_name(name) == folded_name(by.name)) throw std::runtime_error("that is you");
}

// It, or what to say where nobody of that name is online.
Profile online(const Operator& by, std::string_view name) {
  const auto profile = by.room.registry.profile(name);
  if (!profile) throw std::runtime_error(std::string(name.substr(0, kMaxName)) + " is not here");
  return *profile;
}

// Operators' changes wait for each other: who is no operator any more when the turn comes changes
// nothing.
void refuse_former_operator(const Operator& by, const PasswordStorage& accounts) {
  if (!accounts.is_operator(by.name, by.account)) throw std::runtime_error("you are no operator");
}

void change_accounts(const Operator& by,
                     const std::function<void(PasswordStorage& accounts)>& change) {
  chat::change_accounts(by.room, [&](PasswordStorage& accounts) {
    refuse_former_operator(by, accounts);
    change(accounts);
  });
}

// Puts `change` in force, and then stores it. Returns the line that says why it could not be
// stored, or nothing; then `change` is made again later on.
std::string change_storage(const Operator& by, const Stored<RoomStorage>::Change& change) {
  refuse_former_operator(by, *by.room.accounts.current());
  const std::string failure = by.room.storage.apply(change);
  if (failure.empty()) return {};
  note(by, "not-stored", failure);
  by.room.attention.signal();
  return "! it is in force, but could not be stored yet: " + neutralised(failure) +
         "; it will be tried again\n";
}

std::string kick(const Operator& by, std::string_view arguments) {
  const Profile whom = online(by, take_word(arguments));
  refuse_oneself(by, whom.name);
  const std::string farewell = with_reason("! you were kicked by " + by.name, arguments) + "\n";
  announce(by, "kick", with_reason("has kicked " + whom.name, arguments));
  (void)by.room.registry.dismiss([&](const Profile& one) { return one.stay == whom.stay; },
                                 farewell);
  return "* " + whom.name + " has to leave\n";
}

std::string mute(const Operator& by, std::string_view arguments) {
  const Profile whom = online(by, take_word(arguments));
  refuse_oneself(by, whom.name);
  const minutes time = take_minutes(arguments).value_or(kMuteTime);
  if (!arguments.empty()) throw std::runtime_error("it is /mute NAME [MINUTES]");
  const auto muted = by.room.registry.mute(whom.name, now() + time);
  announce(by, "mute", "has muted " + whom.name + " for " + minutes_text(time));
  std::string lines = "* " + whom.name + " can say nothing for " + minutes_text(time) + "\n";
  if (muted && !muted->others.empty()) {
    lines +=
        "* nor can others, by their name or where they come from: " + joined(muted->others) + "\n";
  }
  return lines;
}

std::string unmute(const Operator& by, std::string_view name) {
  const auto whom = by.room.registry.unmute(name);
  if (!whom) throw std::runtime_error(std::string(name.substr(0, kMaxName)) + " is not here");
  announce(by, "unmute", "has unmuted " + *whom);
  return "* " + *whom + " can speak again\n";
}

// The addresses that `target` means; nothing: it is a name. A mistyped address is an error, and not
// a ban of a name that nobody has: the user that the operator means would stay.
std::optional<AddressRange> range_of(const Operator& by, std::string_view target) {
  const bool named = by.room.registry.profile(target).has_value();
  if (is_name(target) && (named || !looks_like_address(target))) return std::nullopt;
  if (target.starts_with(kUnix)) {
    throw std::runtime_error("who comes by a Unix socket has no address: ban the name");
  }
  try {
    return AddressRange::parse_typed(target);
  } catch (const std::invalid_argument&) {
    throw std::runtime_error(
        "it is neither a name nor an address, as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/64");
  }
}

bool reaches(const Ban& ban, const Profile& one) {
  if (!ban.range) return name_skeleton(one.name) == name_skeleton(ban.name);
  return !one.peer.exempt && ban.range->contains(one.peer.address);
}

// Nobody can lock out the operators, or what everyone may come through.
void check_ban(const Operator& by, const Ban& ban, std::string_view target) {
  const auto accounts = by.room.accounts.current();
  if (!ban.range) {
    const std::string alike = name_skeleton(ban.name);  // for all of which it would hold
    if (name_skeleton(by.name) == alike) throw std::runtime_error("that is you");
    for (const std::string& name : accounts->names()) {
      if (accounts->is_operator(name) && name_skeleton(name) == alike) {
        throw std::runtime_error(name + " is an operator");
      }
    }
    return;
  }
  by.room.exemptions.refresh();
  const auto objection =
      by.room.exemptions.objection_to(*ban.range, typed_address(target).value_or(IpAddress{}));
  if (!objection.empty()) throw std::runtime_error(std::string(objection));
  for (const Profile& one : by.room.registry.profiles()) {
    if (accounts->is_operator(one.name, one.account) && reaches(ban, one)) {
      throw std::runtime_error("operator " + one.name + " comes from there");
    }
  }
}

std::string ban(const Operator& by, std::string_view arguments) {
  const std::string target(take_word(arguments));
  Ban ban{target, range_of(by, target), {}, by.name, {}};
  if (ban.range) ban.name.clear();
  if (const auto time = take_minutes(arguments)) ban.until = now() + *time;
  ban.reason = arguments;
  check_ban(by, ban, target);
  const std::string unstored =
      change_storage(by, [ban](RoomStorage& storage) { storage.ban(ban, now()); });
  const std::string until = ban.until ? " until " + utc_text(*ban.until) : "";
  announce_ban(by, "ban", "has banned ", ban, with_reason(until, ban.reason));
  (void)by.room.registry.dismiss([&](const Profile& one) { return reaches(ban, one); },
                                 banned_line(ban));
  std::string line = "* " + ban.target() + " is kept out" + until;
  if (!ban.range && looks_like_address(ban.name)) line += ", as a name, not as an address";
  return line + "\n" + unstored;
}

std::string unban(const Operator& by, std::string_view target) {
  const auto lifting = std::make_shared<std::vector<Ban>>();
  const std::string unstored =
      change_storage(by, [lifting, target = std::string(target)](RoomStorage& storage) {
        auto lifted = storage.unban(target);
        if (lifted.empty()) throw std::runtime_error("there is no such ban: /bans lists them");
        if (lifting->empty()) *lifting = std::move(lifted);
      });
  const std::vector<Ban>& lifted = *lifting;
  for (const Ban& ban : lifted) announce_ban(by, "unban", "has lifted the ban of ", ban, "");
  const Ban& last = lifted.back();
  return "* " + (last.range ? last.target() : std::string(target)) + " is let in\n" + unstored;
}

std::string bans(const Operator& by) {
  std::string lines;
  for (const Ban& ban : by.room.storage.current()->bans(now())) {
    std::string line = "* " + ban.target() + " by " + ban.by;
    if (ban.until) line += " until " + utc_text(*ban.until);
    lines += with_reason(std::move(line), ban.reason) + "\n";
  }
  return lines.empty() ? "* nobody is banned\n" : lines;
}

std::string close(const Operator& by, bool closed) {
  if (by.room.storage.current()->closed() == closed) {
    throw std::runtime_error(closed ? "it is closed already" : "it is open already");
  }
  const std::string unstored =
      change_storage(by, [closed](RoomStorage& storage) { storage.set_closed(closed); });
  announce(by, closed ? "close" : "open",
           closed ? "has closed the room to who is no account" : "has opened the room to everyone");
  return (closed ? "* only accounts come in\n" : "* everyone comes in\n") + unstored;
}

std::string remove_account(const Operator& by, std::string_view name) {
  change_accounts(by, [&](PasswordStorage& accounts) {
    if (!accounts.contains(name)) throw std::runtime_error("there is no such account");
    if (accounts.is_operator(name) && accounts.operators() == 1) {
      throw std::runtime_error("that is the last operator: make another one first");
    }
    accounts.remove(name);
  });
  note(by, "account", "removed " + std::string(name));
  return "* there is no account " + std::string(name) + " any more\n";
}

std::string turn_operator(const Operator& by, std::string_view name) {
  bool is_one = false;
  change_accounts(by, [&](PasswordStorage& accounts) {
    if (!accounts.contains(name)) throw std::runtime_error("there is no such account");
    is_one = !accounts.is_operator(name);
    if (!is_one && accounts.operators() == 1)
      throw std::runtime_error("that is the last operator: make another one first");
    // The last one could be somebody who cannot come in.
    if (is_one && by.room.storage.current()->ban_of(name, now()) != nullptr) {
      throw std::runtime_error(std::string(name) + " is banned");
    }
    accounts.set_operator(name, is_one);
  });
  const std::string account = by.room.accounts.current()->name_of(name).value_or("");
  const std::string what = is_one ? "is an operator" : "is no operator any more";
  announce(by, "account",
           is_one ? "has made " + account + " an operator"
                  : "has made " + account + " no operator any more");
  return "* " + account + " " + what + "\n";
}

std::string account(const Operator& by, std::string_view arguments) {
  const std::string verb = lowercase(take_word(arguments));
  if (verb == "remove" && is_name(arguments)) return remove_account(by, arguments);
  if (verb == "operator" && is_name(arguments)) return turn_operator(by, arguments);
  throw std::runtime_error("it is /account add|remove|operator NAME");
}

std::string number(double value) {
  std::array<char, 32> text;
  (void)std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::string stats(const Operator& by) {
  const Registry::Seats seats = by.room.registry.seats();
  const Broadcast::Figures figures = by.room.broadcast.figures();
  const auto up = Clock::now() - by.room.started;
  std::string lines;
  lines += "* online " + std::to_string(seats.logged_in + seats.registered) + ": " +
           std::to_string(seats.logged_in) + " of " + std::to_string(seats.accounts) +
           " accounts, " + std::to_string(seats.registered) + " of " +
           std::to_string(seats.max_users - seats.accounts) + " registered\n";
  lines += "* the last minute: " + number(figures.lines_per_second) + " lines/s said, " +
           number(figures.bytes_per_second) + " bytes/s sent\n";
  lines += "* line " + std::to_string(figures.last_number) + "; " +
           std::to_string(figures.kept_lines) + " lines kept, " +
           std::to_string(figures.kept_bytes) + " bytes\n";
  lines += "* slow members " + std::to_string(figures.slow) + ", refused " +
           std::to_string(by.room.refused.sum()) + ", up " +
           duration_text(std::chrono::duration_cast<std::chrono::seconds>(up)) + "\n";
  return lines;
}

std::string shutdown(const Operator& by, std::string_view arguments) {
  if (lowercase(arguments) == "off") {
    if (!by.room.countdown.cancel()) throw std::runtime_error("no shutdown is ordered");
    announce(by, "shutdown", "does not stop the server");
    return "* the server goes on\n";
  }
  const minutes left = take_minutes(arguments).value_or(minutes(0));
  note(by, "shutdown", with_reason("in " + minutes_text(left), arguments));
  by.room.countdown.begin(by.name, left, std::string(arguments));
  return "* as you say\n";
}

std::string run(const Operator& by, const CommandEntry& entry, std::string_view arguments) {
  switch (entry.command) {
    case Command::kKick:
      return kick(by, arguments);
    case Command::kMute:
      return mute(by, arguments);
    case Command::kUnmute:
      return unmute(by, arguments);
    case Command::kBan:
      return ban(by, arguments);
    case Command::kUnban:
      return unban(by, arguments);
    case Command::kBans:
      return bans(by);
    case Command::kClose:
      return close(by, true);
    case Command::kOpen:
      return close(by, false);
    case Command::kAccount:
      return account(by, arguments);
    case Command::kStats:
      return stats(by);
    case Command::kShutdown:
      return shutdown(by, arguments);
    default:
      throw std::logic_error("no command of operators");
  }
}

// `command` throws to say what is wrong with it.
std::string answer_of(const std::function<std::string()>& command) {
  try {
    return command();
  } catch (const std::exception& error) {
    return "! " + neutralised(error.what()) + "\n";
  }
}

// A lone - stands for none.
std::string text_or_none(std::string_view text) { return text == "-" ? "" : std::string(text); }

}  // namespace

std::string run_operator_command(const Operator& by, const CommandEntry& entry,
                                 std::string_view arguments) {
  return answer_of([&] { return run(by, entry, arguments); });
}

std::string set_topic(const Operator& by, std::string_view text) {
  return answer_of([&]() -> std::string {
    const std::string topic = text_or_none(text);
    const std::string unstored =
        change_storage(by, [topic](RoomStorage& storage) { storage.set_topic(topic); });
    announce(by, "topic", topic.empty() ? "has removed the topic" : "has set the topic: " + topic);
    return "* the topic is set\n" + unstored;
  });
}

std::string set_motd(const Operator& by, std::string_view text) {
  return answer_of([&]() -> std::string {
    const std::string motd = text_or_none(text);
    const std::string unstored =
        change_storage(by, [motd](RoomStorage& storage) { storage.set_motd(motd); });
    note(by, "motd", motd);
    return "* the message of the day is set\n" + unstored;
  });
}

void check_new_account(const Room& room, std::string_view name) {
  if (!is_name(name)) throw std::runtime_error("that is no name");
  if (room.accounts.current()->contains(name)) {
    throw std::runtime_error("there is such an account already");
  }
}

std::string add_account(const Operator& by, const std::string& account, const std::string& hash) {
  std::vector<std::string> sent_away;
  by.room.accounts.change(
      [&](PasswordStorage& accounts) {
        refuse_former_operator(by, accounts);
        accounts.add(account, hash);
        by.room.registry.claim_seats(accounts);
      },
      [&](const PasswordStorage& accounts) { sent_away = adopt_accounts(by.room, accounts); });
  note(by, "account", "added " + account);
  std::string lines = "* there is an account " + account + " now\n";
  if (!sent_away.empty()) {
    lines += "* who was registered by a name like that has to leave: " + joined(sent_away) + "\n";
  }
  return lines;
}

void change_accounts(Room& room, const std::function<void(PasswordStorage& accounts)>& change) {
  room.accounts.change(
      [&](PasswordStorage& accounts) {
        change(accounts);
        room.registry.claim_seats(accounts);
      },
      [&](const PasswordStorage& accounts) { (void)adopt_accounts(room, accounts); });
}

void reload_accounts(Room& room) {
  room.accounts.reload(
      [&](const PasswordStorage& accounts) { room.registry.claim_seats(accounts); },
      [&](const PasswordStorage& accounts) { (void)adopt_accounts(room, accounts); });
}

std::vector<std::string> adopt_accounts(Room& room, const PasswordStorage& accounts) {
  auto names = room.registry.adopt(accounts);
  for (const std::string& name : names) {
    room.log.write("sent-away", "-", name, "its name looks like an account's now");
  }
  return names;
}

void adopt_bans(Room& room) {
  const auto storage = room.storage.current();
  const auto time = now();
  (void)room.registry.dismiss(
      [&](const Profile& one) {
        return storage->ban_of(one.name, time) != nullptr ||
               storage->ban_of(one.peer, time) != nullptr;
      },
      "! you are banned\n");
}

std::string banned_line(const Ban& ban) {
  std::string line = "! you are banned";
  if (ban.until) line += " until " + utc_text(*ban.until);
  return with_reason(line, ban.reason) + "\n";
}

}  // namespace chat
