#include "chat/ui/history.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "chat/ui/limits.hpp"

namespace chat {

BOOST_AUTO_TEST_SUITE(history)

BOOST_AUTO_TEST_CASE(the_newest_line_comes_first) {
  History history;
  for (const char* line : {"one", "", "two", "two", "one"}) history.add(line);
  BOOST_REQUIRE(history.size() == 3);
  BOOST_TEST(history.at(0) == "one");
  BOOST_TEST(history.at(1) == "two");
  BOOST_TEST(history.at(2) == "one");
}

BOOST_AUTO_TEST_CASE(the_oldest_lines_go) {
  History history;
  for (std::size_t i = 0; i < kMaxHistory + 10; ++i) history.add(std::to_string(i));
  BOOST_TEST(history.size() == kMaxHistory);
  BOOST_TEST(history.at(kMaxHistory - 1) == "10");
}

BOOST_AUTO_TEST_CASE(a_search_goes_from_an_age_to_older_lines) {
  History history;
  for (const char* line : {"say one", "bye", "say two"}) history.add(line);
  BOOST_TEST(history.find("say", 0).value().age == 0);
  BOOST_TEST(history.find("say", 1).value().age == 2);
  BOOST_TEST(history.find("SAY", 1).value().at == 0);
  BOOST_TEST(!history.find("say", 3));
  BOOST_TEST(!history.find("nothing", 0));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
