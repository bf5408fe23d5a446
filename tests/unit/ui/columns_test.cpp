#include "chat/ui/columns.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/text.hpp"

namespace chat {
namespace {

std::string wrapped(std::string_view text, std::size_t at, std::size_t indent,
                    std::size_t columns) {
  return Rows(at, indent, columns).add(text);
}

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

BOOST_AUTO_TEST_CASE(words_stay_whole_and_go_on_in_an_indented_row) {
  BOOST_TEST(wrapped("one two three", 5, 5, 12) == "one two\n     three");
  BOOST_TEST(wrapped("one two three", 5, 2, 13) == "one two\n  three");
  BOOST_TEST(wrapped("one two three", 5, 5, 18) == "one two three");
  BOOST_TEST(wrapped("one two three", 5, 5, 17) == "one two\n     three");
  BOOST_TEST(wrapped("one  two   three", 0, 0, 8) == "one  two\nthree");
  BOOST_TEST(wrapped("  three", 4, 2, 10) == "\n  three");
  BOOST_TEST(wrapped("世界 世界", 2, 2, 10) == "世界 世\n  界");
  BOOST_TEST(wrapped("世界 世界", 2, 2, 11) == "世界 世界");
  BOOST_TEST(wrapped("", 2, 2, 10) == "");
}

BOOST_AUTO_TEST_CASE(a_word_that_fits_behind_nothing_but_an_indent_begins_a_row) {
  BOOST_TEST(wrapped("sixsix", 8, 3, 10) == "\n   sixsix");
  BOOST_TEST(wrapped("sixsix", 12, 4, 10) == "sixsix");  // the terminal has broken before
}

BOOST_AUTO_TEST_CASE(a_word_longer_than_a_row_is_broken_within) {
  BOOST_TEST(wrapped("see 0123456789abcdefghij", 4, 4, 12) ==
             "see 0123\n    456789ab\n    cdefghij");
  BOOST_TEST(wrapped("012345678", 4, 4, 12) == "01234567\n    8");
  BOOST_TEST(wrapped("世界世界世", 3, 2, 6) == "世\n  界世\n  界世");
  BOOST_TEST(wrapped("ab世cd", 2, 2, 6) == "ab世\n  cd");
}

BOOST_AUTO_TEST_CASE(an_address_longer_than_a_row_stays_whole_where_it_can_be_marked) {
  const std::string address = "https://example.org/0123456789";
  const auto marked = [](const std::string& text) { return Rows(4, 4, 20, {"<", ">"}).add(text); };
  BOOST_TEST(marked("see " + address + " there") == "see <" + address + ">\n    there");
  BOOST_TEST(marked(address + " x") == "<" + address + ">\n    x");
  BOOST_TEST(marked("https://a.b") == "https://a.b");
  BOOST_TEST(wrapped(address, 4, 4, 20) == "https://example.\n    org/0123456789");
}

BOOST_AUTO_TEST_CASE(a_tab_is_spaces_up_to_its_stop) {
  BOOST_TEST(wrapped("a\tb", 2, 2, 20) == "a     b");
  BOOST_TEST(wrapped("a\t\tb", 2, 2, 17) == "a             b");
  BOOST_TEST(wrapped("a\t\tb", 2, 2, 16) == "a\n  b");
}

BOOST_AUTO_TEST_CASE(what_some_terminals_show_wider_is_taken_for_as_wide) {
  BOOST_TEST(wrapped("\u2764\uFE0F\u2764\uFE0F", 0, 0, 3) == "\u2764\uFE0F\n\u2764\uFE0F");
}

BOOST_AUTO_TEST_CASE(spaces_at_the_end_make_no_row) {
  BOOST_TEST(wrapped("one   ", 2, 2, 6) == "one");
  BOOST_TEST(wrapped("one ", 2, 2, 6) == "one");
}

BOOST_AUTO_TEST_CASE(whatever_is_wrapped_fits_and_loses_no_word) {
  const std::string text = "a bb  ccc dddd 世界 eeeee f   gggggg 🙂🙂 hhhhhhh ";
  for (std::size_t columns = 10; columns < 60; ++columns) {
    for (std::size_t at = 0; at <= columns; ++at) {
      const std::size_t indent = std::min(at, columns / 2 - 2);
      const std::string rows = wrapped(text, at, indent, columns);
      std::size_t used = at;
      std::string words;
      for (std::size_t begin = 0; begin <= rows.size();) {
        const std::size_t end = std::min(rows.find('\n', begin), rows.size());
        const std::string row = rows.substr(begin, end - begin);
        used += columns_of(row);
        BOOST_TEST(used <= columns);
        for (const char c : row) words.append(c == ' ' ? "" : std::string(1, c));
        used = 0;
        begin = end + 1;
      }
      BOOST_TEST(words == "abbcccdddd世界eeeeefgggggg🙂🙂hhhhhhh");
    }
  }
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
