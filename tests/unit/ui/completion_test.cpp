#include "chat/ui/completion.hpp"

#include <boost/test/unit_test.hpp>
#include <clocale>
#include <cstddef>
#include <string>
#include <vector>

#include "chat/base/text.hpp"
#include "chat/ui/columns.hpp"
#include "chat/ui/emoji.hpp"
#include "chat/wire/command_table.hpp"

namespace chat {
namespace {

using Words = std::vector<std::string>;

Roster room() {
  Roster roster;
  roster.follow(parse_server_line("* online (4): ann, Ben, bert"));
  roster.follow(parse_server_line("* online (4): cid"));
  return roster;
}

Moderation moderation_of(bool account, const Words& lines) {
  Moderation moderation;
  moderation.set_own("Ann", account);
  for (const std::string& line : lines) moderation.follow(parse_server_line(line));
  return moderation;
}

Moderation operator_who_saw(Words lines) {
  lines.insert(lines.begin(), "* you are an operator");
  return moderation_of(true, lines);
}

Words completed(std::string_view before, const Moderation& moderation,
                const Roster& roster = room()) {
  return complete(before, roster, moderation).words;
}
Words completed(std::string_view before, const Roster& roster = room()) {
  return completed(before, operator_who_saw({}), roster);
}

std::string done(const std::string& what) {
  return "7\t2026-11-24T08:15:00.000Z\tnotice\tann\t" + what;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(completion)

BOOST_AUTO_TEST_CASE(who_is_addressed_first_gets_a_colon) {
  BOOST_TEST(completed("an") == Words{"ann: "});
  BOOST_TEST(completed("I saw an") == Words{"ann "});
  BOOST_TEST(complete("I saw an", room(), {}).begin == 6);
}

BOOST_AUTO_TEST_CASE(names_match_in_any_case_and_keep_their_own) {
  BOOST_TEST(completed("B") == Words({"Ben: ", "bert: "}));
  BOOST_TEST(completed("hi @b") == Words({"@Ben ", "@bert "}));
  BOOST_TEST(completed("x") == Words{});
}

BOOST_AUTO_TEST_CASE(an_emoji_comes_by_its_name_behind_a_colon) {
  BOOST_TEST(completed(":thumbs") == Words({"👎 ", "👍 "}));
  BOOST_TEST(completed("well :TADA:") == Words{"🎉 "});
  BOOST_TEST(completed("/msg ann :tada") == Words{"🎉 "});
  BOOST_TEST(completed("at 10:an") == Words{});
  BOOST_TEST(completed(":") == Words{});
}

BOOST_AUTO_TEST_CASE(every_emoji_is_a_name_in_order_and_one_wide_character) {
  (void)std::setlocale(LC_CTYPE, "C.UTF-8");
  for (std::size_t i = 0; i < kEmoji.size(); ++i) {
    BOOST_TEST(columns_of(kEmoji[i].character) == 2u, kEmoji[i].name);
    BOOST_TEST(sanitised(kEmoji[i].character) == kEmoji[i].character);
    if (i > 0) BOOST_TEST((kEmoji[i - 1].name < kEmoji[i].name));
  }
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
  BOOST_TEST(complete("/msg b", room(), {}).begin == 5);
}

BOOST_AUTO_TEST_CASE(commands_that_one_may_not_use_are_not_offered) {
  const auto registered = moderation_of(false, {});
  const auto account = moderation_of(true, {});
  BOOST_TEST(completed("/p", registered) == Words{"/ping "});
  BOOST_TEST(completed("/p", account) == Words({"/ping ", "/password "}));
  BOOST_TEST(completed("/ki", account) == Words{});
  BOOST_TEST(completed("/help ki", account) == Words{});
  BOOST_TEST(completed("/ki", operator_who_saw({})) == Words{"/kick "});
  const auto made = moderation_of(true, {done("has made ANN an operator")});
  BOOST_TEST(completed("/ki", made) == Words{"/kick "});
  const auto other = moderation_of(true, {done("has made annie an operator")});
  BOOST_TEST(completed("/ki", other) == Words{});
  const auto former = operator_who_saw({done("has made ann no operator any more")});
  BOOST_TEST(completed("/ki", former) == Words{});
}

BOOST_AUTO_TEST_CASE(what_lifts_a_restriction_completes_those_that_stand) {
  const auto muted =
      operator_who_saw({done("has muted ben for 10 min"), done("has muted Cid for 5 min"),
                        done("has unmuted ben"), "* ann: has muted bea"});
  BOOST_TEST(completed("/unmute ", muted) == Words{"cid "});
  const auto banned = operator_who_saw(
      {done("has banned Dan until 2026-11-24 08:15:00 UTC: spam"), done("has banned eve: spam"),
       done("has banned fay"), done("has banned an address"), "* 192.0.2.7 is kept out",
       "* 2001:db8::/64 by bob until 2026-11-24 08:15:00 UTC", "* gil by bob: spam",
       done("has lifted the ban of eve"), "* 192.0.2.9 is kept out", "* 192.0.2.9 is let in",
       "* ann is away", "* topic: eve by bob"});
  BOOST_TEST(completed("/unban ", banned) ==
                 Words({"192.0.2.7 ", "2001:db8::/64 ", "dan ", "fay ", "gil "}),
             boost::test_tools::per_element());
  BOOST_TEST(completed("/unban D", banned) == Words{"dan "});
  const auto ignoring = operator_who_saw({"* you ignore ben", "* you ignore cid, dan",
                                          "* you ignore ben no more", "* you ignore nobody"});
  BOOST_TEST(completed("/unignore ", ignoring) == Words({"cid ", "dan "}));
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
  BOOST_TEST(complete("see (be", roster, {}).begin == 5u);
  BOOST_TEST(completed("see (", roster).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
