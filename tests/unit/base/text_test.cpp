#include "chat/base/text.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "chat/base/limits.hpp"

namespace chat {
namespace {

const std::string kReplacement = "\xEF\xBF\xBD";

// By the book, not by the code under test. Also what is not allowed: surrogates, beyond U+10FFFF.
std::string encoded(char32_t c) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

std::string replacements(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += kReplacement;
  return text;
}

void check_replaced(char32_t c) {
  const std::string text = encoded(c);
  BOOST_TEST(is_utf8(text), "U+" << std::hex << std::uint32_t{c});
  BOOST_TEST(needs_neutralising(text), "U+" << std::hex << std::uint32_t{c});
  BOOST_TEST(neutralised("a" + text + "b") == "a" + kReplacement + "b",
             "U+" << std::hex << std::uint32_t{c});
}

void check_malformed(const std::string& bytes) {
  for (const std::string& text :
       {bytes, "a" + bytes, bytes + "b", "\xC3\xA9" + bytes + "\xC3\xA9"}) {
    BOOST_TEST(!is_utf8(text));
    BOOST_TEST(needs_neutralising(text));
    BOOST_TEST(is_utf8(neutralised(text)));
    BOOST_TEST(!needs_neutralising(neutralised(text)));
  }
  BOOST_TEST(neutralised("a" + bytes + "b") == "a" + replacements(bytes.size()) + "b");
}

BOOST_AUTO_TEST_SUITE(text)

// UTF-8

BOOST_AUTO_TEST_CASE(every_character_of_unicode_is_utf8) {
  bool all = true;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    all = all && is_utf8(encoded(c));
  }
  BOOST_TEST(all);
}

BOOST_AUTO_TEST_CASE(the_empty_text_is_utf8_and_harmless) {
  BOOST_TEST(is_utf8(""));
  BOOST_TEST(!needs_neutralising(""));
  BOOST_TEST(neutralised("") == "");
}

BOOST_AUTO_TEST_CASE(surrogates_are_malformed) {
  bool any = false;
  for (char32_t c = 0xD800; c <= 0xDFFF; ++c) any = any || is_utf8(encoded(c));
  BOOST_TEST(!any);
  for (const char32_t c : {0xD800u, 0xDB7Fu, 0xDB80u, 0xDBFFu, 0xDC00u, 0xDFFFu}) {
    check_malformed(encoded(c));
  }
  check_malformed(encoded(0xD83D) + encoded(0xDE00));  // an emoji as UTF-16 would have it
}

BOOST_AUTO_TEST_CASE(what_lies_beyond_unicode_is_malformed) {
  for (const char32_t c : {0x110000u, 0x13FFFFu, 0x140000u, 0x1FFFFFu}) check_malformed(encoded(c));
}

BOOST_AUTO_TEST_CASE(overlong_forms_are_malformed) {
  for (const char* bytes : {
           "\xC0\xAF", "\xE0\x80\xAF", "\xF0\x80\x80\xAF",  // a slash
           "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",  // the largest of each length
           "\xC0\x8A", "\xE0\x80\x8A", "\xF0\x80\x80\x8A",  // a line end
       }) {
    check_malformed(bytes);
  }
  check_malformed(std::string("\xC0\x80"));  // NUL, as Java has it
}

BOOST_AUTO_TEST_CASE(forms_of_five_and_six_bytes_are_malformed) {
  check_malformed("\xF8\x88\x80\x80\x80");
  check_malformed("\xFB\xBF\xBF\xBF\xBF");
  check_malformed("\xFC\x84\x80\x80\x80\x80");
  check_malformed("\xFD\xBF\xBF\xBF\xBF\xBF");
}

BOOST_AUTO_TEST_CASE(bytes_that_never_occur_are_malformed) {
  for (const char* bytes : {"\xFE", "\xFF", "\xFE\xFE\xFF\xFF", "\xC0", "\xC1", "\xF5", "\xF7"}) {
    check_malformed(bytes);
  }
}

BOOST_AUTO_TEST_CASE(continuation_bytes_alone_are_malformed) {
  for (int byte = 0x80; byte <= 0xBF; ++byte) check_malformed({static_cast<char>(byte)});
  check_malformed("\x80\xBF\x80\xBF\x80\xBF\x80");
}

BOOST_AUTO_TEST_CASE(leading_bytes_alone_are_malformed) {
  for (int byte = 0xC0; byte <= 0xFF; ++byte) {
    check_malformed({static_cast<char>(byte)});
    const std::string before_a_space = {static_cast<char>(byte), ' '};
    BOOST_TEST(neutralised(before_a_space) == kReplacement + " ");
  }
}

BOOST_AUTO_TEST_CASE(characters_cut_short_anywhere_are_malformed) {
  for (const char32_t c : {0x80u, 0x7FFu, 0x800u, 0xD7FFu, 0xE000u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    const std::string whole = encoded(c);
    for (std::size_t size = 1; size < whole.size(); ++size) {
      check_malformed(whole.substr(0, size));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_byte_missing_from_the_middle_does_not_take_the_next_character_with_it) {
  BOOST_TEST(neutralised("\xE2\x82\xE2\x82\xAC") == replacements(2) + "\xE2\x82\xAC");
  BOOST_TEST(neutralised("\xF0\x9F\x98"
                         "A") == replacements(3) + "A");
}

// Neutralising

BOOST_AUTO_TEST_CASE(control_characters_are_replaced_and_the_tab_is_not) {
  for (char32_t c = 0; c < 0x20; ++c) {
    if (c != '\t') check_replaced(c);
  }
  check_replaced(0x7F);
  BOOST_TEST(!needs_neutralising("a\tb"));
  BOOST_TEST(neutralised("a\tb") == "a\tb");
}

BOOST_AUTO_TEST_CASE(c1_control_characters_are_replaced) {
  for (char32_t c = 0x80; c <= 0x9F; ++c) check_replaced(c);
}

BOOST_AUTO_TEST_CASE(line_and_paragraph_separators_are_replaced) {
  check_replaced(0x2028);
  check_replaced(0x2029);
}

BOOST_AUTO_TEST_CASE(bidirectional_controls_are_replaced) {
  for (const char32_t c : {0x061Cu, 0x200Eu, 0x200Fu, 0x202Au, 0x202Bu, 0x202Cu, 0x202Du, 0x202Eu,
                           0x2066u, 0x2067u, 0x2068u, 0x2069u}) {
    check_replaced(c);
  }
}

BOOST_AUTO_TEST_CASE(nothing_else_of_unicode_is_touched) {
  std::set<char32_t> changed;
  for (char32_t c = 0xA0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    const std::string text = encoded(c);
    if (needs_neutralising(text) != (neutralised(text) != text)) BOOST_ERROR("they disagree");
    if (needs_neutralising(text)) changed.insert(c);
  }
  const std::set<char32_t> expected{0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202B,
                                    0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069};
  BOOST_TEST((changed == expected));
  for (char32_t c = 0x20; c < 0x7F; ++c) BOOST_TEST(neutralised(encoded(c)) == encoded(c));
}

BOOST_AUTO_TEST_CASE(people_write_what_they_like) {
  for (const std::string line :
       {"plain ASCII, ~!@#$%", "Grüße, Ærøskøbing", "Привет", "日本語", "שלום", "مرحبا", "👍🏽",
        "👩‍👩‍👧‍👦", "🏳️‍🌈", "e\xCC\x81", "a b"}) {
    BOOST_TEST(is_utf8(line));
    BOOST_TEST(!needs_neutralising(line), line);
    BOOST_TEST(neutralised(line) == line);
  }
}

BOOST_AUTO_TEST_CASE(each_harmful_character_of_a_line_is_replaced) {
  BOOST_TEST(neutralised("\x1b[2J\r* ann has left\n") ==
             kReplacement + "[2J" + kReplacement + "* ann has left" + kReplacement);
  BOOST_TEST(neutralised(std::string("a\0b", 3)) == "a" + kReplacement + "b");
  BOOST_TEST(neutralised("\xC2\x9B"
                         "31m\xFF\xE2\x80\xAE") ==
             kReplacement + "31m" + kReplacement + kReplacement);
}

BOOST_AUTO_TEST_CASE(neutralising_twice_changes_nothing_more) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  const std::string once = neutralised(every_byte);
  BOOST_TEST(!needs_neutralising(once));
  BOOST_TEST(neutralised(once) == once);
}

// Names

BOOST_AUTO_TEST_CASE(a_name_has_1_to_32_characters) {
  BOOST_TEST(!is_name(""));
  BOOST_TEST(is_name("a"));
  BOOST_TEST(is_name(std::string(kMaxName, 'a')));
  BOOST_TEST(!is_name(std::string(kMaxName + 1, 'a')));
  static_assert(kMaxName == 32);
}

BOOST_AUTO_TEST_CASE(each_byte_of_a_name_is_allowed_or_not) {
  const std::string_view first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const std::string_view later = "_.-";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool at_first = first.find(c) != std::string_view::npos;
    const bool at_later = at_first || later.find(c) != std::string_view::npos;
    BOOST_TEST(is_name({&c, 1}) == at_first, "byte " << byte);
    BOOST_TEST(is_name(std::string{c, 'a'}) == at_first, "byte " << byte);
    BOOST_TEST(is_name(std::string{'a', c}) == at_later, "byte " << byte);
    BOOST_TEST(is_name(std::string{'a', c, 'b'}) == at_later, "byte " << byte);
  }
}

BOOST_AUTO_TEST_CASE(names_fold_to_one_form_in_any_case) {
  BOOST_TEST(folded_name("Ann_B.C-9") == "ann_b.c-9");
  BOOST_TEST(folded_name("ANN") == folded_name("ann"));
  BOOST_TEST(folded_name("ann") != folded_name("anna"));
}

// Passwords

BOOST_AUTO_TEST_CASE(a_password_has_1_to_511_bytes) {
  BOOST_TEST(!is_password(""));
  BOOST_TEST(is_password("x"));
  BOOST_TEST(is_password(std::string(kMaxPassword, 'x')));
  BOOST_TEST(!is_password(std::string(kMaxPassword + 1, 'x')));
  static_assert(kMaxPassword == 511);
}

BOOST_AUTO_TEST_CASE(a_password_may_hold_anything_but_control_characters) {
  BOOST_TEST(is_password(" a, b: c "));
  BOOST_TEST(is_password("größer👍"));
  for (char32_t c = 0; c < 0xA0; ++c) {
    const bool control = c < 0x20 || c >= 0x7F;
    BOOST_TEST(is_password("a" + encoded(c) + "b") == !control, "U+" << std::uint32_t{c});
  }
}

BOOST_AUTO_TEST_CASE(a_password_is_utf8) {
  BOOST_TEST(!is_password("\xFF"));
  BOOST_TEST(!is_password("secret\xC3"));
}

// Small things

BOOST_AUTO_TEST_CASE(spaces_and_tabs_around_are_trimmed_and_those_inside_are_not) {
  BOOST_TEST(trimmed("login") == "login");
  BOOST_TEST(trimmed(" \t login\t ") == "login");
  BOOST_TEST(trimmed(" a  b ") == "a  b");
  BOOST_TEST(trimmed("") == "");
  BOOST_TEST(trimmed(" \t ") == "");
  BOOST_TEST(trimmed("\nx\r") == "\nx\r");
}

BOOST_AUTO_TEST_CASE(lowercase_changes_the_letters_of_ascii_only) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const char expected = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : c;
    BOOST_TEST(lowercase({&c, 1}) == std::string(1, expected), "byte " << byte);
  }
}

