// Manuals, completion and scripts/README.md keep to the options that the programs have.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "chat/client/client_options.hpp"
#include "chat/server/server_options.hpp"

namespace {

using Words = std::set<std::string>;

std::string in_scripts(const std::string& file) {
  std::ifstream stream("scripts/" + file);
  BOOST_REQUIRE_MESSAGE(stream, "the tests run in the project's folder");
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// What the first group of `pattern` matches, wherever it is in `text`.
Words found(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern, std::regex::ECMAScript | std::regex::multiline);
  Words words;
  for (std::sregex_iterator i(text.begin(), text.end(), regex), end; i != end; ++i) {
    words.insert(std::regex_replace((*i)[1].str(), std::regex("\\\\"), ""));  // \- of a manual
  }
  return words;
}

// Each option of --help, and its argument.
std::map<std::string, std::string> options(const std::string& usage) {
  static const std::regex row("^  --([a-z-]+)(?: ([^ ,\\n]+))?(?:,|  |\\n| [a-z])",
                              std::regex::ECMAScript | std::regex::multiline);
  std::map<std::string, std::string> options;
  for (std::sregex_iterator i(usage.begin(), usage.end(), row), end; i != end; ++i) {
    options[(*i)[1]] = (*i)[2];
  }
  return options;
}

Words names(const std::string& usage) {
  Words names;
  for (const auto& [name, argument] : options(usage)) names.insert(name);
  return names;
}

Words all_names() {
  Words all = names(chat::server_usage());
  all.merge(names(chat::client_usage()));
  return all;
}

const std::vector<std::string> kCompletion = {"packaging/completion/chatroom.bash",
                                              "packaging/completion/_chatroom",
                                              "packaging/completion/chatroom.fish"};

}  // namespace

BOOST_AUTO_TEST_SUITE(packaging)

BOOST_AUTO_TEST_CASE(every_row_of_help_is_an_option) {
  for (const std::string& usage : {chat::server_usage(), chat::client_usage()}) {
    BOOST_TEST(names(usage) == found(usage, "^ +--([a-z-]+)"), boost::test_tools::per_element());
  }
  BOOST_TEST(options(chat::server_usage()).at("transcript-sync") == "WHEN");
  BOOST_TEST(options(chat::server_usage()).at("max-pending-per-address") == "N");
  BOOST_TEST(options(chat::server_usage()).at("check") == "");
  BOOST_TEST(options(chat::client_usage()).at("port") == "N");
  BOOST_TEST(options(chat::client_usage()).at("history") == "off");
}

BOOST_AUTO_TEST_CASE(each_manual_explains_the_options_of_help_and_no_other) {
  const std::string item = "^\\.It Fl -((?:[a-z-]|\\\\-)+)";
  BOOST_TEST(
      found(in_scripts("packaging/man/chatroom-server.8"), item) == names(chat::server_usage()),
      boost::test_tools::per_element());
  BOOST_TEST(found(in_scripts("packaging/man/chatroom.1"), item) == names(chat::client_usage()),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_tables_of_scripts_readme_have_the_options_of_help_and_no_other) {
  const std::string readme = in_scripts("README.md");
  Words listed = found(readme, "^\\| `--([a-z-]+)");
  listed.merge(found(readme, "^\\| `--[^|]*, `--([a-z-]+)"));
  BOOST_TEST(listed == all_names(), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_manual_mentions_an_option_that_does_not_exist) {
  const Words all = all_names();
  for (const char* page :
       {"chatroom-server.8", "chatroom.1", "chatroom-accounts.5", "chatroom-protocol.7"}) {
    for (const std::string& name :
         found(in_scripts(std::string("packaging/man/") + page), "Fl -((?:[a-z-]|\\\\-)+)")) {
      BOOST_TEST(all.contains(name), page << " mentions --" << name);
    }
  }
}

// The scripts read --help, each by a pattern of its own.
BOOST_AUTO_TEST_CASE(completion_finds_every_option_in_help) {
  for (const std::string& script : kCompletion) {
    const Words patterns = found(in_scripts(script), "(?:-oE|-nE|-r) '(?:s/)?(\\^[^'/]*--[^'/]*)");
    BOOST_REQUIRE_MESSAGE(patterns.size() == 1, script << " has a pattern of an option");
    const std::regex pattern(*patterns.begin());
    for (const std::string& usage : {chat::server_usage(), chat::client_usage()}) {
      Words completed;
      std::istringstream lines(usage);
      for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (!std::regex_search(line, match, pattern)) continue;
        completed.merge(found(match[match.size() > 1 ? 1 : 0], "([a-z][a-z-]*)"));
      }
      BOOST_TEST_CONTEXT(script) {
        BOOST_TEST(completed == names(usage), boost::test_tools::per_element());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(completion_knows_what_options_take_unless_only_the_user_knows) {
  const Words known_to_the_user = {
      "", "N", "NAME", "ADDRESS", "ADDRESS[/BITS]", "ADDRESS:PORT", "CMD", "TEXT"};
  Words completed;
  for (const std::string& usage : {chat::server_usage(), chat::client_usage()}) {
    for (const auto& [name, argument] : options(usage)) {
      if (!known_to_the_user.contains(argument)) completed.insert(name);
    }
  }
  for (const std::string& script : kCompletion) {
    BOOST_TEST_CONTEXT(script) {
      BOOST_TEST(found(in_scripts(script), "(?:\\*|chatroom-server)--([a-z-]+)") == completed,
                 boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
