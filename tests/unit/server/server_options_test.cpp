#include "chat/server/server_options.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace chat {
namespace {

using namespace std::chrono_literals;
using Action = ServerOptions::Action;
using Arguments = std::vector<std::string>;

ServerOptions parse(Arguments arguments) {
  arguments.insert(arguments.begin(), "server");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return parse_server_options(static_cast<int>(arguments.size()), argv.data());
}

void check_refused(const Arguments& arguments, const std::string& reason) {
  BOOST_CHECK_EXCEPTION(parse(arguments), UsageError, [&](const UsageError& error) {
    BOOST_TEST(error.what() == reason);
    return true;
  });
}

// The question with `input` to answer it: what is shown, and the number or what is thrown.
struct Dialogue {
  Dialogue(const std::string& input, bool terminal) {
    std::istringstream in(input);
    std::ostringstream out;
    try {
      number = ask_max_users(in, out, terminal);
    } catch (const std::runtime_error& error) {
      failure = error.what();
    }
    shown = out.str();
  }
  std::size_t number = 0;
  std::string failure;
  std::string shown;
};

const std::string kQuestion = "Maximum number of users: ";
const std::string kRange = " is not a whole number from 1 to 1000000";
const std::string kNoAnswer = "maximum number of users: no answer before the end of input: give --max-users";

}  // namespace

BOOST_AUTO_TEST_SUITE(server_options)

BOOST_AUTO_TEST_CASE(without_options_it_serves_on_port_3490_of_all_addresses) {
  const auto options = parse({});
  BOOST_TEST((options.action == Action::kServe));
  BOOST_TEST(options.config.max_users == 0u);  // to be asked for
  BOOST_TEST(options.config.address == "");
  BOOST_TEST(options.config.port == 3490);
  BOOST_TEST((options.config.login_timeout == 60s));
  BOOST_TEST((options.config.stall_timeout == 30s));
  BOOST_TEST(options.config.max_pending == 256u);
  BOOST_TEST(options.config.max_pending_per_address == 32u);
  BOOST_TEST(options.config.rate == 5);
  BOOST_TEST(options.accounts_file == "password_storage");
}

BOOST_AUTO_TEST_CASE(every_option_takes_its_value_from_the_next_argument_or_after_an_equals_sign) {
  const Arguments names = {"--max-users",
                           "--port",
                           "--bind",
                           "--accounts",
                           "--login-timeout",
                           "--rate",
                           "--stall-timeout",
                           "--max-pending",
                           "--max-pending-per-address",
                           "--max-members-per-address"};
  const Arguments values = {"4", "0", "::1", "some file", "7", "0", "8", "9", "10", "11"};
  Arguments apart;
  Arguments together;
  for (std::size_t i = 0; i < names.size(); ++i) {
    apart.insert(apart.end(), {names[i], values[i]});
    together.push_back(names[i] + "=" + values[i]);
  }
  for (const Arguments& arguments : {apart, together}) {
    const auto options = parse(arguments);
    BOOST_TEST((options.action == Action::kServe));
    BOOST_TEST(options.config.max_users == 4u);
    BOOST_TEST(options.config.port == 0);
    BOOST_TEST(options.config.address == "::1");
    BOOST_TEST(options.accounts_file == "some file");
    BOOST_TEST((options.config.login_timeout == 7s));
    BOOST_TEST(options.config.rate == 0);
    BOOST_TEST((options.config.stall_timeout == 8s));
    BOOST_TEST(options.config.max_pending == 9u);
    BOOST_TEST(options.config.max_pending_per_address == 10u);
    BOOST_TEST(options.config.max_members_per_address == 11u);
  }
}

BOOST_AUTO_TEST_CASE(the_account_options_name_what_is_to_be_done) {
  const auto add = parse({"--add-account", "ann", "--accounts", "file"});
  BOOST_TEST((add.action == Action::kAddAccount));
  BOOST_TEST(add.account_name == "ann");
  BOOST_TEST(add.accounts_file == "file");
  BOOST_TEST(!add.is_operator);
  const auto remove = parse({"--remove-account=ben"});
  BOOST_TEST((remove.action == Action::kRemoveAccount));
  BOOST_TEST(remove.account_name == "ben");
  BOOST_TEST((parse({"--list-accounts"}).action == Action::kListAccounts));
}