BOOST_AUTO_TEST_CASE(names_that_look_alike_have_one_skeleton_and_others_do_not) {
  for (const char* name :
       {"bill_o", "BILL_O", "b1ll-0", "BlLI.o", "bi1l__O", "bIIl_-.0", "bill_o_", "bill.o.-"}) {
    BOOST_TEST(name_skeleton(name) == name_skeleton("bill_o"));
  }
  for (const char* name : {"bill", "billo", "bill_q", "bil_o", "billl_o", "bill_oo"}) {
    BOOST_TEST(name_skeleton(name) != name_skeleton("bill_o"));
  }
}

BOOST_AUTO_TEST_CASE(letters_that_together_look_like_another_one_count_as_it) {
  BOOST_TEST(name_skeleton("barney") == name_skeleton("bamey"));
  BOOST_TEST(name_skeleton("BARNEY") == name_skeleton("bamey"));
  BOOST_TEST(name_skeleton("vvalter") == name_skeleton("walter"));
  BOOST_TEST(name_skeleton("jame5") == name_skeleton("james"));
  BOOST_TEST(name_skeleton("anne.") == name_skeleton("anne"));
  BOOST_TEST(name_skeleton("r.n") != name_skeleton("m"));
  BOOST_TEST(name_skeleton("nr") != name_skeleton("m"));
  BOOST_TEST(name_skeleton("v") != name_skeleton("w"));
}

