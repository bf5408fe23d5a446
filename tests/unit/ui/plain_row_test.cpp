#include "chat/ui/plain_row.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "chat/base/text.hpp"
#include "chat/ui/limits.hpp"

namespace chat {

BOOST_AUTO_TEST_SUITE(plain_row)

BOOST_AUTO_TEST_CASE(what_is_typed_is_written_behind_what_stands_there) {
  use_utf8_locale();
  PlainRow row;
  BOOST_TEST(row.become("name? ", "") == "name? ");
  BOOST_TEST(row.become("name? ", "an") == "an");
  BOOST_TEST(row.become("name? ", "ann") == "n");
  BOOST_TEST(row.become("name? ", "an") == "\b \b");
  BOOST_TEST(row.become("name? ", "an") == "");
  BOOST_TEST(row.finish("name? anna") == "na\n");
}

BOOST_AUTO_TEST_CASE(what_no_erased_character_gives_begins_a_new_row) {
  use_utf8_locale();
  PlainRow row;
  BOOST_TEST(row.become("", "hello") == "hello");
  BOOST_TEST(row.become("", "older line") == "\nolder line");
  BOOST_TEST(row.become("", "") == "\n");
  BOOST_TEST(row.become("", "世") == "世");
  BOOST_TEST(row.become("", "") == "\n");  // two columns, which not all terminals erase as such
  BOOST_TEST(row.become("? ", "") == "? ");
  BOOST_TEST(row.become("", "x") == "\nx");
}

BOOST_AUTO_TEST_CASE(lines_of_the_chat_wait_while_something_is_typed) {
  PlainRow row;
  BOOST_TEST(row.add("ben: one\n") == "ben: one\n");
  BOOST_TEST(row.become("", "half") == "half");
  BOOST_TEST(row.add("ben: two\n") == "");
  BOOST_TEST(row.add("ben: three\n") == "");
  BOOST_TEST(row.finish("half a line") == " a line\nben: two\nben: three\n");
  BOOST_TEST(row.become("", "x") == "x");
  BOOST_TEST(row.add("ben: four\n") == "");
  BOOST_TEST(row.become("", "") == "\b \bben: four\n");
}

BOOST_AUTO_TEST_CASE(a_question_to_which_nothing_is_typed_is_asked_again_below_the_lines) {
  PlainRow row;
  BOOST_TEST(row.become("name? ", "") == "name? ");
  BOOST_TEST(row.add("* welcome\n") == "\n* welcome\nname? ");
}

BOOST_AUTO_TEST_CASE(who_leaves_half_a_line_standing_is_told_in_the_end) {
  PlainRow row;
  BOOST_TEST(row.become("", "half") == "half");
  const std::string much(kMaxHeld, 'x');
  BOOST_TEST(row.add(much) == "");
  BOOST_TEST(row.add("\n") == "\n" + much + "\nhalf");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
