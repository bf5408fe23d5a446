#include "chat/wire/line_format.hpp"

#include <boost/test/unit_test.hpp>

namespace chat {
namespace {

using namespace std::chrono;

constexpr std::string_view kSaid = "17\t2026-11-24T12:34:56.789Z\tsay\tann\thello\tben: all";

std::string replayed(std::string_view line, Rendering rendering) {
  const auto parsed = parse_room_line(line);
  BOOST_REQUIRE(parsed.has_value());
  std::string text;
  append_replayed(text, *parsed, rendering);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(line_format)

BOOST_AUTO_TEST_CASE(a_line_is_cut_into_its_fields_and_its_text_may_hold_tabs) {
  const auto line = parse_room_line(kSaid);
  BOOST_REQUIRE(line.has_value());
  BOOST_TEST(line->number == 17u);
  BOOST_TEST(line->time == "2026-11-24T12:34:56.789Z");
  BOOST_TEST((line->kind == Kind::kSay));
  BOOST_TEST(line->from == "ann");
  BOOST_TEST(line->text == "hello\tben: all");
}

BOOST_AUTO_TEST_CASE(what_is_not_a_line_of_the_room_is_refused) {
  const std::string time = "2026-11-24T12:34:56.789Z";
  const std::vector<std::string> good = {
      "1\t" + time + "\tenter\tann\thas entered the chat",
      "18446744073709551615\t" + time + "\tleave\tann\thas left the chat",
      "1\t" + time + "\tsay\tann\t",
  };
  for (const auto& line : good) BOOST_TEST(parse_room_line(line).has_value(), line);
  const std::vector<std::string> bad = {
      "",
      "1",
      "1\t" + time + "\tsay\tann",
      "0\t" + time + "\tsay\tann\thello",
      "01\t" + time + "\tsay\tann\thello",
      "-1\t" + time + "\tsay\tann\thello",
      "-\t" + time + "\tnotice\t-\thello",
      "\t" + time + "\tsay\tann\thello",
      "18446744073709551616\t" + time + "\tsay\tann\thello",
      "1 \t" + time + "\tsay\tann\thello",
      "1\t2026-11-24T12:34:56Z\tsay\tann\thello",
      "1\t2026-11-24 12:34:56.789Z\tsay\tann\thello",
      "1\t" + time + "\tsay+\tann\thello",
      "1\t" + time + "\tdance\tann\thello",
      "1\t" + time + "\tsay\t-ann\thello",
      "1\t" + time + "\tsay\tann\thello\x1b[31m",
      "1\t" + time + "\tsay\tann\thello\xff",
      "1\t" + time + "\tenter\tann\thas left the chat",
      "1\t" + time + "\tleave\tann\t",
  };
  for (const auto& line : bad) BOOST_TEST(!parse_room_line(line).has_value(), line);
}

BOOST_AUTO_TEST_CASE(a_line_is_replayed_with_its_own_time_in_either_rendering) {
  BOOST_TEST(replayed(kSaid, Rendering::kPlain) == "- 2026-11-24T12:34:56Z ann: hello\tben: all\n");
  BOOST_TEST(replayed(kSaid, Rendering::kTagged) ==
             "17\t2026-11-24T12:34:56.789Z\tsay+\tann\thello\tben: all\n");
  BOOST_TEST(replayed("3\t2026-11-24T12:34:56.789Z\tleave\tann\thas left the chat",
                      Rendering::kPlain) == "- 2026-11-24T12:34:56Z * ann has left the chat\n");
}

BOOST_AUTO_TEST_CASE(what_is_told_to_one_gets_its_kind_by_its_mark) {
  const std::string plain = "* hello ann\n* online (1): ann\n! max chat users\n";
  BOOST_TEST(rendered(plain, Rendering::kPlain, WallTime{}) == plain);
  BOOST_TEST(rendered(plain, Rendering::kTagged, WallTime{}) ==
             "-\t1970-01-01T00:00:00.000Z\tnotice\t-\thello ann\n"
             "-\t1970-01-01T00:00:00.000Z\tonline\t-\tonline (1): ann\n"
             "-\t1970-01-01T00:00:00.000Z\terror\t-\tmax chat users\n");
  BOOST_TEST(rendered({}, Rendering::kTagged, WallTime{}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