// What others see of what a user types

BOOST_AUTO_TEST_CASE(what_is_as_blank_as_a_space_becomes_one) {
  for (const char32_t c : std::vector<char32_t>{0xA0, 0x1680, 0x2000, 0x2003, 0x200A, 0x202F,
                                                0x205F, 0x2800, 0x3000, 0x1D159}) {
    BOOST_TEST(sanitised("a" + encoded(c) + "b") == "a b");
  }
  BOOST_TEST(sanitised("a\tb") == "a\tb");
}

BOOST_AUTO_TEST_CASE(what_nobody_sees_is_left_out) {
  for (const char32_t c : std::vector<char32_t>{
           0xAD,   0x34F,   0x115F,  0x1160,  0x17B4,  0x180B,  0x180E, 0x200B, 0x200C,
           0x200D, 0x2060,  0x2064,  0x206A,  0x3164,  0xFE00,  0xFE0F, 0xFEFF, 0xFFA0,
           0xFFF9, 0x1BCA0, 0x1D173, 0xE0001, 0xE0020, 0xE007F, 0xE0100}) {
    BOOST_TEST(sanitised("a" + encoded(c) + "b") == "ab");
    BOOST_TEST(sanitised(encoded(c)) == "");
  }
  BOOST_TEST(sanitised("\u2067a") == kReplacement + "a");  // what reorders is seen to be there
}

