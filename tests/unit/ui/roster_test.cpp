#include "chat/ui/roster.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "chat/ui/server_line.hpp"

namespace chat {
namespace {

Roster after(const std::vector<std::string>& lines) {
  Roster roster;
  for (const std::string& line : lines) roster.follow(parse_server_line(line));
  return roster;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(roster)

BOOST_AUTO_TEST_CASE(a_complete_list_replaces_what_was_known) {
  const Roster roster = after(
      {"* online (3): ann, ben, cid", "* dan has entered the chat", "* online (2): ann, eve"});
  BOOST_TEST(roster.size() == 2);
  BOOST_TEST(roster.beginning_with("b").empty());
  BOOST_TEST(roster.beginning_with("d").empty());
  BOOST_TEST(roster.beginning_with("e") == std::vector<std::string>{"eve"});
}

BOOST_AUTO_TEST_CASE(a_list_of_several_lines_replaces_it_once_it_is_whole) {
  std::vector<std::string> lines{"* online (2): old, older", "* online (3): ann, ben"};
  BOOST_TEST(after(lines).beginning_with("old").size() == 2);
  lines.push_back("* online (3): cid");
  BOOST_TEST(after(lines).size() == 3);
  BOOST_TEST(after(lines).beginning_with("old").empty());
}

BOOST_AUTO_TEST_CASE(a_list_that_never_became_whole_does_not_spoil_the_next) {
  const Roster roster = after({"* online (9): ann, ben", "* online (2): cid, dan"});
  BOOST_TEST(roster.size() == 2);
  BOOST_TEST(roster.beginning_with("a").empty());
}

BOOST_AUTO_TEST_CASE(what_a_lost_connection_has_told_of_a_list_is_not_mixed_with_the_next) {
  Roster roster = after({"* online (3): gone, ann"});
  roster.connection_lost();
  roster.follow(parse_server_line("* online (3): ann, ben"));
  BOOST_TEST(roster.size() == 0);
  roster.follow(parse_server_line("* online (3): cid"));
  BOOST_TEST(roster.size() == 3);
  BOOST_TEST(roster.beginning_with("g").empty());
}

BOOST_AUTO_TEST_CASE(a_list_that_names_more_than_it_says_is_forgotten) {
  Roster roster = after({"* online (2): a, b, c, d, e"});
  BOOST_TEST(roster.size() == 0);
  roster.follow(parse_server_line("* online (2): f, g"));
  BOOST_TEST(roster.size() == 2);
  BOOST_TEST(roster.beginning_with("f").size() == 1);
}

BOOST_AUTO_TEST_CASE(who_spoke_last_stays_first_in_a_new_list) {
  const Roster roster = after({"* online (2): bea, ben", "ben: hello", "* online (2): bea, ben"});
  BOOST_TEST(roster.beginning_with("b").front() == "ben");
}

BOOST_AUTO_TEST_CASE(who_comes_is_there_and_who_leaves_is_not) {
  Roster roster = after({"* ann has entered the chat", "* Ben has entered the chat"});
  BOOST_TEST(roster.size() == 2);
  BOOST_TEST(roster.beginning_with("b") == std::vector<std::string>{"Ben"});
  roster.follow(parse_server_line("* ben has left the chat"));
  BOOST_TEST(roster.size() == 1);
  roster.follow(parse_server_line("* ben has left the chat"));
  BOOST_TEST(roster.size() == 1);
}

BOOST_AUTO_TEST_CASE(names_are_found_by_their_beginning_in_any_case_who_spoke_last_first) {
  using Names = std::vector<std::string>;
  Roster roster = after({"* online (4): Anna, anne, ANDY, bob", "anne: hi", "~ Anna waves"});
  BOOST_TEST(roster.beginning_with("aN") == Names({"Anna", "anne", "ANDY"}));
  BOOST_TEST(roster.beginning_with("ann") == Names({"Anna", "anne"}));
  BOOST_TEST(roster.beginning_with("annex").empty());
  BOOST_TEST(roster.beginning_with("").size() == 4);
  roster.follow(parse_server_line("ANDY -> bob: hi"));
  BOOST_TEST(roster.beginning_with("a").front() == "ANDY");
  roster.follow(parse_server_line("stranger: hi"));  // who is not here does not come by speaking
  BOOST_TEST(roster.size() == 4);
}

BOOST_AUTO_TEST_CASE(what_is_replayed_says_nothing_of_who_is_here) {
  Roster roster = after({"* online (1): ann"});
  for (const char* text :
       {"* ben has entered the chat", "* ann has left the chat", "* online (2): cid, dan"}) {
    ServerLine line = parse_server_line(text);
    line.replayed = true;
    roster.follow(line);
  }
  BOOST_TEST(roster.size() == 1);
  BOOST_TEST(roster.beginning_with("a").size() == 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_list_or_no_name_is_let_go) {
  for (const char* line : {"* online (x): ann", "* online (-1): ann",
                           "* online (99999999999999999999): ann", "* online (1000001): ann",
                           "* online (1: ann", "* online 1): ann", "* online ()", "* online"}) {
    BOOST_TEST(after({line}).size() == 0, line);
  }
  BOOST_TEST(after({"* online (2): ann, b b"}).size() == 0);
  BOOST_TEST(after({"* online (2): ann, b b", "* online (2): ben"}).size() == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
