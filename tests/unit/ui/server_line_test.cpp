#include "chat/ui/server_line.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ostream>
#include <string>

namespace chat {
namespace {

using Kind = ServerLine::Kind;
using std::chrono::milliseconds;
using SystemTime = std::chrono::system_clock::time_point;

const SystemTime kNow{
    std::chrono::duration_cast<SystemTime::duration>(milliseconds{1795555800007})};

// kind|from|to|text
std::string parsed(std::string_view text) {
  const ServerLine line = parse_server_line(text);
  BOOST_TEST(!line.time);
  return std::string(name_of(line.kind)) + "|" + line.from + "|" + line.to + "|" + line.text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_line)

BOOST_AUTO_TEST_CASE(every_kind_of_line_is_known) {
  BOOST_TEST(parsed("ann: hello: you") == "say|ann||hello: you");
  BOOST_TEST(parsed("ann: ") == "say|ann||");
  BOOST_TEST(parsed("~ ann waves: hi") == "me|ann||waves: hi");
  BOOST_TEST(parsed("ann -> ben: psst: x") == "private|ann|ben|psst: x");
  BOOST_TEST(parsed("* ann has entered the chat") == "enter|ann||has entered the chat");
  BOOST_TEST(parsed("* ann has left the chat") == "leave|ann||has left the chat");
  BOOST_TEST(parsed("* online (2): ann, ben") == "online|||online (2): ann, ben");
  BOOST_TEST(parsed("* hello ann") == "notice|||hello ann");
  BOOST_TEST(parsed("! unknown command") == "error|||unknown command");
}

BOOST_AUTO_TEST_CASE(what_only_looks_like_a_kind_is_a_notice) {
  BOOST_TEST(parsed("") == "notice|||");
  BOOST_TEST(parsed("no mark at all") == "notice|||no mark at all");
  BOOST_TEST(parsed("two words: x") == "notice|||two words: x");
  BOOST_TEST(parsed("ann -> : x") == "notice|||ann -> : x");
  BOOST_TEST(parsed("*no space") == "notice|||*no space");
  BOOST_TEST(parsed("* -x- has left the chat") == "notice|||-x- has left the chat");
  BOOST_TEST(parsed("* ann has entered the chat twice") ==
             "notice|||ann has entered the chat twice");
  BOOST_TEST(parsed("~ ann") == "notice|||~ ann");
  BOOST_TEST(parsed("~ ann: hi") == "notice|||~ ann: hi");
  BOOST_TEST(parsed("- no time ann: hi") == "notice|||- no time ann: hi");
}

BOOST_AUTO_TEST_CASE(a_text_that_looks_like_another_line_stays_the_talkers) {
  BOOST_TEST(parsed("ann: * ben has left the chat") == "say|ann||* ben has left the chat");
  BOOST_TEST(parsed("ann: ben: hi") == "say|ann||ben: hi");
  BOOST_TEST(parsed("ann: ~ ben waves") == "say|ann||~ ben waves");
  BOOST_TEST(parsed("~ ann ben: hi") == "me|ann||ben: hi");
  BOOST_TEST(parsed("ann: x -> ben: hi") == "say|ann||x -> ben: hi");
}

BOOST_AUTO_TEST_CASE(a_line_from_before_has_its_time) {
  const ServerLine line = parse_server_line("- 2026-11-24T21:30:00Z ann: hello");
  BOOST_TEST((line.kind == Kind::kSay));
  BOOST_TEST(line.from == "ann");
  BOOST_TEST(line.text == "hello");
  BOOST_REQUIRE(line.time.has_value());
  BOOST_TEST(json_of(line, kNow).starts_with("{\"time\":\"2026-11-24T21:30:00.000Z\""));
}

BOOST_AUTO_TEST_CASE(a_tagged_line_is_the_plain_one_with_its_number_and_time) {
  struct Try {
    std::string fields, plain;
  };
  for (const Try& each : {Try{"17|say|ann|hello: you\tthere", "ann: hello: you\tthere"},
                          Try{"20|me|ann|waves\tto all", "~ ann waves\tto all"},
                          Try{"18|enter|ann|has entered the chat", "* ann has entered the chat"},
                          Try{"19|leave|ann|has left the chat", "* ann has left the chat"},
                          Try{"-|notice|-|hello ann", "* hello ann"},
                          Try{"-|online|-|online (1): ann", "* online (1): ann"},
                          Try{"-|error|-|unknown", "! unknown"}}) {
    std::string text = each.fields;
    text.insert(text.find('|') + 1, "2026-11-24T21:30:00.007Z|");
    for (int i = 0; i < 4; ++i) text[text.find('|')] = '\t';
    BOOST_TEST(is_tagged(text));
    const ServerLine line = parse_server_line(text);
    BOOST_TEST(plain_line(line) == each.plain);
    BOOST_TEST(parsed(each.plain) ==
               std::string(name_of(line.kind)) + "|" + line.from + "||" + line.text);
    BOOST_TEST((line.time == kNow));
    BOOST_TEST(line.number == (text.front() == '-' ? 0 : std::stoul(text)));
    BOOST_TEST(!line.replayed);
    BOOST_TEST(!is_tagged(each.plain));
  }
  const ServerLine before = parse_server_line("17\t2026-11-24T21:30:00.007Z\tsay+\tann\thello");
  BOOST_TEST(before.replayed);
  BOOST_TEST(plain_line(before) == "- 2026-11-24T21:30:00Z ann: hello");
  BOOST_TEST(json_of(before, {}) ==
             "{\"time\":\"2026-11-24T21:30:00.007Z\",\"number\":17,\"replayed\":true,\"kind\":"
             "\"say\",\"from\":\"ann\",\"text\":\"hello\"}\n");
}

BOOST_AUTO_TEST_CASE(a_private_line_is_tagged_as_a_whole_and_json_says_from_whom_to_whom) {
  const ServerLine line =
      parse_server_line("-\t2026-11-24T21:30:00.007Z\tprivate\t-\tann -> ben: psst: x");
  BOOST_TEST((line.kind == Kind::kPrivate));
  BOOST_TEST(plain_line(line) == "ann -> ben: psst: x");
  BOOST_TEST(json_of(line, {}) ==
             "{\"time\":\"2026-11-24T21:30:00.007Z\",\"kind\":\"private\",\"from\":\"ann\","
             "\"to\":\"ben\",\"text\":\"psst: x\"}\n");
}

BOOST_AUTO_TEST_CASE(a_notice_of_the_rooms_own_has_its_number_and_who_did_it) {
  const ServerLine line =
      parse_server_line("17\t2026-11-24T21:30:00.007Z\tnotice\tann\thas set the topic: x");
  BOOST_TEST((line.kind == Kind::kNotice));
  BOOST_TEST(line.number == 17);
  BOOST_TEST(plain_line(line) == "* ann has set the topic: x");
  BOOST_TEST(json_of(line, {}) ==
             "{\"time\":\"2026-11-24T21:30:00.007Z\",\"number\":17,\"kind\":\"notice\","
             "\"from\":\"ann\",\"text\":\"has set the topic: x\"}\n");
}

BOOST_AUTO_TEST_CASE(of_a_kind_that_is_not_known_only_the_number_counts) {
  for (const bool replayed : {false, true}) {
    const ServerLine line = parse_server_line("17\t2026-11-24T21:30:00.007Z\tsong" +
                                              std::string(replayed ? "+" : "") + "\t-\tann: hi");
    BOOST_TEST((line.kind == Kind::kUnknown));
    BOOST_TEST(line.number == 17);
    BOOST_TEST(line.replayed == replayed);
    BOOST_TEST(line.from + line.text == "");
  }
}

BOOST_AUTO_TEST_CASE(what_only_looks_tagged_is_not) {
  for (const std::string text :
       {"17", "17\tx\tsay\tann\thi", "0\t2026-11-24T21:30:00.007Z\tsay\tann\thi",
        "x\t2026-11-24T21:30:00.007Z\tsay\tann\thi", "1\t2026-11-24T21:30:00.007Z\tsay\t-\thi",
        "1\t2026-11-24T21:30:00.007Z", "1\t2026-11-24T21:30:00Z\tsay\tann\thi"}) {
    BOOST_TEST(!is_tagged(text), text);
    BOOST_TEST(plain_line(parse_server_line(text)) == text);
  }
}

BOOST_AUTO_TEST_CASE(json_is_one_object_a_line) {
  BOOST_TEST(json_of(parse_server_line("ann: say \"hi\" \\ \tü"), kNow) ==
             "{\"time\":\"2026-11-24T21:30:00.007Z\",\"kind\":\"say\",\"from\":\"ann\","
             "\"text\":\"say \\\"hi\\\" \\\\ \\tü\"}\n");
  BOOST_TEST(json_of(parse_server_line("ann -> ben: x"), kNow).find("\"to\":\"ben\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