BOOST_AUTO_TEST_CASE(joiners_and_selectors_stay_inside_an_emoji_and_a_word_that_needs_them) {
  for (const std::string text :
       {"\u2764\uFE0F", "1\uFE0F\u20E3", "\U0001F469\u200D\U0001F680",
        "\U0001F469\U0001F3FD\u200D\U0001F680", "\u2764\uFE0F\u200D\U0001F525",
        "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645", "\u0915\u094D\u200D\u0937"}) {
    BOOST_TEST(sanitised("a " + text + " b") == "a " + text + " b");
  }
  BOOST_TEST(sanitised("\U0001F469\u200D\u200D\u200B\U0001F680") == "\U0001F469\u200D\U0001F680");
  BOOST_TEST(sanitised("\u2764\uFE0F\uFE0F\u200D") == "\u2764\uFE0F");
  BOOST_TEST(sanitised("\U0001F469\u200C\U0001F680") == "\U0001F469\U0001F680");
  BOOST_TEST(sanitised("1\u200D2") == "12");
  BOOST_TEST(sanitised("\u0645\u200C ") == "\u0645 ");
}

BOOST_AUTO_TEST_CASE(a_character_has_at_most_eight_marks) {
  use_utf8_locale();
  const auto marked = [](std::size_t marks) {
    std::string text = "e";
    for (std::size_t i = 0; i < marks; ++i) text += "\u0301";
    return text;
  };
  BOOST_TEST(sanitised(marked(8) + marked(8)) == marked(8) + marked(8));
  BOOST_TEST(sanitised(marked(500) + "x" + marked(9)) == marked(8) + "x" + marked(8));
}

BOOST_AUTO_TEST_CASE(what_was_sanitised_stays_as_it_is) {
  use_utf8_locale();
  const std::vector<char32_t> letters = {'a',    '1',    ' ',    '\t',   0x7F,    0x301,   0x645,
                                         0x94D,  0x915,  0x200B, 0x200C, 0x200D,  0x2067,  0x20E3,
                                         0x2764, 0x3000, 0xFE0E, 0xFE0F, 0x1F469, 0x1F3FD, 0xE0020};
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (int length = 0; length < 24; ++length) text += encoded(letters[random() % letters.size()]);
    const std::string once = sanitised(text);
    if (sanitised(once) != once) BOOST_ERROR("not the same again: " + text);
    if (needs_neutralising(once)) BOOST_ERROR("harmful: " + text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace chat