BOOST_AUTO_TEST_CASE(operator_goes_with_adding_an_account_before_or_after_and_with_nothing_else) {
  BOOST_TEST(parse({"--add-account", "ann", "--operator"}).is_operator);
  BOOST_TEST(parse({"--operator", "--add-account", "ann"}).is_operator);
  const std::string reason = "--operator needs --add-account";
  check_refused({"--operator"}, reason);
  check_refused({"--operator", "--check"}, reason);
  check_refused({"--remove-account=ann", "--operator"}, reason);
  check_refused({"--list-accounts", "--operator"}, reason);
  check_refused({"--add-account=ann", "--operator=ben"}, "--operator=ben is not an option");
}

BOOST_AUTO_TEST_CASE(help_is_an_action_of_its_own_and_names_every_option) {
  BOOST_TEST((parse({"--help"}).action == Action::kHelp));
  for (const char* option :
       {"--max-users N", "--port N", "--bind ADDRESS", "--accounts FILE", "--login-timeout N",
        "--stall-timeout N", "--max-pending N", "--max-pending-per-address N",
        "--max-members-per-address N", "--rate N", "--version", "--help", "--add-account NAME",
        "--operator", "--remove-account NAME", "--list-accounts", "--transcript-max SIZE"}) {
    BOOST_TEST(server_usage().find(option) != std::string::npos, option);
  }
}

BOOST_AUTO_TEST_CASE(the_version_is_an_action_of_its_own) {
  BOOST_TEST((parse({"--version"}).action == Action::kShowVersion));
  BOOST_TEST((parse({"--max-users", "4", "--version"}).action == Action::kShowVersion));
  check_refused({"--version=1"}, "--version=1 is not an option");
}

BOOST_AUTO_TEST_CASE(a_number_out_of_range_or_none_at_all_is_refused_with_its_range) {
  const auto check = [](const std::string& option, const std::string& what, const std::string& low,
                        const std::string& high, Arguments wrong) {
    BOOST_CHECK_NO_THROW(parse({option, low}));
    BOOST_CHECK_NO_THROW(parse({option, high}));
    for (const char* word :
         {"", "-1", "+1", " 1", "1 ", "1.5", "0x1", "many", "9999999999999999999"}) {
      wrong.push_back(word);
    }
    for (const std::string& text : wrong) {
      check_refused({option, text},
                    what + ": \"" + text + "\" is not a whole number from " + low + " to " + high);
    }
  };
  check("--max-users", "maximum number of users", "1", "1000000", {"0", "1000001"});
  check("--port", "--port", "0", "65535", {"65536"});
  check("--login-timeout", "--login-timeout", "1", "86400", {"0", "86401"});
  check("--stall-timeout", "--stall-timeout", "1", "60", {"0", "61"});
  check("--max-pending", "--max-pending", "1", "1000000", {"0", "1000001"});
  check("--max-pending-per-address", "--max-pending-per-address", "1", "1000000", {"0", "1000001"});
  check("--max-members-per-address", "--max-members-per-address", "1", "1000000", {"0", "1000001"});
  check("--rate", "--rate", "0", "1000000", {"1000001"});
}

BOOST_AUTO_TEST_CASE(a_proxy_is_an_address_or_a_user_of_this_machine) {
  BOOST_TEST((parse({"--trust-proxy", "127.0.0.2"}).config.trusted_proxy ==
              TrustedProxy::parse("127.0.0.2")));
  BOOST_TEST(
      (parse({"--trust-proxy=unix:root"}).config.trusted_proxy == TrustedProxy::parse("unix:0")));
  check_refused({"--trust-proxy", "host"}, "--trust-proxy: not an IPv4 or IPv6 address");
  check_refused({"--trust-proxy", "unix:nobody of that name"},
                "--trust-proxy: behind unix: stands a user of this machine");
}

