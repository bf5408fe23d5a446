#include "chat/wire/protocol.hpp"

#include <boost/test/unit_test.hpp>

#include "chat/base/limits.hpp"
#include "chat/wire/limits.hpp"

namespace chat {

BOOST_AUTO_TEST_SUITE(protocol)

namespace {

std::string reason_against(std::string_view line) {
  std::string reason;
  BOOST_TEST(!parse_credentials(line, reason).has_value());
  return reason;
}

void check_credentials(std::string_view line, std::string_view name, std::string_view password) {
  std::string reason;
  const auto credentials = parse_credentials(line, reason);
  BOOST_REQUIRE_MESSAGE(credentials, reason);
  BOOST_TEST(credentials->name == name);
  BOOST_TEST(credentials->password == password);
}

// `lines` without their ends; the last one has an end too.
std::vector<std::string> split(std::string_view lines) {
  std::vector<std::string> result;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    BOOST_REQUIRE(end != std::string_view::npos);
    result.emplace_back(lines.substr(0, end));
    lines.remove_prefix(end + 1);
  }
  return result;
}

std::string joined(const std::vector<std::string>& names) {
  std::string result;
  for (const std::string& name : names) result += (result.empty() ? "" : ", ") + name;
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_mode_is_known_in_any_case_and_with_spaces_around_it) {
  for (const char* line : {"login", "LOGIN", "LogIn", " login", "login  ", "\tlogin \t"}) {
    BOOST_TEST((parse_mode(line) == Mode::kLogin), line);
  }
  for (const char* line : {"register", "REGISTER", "  Register "}) {
    BOOST_TEST((parse_mode(line) == Mode::kRegister), line);
  }
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_mode) {
  for (const char* line :
       {"", " ", "log in", "login ann", "logins", "registe", "/login", "hello"}) {
    BOOST_TEST(!parse_mode(line).has_value(), line);
  }
}

BOOST_AUTO_TEST_CASE(the_first_comma_ends_the_name_and_the_password_may_hold_more) {
  check_credentials("ann,secret", "ann", "secret");
  check_credentials("ann,a,b,", "ann", "a,b,");
  check_credentials("ann,,", "ann", ",");
}

BOOST_AUTO_TEST_CASE(spaces_around_the_name_are_ignored_and_those_of_the_password_kept) {
  check_credentials(" \tAnn ,secret", "Ann", "secret");
  check_credentials("ann, secret ", "ann", " secret ");
}

BOOST_AUTO_TEST_CASE(a_line_without_a_comma_is_refused_with_the_right_form) {
  for (const char* line : {"", "ann", "ann secret", "ann;secret"}) {
    BOOST_TEST(reason_against(line) == "there is no comma; type user,password");
  }
}

BOOST_AUTO_TEST_CASE(a_bad_name_is_refused_with_the_rule_for_names) {
  for (const std::string name : {"", " ", "-ann", "_", "a b", "a:b", "\xC3\xA4nn", "a\x1B"}) {
    BOOST_TEST(reason_against(name + ",secret") ==
               "a username is 1 to 32 letters, digits, _ . or - and begins with a letter or digit");
  }
  BOOST_TEST(reason_against(std::string(33, 'a') + ",secret").starts_with("a username is"));
  check_credentials(std::string(32, 'a') + ",secret", std::string(32, 'a'), "secret");
}

BOOST_AUTO_TEST_CASE(a_bad_password_is_refused_with_the_rule_for_passwords) {
  for (const std::string& password : {std::string(), std::string(512, 'x'), std::string("a\tb"),
                                      std::string("a\x7F"), std::string("a\xFF")}) {
    BOOST_TEST(reason_against("ann," + password) ==
               "a password is 1 to 511 bytes of text without control characters");
  }
  check_credentials("ann," + std::string(511, 'x'), "ann", std::string(511, 'x'));
}

BOOST_AUTO_TEST_CASE(few_names_make_one_line) {
  BOOST_TEST(online({"ann"}) == "* online (1): ann\n");
  BOOST_TEST(online({"ann", "Ben", "cid"}) == "* online (3): ann, Ben, cid\n");
}

BOOST_AUTO_TEST_CASE(many_names_make_full_lines_within_the_bound_and_none_is_lost) {
  const std::string beginning = "* online (1000): ";
  for (std::size_t length = 1; length <= kMaxName; ++length) {
    BOOST_TEST_CONTEXT("names of " << length << " bytes") {
      std::vector<std::string> names;
      for (std::size_t i = 0; i < 1000; ++i) {
        const std::string number = std::to_string(i);
        // Short names are not all different; that is no matter here.
        names.push_back((std::string(length, 'n') + number).substr(number.size()));
      }
      std::string all;
      const auto lines = split(online(names));
      for (const std::string& line : lines) {
        BOOST_TEST(line.size() <= kMaxLine);
        // Another name would not have fitted in.
        if (&line != &lines.back()) BOOST_TEST(line.size() + 2 + length > kMaxLine);
        BOOST_REQUIRE(line.starts_with(beginning));
        all += (all.empty() ? "" : ", ") + line.substr(beginning.size());
      }
      BOOST_TEST(all == joined(names));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_command_is_split_from_its_arguments) {
  const auto check = [](std::string_view line, std::string_view name, std::string_view arguments) {
    const auto command = parse_command(line);
    BOOST_REQUIRE(command.has_value());
    BOOST_TEST(command->name == name);
    BOOST_TEST(command->arguments == arguments);
  };
  check("/who", "/who", "");
  check("/who  ", "/who", "");
  check("/me  waves  at ben ", "/me", "waves  at ben");
  check("/me\twaves", "/me", "waves");
  check("/", "/", "");
}

BOOST_AUTO_TEST_CASE(text_and_text_after_two_slashes_are_no_commands) {
  for (const char* line : {"", "who", " /who", "//", "//who", "a/who"}) {
    BOOST_TEST(!parse_command(line).has_value(), line);
  }
}

BOOST_AUTO_TEST_CASE(errors_that_end_a_session_are_known_by_their_beginning) {
  for (const char* text :
       {"your session goes on in another connection", "you were kicked",
        "you were kicked by ann: x", "you are banned until tomorrow",
        "your account is no more: removed by ann", "your name looks like an account's now"}) {
    BOOST_TEST(is_final(text), text);
  }
  for (const char* text : {"", "you are muted", "unknown command /kick", "cid: you were kicked"}) {
    BOOST_TEST(!is_final(text), text);
  }
}

BOOST_AUTO_TEST_CASE(commands_that_hold_passwords_are_known_with_what_they_hold) {
  const auto own = parse_secret_command("/PassWord 0 ld\t n3w ");
  BOOST_REQUIRE(own.has_value());
  BOOST_TEST(!own->is_of_account());
  BOOST_TEST(own->head == "/PassWord");
  BOOST_TEST(own->old_password == "0 ld");
  BOOST_TEST(own->password.value() == " n3w ");
  const auto account = parse_secret_command("/account \tADD  bob \t s3cret ");
  BOOST_REQUIRE(account.has_value());
  BOOST_TEST(account->is_of_account());
  BOOST_TEST(account->account == "bob");
  BOOST_TEST(account->password.value() == " s3cret ");
  for (const char* line : {"/password", "/password old", "/account add", "/account add ",
                           "/account add bob", "/account add bob s3cret"}) {
    BOOST_REQUIRE(parse_secret_command(line).has_value());
    BOOST_TEST(!parse_secret_command(line)->password.has_value(), line);
  }
  BOOST_TEST(parse_secret_command("/password old")->old_password == "old");
  for (const char* line : {"/passwords", "//password", "password", " /password", "/account",
                           "/account remove bob", "/account addbob", "/accounts add bob", ""}) {
    BOOST_TEST(!parse_secret_command(line).has_value(), line);
  }
}

BOOST_AUTO_TEST_CASE(what_may_be_shown_of_a_command_are_not_its_passwords) {
  BOOST_TEST(without_passwords("hello\tyou") == "hello\tyou");
  BOOST_TEST(without_passwords("/password") == "/password");
  BOOST_TEST(without_passwords("/password old") == "/password (hidden)");
  BOOST_TEST(without_passwords("/password old\tnew") == "/password (hidden)");
  BOOST_TEST(without_passwords("/account add bob\tnew") == "/account add bob (hidden)");
}

BOOST_AUTO_TEST_CASE(telnet_commands_in_front_of_a_line_are_left_out) {
  using protocol::without_telnet;
  BOOST_TEST(without_telnet("login") == "login");
  BOOST_TEST(without_telnet("\xFF\xFB\x1Flogin") == "login");
  BOOST_TEST(without_telnet("\xFF\xF1\xFF\xFD\x03login") == "login");
  BOOST_TEST(without_telnet("\xFF\xFA\x18\x01xterm\xFF\xF0login") == "login");
  BOOST_TEST(without_telnet("\xFF\xFA\x18 never ended") == "");
  for (const std::string line :
       {"", "\xFF", "\xFF\xFE", "\xFFlogin", "\xFE\xFF", "a\xFF\xFB\x1F"}) {
    BOOST_TEST(without_telnet(line) == line);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
