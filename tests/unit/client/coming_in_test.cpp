#include "chat/client/coming_in.hpp"

#include <boost/test/unit_test.hpp>

#include "chat/wire/protocol.hpp"

namespace chat {

BOOST_AUTO_TEST_SUITE(coming_in)

BOOST_AUTO_TEST_CASE(mode_and_credentials_are_asked_for_one_after_the_other) {
  ComingIn coming_in({}, "");
  BOOST_TEST(coming_in.question().prompt == "login or register? ");
  BOOST_TEST(coming_in.take(" Register ").to_send == "register\n");
  BOOST_TEST(coming_in.question().prompt == "user,password? ");
  BOOST_TEST((coming_in.question().mask == LineEditor::Mask::kAfterComma));
  BOOST_TEST(!coming_in.question().in_room);
  BOOST_TEST(coming_in.take("ann,pw,with comma").to_send == "ann,pw,with comma\n");
  BOOST_TEST(coming_in.sent());
  BOOST_TEST(coming_in.name() == "ann");
}

BOOST_AUTO_TEST_CASE(the_first_letter_of_the_mode_will_do) {
  BOOST_TEST(ComingIn({}, "").take("l").to_send == "login\n");
  BOOST_TEST(ComingIn({}, "").take("R").to_send == "register\n");
}

BOOST_AUTO_TEST_CASE(what_the_server_would_refuse_is_asked_for_again) {
  ComingIn coming_in({}, "");
  for (const char* line : {"", "x", "logi", "/who"}) {
    const auto answer = coming_in.take(line);
    BOOST_TEST(answer.to_send == "");
    BOOST_TEST(answer.remark != "");
  }
  (void)coming_in.take("login");
  for (const char* line : {"", "ann", ",pw", "ann,", "a b,pw"}) {
    const auto answer = coming_in.take(line);
    BOOST_TEST(answer.to_send == "");
    BOOST_TEST(answer.remark != "");
    BOOST_TEST(!coming_in.sent());
  }
}

BOOST_AUTO_TEST_CASE(with_mode_and_name_only_the_password_is_asked_for) {
  ComingIn coming_in(protocol::Mode::kLogin, "ann");
  BOOST_TEST(coming_in.question().prompt == "password for ann? ");
  BOOST_TEST((coming_in.question().mask == LineEditor::Mask::kAll));
  BOOST_TEST(coming_in.take("").remark != "");
  BOOST_TEST(coming_in.take("a,b").to_send == "login\nann,a,b\n");
  BOOST_TEST(coming_in.sent());
}

BOOST_AUTO_TEST_CASE(what_is_typed_ahead_goes_on_to_the_room) {
  ComingIn coming_in(protocol::Mode::kRegister, "ann");
  (void)coming_in.take("pw");
  BOOST_TEST(coming_in.take("hello").to_send == "hello\n");
}

BOOST_AUTO_TEST_CASE(for_every_common_refusal_there_is_advice) {
  for (const auto refusal :
       {protocol::kNameUsed, protocol::kRoomFull, protocol::kAlreadyIn, protocol::kWrongCredentials,
        protocol::kTimedOut, protocol::kOutOfResources}) {
    const std::string_view advice = advice_after(refusal.substr(2));
    BOOST_TEST(advice != "");
    BOOST_TEST(advice.size() <= 80 - std::string_view("chatroom: ").size());
  }
  BOOST_TEST(advice_after("something else") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
