#include "chat/completion.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

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
  BOOST_TEST(completed("/") == Words({"/help ", "/quit ", "/who "}));
  BOOST_TEST(completed("/W") == Words{"/who "});
  BOOST_TEST(completed("a /w") == Words{});
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
}

BOOST_AUTO_TEST_CASE(what_is_no_name_is_not_kept) {
  Roster roster;
  roster.follow(parse_server_line("* online (3): , a b, \xEF\xBF\xBD"));
  roster.follow(parse_server_line("* online (3)"));
  BOOST_TEST(roster.size() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
