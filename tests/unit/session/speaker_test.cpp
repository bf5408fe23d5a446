#include "chat/session/speaker.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>

#include "chat/base/limits.hpp"
#include "chat/session/limits.hpp"
#include "chat/storage/password_hash.hpp"
#include "tests/support/house_member.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;

// op is an operator, ann has an account, ben is registered.
struct Chat {
  static PasswordStorage known() {
    PasswordStorage accounts;
    for (const char* name : {"op", "ann"})
      accounts.add(name, "$y$j9T$salt$" + std::string(43, 'r'));
    accounts.set_operator("op", true);
    return accounts;
  }

  // Everybody has read who came in.
  Chat() {
    (void)op.far.read_until("* ben has entered");
    (void)ann.far.read_until("* ben has entered");
  }

  House house{known(), 3};
  HouseMember op{house, "op", "198.51.100.1"};
  HouseMember ann{house, "ann", "198.51.100.2"};
  HouseMember ben{house, "ben", "198.51.100.3"};
};

std::string usage_of(std::string_view name) {
  const CommandEntry& entry = *find_command(name);
  return "! it is " + std::string(entry.name) + " " + std::string(entry.arguments);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(speaker, Chat)

BOOST_AUTO_TEST_CASE(what_is_said_comes_to_everyone_under_the_name_of_who_says_it) {
  BOOST_TEST(ann.types("hello"));
  BOOST_TEST(ann.types("//who"));
  BOOST_TEST(ann.types("/me waves"));
  for (HouseMember* one : {&op, &ann, &ben}) {
    BOOST_TEST(one->hears() == "ann: hello");
    BOOST_TEST(one->hears() == "ann: /who");
    BOOST_TEST(one->hears() == "~ ann waves");
  }
}

BOOST_AUTO_TEST_CASE(what_is_said_is_sanitised) {
  BOOST_TEST(ann.types("a\x1b[2Jb\r"));
  BOOST_TEST(ben.hears() == "ann: a\xEF\xBF\xBD[2Jb\xEF\xBF\xBD");
}

BOOST_AUTO_TEST_CASE(nothing_but_spaces_is_not_said) {
  for (const char* line : {"", " ", "\t ", "/me  "}) BOOST_TEST(ann.types(line));
  BOOST_TEST(ann.answer_to("/me") == usage_of("/me"));
  BOOST_TEST(ben.heard_all());
}

BOOST_AUTO_TEST_CASE(a_line_that_cannot_be_said_is_refused_to_its_speaker_alone) {
  BOOST_TEST(ann.speaker.take({{}, true}));
  BOOST_TEST(ann.hears() + "\n" == protocol::kLineTooLong);
  BOOST_TEST(ann.answer_to("\xFF") + "\n" == protocol::kNotUtf8);
  BOOST_TEST(ben.heard_all());
}

BOOST_AUTO_TEST_CASE(a_line_can_be_changed_for_two_minutes) {
  using namespace std::chrono_literals;
  BOOST_TEST(ann.types("helo"));
  BOOST_TEST(ann.hears() == "ann: helo");
  ann.member.has_spoken(std::chrono::system_clock::now() - 121s);
  for (const char* line : {"/edit hello", "/undo"}) {
    BOOST_TEST(ann.answer_to(line) == "! a line can be changed for two minutes; yours is older");
  }
  ann.member.has_spoken(std::chrono::system_clock::now() - 110s);
  BOOST_TEST(ann.answer_to("/edit hello").starts_with("* ann corrects "));
}

BOOST_AUTO_TEST_CASE(an_unknown_command_is_not_said_and_the_nearest_named) {
  BOOST_TEST(ann.answer_to("/wohis ben") ==
             "! unknown command /wohis; is it /whois?; /help lists the commands");
  BOOST_TEST(ann.answer_to("/frobnicate") ==
             "! unknown command /frobnicate; /help lists the commands");
  BOOST_TEST(ann.answer_to("/" + std::string(100, 'x')) ==
             "! unknown command /" + std::string(kMaxName - 1, 'x') + "; /help lists the commands");
  BOOST_TEST(ben.heard_all());
}

BOOST_AUTO_TEST_CASE(a_command_is_for_those_who_may_give_it) {
  BOOST_TEST(ben.answer_to("/password a\tb") == "! /password is for accounts");
  BOOST_TEST(ann.answer_to("/kick ben") == "! /kick is for operators");
  BOOST_TEST(op.answer_to("/quiet") ==
             "! /quiet is a command of the client program: the server hides nothing");
  // Of /account add the line holds a password: not even its kind is looked at.
  BOOST_TEST(ann.answer_to("/account add cid\tsecret") == "! /account is for operators");
  BOOST_TEST(!house.accounts.current()->contains("cid"));
  BOOST_TEST(ben.heard_all());
}

BOOST_AUTO_TEST_CASE(rights_are_looked_up_each_time) {
  house.accounts.change([](PasswordStorage& accounts) { accounts.set_operator("ann", true); });
  BOOST_TEST(ann.answer_to("/bans") == "* nobody is banned");
  house.accounts.change([](PasswordStorage& accounts) { accounts.set_operator("ann", false); });
  BOOST_TEST(ann.answer_to("/bans") == "! /bans is for operators");
}

BOOST_AUTO_TEST_CASE(help_lists_what_one_may) {
  const auto listed = [](HouseMember& one) {
    BOOST_TEST(one.types("/help"));
    (void)one.far.read_until("* //TEXT");
    std::string all;
    for (const std::string& line : one.far.transcript()) all += line + "\n";
    return all;
  };
  BOOST_TEST(listed(ben).find("* /password") == std::string::npos);
  const std::string to_ann = listed(ann);
  BOOST_TEST(to_ann.find("* /password") != std::string::npos);
  BOOST_TEST(to_ann.find("* /kick") == std::string::npos);
  BOOST_TEST(to_ann.find("* /quiet") == std::string::npos);
  BOOST_TEST(listed(op).find("* /kick") != std::string::npos);
  BOOST_TEST(ann.answer_to("/help kick") == help_row(*find_command("/kick")));
  BOOST_TEST(ann.answer_to("/help x") == "! there is no such command; /help lists them");
}

BOOST_AUTO_TEST_CASE(a_private_message_is_for_both_and_can_be_answered) {
  BOOST_TEST(ben.answer_to("/reply hi") == "! nobody has written to you yet");
  const std::string sent = ann.answer_to("/msg BEN  hi there ");
  BOOST_TEST(sent == "ann -> ben: hi there");
  BOOST_TEST(ben.hears() == sent);
  const std::string answer = ben.answer_to("/reply yes");
  BOOST_TEST(ann.hears() == answer);
  BOOST_TEST(ann.answer_to("/msg eve hi") + "\n" == protocol::nobody_called("eve"));
  BOOST_TEST(ann.answer_to("/msg ann hi") == "! that is you");
  BOOST_TEST(ann.answer_to("/msg ben") == usage_of("/msg"));
  BOOST_TEST(op.heard_all());
}

BOOST_AUTO_TEST_CASE(who_writes_to_one_who_is_away_is_told) {
  BOOST_TEST(ben.answer_to("/away lunch") == "* you are away; /back says that you are back");
  BOOST_TEST(ann.answer_to("/msg ben hi") == "ann -> ben: hi");
  BOOST_TEST(ann.hears() == "* ben is away: lunch");
  (void)ben.hears();
  BOOST_TEST(ben.answer_to("/back") == "* you are back");
  (void)ann.answer_to("/msg ben hi");
  BOOST_TEST(ann.heard_all());
  BOOST_TEST(ann.answer_to("/away " + std::string(kMaxAway + 1, 'x')) ==
             "! an away message has at most 200 bytes");
}

BOOST_AUTO_TEST_CASE(one_who_is_muted_says_nothing_anywhere) {
  ben.member.mute_until(std::chrono::system_clock::now() + 1h);
  op.member.mute_until(std::chrono::system_clock::now() + 1h);
  for (const char* line : {"hello", "/me waves", "/msg ann hi", "/reply hi", "/away hi"}) {
    BOOST_TEST(ben.answer_to(line).starts_with("! you are muted until "), line);
  }
  for (const char* line : {"/topic hi", "/motd hi"}) {
    BOOST_TEST(op.answer_to(line).starts_with("! you are muted until "), line);
  }
  BOOST_TEST(ben.answer_to("/away") == "* you are away; /back says that you are back");
  BOOST_TEST(ann.heard_all());
  ben.member.mute_until({});
  BOOST_TEST(ben.types("hello"));
  BOOST_TEST(ann.hears() == "ben: hello");
}

BOOST_AUTO_TEST_CASE(only_operators_set_topic_and_message_and_everybody_sees_them) {
  BOOST_TEST(ann.answer_to("/topic") == "* there is no topic");
  BOOST_TEST(ann.answer_to("/topic tea") == "! operators set the topic");
  BOOST_TEST(ann.answer_to("/motd") == "* there is no message of the day");
  BOOST_TEST(ann.answer_to("/motd tea") == "! operators set the message of the day");
  BOOST_TEST(op.types("/topic tea"));
  BOOST_TEST(op.types("/motd cake"));
  BOOST_TEST(ann.hears().ends_with("has set the topic: tea"));
  BOOST_TEST(ann.answer_to("/topic") == "* topic: tea");
  BOOST_TEST(ann.answer_to("/motd") == "* message of the day: cake");
  BOOST_TEST(op.types("/topic -"));
  BOOST_TEST(ann.hears().ends_with("has removed the topic"));
}

BOOST_AUTO_TEST_CASE(whois_shows_addresses_to_operators_alone) {
  const auto about = [](HouseMember& one, const std::string& name) {
    const std::string line = one.answer_to("/whois " + name);
    (void)one.hears();  // how long it is here
    return line;
  };
  BOOST_TEST(about(ann, "ben").starts_with("* ben: registered, since "));
  BOOST_TEST(about(ann, "ben").find("198.51.100.3") == std::string::npos);
  BOOST_TEST(about(ann, "op").starts_with("* op: account, operator, since "));
  BOOST_TEST(about(op, "ben").ends_with(", from 198.51.100.3:51820"));
  BOOST_TEST(ann.answer_to("/whois eve") + "\n" == protocol::nobody_called("eve"));
}

BOOST_AUTO_TEST_CASE(old_lines_come_once_more_to_who_asks) {
  for (const char* line : {"one", "two", "three"}) BOOST_TEST(ann.types(line));
  (void)ben.far.read_until("ann: three");
  const std::string last = std::to_string(house.room.broadcast.last_number() - 1);
  BOOST_TEST(ben.answer_to("/history 2").ends_with("ann: two"));
  BOOST_TEST(ben.hears().ends_with("ann: three"));
  BOOST_TEST(ben.answer_to("/since " + last).ends_with("ann: three"));
  BOOST_TEST(ben.answer_to("/since " + last + "@another")
                 .starts_with(
                     std::string(protocol::kBeganAnew).substr(0, protocol::kBeganAnew.size() - 1)));
  while (!ben.hears().ends_with("ann: three")) {
  }
  BOOST_TEST(ben.answer_to("/history x") + "\n" == protocol::kNotANumber);
  BOOST_TEST(ben.answer_to("/since x") + "\n" == protocol::kNotALineNumber);
  BOOST_TEST(ben.answer_to("/since") + "\n" == protocol::kNotALineNumber);
}

BOOST_AUTO_TEST_CASE(what_brings_many_lines_costs_some_of_the_rate) {
  BOOST_TEST(ann.types("/history 20"));
  BOOST_TEST(ann.speaker.take_cost() == 0);
  for (std::size_t i = 0; i < 2 * kReplayedLikeALine; ++i) {
    BOOST_REQUIRE(house.room.broadcast.say(op.member, "op", "x"));
    if (i % 256 == 0) {
      for (HouseMember* one : {&op, &ann, &ben}) (void)one->far.read_until("op: x");
    }
  }
  BOOST_TEST(ann.types("/history 2048"));
  BOOST_TEST(ann.speaker.take_cost() == 2);
  BOOST_TEST(ann.speaker.take_cost() == 0);  // once
}

BOOST_AUTO_TEST_CASE(quitting_ends_the_stay) {
  BOOST_TEST(!ann.speaker.has_quit());
  BOOST_TEST(!ann.types("/quit"));
  BOOST_TEST(ann.speaker.has_quit());
}

BOOST_AUTO_TEST_CASE(one_who_is_sent_away_says_nothing_more) {
  (void)house.room.registry.dismiss([](const Profile& one) { return one.name == "ben"; }, "! go\n");
  BOOST_TEST(!ben.types("hello"));
  BOOST_TEST(!ben.types("/me waves"));
  BOOST_TEST(!ben.types("/away lunch"));
  BOOST_TEST(!ben.speaker.has_quit());
  BOOST_TEST(ann.heard_all());
}

BOOST_AUTO_TEST_CASE(while_the_room_is_held_no_command_is_begun) {
  house.room.standstill.want();
  BOOST_TEST(!op.types("/topic tea"));
  BOOST_TEST(!op.types("/quit"));
  BOOST_TEST(!op.speaker.has_quit());
  BOOST_TEST(house.storage.current()->topic() == "");
}

BOOST_AUTO_TEST_CASE(a_password_is_changed_by_who_knows_the_old_one) {
  house.accounts.change(
      [](PasswordStorage& accounts) { accounts.set_hash("ann", hash_password("old")); });
  const auto fits = [&](const char* password) {
    return house.accounts.current()->verify("ann", password).has_value();
  };
  BOOST_TEST(ann.answer_to("/password wrong\tnew") == "! wrong password: nothing was changed");
  BOOST_TEST(ann.answer_to("/password old") == usage_of("/password"));
  BOOST_TEST(fits("old"));
  BOOST_TEST(ann.answer_to("/password old\tnew") + "\n" == protocol::kPasswordChanged);
  BOOST_TEST(fits("new"));
  BOOST_TEST(!fits("old"));
  BOOST_TEST(ben.heard_all());  // nothing of it was said
}

BOOST_AUTO_TEST_CASE(an_operator_adds_an_account_in_one_line) {
  BOOST_TEST(op.answer_to("/account add cid\tsecret") == "* there is an account cid now");
  BOOST_TEST(house.accounts.current()->verify("cid", "secret").has_value());
  BOOST_TEST(op.answer_to("/account add cid\tother") ==
             "! there is such an account already: nothing was changed");
  BOOST_TEST(op.answer_to("/account add dan") == "! it is /account add NAME<TAB>PASSWORD");
  BOOST_TEST(op.answer_to("/account add a b\tx") == "! that is no name: nothing was changed");
  BOOST_TEST(ben.heard_all());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
