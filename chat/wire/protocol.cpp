#include "chat/wire/protocol.hpp"

#include <algorithm>
#include <system_error>

#include "chat/base/text.hpp"
#include "chat/wire/limits.hpp"

namespace chat::protocol {

std::optional<Mode> parse_mode(std::string_view line) {
  const std::string word = lowercase(trimmed(line));
  if (word == "login") return Mode::kLogin;
  if (word == "register") return Mode::kRegister;
  if (word == "resume") return Mode::kResume;
  return std::nullopt;
}

std::optional<Credentials> parse_credentials(std::string_view line, std::string& reason,
                                             bool none) {
  const auto comma = line.find(',');
  if (comma == std::string_view::npos) {
    reason = "there is no comma; type user,password";
    return std::nullopt;
  }
  const std::string_view name = trimmed(line.substr(0, comma));
  const std::string_view password = line.substr(comma + 1);
  if (!is_name(name)) {
    reason = "a username is 1 to 32 letters, digits, _ . or - and begins with a letter or digit";
    return std::nullopt;
  }
  if (!is_password(password) && !(none && password.empty())) {
    reason = "a password is 1 to 511 bytes of text without control characters";
    return std::nullopt;
  }
  return Credentials{std::string(name), std::string(password)};
}

std::string_view text_of(std::string_view line) { return line.substr(2, line.size() - 3); }

bool is_passing(std::string_view refusal) {
  for (const std::string_view line : {kTimedOut, kOutOfResources, kMadeRoom, kCrowded, kTooOften}) {
    if (text_of(line) == refusal) return true;
  }
  return false;
}

bool is_final(std::string_view error_text) {
  for (const std::string_view beginning :
       {"your session goes on in another connection", "you were kicked", "you are banned",
        "your account is no more", "your name looks like an account's"}) {
    if (error_text.starts_with(beginning)) return true;
  }
  return false;
}

std::string_view reason_of(std::string_view refusal) {
  const std::string_view text = text_of(refusal);
  const std::string_view banned = "you are banned";
  return text.starts_with(banned) ? banned : text.substr(0, text.find(':'));
}

std::string hello(std::string_view name) { return "* hello " + std::string(name) + "\n"; }

std::string wrong_format(std::string_view reason) {
  return "! wrong format: " + std::string(reason) + "\n";
}

std::string_view without_telnet(std::string_view line) {
  constexpr char kCommand = '\xFF';
  constexpr std::string_view kWithOption = "\xFB\xFC\xFD\xFE";  // WILL, WON'T, DO, DON'T
  constexpr char kBegin = '\xFA';
  constexpr std::string_view kEnd = "\xFF\xF0";
  const auto is_verb = [](char c) { return static_cast<unsigned char>(c) >= 0xF0; };
  while (line.size() > 1 && line.front() == kCommand && is_verb(line[1])) {
    const char verb = line[1];
    std::size_t size = kWithOption.find(verb) != std::string_view::npos ? 3 : 2;
    if (size > line.size()) break;
    if (verb == kBegin) size = std::min(line.find(kEnd), line.size() - 2) + kEnd.size();
    line.remove_prefix(size);
  }
  return line;
}

namespace {

constexpr std::string_view kOnline = "online";
constexpr std::string_view kMissed = "you missed lines ";
constexpr std::string_view kNotKept = " are not kept any more";
constexpr std::string_view kCorrects = "corrects ";
constexpr std::string_view kTakesBack = "takes back ";
constexpr std::string_view kNothingAfter = "there is nothing after line ";

// One line of a list of `names`, as online_line().
std::string list_line(std::string_view state, const std::vector<std::string>& names,
                      std::size_t& next) {
  std::string line = std::string("* ").append(state) + " (" + std::to_string(names.size()) + "): ";
  for (const std::size_t first = next; next < names.size(); ++next) {
    const std::string_view comma = next == first ? "" : ", ";
    if (next > first && line.size() + comma.size() + names[next].size() > kMaxLine) break;
    line.append(comma).append(names[next]);
  }
  return line + '\n';
}

}  // namespace

std::string online_line(const std::vector<std::string>& names, std::size_t& next) {
  return list_line(kOnline, names, next);
}

bool is_online_line(std::string_view notice_text) {
  return take_prefix(notice_text, kOnline) && notice_text.starts_with(" (");
}

std::string away_line(const std::vector<std::string>& names, std::size_t& next) {
  return list_line("away", names, next);
}

std::string online(const std::vector<std::string>& names) {
  std::string lines;
  for (std::size_t next = 0; next < names.size();) lines += online_line(names, next);
  return lines;
}

std::string private_line(std::string_view from, std::string_view to, std::string_view text) {
  return std::string(from).append(" -> ").append(to).append(": ").append(text).append("\n");
}

std::string nobody_called(std::string_view name) {
  return is_name(name) ? "! " + std::string(name) + " is not here\n" : "! that is no name\n";
}

std::string missed_lines(std::uint64_t first, std::uint64_t last) {
  return std::string("* ").append(kMissed) + std::to_string(first) + " to " + std::to_string(last) +
         " (/since " + std::to_string(first - 1) + ")\n";
}

bool is_missed_lines(std::string_view notice_text) { return notice_text.starts_with(kMissed); }

std::string not_kept(std::uint64_t first, std::uint64_t last) {
  return "* lines " + std::to_string(first) + " to " +
         std::to_string(last).append(kNotKept).append("\n");
}

bool is_not_kept(std::string_view notice_text) { return notice_text.ends_with(kNotKept); }

std::string nothing_after(std::uint64_t number) {
  return std::string("* ").append(kNothingAfter) + std::to_string(number) + "\n";
}

bool is_nothing_after(std::string_view notice_text) {
  return notice_text.starts_with(kNothingAfter);
}

std::string correction(std::uint64_t number, std::string_view text) {
  return std::string(kCorrects).append(std::to_string(number)).append(": ").append(text);
}

std::string withdrawal(std::uint64_t number) {
  return std::string(kTakesBack).append(std::to_string(number));
}

bool is_correction(std::string_view text) {
  return text.starts_with(kCorrects) || text.starts_with(kTakesBack);
}

std::optional<Command> parse_command(std::string_view line) {
  if (!line.starts_with('/') || line.starts_with("//")) return std::nullopt;
  const auto space = line.find_first_of(" \t");
  if (space == std::string_view::npos) return Command{line, {}};
  return Command{line.substr(0, space), trimmed(line.substr(space))};
}

std::optional<SecretCommand> parse_secret_command(std::string_view line) {
  const auto command = parse_command(line);
  if (!command) return std::nullopt;
  const std::size_t name_end = command->name.size();
  const std::string name = lowercase(command->name);
  if (name == "/password") {
    SecretCommand secret{line.substr(0, name_end), {}, {}, {}};
    const std::string_view rest = line.substr(std::min(name_end + 1, line.size()));
    const auto tab = rest.find('\t');
    secret.old_password = rest.substr(0, tab);
    if (tab != std::string_view::npos) secret.password = rest.substr(tab + 1);
    return secret;
  }
  std::string_view account = command->arguments;
  const std::string_view verb = account.substr(0, account.find_first_of(" \t"));
  if (name != "/account" || lowercase(verb) != "add") return std::nullopt;
  // From here on the line as it is: a password may end in spaces.
  const auto verb_end = static_cast<std::size_t>(verb.data() + verb.size() - line.data());
  const auto tab = line.find('\t', std::min(verb_end + 1, line.size()));
  SecretCommand secret{trimmed(line.substr(0, tab)), {}, {}, {}};
  secret.account = trimmed(line.substr(verb_end, std::max(tab, verb_end) - verb_end));
  if (tab != std::string_view::npos) secret.password = line.substr(tab + 1);
  return secret;
}

std::string without_passwords(std::string_view line) {
  const auto secret = parse_secret_command(line);
  if (!secret || line == secret->head) return std::string(line);
  return std::string(secret->head) + " (hidden)";
}

}  // namespace chat::protocol
