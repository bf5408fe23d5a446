#include "chat/wire/command_table.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>
#include <vector>

namespace chat {
namespace {

// The rows of README's tables of commands.
std::vector<std::string> rows_of_readme() {
  std::ifstream file("README.md");
  BOOST_REQUIRE_MESSAGE(file, "the tests run in the project's folder");
  std::vector<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `/") && !line.starts_with("| `//")) rows.push_back(line);
  }
  return rows;
}

std::string row_of(const CommandEntry& entry) {
  std::string command(entry.name);
  if (!entry.arguments.empty()) command.append(" ").append(entry.arguments);
  std::string row = "| `";
  for (const char c : command) row += c == '|' ? "\\|" : std::string(1, c);  // as Markdown has it
  return row + "` | " + std::string(entry.help) + " |";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(commands)

BOOST_AUTO_TEST_CASE(readme_lists_what_the_table_has) {
  std::vector<std::string> expected;
  for (const CommandEntry& entry : command_table()) expected.push_back(row_of(entry));
  const std::vector<std::string> rows = rows_of_readme();
  BOOST_TEST(rows == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(names_are_found_in_any_case_and_each_once) {
  std::vector<std::string> names;
  for (const CommandEntry& entry : command_table()) {
    names.emplace_back(entry.name);
    BOOST_TEST(find_command(entry.name) == &entry);
  }
  BOOST_TEST(find_command("/WHOIS") == find_command("/whois"));
  BOOST_TEST(find_command("/dance") == nullptr);
  BOOST_TEST(find_command("who") == nullptr);
  std::sort(names.begin(), names.end());
  BOOST_TEST((std::adjacent_find(names.begin(), names.end()) == names.end()));
}

BOOST_AUTO_TEST_CASE(a_misspelt_one_is_nearest_to_the_one_that_was_meant) {
  const auto nearest = [](std::string_view name) {
    const CommandEntry* const entry = nearest_command(name);
    return entry == nullptr ? std::string() : std::string(entry->name);
  };
  BOOST_TEST(nearest("/hsitory") == "/history");
  BOOST_TEST(nearest("/HISTROY") == "/history");
  BOOST_TEST(nearest("/passwrd") == "/password");
  BOOST_TEST(nearest("/wohis") == "/whois");
  BOOST_TEST(nearest("/mgs") == "/msg");
  BOOST_TEST(nearest("/quti") == "/quit");
  for (const char* name : {"/", "/x", "/dance", "/frobnicate", ""}) BOOST_TEST(nearest(name) == "");
  BOOST_TEST(nearest(std::string(4000, 'x')) == "");
}

BOOST_AUTO_TEST_CASE(those_of_operators_come_last) {
  bool operators = false;
  for (const CommandEntry& entry : command_table()) {
    BOOST_TEST((!operators || entry.access == Access::kOperators), entry.name);
    operators = entry.access == Access::kOperators;
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
