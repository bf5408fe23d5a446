#include "chat/server/server_options.hpp"

#include <getopt.h>

#include <array>
#include <charconv>
#include <chrono>
#include <istream>
#include <limits>
#include <ostream>

#include "chat/base/limits.hpp"
#include "chat/base/program_name.hpp"
#include "chat/base/text.hpp"

namespace chat {
namespace {

constexpr std::array kOptions = {
    option{"max-users", required_argument, nullptr, 'm'},
    option{"port", required_argument, nullptr, 'p'},
    option{"bind", required_argument, nullptr, 'b'},
    option{"accounts", required_argument, nullptr, 'a'},
    option{"login-timeout", required_argument, nullptr, 't'},
    option{"stall-timeout", required_argument, nullptr, 's'},
    option{"max-pending", required_argument, nullptr, 'n'},
    option{"max-pending-per-address", required_argument, nullptr, 'N'},
    option{"max-members-per-address", required_argument, nullptr, 'E'},
    option{"rate", required_argument, nullptr, 'r'},
    option{"transcript", required_argument, nullptr, 'T'},
    option{"transcript-sync", required_argument, nullptr, 'S'},
    option{"transcript-max", required_argument, nullptr, 'X'},
    option{"history", required_argument, nullptr, 'H'},
    option{"unix", required_argument, nullptr, 'u'},
    option{"trust-unix-users", no_argument, nullptr, 'U'},
    option{"trust-proxy", required_argument, nullptr, 'P'},
    option{"metrics", required_argument, nullptr, 'M'},
    option{"log", required_argument, nullptr, 'l'},
    option{"log-level", required_argument, nullptr, 'v'},
    option{"check", no_argument, nullptr, 'C'},
    option{"add-account", required_argument, nullptr, 'A'},
    option{"operator", no_argument, nullptr, 'O'},
    option{"remove-account", required_argument, nullptr, 'R'},
    option{"list-accounts", no_argument, nullptr, 'L'},
    option{"version", no_argument, nullptr, 'V'},
    option{"help", no_argument, nullptr, 'h'},
    option{nullptr, 0, nullptr, 0},
};

// `text` as a whole number from `low` to `high`. Throws UsageError, which begins with `what`.
template <typename Number>
Number parse_number(std::string_view what, std::string_view text, Number low, Number high) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || number < low || number > high) {
    throw UsageError(std::string(what) + ": \"" + neutralised(text) +
                     "\" is not a whole number from " + std::to_string(low) + " to " +
                     std::to_string(high));
  }
  return number;
}

Transcript::Sync parse_sync(std::string_view word) {
  if (word == "always") return Transcript::Sync::kAlways;
  if (word == "second") return Transcript::Sync::kSecond;
  if (word == "never") return Transcript::Sync::kNever;
  throw UsageError("--transcript-sync is always, second or never");
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

TrustedProxy parse_proxy(std::string_view what, std::string_view text) {
  try {
    return TrustedProxy::parse(text);
  } catch (const std::invalid_argument& error) {
    throw UsageError(std::string(what) + ": " + error.what());
  }
}

bool parse_log(std::string_view word) {
  if (word == "plain" || word == "json") return word == "json";
  throw UsageError("--log is plain or json");
}

EventLog::Level parse_level(std::string_view word) {
  if (word == "error") return EventLog::Level::kError;
  if (word == "warning") return EventLog::Level::kWarning;
  if (word == "info") return EventLog::Level::kInfo;
  throw UsageError("--log-level is error, warning or info");
}

}  // namespace

