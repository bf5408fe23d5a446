#include "chat/server/server_options.hpp"

#include <getopt.h>

#include <array>
#include <charconv>
#include <chrono>
#include <initializer_list>
#include <istream>
#include <ostream>
#include <type_traits>
#include <utility>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/program_name.hpp"
#include "chat/base/text.hpp"
#include "chat/base/usage.hpp"
#include "chat/room/limits.hpp"
#include "chat/server/limits.hpp"

namespace chat {
namespace {

using Action = ServerOptions::Action;

// Sets something in the options. `name` begins with --; `value` is empty where none is taken.
// Throws UsageError.
using Set = void (*)(ServerOptions&, const std::string& name, const std::string& value);

struct Option {
  const char* name;
  std::string_view argument;  // as --help names it; empty: it takes none
  std::string_view help;
  Set set;
};

// `text` as a whole number from `low` to `high`. Throws UsageError, which begins with `what`.
std::uint64_t parse_number(std::string_view what, std::string_view text, std::uint64_t low,
                           std::uint64_t high) {
  std::uint64_t number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || number < low || number > high) {
    throw UsageError(std::string(what) + ": \"" + neutralised(text) +
                     "\" is not a whole number from " + std::to_string(low) + " to " +
                     std::to_string(high));
  }
  return number;
}

// A number of bytes, or of K, M or G of them. Throws UsageError, which begins with `what`.
std::uint64_t parse_size(std::string_view what, std::string_view text) {
  constexpr std::string_view kUnits = "KMG";
  const std::size_t unit = text.empty() ? kUnits.npos : kUnits.find(text.back());
  const int shift = unit == kUnits.npos ? 0 : 10 * static_cast<int>(unit + 1);
  const std::string_view digits = text.substr(0, text.size() - (shift == 0 ? 0 : 1));
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc{} || stop != end || number > kMaxTranscriptSize >> shift) {
    throw UsageError(std::string(what) + ": \"" + neutralised(text) +
                     "\" is not a size such as 500K, 100M or 2G");
  }
  return number << shift;
}

// The one of `choices` that `word` names. Throws UsageError, which lists them.
template <typename Value>
Value choice(std::string message, std::string_view word,
             std::initializer_list<std::pair<std::string_view, Value>> choices) {
  message += " is ";
  for (auto each = choices.begin(); each != choices.end(); ++each) {
    if (each->first == word) return each->second;
    if (each != choices.begin()) message += each + 1 == choices.end() ? " or " : ", ";
    message += each->first;
  }
  throw UsageError(message);
}

template <auto kMember>
void text(ServerOptions& options, const std::string&, const std::string& value) {
  options.config.*kMember = value;
}

template <auto kMember, std::uint64_t kLow, std::uint64_t kHigh>
void number(ServerOptions& options, const std::string& name, const std::string& value) {
  auto& member = options.config.*kMember;
  member = static_cast<std::remove_reference_t<decltype(member)>>(
      parse_number(name, value, kLow, kHigh));
}

template <auto kMember, std::uint64_t kHigh>
void seconds(ServerOptions& options, const std::string& name, const std::string& value) {
  options.config.*kMember = std::chrono::seconds(parse_number(name, value, 1, kHigh));
}

// In place of serving.
template <Action kAction>
void act(ServerOptions& options, const std::string&, const std::string& value) {
  if (options.action != Action::kServe) {
    throw UsageError(
        "only one of --check, --add-account, --remove-account and --list-accounts at a time");
  }
  options.action = kAction;
  options.account_name = value;
}

// Whatever else is asked for.
template <Action kAction>
void only(ServerOptions& options, const std::string&, const std::string&) {
  options.action = kAction;
}

void set_max_users(ServerOptions& options, const std::string&, const std::string& value) {
  options.config.max_users = parse_max_users(value);
}

void set_accounts(ServerOptions& options, const std::string&, const std::string& value) {
  options.accounts_file = value;
}

