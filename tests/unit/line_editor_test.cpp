#include "chat/line_editor.hpp"

#include <boost/test/unit_test.hpp>
#include <initializer_list>

#include "chat/limits.hpp"

namespace chat {
namespace {

using Kind = LineEditor::Event::Kind;

// What is painted of the line on a screen that is wide enough.
std::string painted(const LineEditor& editor, std::size_t columns = 10'000) {
  const std::string painting = editor.repaint(columns);
  const std::string before = "\r> ";
  const std::string after = "\x1B[K";
  BOOST_REQUIRE(painting.starts_with(before));
  BOOST_REQUIRE(painting.ends_with(after));
  return painting.substr(before.size(), painting.size() - before.size() - after.size());
}

std::string typed(std::string_view keys) {
  LineEditor editor;
  BOOST_TEST(editor.feed(keys).empty());
  return painted(editor);
}

std::vector<std::string> submitted(std::string_view keys) {
  LineEditor editor;
  std::vector<std::string> lines;
  for (const auto& event : editor.feed(keys)) {
    BOOST_TEST((event.kind == Kind::kLine));
    lines.push_back(event.line);
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(line_editor)

BOOST_AUTO_TEST_CASE(enter_submits_the_line_and_empties_it) {
  LineEditor editor;
  const auto events = editor.feed("hello\r");
  BOOST_REQUIRE(events.size() == 1);
  BOOST_TEST((events[0].kind == Kind::kLine));
  BOOST_TEST(events[0].line == "hello");
  BOOST_TEST(events[0].shown == "> hello");
  BOOST_TEST(painted(editor) == "");
}

BOOST_AUTO_TEST_CASE(return_newline_and_both_together_each_end_one_line) {
  BOOST_TEST(submitted("a\rb\nc\r\nd\r\re\r") == Lines({"a", "b", "c", "d", "", "e"}));
}

BOOST_AUTO_TEST_CASE(characters_may_come_in_any_pieces) {
  const std::string line = "aü世🙂 z";
  for (std::size_t split = 0; split <= line.size(); ++split) {
    LineEditor editor;
    editor.feed(line.substr(0, split));
    editor.feed(line.substr(split));
    BOOST_TEST(painted(editor) == line);
  }
}

BOOST_AUTO_TEST_CASE(half_a_character_is_not_painted) { BOOST_TEST(typed("a\xE4\xB8") == "a"); }

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_left_out) {
  BOOST_TEST(typed("a\xFF\x80\xC0\xAF"
                   "b\xE4\xB8"
                   "c\xED\xA0\x80"
                   "d") == "abcd");
}

BOOST_AUTO_TEST_CASE(characters_that_would_disturb_the_screen_are_left_out) {
  BOOST_TEST(typed("a\xE2\x80\xAE"
                   "b\xC2\x9B"
                   "c\x01\x07"
                   "d") == "abcd");
}

BOOST_AUTO_TEST_CASE(a_tab_becomes_a_space) { BOOST_TEST(typed("a\tb") == "a b"); }

BOOST_AUTO_TEST_CASE(backspace_takes_one_whole_character) {
  BOOST_TEST(typed("aü世🙂\x7F") == "aü世");
  BOOST_TEST(typed("aü世🙂\x7F\x08") == "aü");
  BOOST_TEST(typed("aü\x7F\x7F\x7F\x7F"
                   "b") == "b");
}

BOOST_AUTO_TEST_CASE(ctrl_u_empties_the_line) { BOOST_TEST(typed("hello\x15you") == "you"); }

BOOST_AUTO_TEST_CASE(ctrl_c_interrupts_wherever_it_comes) {
  for (const std::string before : {"", "hello", "\x1B", "\x1B[1;", "\x1B]0;title", "\xE4\xB8"}) {
    LineEditor editor;
    const auto events = editor.feed(before + "\x03");
    BOOST_REQUIRE(events.size() == 1);
    BOOST_TEST((events[0].kind == Kind::kInterrupt));
  }
}

BOOST_AUTO_TEST_CASE(ctrl_d_ends_the_input_on_an_empty_line_only) {
  LineEditor editor;
  BOOST_TEST(editor.feed("x\x04").empty());
  BOOST_TEST(painted(editor) == "x");
  const auto events = editor.feed("\x7F\x04");
  BOOST_REQUIRE(events.size() == 1);
  BOOST_TEST((events[0].kind == Kind::kEndOfInput));
}

BOOST_AUTO_TEST_CASE(escape_sequences_are_swallowed_whole_wherever_they_are_cut) {
  for (const std::string sequence :
       {"\x1B[A", "\x1B[1;5C", "\x1B[3~", "\x1B[?25h", "\x1BOP", "\x1Bx", "\x1B]0;title\x07",
        "\x1B]0;title\x1B\\", "\x1BP1$r0m\x1B\\", "\x1B\x1B[A"}) {
    for (std::size_t split = 0; split <= sequence.size(); ++split) {
      LineEditor editor;
      editor.feed("a" + sequence.substr(0, split));
      editor.feed(sequence.substr(split) + "b");
      BOOST_TEST(painted(editor) == "ab");
    }
  }
}

BOOST_AUTO_TEST_CASE(enter_works_even_within_an_escape_sequence) {
  BOOST_TEST(submitted("a\x1B]never ended\r"
                       "b\r") == Lines({"a", "b"}));
}

BOOST_AUTO_TEST_CASE(a_line_grows_no_longer_than_the_server_takes) {
  const std::string most(kMaxLine - 1, 'x');
  BOOST_TEST(submitted(most + "ü\r") == Lines({most}));
  BOOST_TEST(submitted(most + "yz\r") == Lines({most + "y"}));
}

BOOST_AUTO_TEST_CASE(what_follows_the_first_comma_of_a_secret_line_is_never_painted) {
  LineEditor editor;
  editor.set_secret(true);
  editor.feed("ann");
  BOOST_TEST(painted(editor) == "ann");
  editor.feed(",pä,s");
  BOOST_TEST(painted(editor) == "ann,****");
  const auto events = editor.feed("\r");
  BOOST_REQUIRE(events.size() == 1);
  BOOST_TEST(events[0].line == "ann,pä,s");
  BOOST_TEST(events[0].shown == "> ann,****");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_no_secret_is_painted_as_it_is) {
  LineEditor editor;
  editor.set_secret(true);
  editor.feed("well, hello");
  editor.set_secret(false);
  BOOST_TEST(painted(editor) == "well, hello");
}

// The prompt takes two columns and the cursor one.
BOOST_AUTO_TEST_CASE(of_a_line_longer_than_the_row_the_end_is_painted) {
  LineEditor editor;
  editor.feed("abcdefgh");
  BOOST_TEST(painted(editor, 11) == "abcdefgh");
  BOOST_TEST(painted(editor, 10) == "bcdefgh");
  BOOST_TEST(painted(editor, 4) == "h");
}

BOOST_AUTO_TEST_CASE(a_wide_character_counts_as_two_columns) {
  LineEditor editor;
  editor.feed("ab世界ü");
  BOOST_TEST(painted(editor, 10) == "ab世界ü");
  BOOST_TEST(painted(editor, 9) == "b世界ü");
  BOOST_TEST(painted(editor, 7) == "界ü");
}

BOOST_AUTO_TEST_CASE(a_screen_too_narrow_for_anything_shows_the_prompt_only) {
  LineEditor editor;
  editor.feed("abc");
  BOOST_TEST(painted(editor, 0) == "");
  BOOST_TEST(painted(editor, 3) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
