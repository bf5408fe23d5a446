// What strangers may write: bytes that are no text, characters that move a cursor, forged lines,
// names that look like somebody else's.
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/text.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"

namespace {

using namespace std::string_literals;

constexpr const char* kReplaced = "\xEF\xBF\xBD";  // U+FFFD

// What Markus Kuhn's "UTF-8 decoder capability and stress test" holds against a decoder, one entry
// for each sequence. All of them are refused.
std::vector<std::string> malformed() {
  std::vector<std::string> all = {
      // 3.1 continuation bytes without a beginning
      "\x80", "\xBF", "\x80\xBF", "\x80\xBF\x80", "\x80\xBF\x80\xBF", "\x80\xBF\x80\xBF\x80",
      "\x80\xBF\x80\xBF\x80\xBF", "\x80\xBF\x80\xBF\x80\xBF\x80",
      // 3.3 the last continuation byte is missing
      "\xC0", "\xE0\x80", "\xF0\x80\x80", "\xF8\x80\x80\x80", "\xFC\x80\x80\x80\x80", "\xDF",
      "\xEF\xBF", "\xF7\xBF\xBF", "\xFB\xBF\xBF\xBF", "\xFD\xBF\xBF\xBF\xBF",
      // 3.5 bytes that never occur
      "\xFE", "\xFF", "\xFE\xFE\xFF\xFF",
      // 2.1.5, 2.1.6, 2.2.5, 2.2.6: five and six bytes long, 2.2.4 and 2.3.5: beyond U+10FFFF
      "\xF8\x88\x80\x80\x80", "\xFC\x84\x80\x80\x80\x80", "\xFB\xBF\xBF\xBF\xBF",
      "\xFD\xBF\xBF\xBF\xBF\xBF", "\xF7\xBF\xBF\xBF", "\xF4\x90\x80\x80",
      // 4.1 a slash in more bytes than it takes
      "\xC0\xAF", "\xE0\x80\xAF", "\xF0\x80\x80\xAF", "\xF8\x80\x80\x80\xAF",
      "\xFC\x80\x80\x80\x80\xAF",
      // 4.2 the largest such forms
      "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF8\x87\xBF\xBF\xBF",
      "\xFC\x83\xBF\xBF\xBF\xBF",
      // 4.3 a NUL so
      "\xC0\x80", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\xF8\x80\x80\x80\x80",
      "\xFC\x80\x80\x80\x80\x80",
      // 5.1 single surrogates
      "\xED\xA0\x80", "\xED\xAD\xBF", "\xED\xAE\x80", "\xED\xAF\xBF", "\xED\xB0\x80",
      "\xED\xBE\x80", "\xED\xBF\xBF",
      // 5.2 pairs of them
      "\xED\xA0\x80\xED\xB0\x80", "\xED\xA0\x80\xED\xBF\xBF", "\xED\xAD\xBF\xED\xB0\x80",
      "\xED\xAD\xBF\xED\xBF\xBF", "\xED\xAE\x80\xED\xB0\x80", "\xED\xAE\x80\xED\xBF\xBF",
      "\xED\xAF\xBF\xED\xB0\x80", "\xED\xAF\xBF\xED\xBF\xBF"};
  std::string continuations;  // 3.1.9 all of them
  for (int byte = 0x80; byte <= 0xBF; ++byte) continuations += static_cast<char>(byte);
  all.push_back(continuations);
  for (int byte = 0xC0; byte <= 0xFD; ++byte) {  // 3.2 beginnings, each followed by a space
    all.push_back(std::string(1, static_cast<char>(byte)) + " ");
  }
  std::string incomplete;  // 3.4 those of 3.3, all in a row
  for (std::size_t i = 8; i < 18; ++i) incomplete += all[i];
  all.push_back(incomplete);
  return all;
}

// Sections 1 and 2: what is well-formed has to pass, but for controls.
const std::vector<std::pair<std::string, std::string>> kWellFormed = {
    {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5",
     "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5"},
    {"\xDF\xBF", "\xDF\xBF"},
    {"\xE0\xA0\x80", "\xE0\xA0\x80"},
    {"\xEF\xBF\xBF", "\xEF\xBF\xBF"},
    {"\xF0\x90\x80\x80", "\xF0\x90\x80\x80"},
    {"\xED\x9F\xBF", "\xED\x9F\xBF"},
    {"\xEE\x80\x80", "\xEE\x80\x80"},
    {"\xEF\xBF\xBD", "\xEF\xBF\xBD"},
    {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
    {"\x7F", kReplaced},
    {"\xC2\x80", kReplaced},
};

struct Two {
  Two() { ann.read_until("* ben has entered"); }
  RunningRoom room{9};
  Peer ann = Peer::registered(room.port(), "ann");
  Peer ben = Peer::registered(room.port(), "ben");
};

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_text)

BOOST_AUTO_TEST_CASE(a_line_that_is_not_utf8_is_refused_whole_with_the_reason) {
  Two two;
  const auto sequences = malformed();
  for (const auto& sequence : sequences) {
    for (const auto& line :
         {sequence, "before " + sequence, sequence + " after", "before " + sequence + " after"}) {
      two.ann.say(line);
      BOOST_TEST(two.ann.read_line().starts_with("! not UTF-8"));
    }
  }
  // Had any of it been relayed, ben would have heard it before this.
  two.ann.say("end");
  BOOST_TEST(two.ben.read_line() == "ann: end");
  BOOST_TEST(sequences.size() >= 120u);
}

BOOST_AUTO_TEST_CASE(well_formed_text_passes_and_what_stands_in_a_password_or_mode_is_checked_too) {
  Two two;
  for (const auto& [said, heard] : kWellFormed) {
    two.ann.say(said);
    BOOST_TEST(two.ben.read_line() == "ann: " + heard);
  }
  for (const auto& sequence : malformed()) {
    BOOST_TEST(Peer::answer_to(two.room.port(), "register", "cid," + sequence)
                   .starts_with("! wrong format"));
  }
}

BOOST_AUTO_TEST_CASE(no_control_character_reaches_another_member_and_each_is_replaced_by_one_mark) {
  Two two;
  std::vector<std::string> harmful;
  for (int c = 0; c < 0x20; ++c) {
    if (c != '\t' && c != '\n') harmful.push_back(std::string(1, static_cast<char>(c)));
  }
  harmful.push_back("\x7F");
  for (int c = 0x80; c < 0xA0; ++c) harmful.push_back("\xC2"s + static_cast<char>(c));
  for (const char* c :
       {"\xE2\x80\xA8", "\xE2\x80\xA9", "\xD8\x9C", "\xE2\x80\x8E", "\xE2\x80\x8F", "\xE2\x80\xAA",
        "\xE2\x80\xAB", "\xE2\x80\xAC", "\xE2\x80\xAD", "\xE2\x80\xAE", "\xE2\x81\xA6",
        "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9"}) {
    harmful.push_back(c);
  }
  for (const auto& c : harmful) {
    two.ann.say("a" + c + "b" + c + c + "c");
    BOOST_TEST(two.ben.read_line() == "ann: a"s + kReplaced + "b" + kReplaced + kReplaced + "c");
  }
  BOOST_TEST(harmful.size() == 30u + 1 + 32 + 14);
  const std::map<std::string, std::string> sequences = {
      {"\x1B]52;c;Y3VybA==\x07", "]52;c;Y3VybA=="},  // write the clipboard
      {"\x1BP$qm\x1B\\", "P$qm\\"},                  // ask for a setting: the answer is typed
      {"\x1B]0;root\x07", "]0;root"},                // the window's title
      {"\x1B[2J\x1B[H", "[2J[H"},
      {"\xC2\x9B\x32J", "2J"},
  };
  for (const auto& [said, visible] : sequences) {
    two.ann.say(said);
    std::string heard = two.ben.read_line().substr(5);
    for (std::size_t at; (at = heard.find(kReplaced)) != std::string::npos;) heard.erase(at, 3);
    BOOST_TEST(heard == visible);
  }
}

BOOST_AUTO_TEST_CASE(a_tab_passes_and_one_cr_before_the_lf_belongs_to_the_lines_end) {
  Two two;
  two.ann.send("a\tb\r\nc\r\r\n\rd\n");
  BOOST_TEST(two.ben.read_line() == "ann: a\tb");
  BOOST_TEST(two.ben.read_line() == "ann: c"s + kReplaced);
  BOOST_TEST(two.ben.read_line() == "ann: "s + kReplaced + "d");
}

BOOST_AUTO_TEST_CASE(blanks_of_all_kinds_are_spaces_and_what_nobody_sees_is_not_said) {
  chat::use_utf8_locale();
  Two two;
  two.ann.say("ok\u00A0\u3000\u2800ben: yes");
  BOOST_TEST(two.ben.read_line() == "ann: ok   ben: yes");
  two.ann.say("pay\u200B\u3164\U000E0041pal");
  BOOST_TEST(two.ben.read_line() == "ann: paypal");
  two.ann.say("/me \u200Bwaves\u00AD");
  BOOST_TEST(two.ben.read_line() == "~ ann waves");
  std::string tower = "e";
  for (int i = 0; i < 100; ++i) tower += "\u0301";
  two.ann.say(tower);
  BOOST_TEST(two.ben.read_line() == "ann: " + tower.substr(0, 1 + 2 * chat::kMaxMarks));
  two.ann.say("/msg ben a\u2003b");
  BOOST_TEST(two.ben.read_line() == "ann -> ben: a b");
}

BOOST_AUTO_TEST_CASE(a_line_of_nothing_visible_is_an_empty_line) {
  Two two;
  for (const char* line : {"\u3164", "\u200B\u200C", "\u00A0\t \u3000", " ", "//\u200B"}) {
    two.ann.say(line);
  }
  two.ann.say("/me \u3164");
  two.ann.say("end");
  BOOST_TEST(two.ben.read_line() == (std::string("ann: ") + "/"));
  BOOST_TEST(two.ben.read_line() == "ann: end");
}

BOOST_AUTO_TEST_CASE(a_forged_line_stays_a_line_of_who_said_it) {
  Two two;
  const std::vector<std::string> forged = {"\rserver: x",
                                           "\r\r* cid has left the chat",
                                           "* ann has left the chat",
                                           "* cid has entered the chat",
                                           "ben: I am not ben",
                                           "! wrong username or password",
                                           "\x1B[1A\x1B[2Kben: hello",
                                           "\b\b\b\b\bben: hello",
                                           "\xE2\x80\xA8"
                                           "ben: hello",
                                           "\xC2\x85"
                                           "ben: hello",
                                           "\x0B"
                                           "ben: hello",
                                           "\x0C"
                                           "ben: hello",
                                           "\xE2\x80\xAE"
                                           "olleh :neb",
                                           "//ben: hello"};
  for (const auto& line : forged) {
    two.ann.say(line);
    const std::string heard = two.ben.read_line();
    BOOST_TEST(heard.starts_with("ann: "));
    for (const char c : heard) BOOST_TEST((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
  }
  two.ann.say("end");
  BOOST_TEST(two.ben.read_line() == "ann: end");
}

// A corpus of 500 names. What is expected of each stands here by hand: `used` are the ways in which
// a name that is taken can be written so that it looks the same.
BOOST_AUTO_TEST_CASE(of_500_names_exactly_those_come_in_that_look_like_nobody_elses) {
  RunningRoom room(2000, {{"Lois.01", "pw"}, {"max", "pw"}});
  const Peer bob = Peer::registered(room.port(), "bob_il0");
  std::vector<std::pair<std::string, std::string>> corpus;  // name, how the answer begins
  const auto expect = [&](const std::string& answer, const std::vector<std::string>& names) {
    for (const auto& name : names) corpus.emplace_back(name, answer);
  };
  const std::string used = "! username is already used";
  const std::string no_name = "! wrong format";

  // Each place of a taken name with everything that looks like it there.
  const auto spellings = [](const std::vector<std::vector<std::string>>& places) {
    std::vector<std::string> names = {""};
    for (const auto& place : places) {
      std::vector<std::string> longer;
      for (const auto& name : names) {
        for (const auto& letter : place) longer.push_back(name + letter);
      }
      names = longer;
    }
    return names;
  };
  const std::vector<std::string> o = {"o", "O", "0"}, l = {"l", "L", "1", "i", "I"},
                                 dash = {"_", "-", ".", "__", "-_.", "..."};
  expect(used, spellings({{"b"}, {"o", "0"}, {"B"}, dash, {"1", "I"}, l, {"0", "O"}}));  // online
  expect(used,
         spellings({{"L", "1"}, o, {"i", "l"}, {"s"}, {".", "--"}, {"0", "o"}, l}));  // account
  expect(used, spellings({{"m", "M"}, {"a", "A"}, {"x", "X"}}));
  expect(used, {"server",   "Server",   "SERVER",   "admin",         "Admin",         "ADMIN",
                "adm1n",    "admln",    "system",   "System",        "root",          "r00t",
                "Root",     "r0ot",     "operator", "0perat0r",      "moderator",     "m0derator",
                "everyone", "Every0ne", "all",      "ALL",           "a11",           "aII",
                "here",     "owner",    "0wner",    "administrator", "adm1n1strat0r", "host",
                "h0st",     "staff",    "chatroom", "chatr00m"});
  expect(used, {"bob_ilo_", "max_", "servers", "roots", "root_", "all_", "admin_", "systems",
                "everyones", "adm1n5", "0wner5."});
  expect(used, {"5erver", "bob_i10."});
  expect(no_name, {"*",
                   "* ann",
                   "*ann",
                   "!",
                   "! no",
                   "ann ben",
                   "ann:",
                   ":ann",

                   "a\tb",
                   "-ann",
                   "_ann",
                   ".ann",
                   "\xC3\xA4nn",
                   "ann\xE2\x80\x8B",
                   "\xD0\xB0nn",
                   "\xEF\xBD\x81nn",
                   "a\xCC\x88nn",
                   "ann!",
                   "ann@home",
                   "ann/ben",
                   "ann\\",
                   "(ann)",
                   "[ann]",
                   "<ann>",
                   "\"ann\"",
                   "'ann'",
                   "ann;",
                   "ann+",
                   "ann=",
                   "ann#",
                   "$ann",
                   "%ann",
                   "&ann",
                   "ann~",
                   "`ann`",
                   "{ann}",
                   "|ann",
                   "ann?",
                   "\x1B[1mann",
                   "ann\x7F",
                   "\xE2\x80\xAE"
                   "nna",
                   "ann\r",
                   "server:",
                   "* server",
                   "\rserver",
                   "123456789012345678901234567890123",
                   "",
                   " ",
                   "..",
                   "-",
                   "_",
                   "..ann"});
  for (const char* name : {
           "ann",
           "ben",
           "cid",
           "dan",
           "eve",
           "fay",
           "gus",
           "hal",
           "ivy",
           "jon",
           "kim",
           "leo",
           "mia",
           "ned",
           "ola",
           "pam",
           "quin",
           "ron",
           "sue",
           "tom",
           "uma",
           "val",
           "wes",
           "xan",
           "yan",
           "zoe",
           "bob",
           "bob_il",
           "bob_il00",
           "bobil0",
           "bob_iil0",
           "pop_il0",
           "bob_il0x",
           "Lois",
           "Lois.0",
           "Lois.011",
           "Lois01",
           "Loiss.01",
           "maxx",
           "ma",
           "m-ax",
           "max.2",
           "mex",
           "nax",
           "server2",
           "ser-ver",
           "administration",
           "sys",
           "alll",
           "a-l-l",
           "a",
           "9",
           "x.y",
           "x-z",
           "x_w",
           "a.b-c_d",
           "12345678901234567890123456789012",
           "my-admin",
           "no-operator",
           "moderato",
       }) {
    expect("* hello ", {name});
  }
  for (char c = 'a'; c <= 'z'; ++c) {
    for (const char* end : {"2x", "3y", "4z", "5w", "6v", "7u"}) {
      // i is written l, and o 0, so the letters that look like others are left out here.
      if (c != 'i' && c != 'o') expect("* hello ", {std::string("name-") + c + end});
    }
  }
  BOOST_TEST(corpus.size() >= 500u);
  BOOST_TEST_MESSAGE(corpus.size() << " names");
  int wrong = 0;
  std::vector<Peer> in;  // who came in stays, so that no two of these may look alike either
  for (const auto& [name, answer] : corpus) {
    Peer peer(room.port());
    const std::string got = peer.answer("register", name + ",pw");
    const bool right = got.starts_with(answer) && (answer[0] != '*' || got == answer + name);
    BOOST_TEST(right, name << ": " << got);
    wrong += !right;
    if (got[0] == '*') in.push_back(std::move(peer));
  }
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()