void set_sync(ServerOptions& options, const std::string& name, const std::string& value) {
  using Sync = Transcript::Sync;
  options.config.transcript_sync = choice<Sync>(
      name, value, {{"always", Sync::kAlways}, {"second", Sync::kSecond}, {"never", Sync::kNever}});
}

void set_transcript_max(ServerOptions& options, const std::string& name, const std::string& value) {
  options.config.transcript_max = parse_size(name, value);
}

void set_trust_unix_users(ServerOptions& options, const std::string&, const std::string&) {
  options.config.trust_unix_users = true;
}

void set_trust_proxy(ServerOptions& options, const std::string& name, const std::string& value) {
  try {
    options.config.trusted_proxy = TrustedProxy::parse(value);
  } catch (const std::invalid_argument& error) {
    throw UsageError(name + ": " + error.what());
  }
}

void set_log(ServerOptions& options, const std::string& name, const std::string& value) {
  options.log.json = choice<bool>(name, value, {{"plain", false}, {"json", true}});
}

void set_log_level(ServerOptions& options, const std::string& name, const std::string& value) {
  using Level = EventLog::Level;
  options.log.least = choice<Level>(
      name, value,
      {{"error", Level::kError}, {"warning", Level::kWarning}, {"info", Level::kInfo}});
}

void set_operator(ServerOptions& options, const std::string&, const std::string&) {
  options.is_operator = true;
}

using Config = ServerConfig;

// In the order of --help. Between the two kinds it has something to say.
constexpr std::array kOptions = {
    Option{"max-users", "N",
           "maximum number of users, 1 to 1000000 (default: asks on standard\ninput)",
           set_max_users},
    Option{"port", "N", "port to listen on (default 3490; 0: any free one)",
           number<&Config::port, 0, 65535>},
    Option{"bind", "ADDRESS", "address to listen on (default: all, IPv4 and IPv6)",
           text<&Config::address>},
    Option{"accounts", "FILE", "password storage (default password_storage)", set_accounts},
    Option{"login-timeout", "N", "disconnects clients that are not in after N seconds (default 60)",
           seconds<&Config::login_timeout, 86'400>},
    Option{"stall-timeout", "N",
           "disconnects members that receive nothing for N seconds (default 30)",
           seconds<&Config::stall_timeout, kMaxStallTimeout>},
    Option{"max-pending", "N", "maximum number of connections that are not in yet (default 256)",
           number<&Config::max_pending, 1, kMaxUsersLimit>},
    Option{"max-pending-per-address", "N", "of these, maximum from one address (default 32)",
           number<&Config::max_pending_per_address, 1, kMaxUsersLimit>},
    Option{"max-members-per-address", "N",
           "maximum number of registered users from one address (default: half\n"
           "of the free seats)",
           number<&Config::max_members_per_address, 1, kMaxUsersLimit>},
    Option{"rate", "N",
           "lines per second from each member, with bursts of twice that\n(default 5; 0: no limit)",
           number<&Config::rate, 0, 1'000'000>},
    Option{"history", "N", "number of old lines that newcomers see (default 20)",
           number<&Config::history, 0, kKeptLines>},
    Option{"transcript", "FILE", "keeps all lines in FILE; numbering and history survive a restart",
           text<&Config::transcript>},
    Option{"transcript-sync", "WHEN",
           "flushes the transcript to disk: always, second (default) or never", set_sync},
    Option{"transcript-max", "SIZE",
           "rotates the transcript to FILE.1 before it exceeds SIZE, such as 100M\n"
           "(default 0: never)",
           set_transcript_max},
    Option{"unix", "PATH", "also listens on a Unix socket", text<&Config::unix_path>},
    Option{"trust-unix-users", "",
           "on that socket, Unix users log in to the account of exactly their name\n"
           "without a password",
           set_trust_unix_users},
    Option{"trust-proxy", "ADDRESS[/BITS]",
           "accepts PROXY headers from this address; unix:USER: from this user on\n"
           "the Unix socket",
           set_trust_proxy},
    Option{"metrics", "ADDRESS:PORT",
           "serves statistics at /metrics for a monitoring system; also unix:PATH",
           text<&Config::metrics>},
    Option{"log", "FORM", "event log format: plain (default) or json", set_log},
    Option{"log-level", "LEVEL", "logs error, warning or info (default)", set_log_level},
    Option{"check", "", "checks options and files, then exits", act<Action::kCheck>},
    Option{"version", "", "prints the version", only<Action::kShowVersion>},
    Option{"help", "", "prints this text", only<Action::kHelp>},
    Option{"add-account", "NAME", "adds an account; asks for the password twice",
           act<Action::kAddAccount>},
    Option{"operator", "", "with --add-account: makes it an operator", set_operator},
    Option{"remove-account", "NAME", "removes an account", act<Action::kRemoveAccount>},
    Option{"list-accounts", "", "lists the accounts", act<Action::kListAccounts>},
};
constexpr std::string_view kFirstOfAccounts = "add-account";

}  // namespace

