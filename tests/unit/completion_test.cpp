#include "chat/completion.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "chat/command_table.hpp"

namespace chat {
namespace {

using Words = std::vector<std::string>;

Roster room() {
  Roster roster;
  roster.follow(parse_server_line("* online (4): ann, Ben, bert"));
  roster.follow(parse_server_line("* online (4): cid"));
  return roster;
}

Words completed(std::string_view before, const Roster& roster = room()) {
  return complete(before, roster).words;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(completion)

BOOST_AUTO_TEST_CASE(who_is_addressed_first_gets_a_colon) {
  BOOST_TEST(completed("an") == Words{"ann: "});
  BOOST_TEST(completed("I saw an") == Words{"ann "});
  BOOST_TEST(complete("I saw an", room()).begin == 6);
}

BOOST_AUTO_TEST_CASE(names_match_in_any_case_and_keep_their_own) {
  BOOST_TEST(completed("B") == Words({"Ben: ", "bert: "}));
  BOOST_TEST(completed("hi @b") == Words({"@Ben ", "@bert "}));
  BOOST_TEST(completed("x") == Words{});
}

BOOST_AUTO_TEST_CASE(a_command_begins_the_line) {
  Words all;
  for (const CommandEntry& entry : command_table()) all.push_back(std::string(entry.name) + " ");
  BOOST_TEST(completed("/") == all, boost::test_tools::per_element());
  BOOST_TEST(completed("/W") == Words({"/who ", "/whois "}));
  BOOST_TEST(completed("/ki") == Words{"/kick "});
  BOOST_TEST(completed("a /w") == Words{});
  BOOST_TEST(completed("//w") == Words{});
}

BOOST_AUTO_TEST_CASE(a_command_that_wants_a_name_gets_one_and_no_colon) {
  for (const std::string command : {"/msg", "/WHOIS", "/ignore", "/ban", "/mute", "/account add",
                                    "/account REMOVE", "/account operator"}) {
    BOOST_TEST(completed(command + " b") == Words({"Ben ", "bert "}), command);
    BOOST_TEST(completed(command + "  ").size() == 4, command);
    BOOST_TEST(completed(command + " /b") == Words{}, command);
  }
  BOOST_TEST(complete("/msg b", room()).begin == 5);
}

BOOST_AUTO_TEST_CASE(help_is_about_a_command_with_or_without_its_slash) {
  BOOST_TEST(completed("/help /wh") == Words({"/who ", "/whois "}));
  BOOST_TEST(completed("/help WH") == Words({"who ", "whois "}));
  BOOST_TEST(completed("/help ").size() == command_table().size());
  BOOST_TEST(completed("/help b") == Words({"back ", "ban ", "bans "}));
}

BOOST_AUTO_TEST_CASE(words_of_a_commands_own_are_completed) {
  BOOST_TEST(completed("/account ") == Words({"add ", "remove ", "operator "}));
  BOOST_TEST(completed("/account R") == Words{"remove "});
  BOOST_TEST(completed("/quiet o") == Words{"off "});
}

BOOST_AUTO_TEST_CASE(in_the_text_of_a_command_a_name_is_a_name) {
  for (const std::string before : {"/msg ann b", "/me b", "/topic see b", "/kick ann b", "/x b"}) {
    BOOST_TEST(completed(before) == Words({"Ben ", "bert "}), before);
  }
  BOOST_TEST(completed("/me ") == Words{});
  BOOST_TEST(completed("/msg ann ") == Words{});
}

BOOST_AUTO_TEST_CASE(nothing_typed_offers_everyone_on_an_empty_line_only) {
  BOOST_TEST(completed("").size() == 4);
  BOOST_TEST(completed("hello ") == Words{});
}

BOOST_AUTO_TEST_CASE(the_roster_follows_arrivals_and_departures) {
  Roster roster = room();
  BOOST_TEST(roster.size() == 4);
  roster.follow(parse_server_line("* dan has entered the chat"));
  roster.follow(parse_server_line("* BERT has left the chat"));
  roster.follow(parse_server_line("- 2026-11-24T08:15:00Z * ann has left the chat"));
  BOOST_TEST(roster.size() == 4);
  BOOST_TEST(completed("da", roster) == Words{"dan: "});
  BOOST_TEST(completed("b", roster) == Words{"Ben: "});
  BOOST_TEST(completed("a", roster) == Words{"ann: "});
}

BOOST_AUTO_TEST_CASE(who_spoke_last_comes_first) {
  Roster roster = room();
  roster.follow(parse_server_line("bert: hello"));
  BOOST_TEST(completed("b", roster) == Words({"bert: ", "Ben: "}));
  roster.follow(parse_server_line("Ben: hello"));
  BOOST_TEST(completed("b", roster) == Words({"Ben: ", "bert: "}));
  roster.follow(parse_server_line("~ bert waves"));
  BOOST_TEST(completed("b", roster) == Words({"bert: ", "Ben: "}));
}

BOOST_AUTO_TEST_CASE(what_is_no_name_is_not_kept) {
  Roster roster;
  roster.follow(parse_server_line("* online (3): , a b, \xEF\xBF\xBD"));
  roster.follow(parse_server_line("* online (3)"));
  BOOST_TEST(roster.size() == 0);
}

BOOST_AUTO_TEST_CASE(a_name_may_stand_behind_a_bracket_a_comma_or_a_quotation_mark) {
  Roster roster;
  roster.follow(parse_server_line("* online (2): ann, ben"));
  BOOST_TEST(completed("see (be", roster) == Words{"ben"});
  BOOST_TEST(completed("\"be", roster) == Words{"ben"});
  BOOST_TEST(completed("ann,be", roster) == Words{"ben "});
  BOOST_TEST(complete("see (be", roster).begin == 5u);
  BOOST_TEST(completed("see (", roster).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
