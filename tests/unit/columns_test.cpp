#include "chat/columns.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace chat {
namespace {

struct Utf8 {
  Utf8() { use_utf8_locale(); }
};

std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = next_character(text, at);
    BOOST_TEST(previous_character(text, next) == at);
    result.emplace_back(text.substr(at, next - at));
    at = next;
  }
  return result;
}

using Characters = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(columns, Utf8)

BOOST_AUTO_TEST_CASE(a_character_is_what_a_person_takes_for_one) {
  BOOST_TEST(characters("aü世") == Characters({"a", "ü", "世"}));
  BOOST_TEST(characters("e\xCC\x81\xCC\xA3x") == Characters({"e\xCC\x81\xCC\xA3", "x"}));
  BOOST_TEST(characters("❤\xEF\xB8\x8F!") == Characters({"❤\xEF\xB8\x8F", "!"}));
  BOOST_TEST(characters("👍🏽👍") == Characters({"👍🏽", "👍"}));
  BOOST_TEST(characters("👩\xE2\x80\x8D🚀a") == Characters({"👩\xE2\x80\x8D🚀", "a"}));
  BOOST_TEST(characters("🇩🇪🇫🇷🇺") == Characters({"🇩🇪", "🇫🇷", "🇺"}));
  BOOST_TEST(characters("한") == Characters({"한"}));
  BOOST_TEST(characters("\xCC\x81"
                        "a") == Characters({"\xCC\x81", "a"}));
}

BOOST_AUTO_TEST_CASE(the_ends_of_the_text_are_not_passed) {
  BOOST_TEST(next_character("ab", 2) == 2);
  BOOST_TEST(previous_character("ab", 0) == 0);
  BOOST_TEST(next_character("", 0) == 0);
}

BOOST_AUTO_TEST_CASE(wide_characters_take_two_columns_and_marks_none) {
  BOOST_TEST(columns_of("") == 0);
  BOOST_TEST(columns_of("abc") == 3);
  BOOST_TEST(columns_of("ü") == 1);
  BOOST_TEST(columns_of("世界") == 4);
  BOOST_TEST(columns_of("🙂") == 2);
  BOOST_TEST(columns_of("e\xCC\x81") == 1);
  BOOST_TEST(columns_of("\xF3\xA0\x80\x81") <= 1);
}

BOOST_AUTO_TEST_CASE(what_fits_ends_with_a_whole_character) {
  BOOST_TEST(fitting("abc", 2) == "ab");
  BOOST_TEST(fitting("a世b", 2) == "a");
  BOOST_TEST(fitting("a世b", 3) == "a世");
  BOOST_TEST(fitting("e\xCC\x81x", 1) == "e\xCC\x81");
  BOOST_TEST(fitting("abc", 0) == "");
}

BOOST_AUTO_TEST_CASE(a_boundary_is_found_from_within_a_character) {
  const std::string text = "a世e\xCC\x81x";
  const std::vector<std::size_t> expected{0, 1, 4, 4, 4, 7, 7, 7, 8};
  for (std::size_t at = 0; at < expected.size(); ++at) {
    BOOST_TEST(character_boundary(text, at) == expected[at]);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
