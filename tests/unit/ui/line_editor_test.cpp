#include "chat/ui/line_editor.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/text.hpp"
#include "chat/ui/columns.hpp"
#include "chat/ui/limits.hpp"
#include "chat/wire/limits.hpp"

namespace chat {
namespace {

using Kind = LineEditor::Event::Kind;
using Lines = std::vector<std::string>;

constexpr std::string_view kPasteBegin = "\x1B[200~";
constexpr std::string_view kPasteEnd = "\x1B[201~";

std::string pasted(std::string_view text) {
  return std::string(kPasteBegin).append(text).append(kPasteEnd);
}

// Types, and tells what is on the row, with a | where the cursor is.
class Typist {
 public:
  explicit Typist(LineEditor::Completer complete = {}) : editor(std::move(complete)) {
    use_utf8_locale();
  }

  Typist& type(std::string_view keys) {
    editor.feed(keys);
    while (auto event = editor.next()) {
      if (event->kind == Kind::kLine) lines.push_back(event->text);
      if (event->kind == Kind::kPasteAgreed) take(event->text);
      if (event->kind == Kind::kPasted || event->kind == Kind::kPasteRefused ||
          event->kind == Kind::kCandidates) {
        told = event->text;
      }
      kinds.push_back(event->kind);
      rows.push_back(event->row);
    }
    return *this;
  }