ServerOptions parse_server_options(int argc, char* const* argv) {
  // No letters: numbers beyond them, each its own, or getopt_long() takes a beginning that several
  // options share for the first of them.
  constexpr int kFirst = 256;
  std::vector<option> rows;
  for (const Option& each : kOptions) {
    rows.push_back({each.name, each.argument.empty() ? no_argument : required_argument, nullptr,
                    kFirst + static_cast<int>(rows.size())});
  }
  rows.push_back({});
  ServerOptions options;
  ::optind = 0;  // glibc: begin anew, also after another command line
  ::opterr = 0;
  int found = 0;
  while ((found = ::getopt_long(argc, argv, ":", rows.data(), nullptr)) != -1) {
    if (found < kFirst) {
      throw UsageError(std::string(argv[::optind - 1]) +
                       (found == ':' ? " needs a value" : " is not an option"));
    }
    const Option& each = kOptions[static_cast<std::size_t>(found - kFirst)];
    each.set(options, std::string("--") + each.name, ::optarg == nullptr ? "" : ::optarg);
    if (options.action == Action::kHelp || options.action == Action::kShowVersion) return options;
  }
  if (::optind < argc) throw UsageError(std::string(argv[::optind]) + " is not an option");
  if (options.is_operator && options.action != Action::kAddAccount) {
    throw UsageError("--operator needs --add-account");
  }
  return options;
}

std::string server_usage() {
  std::string usage = "usage: " + program_name() + " [OPTION]...\nRuns one chatroom.\n";
  for (const Option& each : kOptions) {
    if (each.name == kFirstOfAccounts) {
      usage +=
          "SIGUSR2 upgrades a running server in place; no connection is lost.\n"
          "Accounts, instead of serving (SIGHUP makes a running server reload them):\n";
    }
    std::string typed = std::string("--") + each.name;
    if (!each.argument.empty()) typed.append(" ").append(each.argument);
    usage += usage_row(typed, each.help);
  }
  return usage;
}

std::size_t parse_max_users(std::string_view text) {
  return parse_number("maximum number of users", text, 1, kMaxUsersLimit);
}

std::size_t ask_max_users(std::istream& in, std::ostream& out, bool terminal) {
  while (true) {
    out << "Maximum number of users: " << std::flush;
    std::string answer;
    if (!std::getline(in, answer)) {
      out << '\n';
      throw std::runtime_error(
          "maximum number of users: no answer before the end of input: "
          "give --max-users");
    }
    try {
      return parse_max_users(trimmed(answer));
    } catch (const UsageError& error) {
      if (!terminal) {
        out << '\n';
        throw std::runtime_error(error.what());
      }
      out << error.what() << '\n';
    }
  }
}

}  // namespace chat
