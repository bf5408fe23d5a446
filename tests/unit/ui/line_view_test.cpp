#include "chat/ui/line_view.hpp"

#include <boost/test/unit_test.hpp>

#include "chat/base/text.hpp"
#include "chat/ui/columns.hpp"

namespace chat {
namespace {

struct Utf8 {
  Utf8() { use_utf8_locale(); }
};

// The row with a | where the cursor is.
std::string shown(std::string_view text, std::size_t cursor, std::size_t columns) {
  const LineView view = view_line("> ", text, cursor, columns);
  const std::string before(fitting(view.row, view.cursor));
  return before + "|" + view.row.substr(before.size());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(line_view, Utf8)

BOOST_AUTO_TEST_CASE(a_line_that_fits_is_shown_as_it_is) {
  BOOST_TEST(shown("", 0, 80) == "> |");
  BOOST_TEST(shown("abc", 1, 80) == "> a|bc");
  BOOST_TEST(shown("12345678901234567", 17, 20) == "> 12345678901234567|");
}

BOOST_AUTO_TEST_CASE(of_a_longer_line_the_part_around_the_cursor_is_shown) {
  const std::string text = "abcdefghijklmnopqrstuvwxyz";
  BOOST_TEST(shown(text, 0, 20) == "> |abcdefghijklmno…");
  BOOST_TEST(shown(text, 15, 20) == "> abcdefghijklmno|…");
  BOOST_TEST(shown(text, 16, 20) == "> …hijklmnop|qrstuv…");
  BOOST_TEST(shown(text, 26, 20) == "> …opqrstuvwxyz|");
}

BOOST_AUTO_TEST_CASE(it_stands_still_while_the_cursor_moves_within_half_a_row) {
  const std::string text(300, 'x');
  std::size_t moves = 0;
  std::string before;
  for (std::size_t cursor = 0; cursor <= text.size(); ++cursor) {
    const std::size_t column = view_line("> ", text, cursor, 80).cursor;
    const std::size_t last = cursor == 0 ? 1 : view_line("> ", text, cursor - 1, 80).cursor;
    moves += column != last + 1;
  }
  BOOST_TEST(moves <= 300 / 36);
}

BOOST_AUTO_TEST_CASE(a_wide_character_at_the_edge_is_left_out_whole) {
  const std::string text = "世界世界世界世界世界世界";
  for (std::size_t cursor = 0; cursor <= text.size(); cursor += 3) {
    for (std::size_t columns = 2; columns < 30; ++columns) {
      const LineView view = view_line("> ", text, cursor, columns);
      BOOST_TEST(columns_of(view.row) < columns);
      BOOST_TEST(view.cursor < columns);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_prompt_that_leaves_no_room_gives_way) {
  BOOST_TEST(view_line("a very long prompt? ", "abc", 3, 20).row == "> abc");
  BOOST_TEST(view_line("> ", "abc", 3, 5).row == "abc");
  BOOST_TEST(view_line("> ", "abc", 3, 1).row == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