  // Without the prompt.
  std::string line(std::size_t columns = 10'000) const {
    const LineView view = editor.view(columns);
    const std::string before(fitting(view.row, view.cursor));
    return std::string(before + "|" + view.row.substr(before.size())).substr(2);
  }
  std::string row() const { return editor.view(10'000).row; }

  Typist& wait() {
    editor.lapse();
    return type("");
  }

  void take(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      lines.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  LineEditor editor;
  std::string told;  // of what was pasted, or may be completed
  Lines lines;
  Lines rows;
  std::vector<Kind> kinds;
};

std::string typed(std::string_view keys) { return Typist().type(keys).line(); }
Lines submitted(std::string_view keys) { return Typist().type(keys).lines; }

}  // namespace

BOOST_AUTO_TEST_SUITE(line_editor)

BOOST_AUTO_TEST_CASE(enter_submits_the_line_and_empties_it) {
  Typist person;
  person.type("hello\r");
  BOOST_TEST(person.lines == Lines{"hello"});
  BOOST_TEST(person.rows == Lines{"> hello"});
  BOOST_TEST(person.line() == "|");
}

BOOST_AUTO_TEST_CASE(return_newline_and_both_together_each_end_one_line) {
  BOOST_TEST(submitted("a\rb\nc\r\nd\r\re\r") == Lines({"a", "b", "c", "d", "", "e"}));
}

BOOST_AUTO_TEST_CASE(characters_may_come_in_any_pieces) {
  const std::string line = "aü世🙂 z";
  for (std::size_t split = 0; split <= line.size(); ++split) {
    Typist person;
    person.type(line.substr(0, split)).type(line.substr(split));
    BOOST_TEST(person.line() == line + "|");
  }
}

BOOST_AUTO_TEST_CASE(half_a_character_is_not_painted) { BOOST_TEST(typed("a\xE4\xB8") == "a|"); }

BOOST_AUTO_TEST_CASE(what_is_no_utf8_or_would_disturb_the_screen_is_left_out) {
  BOOST_TEST(typed("a\xFF\x80\xC0\xAF"
                   "b\xE4\xB8"
                   "c\xED\xA0\x80"
                   "d") == "abcd|");
  BOOST_TEST(typed("a\xC2\x9B\xE2\x80\xAE\x01\x1C"
                   "b") == "b|a");  // Ctrl+A went home
}

// Moving.

BOOST_AUTO_TEST_CASE(the_cursor_moves_by_characters_and_stops_at_the_ends) {
  BOOST_TEST(typed("ab\x1B[D") == "a|b");
  BOOST_TEST(typed("ab\x1B[D\x1B[D\x1B[D") == "|ab");
  BOOST_TEST(typed("ab\x1B[D\x1B[D\x1B[C") == "a|b");
  BOOST_TEST(typed("ab\x1B[C") == "ab|");
  BOOST_TEST(typed("ab\x02") == "a|b");          // Ctrl+B
  BOOST_TEST(typed("ab\x02\x02\x06") == "a|b");  // Ctrl+F
  BOOST_TEST(typed("a世e\xCC\x81\x1B[D") == "a世|e\xCC\x81");
  BOOST_TEST(typed("a世e\xCC\x81\x1B[D\x1B[D") == "a|世e\xCC\x81");
  const std::string family = "👨\xE2\x80\x8D👩\xE2\x80\x8D👧";
  BOOST_TEST(typed("a" + family + "\x1B[D") == "a|" + family);
  BOOST_TEST(typed("🇩🇪🇫🇷\x1B[D") == "🇩🇪|🇫🇷");
  BOOST_TEST(typed("👍🏽\x1B[D") == "|👍🏽");
}

BOOST_AUTO_TEST_CASE(home_and_end_have_many_sequences) {
  for (const std::string home : {"\x01", "\x1B[H", "\x1BOH", "\x1B[1~", "\x1B[7~"}) {
    for (const std::string end : {"\x05", "\x1B[F", "\x1BOF", "\x1B[4~", "\x1B[8~"}) {
      BOOST_TEST(typed("ab" + home) == "|ab");
      BOOST_TEST(typed("ab" + home + end) == "ab|");
    }
  }
}

BOOST_AUTO_TEST_CASE(words_are_letters_and_digits) {
  for (const std::string left : {"\x1B"
                                 "b",
                                 "\x1B[1;5D", "\x1B[1;3D", "\x1BOd"}) {
    BOOST_TEST(typed("one, zwö 3" + left) == "one, zwö |3");
    BOOST_TEST(typed("one, zwö 3" + left + left) == "one, |zwö 3");
    BOOST_TEST(typed("one, zwö 3" + left + left + left + left) == "|one, zwö 3");
  }
  for (const std::string right : {"\x1B"
                                  "f",
                                  "\x1B[1;5C", "\x1B[1;3C", "\x1BOc"}) {
    BOOST_TEST(typed("one, zwö 3\x01" + right) == "one|, zwö 3");
    BOOST_TEST(typed("one, zwö 3\x01" + right + right) == "one, zwö| 3");
    BOOST_TEST(typed("one, zwö 3\x01" + right + right + right + right) == "one, zwö 3|");
  }
}

// Changing.

BOOST_AUTO_TEST_CASE(text_goes_in_where_the_cursor_is) {
  BOOST_TEST(typed("ad\x1B[Dbc") == "abc|d");
  BOOST_TEST(typed("\xCC\x81\x01"
                   "e") == "e\xCC\x81|");  // the accent joins it
}

BOOST_AUTO_TEST_CASE(backspace_and_delete_take_whole_characters) {
  BOOST_TEST(typed("ae\xCC\x81\x7F") == "a|");
  BOOST_TEST(typed("a世\x08") == "a|");
  BOOST_TEST(typed("\x7F\x08\x1B[3~") == "|");
  BOOST_TEST(typed("a世b\x1B[D\x1B[D\x1B[3~") == "a|b");
  BOOST_TEST(typed("ab\x01\x04") == "|b");  // Ctrl+D
}

BOOST_AUTO_TEST_CASE(ctrl_d_ends_the_input_on_an_empty_line_only) {
  Typist person;
  person.type("x\x04");
  BOOST_TEST(person.kinds.empty());
  person.type("\x7F\x04");
  BOOST_TEST((person.kinds == std::vector{Kind::kEndOfInput}));
}

BOOST_AUTO_TEST_CASE(kills_take_a_word_or_a_side_and_are_yanked) {
  BOOST_TEST(typed("one two.three\x17") == "one |");
  BOOST_TEST(typed("one two.three  \x17") == "one |");
  BOOST_TEST(typed("one two.three\x1B\x7F") == "one two.|");
  BOOST_TEST(typed("one two\x01\x1B"
                   "d") == "| two");
  BOOST_TEST(typed("one two\x01\x1B[3;5~") == "| two");
  BOOST_TEST(typed("one two\x1B"
                   "b\x15") == "|two");
  BOOST_TEST(typed("one two\x1B"
                   "b\x0B") == "one |");
  BOOST_TEST(typed("one two\x1B"
                   "b\x0B\x01\x19") == "two|one ");
  BOOST_TEST(typed("one two three\x17\x17\x01\x19") == "two three|one ");  // as one
  BOOST_TEST(typed("one two three\x17\x1B[D\x17\x19") == "one two| ");
  BOOST_TEST(typed("\x19") == "|");
}

BOOST_AUTO_TEST_CASE(ctrl_t_exchanges_two_characters) {
  BOOST_TEST(typed("ab\x14") == "ba|");
  BOOST_TEST(typed("abcd\x1B[D\x1B[D\x14") == "acb|d");
  BOOST_TEST(typed("a世\x14") == "世a|");
  BOOST_TEST(typed("a\x14") == "a|");
  BOOST_TEST(typed("ab\x01\x14") == "|ab");
}

BOOST_AUTO_TEST_CASE(a_line_grows_no_longer_than_the_server_takes) {
  const std::string most(kMaxLine - 1, 'x');
  BOOST_TEST(submitted(most + "ü\r") == Lines({most}));
  BOOST_TEST(submitted(most + "yz\r") == Lines({most + "y"}));
  BOOST_TEST(submitted(pasted(most + "y") + "\r") == Lines({most + "y"}));
}

BOOST_AUTO_TEST_CASE(who_types_into_a_full_line_is_told_once_until_there_is_room) {
  Typist person;
  person.type(std::string(kMaxLine, 'x'));
  BOOST_TEST(!person.editor.is_full());
  person.type("yz");
  BOOST_TEST(person.editor.is_full());
  BOOST_TEST((person.kinds == std::vector{Kind::kFull}));
  person.type("\x7F");
  BOOST_TEST(!person.editor.is_full());
  person.type("yz");
  BOOST_TEST((person.kinds == std::vector{Kind::kFull, Kind::kFull}));
  BOOST_TEST(person.editor.row().text == std::string(kMaxLine - 1, 'x') + "y");
}

BOOST_AUTO_TEST_CASE(what_is_put_in_at_once_and_does_not_fit_is_refused_whole) {
  const std::string most(kMaxLine - 1, 'x');
  Typist person;
  person.type(most + pasted("üü"));
  BOOST_TEST((person.kinds == std::vector{Kind::kPasteRefused}));
  BOOST_TEST(person.editor.row().text == most);
  person.type("\x15yz\x15" + most + "\x19");
  BOOST_TEST((person.kinds.back() == Kind::kFull));
  BOOST_TEST(person.editor.row().text == most);
}

// Escape sequences.

BOOST_AUTO_TEST_CASE(every_sequence_may_be_cut_anywhere) {
  struct Case {
    std::string keys, line;
  };
  for (const auto& [keys, line] : {
           Case{"\x1B[A", "ab|"},
           Case{"\x1B[1;5D", "|ab"},
           Case{"\x1B[3~", "ab|"},
           Case{"\x1B[D", "a|b"},
           Case{"\x1BOD", "a|b"},
           Case{"\x1B[?25h", "ab|"},
           Case{"\x1BOP", "ab|"},
           Case{"\x1Bx", "ab|"},
           Case{"\x1B]0;title\x07", "ab|"},
           Case{"\x1B]0;title\x1B\\", "ab|"},
           Case{"\x1BP1$r0m\x1B\\", "ab|"},
           Case{"\x1B\x1B[D", "a|b"},
           Case{"\x1B[[A", "ab|"},
           Case{"\x1B[[E", "ab|"},
           Case{"\x1B[15~", "ab|"},
           Case{"\x1B[1;2A", "ab|"},
           Case{"\x1B[200~xyz\x1B[201~", "abxyz|"},
           Case{"\x1B[11111111111111111111111111111111111111A", "ab|"},
           Case{"\x1B[M !!", "ab|"},
           Case{"\x1B[M\xE0\xFF\xFF", "ab|"},
           Case{"\x1B[<0;10;10M", "ab|"},
           Case{"\x1B[32;10;10M", "ab|"},
           Case{"\x1B[?1036;2$y", "ab|"},
           Case{"\x1B[?1;2c", "ab|"},
           Case{"\x1B[I", "ab|"},
           Case{"\x1B_Gi=1;OK\x1B\\", "ab|"},
           Case{"\x1B]11;rgb:0000/0000/0000\x07", "ab|"},
       }) {
    for (std::size_t first = 0; first <= keys.size(); ++first) {
      for (std::size_t second = first; second <= keys.size(); ++second) {
        Typist person;
        person.type("ab" + keys.substr(0, first)).type(keys.substr(first, second - first));
        person.type(keys.substr(second));
        BOOST_TEST(person.line() == line);
        std::erase_if(person.kinds, [](Kind kind) { return kind == Kind::kLooks; });
        BOOST_TEST(person.kinds.empty());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(enter_and_ctrl_c_work_even_within_an_escape_sequence) {
  BOOST_TEST(submitted("a\x1B]never ended\rb\r") == Lines({"a", "b"}));
  BOOST_TEST((Typist().type("\x1B[1;\x03").kinds == std::vector{Kind::kInterrupt}));
}

BOOST_AUTO_TEST_CASE(what_is_typed_after_a_lone_escape_or_half_a_sequence_stays) {
  for (const std::string begun : {"\x1B", "\x1B[", "\x1B[1;", "\x1BO", "\x1B[[", "\x1B[M ",
                                  "\x1B]0;ti", "\x1BP1", "\x1B_", "\x1B\x1B"}) {
    Typist person;
    person.type("a" + begun);
    BOOST_TEST(person.editor.is_unfinished());
    person.wait().type("Peter, the server is down");
    BOOST_TEST(person.line() == "aPeter, the server is down|");
    BOOST_TEST(!person.editor.is_unfinished());
  }
}

BOOST_AUTO_TEST_CASE(a_paste_does_not_lapse) {
  Typist person;
  person.type("\x1B[200~ab");
  BOOST_TEST(!person.editor.is_unfinished());
  person.wait().type("c\x1B[201~");
  BOOST_TEST(person.line() == "abc|");
}

BOOST_AUTO_TEST_CASE(a_control_string_without_end_ends_at_its_bound) {
  for (const std::string begin : {"\x1BP", "\x1B]", "\x1BX", "\x1B^", "\x1B_"}) {
    BOOST_TEST(typed(begin + std::string(1024, 'x') + "abc") == "abc|");
  }
}

// Pasting.

BOOST_AUTO_TEST_CASE(one_pasted_line_is_inserted_and_not_sent) {
  BOOST_TEST(typed("ab\x1B[D" + pasted("x\ty\x1B[31m\n")) == "ax y[31m|b");
  BOOST_TEST(submitted(pasted("\tx\ty") + "\r") == Lines{"\tx\ty"});
  BOOST_TEST(submitted(pasted("/quit") + "\r") == Lines{"/quit"});
  BOOST_TEST(submitted(pasted("// comment") + "\r") == Lines{"/// comment"});
  BOOST_TEST(submitted("see " + pasted("// comment") + "\r") == Lines{"see // comment"});
  BOOST_TEST(typed(pasted("~a[201~")) == "~a[201~|");
  BOOST_TEST(typed(pasted("")) == "|");
  BOOST_TEST(typed(pasted("\n\n")) == "|");
  BOOST_TEST(typed(pasted("\x01\x02ä\xFFö\xE4\xB8")) == "äö|");
}

BOOST_AUTO_TEST_CASE(several_pasted_lines_are_asked_about) {
  Typist person;
  person.type("a|z\x1B[D\x1B[D" + pasted("b\r\n\nc\nd"));
  BOOST_TEST((person.kinds == std::vector{Kind::kPasted}));
  BOOST_TEST(person.told == "ab\n·\nc\nd|z");
  BOOST_TEST(person.row() == "send these 4 lines (11 bytes)? y/n ");
  person.type("x \x1B[A");  // no answer
  BOOST_TEST(person.lines.empty());
  person.type("y");
  BOOST_TEST(person.lines == Lines({"ab", "·", "c", "d|z"}));
  BOOST_TEST(person.line() == "|");
  person.type("\x1B[A");
  BOOST_TEST(person.line() == "d|z|");
}

BOOST_AUTO_TEST_CASE(pasted_lines_are_text_whatever_they_begin_with) {
  Typist person;
  person.type(pasted("\n/quit\n\n  \n\tindented\n// comment\n//\n\n") + "y");
  BOOST_TEST(person.told == "/quit\n·\n·\n\tindented\n// comment\n//");
  BOOST_TEST(person.lines == Lines({"//quit", "·", "·", "\tindented", "/// comment", "///"}));
  person.type("\x1B[A\x1B[A\x1B[A\x1B[A\x1B[A\x1B[A");
  BOOST_TEST(person.line() == "//quit|");  // nor does it become a command in the history
}

BOOST_AUTO_TEST_CASE(lines_pasted_behind_a_command_all_go_the_same_way) {
  BOOST_TEST(submitted("/msg ann " + pasted("/a\n\nb") + "y") ==
             Lines({"/msg ann /a", "/msg ann ·", "/msg ann b"}));
  BOOST_TEST(submitted("/" + pasted("quit\nb") + "y") == Lines({"//quit", "b"}));
  BOOST_TEST(submitted("//x " + pasted("a\n/b") + "y") == Lines({"//x a", "//b"}));
}

BOOST_AUTO_TEST_CASE(all_but_y_drop_what_was_pasted) {
  for (const std::string no :
       {"n", "N", "\x03", "\x07", "\r", "\x04", "\x15", "\x1B", "no\r", "nope\r", "n\r"}) {
    Typist person;
    person.type("before" + pasted("a\nb") + no).wait();
    BOOST_TEST(person.lines.empty());
    BOOST_TEST(person.line() == "before|");
    BOOST_TEST(person.kinds.size() == 1);
  }
}

BOOST_AUTO_TEST_CASE(who_answers_with_a_word_says_nothing_of_it) {
  for (const std::string yes : {"y", "Y", "y\r", "yes\r", "YES\r", "yep\r", "yeah\r"}) {
    Typist person;
    person.type(pasted("a\nb") + yes);
    BOOST_TEST(person.lines == Lines({"a", "b"}));
    BOOST_TEST(person.line() == "|");
  }
}

BOOST_AUTO_TEST_CASE(what_is_typed_behind_the_answer_is_not_lost) {
  BOOST_TEST(submitted(pasted("a\nb") + "yhello\r") == Lines({"a", "b", "hello"}));
  BOOST_TEST(submitted(pasted("a\nb") + "yesterday\r") == Lines({"a", "b", "esterday"}));
  BOOST_TEST(submitted("x" + pasted("a\nb") + "n, y\r") == Lines({"x, y"}));
}

BOOST_AUTO_TEST_CASE(a_question_of_the_client_is_answered_with_y_and_keeps_the_row) {
  for (const std::string answer : {"y", "n", "\x03", "\r"}) {
    Typist person;
    person.type("draft");
    person.editor.confirm("leave?");
    BOOST_TEST(person.row() == "leave? y/n ");
    person.type(answer);
    BOOST_TEST(person.line() == "draft|");
    BOOST_TEST((person.kinds == std::vector{answer == "y" ? Kind::kConfirmed : Kind::kDeclined}));
  }
}

BOOST_AUTO_TEST_CASE(a_paste_that_never_ends_is_given_up_with_ctrl_c) {
  BOOST_TEST(typed(std::string(kPasteBegin) + "abc\r\x03xyz") == "xyz|");
}

BOOST_AUTO_TEST_CASE(too_much_pasted_is_refused_whole) {
  Typist person;
  person.type(pasted("a\n" + std::string(kMaxLine, 'x') + "\n"));
  BOOST_TEST((person.kinds == std::vector{Kind::kPasted}));
  person.type("n" + pasted("a\n" + std::string(kMaxLine + 1, 'x') + "\n"));
  BOOST_TEST((person.kinds.back() == Kind::kPasteRefused));
  person.type(pasted("a\n/" + std::string(kMaxLine - 1, 'x') + "\n"));  // with its escape
  BOOST_TEST((person.kinds.back() == Kind::kPasteRefused));
  BOOST_TEST(person.lines.empty());
  person.type(pasted(std::string(kMaxPaste + 10, 'x') + "\n") + "a");
  BOOST_TEST((person.kinds.back() == Kind::kPasteRefused));
  BOOST_TEST(person.line() == "a|");
  std::string many;
  for (int i = 0; i < 10000; ++i) many += "a\n";
  person.type("\x15/msg ben " + pasted(many));  // with the command in front of each line
  BOOST_TEST((person.kinds.back() == Kind::kPasteRefused));
  person.type("\x15" + std::string("a"));
  person.type(pasted("b"));
  BOOST_TEST(person.line() == "ab|");
}

BOOST_AUTO_TEST_CASE(on_the_way_in_pasted_lines_are_answers) {
  Typist person;
  person.editor.ask({"? ", LineEditor::Mask::kAfterComma, false});
  person.type(pasted("register\nann,pw"));
  BOOST_TEST(person.lines == Lines{"register"});
  BOOST_TEST(person.line() == "ann,••|");
}

// The history.

BOOST_AUTO_TEST_CASE(up_and_down_walk_through_the_lines_and_back_to_the_draft) {
  Typist person;
  person.type("one\rtwo\rtwo\r\rdraft\x1B[A");
  BOOST_TEST(person.line() == "two|");
  person.type("\x10\x1BOA");  // Ctrl+P; there is nothing older
  BOOST_TEST(person.line() == "one|");
  person.type("\x0E");  // Ctrl+N
  BOOST_TEST(person.line() == "two|");
  person.type("\x1B[B\x1B[B");
  BOOST_TEST(person.line() == "draft|");
  person.type("\x1B[A!\r\x1B[A");
  BOOST_TEST(person.line() == "two!|");
}

BOOST_AUTO_TEST_CASE(drafts_and_changed_lines_survive_up_and_down) {
  Typist person;
  person.type("one\rtwo\rdraft\x1B[A!\x1B[A?\x1B[B");
  BOOST_TEST(person.line() == "two!|");
  person.type("\x1B[A");
  BOOST_TEST(person.line() == "one?|");
  person.type("\x15new text\x1B[B\x1B[B");
  BOOST_TEST(person.line() == "draft|");
  person.type("\x1B[A\x1B[A");
  BOOST_TEST(person.line() == "new text|");
  person.type("\r\x1B[A\x1B[A\x1B[A");  // what was sent is what the history has
  BOOST_TEST(person.line() == "one|");
}

BOOST_AUTO_TEST_CASE(ctrl_c_clears_the_row_and_ctrl_y_brings_it_back) {
  Typist person;
  person.type("one\rsome text\x1B[D\x03");
  BOOST_TEST(person.line() == "|");
  BOOST_TEST(person.kinds.size() == 1);
  person.type("\x19");
  BOOST_TEST(person.line() == "some text|");
  person.type("\x03\x1B[A\x03\x1B[A");
  BOOST_TEST(person.line() == "one|");
  person.type("\x03\x03");
  BOOST_TEST((person.kinds.back() == Kind::kInterrupt));
}

// Whoever writes while the answer is typed does not get it.
BOOST_AUTO_TEST_CASE(a_reply_is_addressed_when_it_is_begun) {
  std::string wrote_last;
  Typist person;
  person.editor = LineEditor({}, [&] { return wrote_last; });
  person.type("/reply ");
  BOOST_TEST(person.line() == "/reply |");  // to nobody
  wrote_last = "ann";
  person.type("\x15/Reply");
  BOOST_TEST(person.line() == "/Reply|");
  person.type(" ");
  BOOST_TEST(person.line() == "/msg ann |");
  wrote_last = "ben";
  person.type("yes\r");
  BOOST_TEST(person.lines == Lines{"/msg ann yes"});
  person.type(pasted("/reply no") + "\r");
  BOOST_TEST(person.lines.back() == "/msg ben no");
  person.type("x /reply y\r");
  BOOST_TEST(person.lines.back() == "x /reply y");
}

BOOST_AUTO_TEST_CASE(ctrl_r_searches_in_any_case_and_esc_keeps_what_it_found) {
  Typist person;
  person.type("Größe\rsay Hello\rdraft\x12hELLO\x1B").wait();
  BOOST_TEST(person.line() == "say |Hello");
  person.type("\x12GRÖ");
  BOOST_TEST(person.row() == "(search) GRÖ: Größe");
}

BOOST_AUTO_TEST_CASE(ctrl_r_searches_backwards) {
  Typist person;
  person.type("say cheese\rsay hello\rbye\rdraft\x12");
  BOOST_TEST(person.row() == "(search) : draft");
  person.type("say");
  BOOST_TEST(person.row() == "(search) say: say hello");
  person.type("\x12");
  BOOST_TEST(person.row() == "(search) say: say cheese");
  person.type("\x12");
  BOOST_TEST(person.row() == "(not found) say: say cheese");
  person.type("\x7F\x7F");
  BOOST_TEST(person.row() == "(search) s: say hello");
  person.type(" h");
  BOOST_TEST(person.row() == "(not found) s h: say hello");
  person.type("\x07");
  BOOST_TEST(person.line() == "draft|");
  person.type(
      "\x12"
      "che\x1B[C!");  // a key of another kind takes what was found
  BOOST_TEST(person.line() == "say c!|heese");
  person.type(
      "\x12"
      "bye\x03");  // ends the search, and leaves the text
  BOOST_TEST(person.line() == "say c!|heese");
  BOOST_TEST(person.kinds.size() == 3);
  person.type(
      "\x12"
      "hell\r");
  BOOST_TEST(person.lines.back() == "say hello");
}

BOOST_AUTO_TEST_CASE(a_line_found_goes_on_to_its_neighbours) {
  Typist person;
  person.type("one\rtwo\rthree\rdraft\x12two\x1B[A");
  BOOST_TEST(person.line() == "one|");
  person.type("\x1B[B\x1B[B\x1B[B");
  BOOST_TEST(person.line() == "draft|");
}

// Completing.

BOOST_AUTO_TEST_CASE(tab_puts_in_one_word_after_the_other) {
  const auto complete = [](std::string_view before) {
    return before == "x b" ? Completion{2, {"ben ", "bert "}} : Completion{};
  };
  Typist person(complete);
  person.type("x b\t");
  BOOST_TEST(person.line() == "x ben |");
  BOOST_TEST(person.kinds.empty());
  person.type("\t");
  BOOST_TEST(person.line() == "x bert |");
  BOOST_TEST((person.kinds == std::vector{Kind::kCandidates}));
  BOOST_TEST(person.told == "ben bert");
  person.type("\x1B[Z");
  BOOST_TEST(person.line() == "x ben |");
  person.type("\x1B[Z");
  BOOST_TEST(person.line() == "x bert |");
  BOOST_TEST(person.kinds.size() == 1);
  person.type("\t");
  BOOST_TEST(person.line() == "x ben |");
  person.type("y\t");
  BOOST_TEST(person.line() == "x ben y|");
  person.type("\x15x b,z\x1B[D\x1B[D\t");
  BOOST_TEST(person.line() == "x ben |,z");
}

// Secrets.

BOOST_AUTO_TEST_CASE(what_follows_the_first_comma_is_dots) {
  Typist person;
  person.editor.ask({"? ", LineEditor::Mask::kAfterComma, false});
  person.type("ann");
  BOOST_TEST(person.line() == "ann|");
  person.type(",pe\xCC\x81,世");
  BOOST_TEST(person.line() == "ann,••••|");
  person.type("\x1B[D\x1B[D");
  BOOST_TEST(person.line() == "ann,••|••");
  person.type("\r");
  BOOST_TEST(person.lines == Lines{"ann,pe\xCC\x81,世"});
  BOOST_TEST(person.rows == Lines{"? ann,••••"});
}

BOOST_AUTO_TEST_CASE(a_password_alone_is_dots_and_nothing_of_it_comes_back) {
  for (const auto mask : {LineEditor::Mask::kAll, LineEditor::Mask::kAfterComma}) {
    Typist person;
    person.editor.ask({"? ", mask, false});
    person.type("a,secret\x17\x19");
    BOOST_TEST(person.line() == "|");
    if (mask == LineEditor::Mask::kAll) BOOST_TEST(Typist(person).type("xyz").line() == "|");
    person.type("a,secret\r\x1B[A\x12sec");
    person.editor.ask({});
    person.type("\x15\x1B[A");
    BOOST_TEST(person.line() == "|");
    person.type("\x19");
    BOOST_TEST(person.row().find("secret") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(what_was_typed_ahead_is_shown_once_it_is_no_secret) {
  Typist person;
  person.editor.ask({"> ", LineEditor::Mask::kAfterComma, false});
  person.type("well, hello");
  BOOST_TEST(person.line() == "well,••••••|");
  person.editor.ask({});
  BOOST_TEST(person.line() == "well, hello|");
}

BOOST_AUTO_TEST_CASE(a_secret_in_the_room_leaves_nothing_and_gives_the_draft_back) {
  const LineEditor::Question secret{"? ", LineEditor::Mask::kAll, false, true};
  for (const std::string end : {"\r", "\x1B", "\x07"}) {
    Typist person;
    person.type("said\rdraft");
    person.editor.ask(secret);
    BOOST_TEST(person.row() == "? ");
    person.type("XYQ" + end).wait();
    BOOST_TEST(person.lines == Lines({"said", end == "\r" ? "XYQ" : ""}));
    person.type("half");
    person.editor.ask({});
    BOOST_TEST(person.line() == "draft|");
    person.type("\x19\x1B[A");
    BOOST_TEST(person.line() == "said|");
    person.type("\x1B[A\x12X");
    BOOST_TEST(person.row().find("XYQ") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_secret_is_pasted_also_where_the_end_of_the_paste_is_torn_apart) {
  const std::string all = std::string(kPasteBegin) + "XYQ" + std::string(kPasteEnd);
  for (std::size_t cut = kPasteBegin.size(); cut < all.size(); ++cut) {
    LineEditor editor;
    editor.ask({"? ", LineEditor::Mask::kAll, false, true});
    editor.feed(all.substr(0, cut));
    editor.lapse();
    BOOST_TEST(!editor.next());
    editor.feed(all.substr(cut));
    editor.feed("\r");
    BOOST_TEST(editor.next()->text == "XYQ");
    editor.feed("\x1B");
    editor.lapse();
    BOOST_TEST(editor.next()->text.empty());
  }
}

// The question may change between two lines that came at once.
BOOST_AUTO_TEST_CASE(keys_wait_until_the_event_before_them_is_taken) {
  LineEditor editor;
  editor.ask({"mode? ", LineEditor::Mask::kNone, false});
  editor.feed("register\rann,pw\r");
  BOOST_TEST(editor.next()->row == "mode? register");
  editor.ask({"user? ", LineEditor::Mask::kAfterComma, false});
  BOOST_TEST(editor.next()->row == "user? ann,••");
  BOOST_TEST(!editor.next());
}

BOOST_AUTO_TEST_CASE(control_keys_for_others_are_events) {
  BOOST_TEST((Typist().type("\x03\x1A\x0C").kinds ==
              std::vector{Kind::kInterrupt, Kind::kSuspend, Kind::kClearScreen}));
}

BOOST_AUTO_TEST_CASE(what_the_terminal_reports_of_its_focus_disturbs_nothing) {
  Typist typist;
  typist.type("first\rsecond\r").kinds.clear();
  typist.type(
      "\x12"
      "fir\x1B[O\x1B[Ist\x1Bn\r");
  BOOST_TEST((typist.kinds ==
              std::vector{Kind::kLooksAway, Kind::kLooks, Kind::kToggleNotifying, Kind::kLine}));
  BOOST_TEST(typist.lines.back() == "first");
}

BOOST_AUTO_TEST_CASE(ctrl_underscore_undoes_word_by_word_and_change_by_change) {
  Typist typist;
  BOOST_TEST(typist.type("hello new wor").line() == "hello new wor|");
  BOOST_TEST(typist.type("\x1F").line() == "hello new |");
  BOOST_TEST(typist.type("\x17\x1F").line() == "hello new |");
  BOOST_TEST(typist.type("\x01\x0B\x1F").line() == "|hello new ");
  BOOST_TEST(typist.type("\x05\x1B[200~pasted\x1B[201~\x1F").line() == "hello new |");
  BOOST_TEST(typist.type("\x03\x1F").line() == "hello new |");
  BOOST_TEST(typist.type("\x1F\x1F\x1F").line() == "hello|");
  BOOST_TEST(typist.type("\x1F\x1F\x1F").line() == "|");
  BOOST_TEST(typist.type("sent\r\x1F").line() == "|");
  BOOST_TEST(typist.type("draft\x1B[A\x1F").line() == "sent|");
  for (int i = 0; i < 1000; ++i) typist.type("x ");
  for (int i = 0; i < 1000; ++i) typist.type("\x1F");
  BOOST_TEST(typist.line().size() > 1000u);  // so far back it does not go
}

BOOST_AUTO_TEST_CASE(nothing_of_a_password_is_left_to_undo) {
  Typist typist;
  typist.editor.ask({"password? ", LineEditor::Mask::kAll, true, true});
  typist.type("secret\x15\x1F");
  typist.type("\r");
  BOOST_TEST(typist.lines.back().empty());
  typist.editor.ask({});
  BOOST_TEST(typist.type("\x1F").line() == "|");
}

// Against a model that is as simple as can be: a list of characters.

namespace {

struct Model {
  Lines characters;
  std::size_t cursor = 0;
  Lines killed;
  bool killing = false;
  std::vector<Lines> history;         // newest first
  std::size_t age = 0;                // 0: the draft; n: history[n - 1]
  std::map<std::size_t, Lines> left;  // as they were left, by age

  using Place = Lines::iterator;
  Place at(std::size_t i) { return characters.begin() + static_cast<std::ptrdiff_t>(i); }

  void insert(const Lines& what) {
    characters.insert(at(cursor), what.begin(), what.end());
    cursor += what.size();
  }
  void erase(std::size_t begin, std::size_t end) {
    characters.erase(at(begin), at(end));
    cursor = begin;
  }
  void kill(std::size_t begin, std::size_t end, bool before_killing) {
    if (!before_killing) killed.clear();
    killed.insert(begin < cursor ? killed.begin() : killed.end(), at(begin), at(end));
    erase(begin, end);
    killing = true;
  }
  bool letter(std::size_t i) const {
    const char c = characters[i].front();
    return std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80;
  }
  std::size_t word_left() const {
    std::size_t i = cursor;
    while (i > 0 && !letter(i - 1)) --i;
    while (i > 0 && letter(i - 1)) --i;
    return i;
  }
  std::size_t word_right() const {
    std::size_t i = cursor;
    while (i < characters.size() && !letter(i)) ++i;
    while (i < characters.size() && letter(i)) ++i;
    return i;
  }
  void go(std::size_t to_age) {
    if (to_age > history.size()) return;
    left[age] = characters;
    age = to_age;
    characters = left.contains(age) ? left[age] : history[age - 1];
    cursor = characters.size();
  }
  void enter() {
    if (!characters.empty() && (history.empty() || history.front() != characters)) {
      history.insert(history.begin(), characters);
    }
    characters.clear();
    left.clear();
    cursor = age = 0;
  }

  std::string line() const {
    std::string text;
    for (std::size_t i = 0; i <= characters.size(); ++i) {
      if (i == cursor) text += "|";
      if (i < characters.size()) text += characters[i];
    }
    return text;
  }
};

struct Step {
  std::string keys;
  void (*apply)(Model&, bool killing);
};

const std::vector<Step>& steps() {
  static const std::vector<Step> all = {
      {"a", [](Model& m, bool) { m.insert({"a"}); }},
      {" ", [](Model& m, bool) { m.insert({" "}); }},
      {".", [](Model& m, bool) { m.insert({"."}); }},
      {"ß", [](Model& m, bool) { m.insert({"ß"}); }},
      {"世", [](Model& m, bool) { m.insert({"世"}); }},
      {"o\xCC\x88", [](Model& m, bool) { m.insert({"o\xCC\x88"}); }},
      {"\x1B[D", [](Model& m, bool) { m.cursor -= m.cursor > 0; }},
      {"\x06", [](Model& m, bool) { m.cursor += m.cursor < m.characters.size(); }},
      {"\x1B[H", [](Model& m, bool) { m.cursor = 0; }},
      {"\x05", [](Model& m, bool) { m.cursor = m.characters.size(); }},
      {"\x7F",
       [](Model& m, bool) {
         if (m.cursor > 0) m.erase(m.cursor - 1, m.cursor);
       }},
      {"\x1B[3~",
       [](Model& m, bool) {
         if (m.cursor < m.characters.size()) m.erase(m.cursor, m.cursor + 1);
       }},
      {"\x1B"
       "b",
       [](Model& m, bool) { m.cursor = m.word_left(); }},
      {"\x1B[1;5C", [](Model& m, bool) { m.cursor = m.word_right(); }},
      {"\x15", [](Model& m, bool killing) { m.kill(0, m.cursor, killing); }},
      {"\x0B", [](Model& m, bool killing) { m.kill(m.cursor, m.characters.size(), killing); }},
      {"\x1B"
       "d",
       [](Model& m, bool killing) { m.kill(m.cursor, m.word_right(), killing); }},
      {"\x1B\x7F", [](Model& m, bool killing) { m.kill(m.word_left(), m.cursor, killing); }},
      {"\x17",
       [](Model& m, bool killing) {
         std::size_t i = m.cursor;
         while (i > 0 && m.characters[i - 1] == " ") --i;
         while (i > 0 && m.characters[i - 1] != " ") --i;
         m.kill(i, m.cursor, killing);
       }},
      {"\x19", [](Model& m, bool) { m.insert(Lines(m.killed)); }},
      {"\x14",
       [](Model& m, bool) {
         if (m.cursor == 0 || m.characters.size() < 2) return;
         if (m.cursor == m.characters.size()) --m.cursor;
         std::swap(m.characters[m.cursor - 1], m.characters[m.cursor]);
         ++m.cursor;
       }},
      {"\x1B[A", [](Model& m, bool) { m.go(m.age + 1); }},
      {"\x1B[B",
       [](Model& m, bool) {
         if (m.age > 0) m.go(m.age - 1);
       }},
      {"\r", [](Model& m, bool) { m.enter(); }},
  };
  return all;
}

}  // namespace

// CHATROOM_SEED repeats a run that failed.
BOOST_AUTO_TEST_CASE(random_keys_do_what_a_simple_model_does_however_they_are_cut) {
  const char* given = std::getenv("CHATROOM_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                                         : std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    Typist person;
    Model model;
    std::string keys;
    for (int i = 0; i < 150; ++i) {
      const Step& step = steps()[random() % steps().size()];
      if (model.characters.size() > 500) break;  // far from the longest line
      step.apply(model, std::exchange(model.killing, false));
      const std::size_t cut = random() % (step.keys.size() + 1);
      person.type(step.keys.substr(0, cut)).type(step.keys.substr(cut));
      keys += step.keys;
      BOOST_REQUIRE_MESSAGE(person.line() == model.line(),
                            "seed " << seed << ", after " << keys << ": " << person.line()
                                    << " instead of " << model.line());
    }
  }
}

// Whatever comes, the row fits and the cursor is on it.
BOOST_AUTO_TEST_CASE(random_bytes_never_paint_outside_the_row) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    Typist person([](std::string_view) { return Completion{0, {"x", "世界 "}}; });
    std::string bytes;
    for (int i = 0; i < 200; ++i) {
      const unsigned choice = random() % 8;
      if (choice < 2) bytes += static_cast<char>(random() % 256);
      if (choice == 2) bytes += "世";
      if (choice == 3) bytes += "\x1B[";
      if (choice == 4) bytes += "e\xCC\x81";
      if (choice > 4) bytes += static_cast<char>('0' + random() % 70);
    }
    person.type(bytes);
    for (const std::size_t columns : {0U, 1U, 2U, 5U, 10U, 20U, 80U, 200U}) {
      const LineView view = person.editor.view(columns);
      BOOST_REQUIRE_MESSAGE(columns_of(view.row) <= (columns == 0 ? 0 : columns - 1),
                            "seed " << seed << ", " << columns << " columns: " << view.row);
      BOOST_REQUIRE_MESSAGE(view.cursor < std::max<std::size_t>(columns, 1),
                            "seed " << seed << ", " << columns << " columns: " << view.cursor);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
