#include "chat/client/habits.hpp"

#include <boost/test/unit_test.hpp>

namespace chat {

BOOST_AUTO_TEST_SUITE(habits)

BOOST_AUTO_TEST_CASE(commands_of_other_chats_are_as_this_room_has_them) {
  BOOST_TEST(in_own_words("/w ann  hi there") == "/msg ann  hi there");
  BOOST_TEST(in_own_words("/QUERY ann hi") == "/msg ann hi");
  BOOST_TEST(in_own_words("/names") == "/who");
  for (const char* line : {"/exit", "/part", "/leave"}) BOOST_TEST(in_own_words(line) == "/quit");
  for (const char* line : {"hello", "/who", "//exit", "/whois ann", "exit", "", "/"}) {
    BOOST_TEST(in_own_words(line) == line);
  }
}

BOOST_AUTO_TEST_CASE(what_there_is_not_here_is_said) {
  BOOST_TEST(nothing_here("/nick ann").find("until you leave") != std::string_view::npos);
  BOOST_TEST(nothing_here("/JOIN #room").find("only room") != std::string_view::npos);
  for (const char* line : {"hello", "/who", "//nick ann", "/nickname"}) {
    BOOST_TEST(nothing_here(line) == "", line);
  }
}

BOOST_AUTO_TEST_CASE(corrections_are_known_and_other_slashes_are_none) {
  for (const char* line : {"s/old/new/", "s/old/new", "s/old/new/g", "s/old//", "s/a b/c d/"}) {
    BOOST_TEST(is_correction(line), line);
  }
  for (const char* line : {"s/", "s//x/", "s/old/", "sold/new/", "see s/old/new/", "s/usr/bin/env",
                           "s", "", "us/them/"}) {
    BOOST_TEST(!is_correction(line), line);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
