#include "chat/client/password_questions.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace chat {
namespace {

using NewPassword = PasswordQuestions::NewPassword;

// What comes of the answers, the last one's remark included.
std::string outcome(const std::string& command, NewPassword how_often,
                    const std::vector<std::string>& answers) {
  PasswordQuestions questions;
  BOOST_REQUIRE(questions.begin(command, how_often));
  PasswordQuestions::Outcome last;
  for (const std::string& answer : answers) {
    BOOST_REQUIRE(questions.asks());
    last = questions.answer(answer);
  }
  BOOST_TEST(questions.asks() == (last.line.empty() && last.remark.empty()));
  return last.line + last.remark;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(password_questions)

BOOST_AUTO_TEST_CASE(a_person_is_asked_for_a_new_one_twice_and_a_script_once) {
  BOOST_TEST(outcome("/password", NewPassword::kTwice, {"old", " n w", " n w"}) ==
             "/password old\t n w");
  BOOST_TEST(outcome("/password", NewPassword::kOnce, {"old", "new"}) == "/password old\tnew");
  BOOST_TEST(outcome("/account add bob", NewPassword::kTwice, {"new", "new"}) ==
             "/account add bob\tnew");
  BOOST_TEST(outcome("/Account ADD bob ", NewPassword::kOnce, {"/quit"}) ==
             "/Account ADD bob\t/quit");
}

BOOST_AUTO_TEST_CASE(each_question_says_what_for) {
  PasswordQuestions questions;
  BOOST_REQUIRE(questions.begin("/password", NewPassword::kTwice));
  BOOST_TEST(questions.question() == "old password?");
  (void)questions.answer("old");
  BOOST_TEST(questions.question() == "new password?");
  (void)questions.answer("new");
  BOOST_TEST(questions.question() == "the same once more?");
  BOOST_REQUIRE(questions.begin("/account add bob", NewPassword::kTwice));
  BOOST_TEST(questions.question() == "password for bob?");
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_where_they_differ_are_none_or_the_user_gives_up) {
  const std::string nothing = "nothing was changed";
  BOOST_TEST(outcome("/password", NewPassword::kTwice, {""}) == nothing);
  BOOST_TEST(outcome("/password", NewPassword::kTwice, {"old", ""}) == nothing);
  BOOST_TEST(outcome("/password", NewPassword::kTwice, {"old", "new", ""}) == nothing);
  BOOST_TEST(outcome("/password", NewPassword::kTwice, {"old", "new", "now"}) ==
             "the new passwords are not the same: " + nothing);
  for (const std::string& bad : {std::string(512, 'x'), std::string("a\tb"), std::string("\xFF")}) {
    for (const auto& answers : {std::vector<std::string>{bad}, {"old", bad}}) {
      BOOST_TEST(outcome("/password", NewPassword::kTwice, answers).ends_with(": " + nothing));
    }
  }
}

BOOST_AUTO_TEST_CASE(other_lines_and_commands_with_passwords_in_them_ask_nothing) {
  PasswordQuestions questions;
  for (const char* line : {"hello", "/password old", "/password old\tnew", "/account add bob\tx",
                           "/account remove bob", "//password"}) {
    BOOST_TEST(!questions.begin(line, NewPassword::kTwice), line);
    BOOST_TEST(!questions.asks());
  }
}

BOOST_AUTO_TEST_CASE(a_script_may_give_the_new_one_twice) {
  PasswordQuestions questions;
  BOOST_REQUIRE(questions.begin("/password", NewPassword::kOnce));
  (void)questions.answer("old");
  BOOST_TEST(!questions.is_repeated("new"));
  (void)questions.answer("new");
  BOOST_TEST(questions.is_repeated("new"));
  BOOST_TEST(!questions.is_repeated("new"));  // that would be something to say
  BOOST_REQUIRE(questions.begin("/account add bob", NewPassword::kOnce));
  (void)questions.answer("new");
  BOOST_TEST(!questions.is_repeated("hello"));
  BOOST_TEST(!questions.is_repeated("new"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
