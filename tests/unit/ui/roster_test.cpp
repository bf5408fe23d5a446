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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