ServerOptions parse_server_options(int argc, char* const* argv) {
  ServerOptions options;
  const auto act = [&](ServerOptions::Action action, const char* name) {
    if (options.action != ServerOptions::Action::kServe) {
      throw UsageError(
          "only one of --check, --add-account, --remove-account and --list-accounts at a time");
    }
    options.action = action;
    options.account_name = name;
  };
  ::optind = 0;  // glibc: begin anew, also after another command line
  ::opterr = 0;
  int letter = 0;
  while ((letter = ::getopt_long(argc, argv, ":", kOptions.data(), nullptr)) != -1) {
    switch (letter) {
      case 'm':
        options.config.max_users = parse_max_users(::optarg);
        break;
      case 'p':
        options.config.port = parse_number<std::uint16_t>("--port", ::optarg, 0, 65535);
        break;
      case 'b':
        options.config.address = ::optarg;
        break;
      case 'a':
        options.accounts_file = ::optarg;
        break;
      case 't':
        options.config.login_timeout =
            std::chrono::seconds(parse_number("--login-timeout", ::optarg, 1, 86'400));
        break;
      case 's':
        options.config.stall_timeout =
            std::chrono::seconds(parse_number("--stall-timeout", ::optarg, 1, kMaxStallTimeout));
        break;
      case 'n':
        options.config.max_pending =
            parse_number<std::size_t>("--max-pending", ::optarg, 1, kMaxUsersLimit);
        break;
      case 'N':
        options.config.max_pending_per_address =
            parse_number<std::size_t>("--max-pending-per-address", ::optarg, 1, kMaxUsersLimit);
        break;
      case 'E':
        options.config.max_members_per_address =
            parse_number<std::size_t>("--max-members-per-address", ::optarg, 1, kMaxUsersLimit);
        break;
      case 'r':
        options.config.rate = parse_number("--rate", ::optarg, 0, 1'000'000);
        break;
      case 'T':
        options.config.transcript = ::optarg;
        break;
      case 'S':
        options.config.transcript_sync = parse_sync(::optarg);
        break;
      case 'X':
        options.config.transcript_max = parse_size("--transcript-max", ::optarg);
        break;
      case 'H':
        options.config.history = parse_number<std::uint64_t>("--history", ::optarg, 0, kKeptLines);
        break;
      case 'u':
        options.config.unix_path = ::optarg;
        break;
      case 'U':
        options.config.trust_unix_users = true;
        break;
      case 'P':
        options.config.trusted_proxy = parse_proxy("--trust-proxy", ::optarg);
        break;
      case 'M':
        options.config.metrics = ::optarg;
        break;
      case 'l':
        options.log.json = parse_log(::optarg);
        break;
      case 'v':
        options.log.least = parse_level(::optarg);
        break;
      case 'C':
        act(ServerOptions::Action::kCheck, "");
        break;
      case 'A':
        act(ServerOptions::Action::kAddAccount, ::optarg);
        break;
      case 'O':
        options.is_operator = true;
        break;
      case 'R':
        act(ServerOptions::Action::kRemoveAccount, ::optarg);
        break;
      case 'L':
        act(ServerOptions::Action::kListAccounts, "");
        break;
      case 'V':
        options.action = ServerOptions::Action::kShowVersion;
        return options;
      case 'h':
        options.action = ServerOptions::Action::kHelp;
        return options;
      case ':':
        throw UsageError(std::string(argv[::optind - 1]) + " needs a value");
      default:
        throw UsageError(std::string(argv[::optind - 1]) + " is not an option");
    }
  }
  if (::optind < argc) throw UsageError(std::string(argv[::optind]) + " is not an option");
  if (options.is_operator && options.action != ServerOptions::Action::kAddAccount) {
    throw UsageError("--operator needs --add-account");
  }
  return options;
}

std::string server_usage() {
  return "usage: " + program_name() +
         " [OPTION]...\n"
         "Runs one chatroom.\n"
         "  --max-users N          maximum number of users, 1 to 1000000 (default: asks on "
         "standard\n"
         "                         input)\n"
         "  --port N               port to listen on (default 3490; 0: any free one)\n"
         "  --bind ADDRESS         address to listen on (default: all, IPv4 and IPv6)\n"
         "  --accounts FILE        password storage (default password_storage)\n"
         "  --login-timeout N      disconnects clients that are not in after N seconds (default "
         "60)\n"
         "  --stall-timeout N      disconnects members that receive nothing for N seconds (default "
         "30)\n"
         "  --max-pending N        maximum number of connections that are not in yet (default "
         "256)\n"
         "  --max-pending-per-address N\n"
         "                         of these, maximum from one address (default 32)\n"
         "  --max-members-per-address N\n"
         "                         maximum number of registered users from one address (default: "
         "half\n"
         "                         of the free seats)\n"
         "  --rate N               lines per second from each member, with bursts of twice that\n"
         "                         (default 5; 0: no limit)\n"
         "  --history N            number of old lines that newcomers see (default 20)\n"
         "  --transcript FILE      keeps all lines in FILE; numbering and history survive a "
         "restart\n"
         "  --transcript-sync WHEN flushes the transcript to disk: always, second (default) or "
         "never\n"
         "  --transcript-max SIZE  rotates the transcript to FILE.1 before it exceeds SIZE, such "
         "as 100M\n"
         "                         (default 0: never)\n"
         "  --unix PATH            also listens on a Unix socket\n"
         "  --trust-unix-users     on that socket, Unix users log in to the account of exactly "
         "their name\n"
         "                         without a password\n"
         "  --trust-proxy ADDRESS[/BITS]\n"
         "                         accepts PROXY headers from this address; unix:USER: from this "
         "user on\n"
         "                         the Unix socket\n"
         "  --metrics ADDRESS:PORT serves statistics at /metrics for a monitoring system; also "
         "unix:PATH\n"
         "  --log FORM             event log format: plain (default) or json\n"
         "  --log-level LEVEL      logs error, warning or info (default)\n"
         "  --check                checks options and files, then exits\n"
         "  --version              prints the version\n"
         "  --help                 prints this text\n"
         "SIGUSR2 upgrades a running server in place; no connection is lost.\n"
         "Accounts, instead of serving (SIGHUP makes a running server reload them):\n"
         "  --add-account NAME     adds an account; asks for the password twice\n"
         "  --operator             with --add-account: makes it an operator\n"
         "  --remove-account NAME  removes an account\n"
         "  --list-accounts        lists the accounts\n";
}

std::size_t parse_max_users(std::string_view text) {
  return parse_number<std::size_t>("maximum number of users", text, 1, kMaxUsersLimit);
}

std::size_t ask_max_users(std::istream& in, std::ostream& out, bool terminal) {
  while (true) {
    out << "Maximum number of users: " << std::flush;
    std::string answer;
    if (!std::getline(in, answer)) {
      out << '\n';
      throw std::runtime_error("maximum number of users: no answer before the end of input");
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