BOOST_AUTO_TEST_CASE(a_size_is_bytes_or_so_many_times_1024_of_them) {
  BOOST_TEST(parse({}).config.transcript_max == 0u);
  for (const auto& [text, bytes] :
       std::vector<std::pair<std::string, std::uint64_t>>{{"0", 0},
                                                          {"4095", 4095},
                                                          {"500K", 500 * 1024},
                                                          {"100M", 100 * 1024 * 1024},
                                                          {"2G", std::uint64_t{2} << 30},
                                                          {"1048576G", std::uint64_t{1} << 50}}) {
    BOOST_TEST(parse({"--transcript-max", text}).config.transcript_max == bytes, text);
  }
  for (const char* text : {"", "K", "-1", "+1M", "1.5M", "1T", "1MB", "1 M", "1m", "many",
                           "1048577G", "18446744073709551615", "99999999999999999999"}) {
    check_refused({"--transcript-max", text}, "--transcript-max: \"" + std::string(text) +
                                                  "\" is not a size such as 500K, 100M or 2G");
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_repeats_no_control_characters) {
  check_refused({"--port", "\x1B[2J"},
                "--port: \"\xEF\xBF\xBD[2J\" is not a whole number from 0 to 65535");
}

BOOST_AUTO_TEST_CASE(a_missing_value_is_refused) {
  for (const char* option : {"--max-users", "--port", "--bind", "--accounts", "--login-timeout",
                             "--stall-timeout", "--max-pending", "--max-pending-per-address",
                             "--rate", "--add-account", "--remove-account", "--transcript-max"}) {
    check_refused({option}, std::string(option) + " needs a value");
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_an_option_is_refused_by_its_name) {
  for (const char* word : {"--prot", "-p", "room", "--list-accounts=all"}) {
    check_refused({"--port", "1", word}, std::string(word) + " is not an option");
  }
}

BOOST_AUTO_TEST_CASE(a_beginning_will_do_where_it_is_of_one_option_alone) {
  BOOST_TEST(parse({"--acc", "file"}).accounts_file == "file");
  BOOST_TEST(parse({"--max-pending", "7"}).config.max_pending == 7u);  // itself
  check_refused({"--max-pend", "7"}, "--max-pend is not an option");
  check_refused({"--l=7"}, "--l=7 is not an option");
}

BOOST_AUTO_TEST_CASE(a_word_that_is_no_choice_is_refused_with_all_of_them) {
  BOOST_TEST(
      (parse({"--transcript-sync=never"}).config.transcript_sync == Transcript::Sync::kNever));
  BOOST_TEST(parse({"--log=json"}).log.json);
  BOOST_TEST((parse({"--log-level=error"}).log.least == EventLog::Level::kError));
  for (const char* word : {"", "x", "Always"}) {
    check_refused({"--transcript-sync", word}, "--transcript-sync is always, second or never");
    check_refused({"--log", word}, "--log is plain or json");
    check_refused({"--log-level", word}, "--log-level is error, warning or info");
  }
}

BOOST_AUTO_TEST_CASE(two_actions_at_a_time_are_refused) {
  const Arguments actions = {"--add-account=ann", "--remove-account=ann", "--list-accounts"};
  for (const std::string& first : actions) {
    for (const std::string& second : actions) {
      check_refused(
          {first, second},
          "only one of --check, --add-account, --remove-account and --list-accounts at a time");
    }
  }
}

BOOST_AUTO_TEST_CASE(the_question_is_asked_once_where_the_answer_is_right) {
  for (const bool terminal : {false, true}) {
    for (const char* input : {"42\n", "42", "  42\t\nmore\n"}) {
      const Dialogue dialogue(input, terminal);
      BOOST_TEST(dialogue.number == 42u);
      BOOST_TEST(dialogue.shown == kQuestion);
    }
  }
}

BOOST_AUTO_TEST_CASE(on_a_terminal_a_wrong_answer_is_refused_and_the_question_asked_again) {
  const Dialogue dialogue("0\nmany\n3\n", true);
  BOOST_TEST(dialogue.number == 3u);
  BOOST_TEST(dialogue.shown == kQuestion + "maximum number of users: \"0\"" + kRange + "\n" +
                                   kQuestion + "maximum number of users: \"many\"" + kRange + "\n" +
                                   kQuestion);
}

BOOST_AUTO_TEST_CASE(on_a_pipe_a_wrong_answer_is_the_end) {
  const Dialogue dialogue("0\n3\n", false);
  BOOST_TEST(dialogue.number == 0u);
  BOOST_TEST(dialogue.failure == "maximum number of users: \"0\"" + kRange);
  BOOST_TEST(dialogue.shown == kQuestion + "\n");
}

BOOST_AUTO_TEST_CASE(the_end_of_input_instead_of_an_answer_is_the_end) {
  for (const bool terminal : {false, true}) {
    const Dialogue dialogue("", terminal);
    BOOST_TEST(dialogue.failure == kNoAnswer);
    BOOST_TEST(dialogue.shown == kQuestion + "\n");
  }
  BOOST_TEST(Dialogue("0\n", true).failure == kNoAnswer);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
