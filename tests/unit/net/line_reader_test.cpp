#include "chat/net/line_reader.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "chat/wire/limits.hpp"

namespace chat {
namespace {

using Lines = std::vector<std::string>;

const std::string kTooLong = "(too long)";  // what the tests write for such a line

std::string shown(const LineReader::Line& line) {
  if (line.too_long && !line.text.empty()) BOOST_ERROR("a line that is too long has text");
  return line.too_long ? kTooLong : std::string(line.text);
}

class Reading {
 public:
  explicit Reading(std::size_t max_line = kMaxLine) : reader_(max_line, kMaxUnterminated) {}

  // As the network does: bytes arrive, as many as there is space for at a time.
  void receive(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto space = reader_.space();
      BOOST_REQUIRE(!space.empty());
      const std::size_t n = std::min(space.size(), bytes.size());
      std::copy_n(bytes.begin(), n, space.begin());
      reader_.received(n);
      bytes.remove_prefix(n);
      while (const auto line = reader_.next()) lines_.push_back(shown(*line));
    }
  }

  void end() {
    if (const auto line = reader_.rest()) lines_.push_back(shown(*line));
  }

  const Lines& lines() const { return lines_; }
  LineReader& reader() { return reader_; }

 private:
  LineReader reader_;
  Lines lines_;
};

Lines lines_of(std::string_view bytes, std::size_t piece = std::string_view::npos) {
  Reading reading;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    reading.receive(bytes.substr(0, piece));
  }
  reading.end();
  return reading.lines();
}

std::string x(std::size_t count) { return std::string(count, 'x'); }

BOOST_AUTO_TEST_SUITE(line_reader)

BOOST_AUTO_TEST_CASE(a_line_ends_in_lf_or_cr_lf) {
  BOOST_TEST(lines_of("one\ntwo\r\nthree\n") == (Lines{"one", "two", "three"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(empty_lines_are_lines) {
  BOOST_TEST(lines_of("\n\r\n\n") == (Lines{"", "", ""}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cr_counts_as_an_end_only_right_before_the_lf) {
  BOOST_TEST(lines_of("a\rb\n\rc\r\r\n") == (Lines{"a\rb", "\rc\r"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(any_byte_may_stand_in_a_line) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) {
    if (byte != '\n') every.push_back(static_cast<char>(byte));
  }
  BOOST_TEST((lines_of(every + "\n") == Lines{every}));
}

BOOST_AUTO_TEST_CASE(lines_are_the_same_wherever_the_network_cuts_them_in_two_or_three) {
  const std::string bytes = "one\r\n\n\r\ntwo\rtwo\n\r\r\nthr\xC3\xA9\xC3\xA9\nlast\r";
  const Lines expected = {"one", "", "", "two\rtwo", "\r", "thr\xC3\xA9\xC3\xA9", "last"};
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      Reading reading;
      reading.receive(std::string_view(bytes).substr(0, first));
      reading.receive(std::string_view(bytes).substr(first, second - first));
      reading.receive(std::string_view(bytes).substr(second));
      reading.end();
      BOOST_TEST((reading.lines() == expected), "cut at " << first << " and " << second);
    }
  }
}

BOOST_AUTO_TEST_CASE(lines_are_the_same_byte_by_byte_and_in_pieces_of_any_size) {
  std::string bytes;
  Lines expected;
  for (const std::size_t length :
       {0u,    1u,    509u,  510u,  511u,  512u,  513u,  1023u, 1024u,  1025u,
        4094u, 4095u, 4096u, 4097u, 4098u, 4099u, 8192u, 1u,    20000u, 0u}) {
    for (const char* end : {"\n", "\r\n"}) {
      bytes += x(length) + end;
      expected.push_back(length > kMaxLine ? kTooLong : x(length));
    }
  }
  for (const std::size_t piece : {1u, 2u, 3u, 7u, 100u, 511u, 512u, 513u, 1000u, 4095u, 4096u,
                                  4097u, 4098u, 4099u, 16384u, 1000000u}) {
    BOOST_TEST((lines_of(bytes, piece) == expected), "pieces of " << piece);
  }
}

BOOST_AUTO_TEST_CASE(the_longest_line_has_4096_bytes_its_end_not_counted) {
  for (const std::string end : {"\n", "\r\n"}) {
    for (const std::size_t length : {4095u, 4096u}) {
      BOOST_TEST((lines_of(x(length) + end) == Lines{x(length)}));
    }
    for (const std::size_t length : {4097u, 4098u, 4099u, 65536u}) {
      BOOST_TEST((lines_of(x(length) + end) == Lines{kTooLong}));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_line_around_the_bound_is_the_same_wherever_it_is_cut) {
  for (const std::size_t length : {4095u, 4096u, 4097u}) {
    for (const std::string end : {"\n", "\r\n"}) {
      const std::string bytes = x(length) + end + "next\n";
      const Lines expected = {length > kMaxLine ? kTooLong : x(length), "next"};
      for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        Reading reading;
        reading.receive(std::string_view(bytes).substr(0, cut));
        reading.receive(std::string_view(bytes).substr(cut));
        BOOST_TEST((reading.lines() == expected), length << " bytes, cut at " << cut);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_cr_inside_a_long_line_counts_as_a_byte_of_it) {
  BOOST_TEST((lines_of(x(4095) + "\r\r\n") == Lines{x(4095) + "\r"}));
  BOOST_TEST((lines_of(x(4096) + "\r\r\n") == Lines{kTooLong}));
  BOOST_TEST((lines_of(x(4096) + "\rx\n") == Lines{kTooLong}));
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_is_reported_once_and_the_next_ones_are_intact) {
  for (const std::size_t length : {4097u, 4098u, 4099u, 8196u, 8197u, 60000u}) {
    BOOST_TEST((lines_of("a\n" + x(length) + "\nb\n" + x(length) + "\r\n\nc") ==
                Lines{"a", kTooLong, "b", kTooLong, "", "c"}),
               length << " bytes");
  }
}

// The end of input

BOOST_AUTO_TEST_CASE(the_rest_is_what_came_without_a_line_end) {
  BOOST_TEST((lines_of("one\nlast") == Lines{"one", "last"}));
  BOOST_TEST((lines_of("last\r") == Lines{"last"}));
  BOOST_TEST((lines_of("\r") == Lines{""}));
}

BOOST_AUTO_TEST_CASE(there_is_no_rest_after_a_line_end_or_without_input) {
  BOOST_TEST((lines_of("") == Lines{}));
  BOOST_TEST((lines_of("one\n") == Lines{"one"}));
  BOOST_TEST((lines_of(x(5000) + "\n") == Lines{kTooLong}));
}

BOOST_AUTO_TEST_CASE(the_rest_has_the_same_bound_as_a_line) {
  BOOST_TEST((lines_of(x(4096)) == Lines{x(4096)}));
  BOOST_TEST((lines_of(x(4096) + "\r") == Lines{x(4096)}));
  for (const std::size_t length : {4097u, 4098u, 4099u, 60000u}) {
    BOOST_TEST((lines_of(x(length)) == Lines{kTooLong}), length << " bytes");
  }
}

BOOST_AUTO_TEST_CASE(the_rest_is_given_once) {
  for (const std::size_t length : {4u, 5000u}) {
    Reading reading;
    reading.receive(x(length));
    BOOST_TEST(reading.reader().rest().has_value());
    BOOST_TEST(!reading.reader().rest().has_value());
  }
}

// Bounds

BOOST_AUTO_TEST_CASE(more_than_64_kib_without_a_line_end_overflow) {
  for (const std::size_t piece : {1u, 1000u, 4098u, 65537u}) {
    Reading reading;
    const std::string bytes = x(kMaxUnterminated);
    for (std::size_t i = 0; i < bytes.size(); i += piece) {
      reading.receive(std::string_view(bytes).substr(i, piece));
    }
    BOOST_TEST(!reading.reader().overflowed());
    reading.receive("x");
    BOOST_TEST(reading.reader().overflowed());
  }
}

BOOST_AUTO_TEST_CASE(lines_of_any_number_and_length_with_an_end_do_not_overflow) {
  Reading reading;
  for (int i = 0; i < 4; ++i) {
    reading.receive(x(kMaxUnterminated - 1) + "\n");
    reading.receive("short\n");
    BOOST_TEST(!reading.reader().overflowed());
  }
}

BOOST_AUTO_TEST_CASE(the_space_is_small_for_short_lines_and_bounded_for_any) {
  Reading reading;
  std::size_t largest = 0;
  for (int i = 0; i < 100; ++i) {
    reading.receive("a short line\n");
    largest = std::max(largest, reading.reader().space().size());
  }
  BOOST_TEST(largest <= 512u);
  for (int i = 0; i < 100; ++i) {
    reading.receive(x(1000));
    largest = std::max(largest, reading.reader().space().size());
  }
  BOOST_TEST(largest <= kMaxLine + 2);
  reading.receive("\n");
  BOOST_TEST(reading.reader().space().size() <= 512u);  // given back after the long line
}

BOOST_AUTO_TEST_CASE(a_line_stays_valid_until_the_next_call) {
  LineReader reader(kMaxLine, kMaxUnterminated);
  const std::string bytes = "first\nsecond\n";
  std::copy(bytes.begin(), bytes.end(), reader.space().begin());
  reader.received(bytes.size());
  const auto first = reader.next();
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(first->text == "first");
  const auto second = reader.next();
  BOOST_REQUIRE(second.has_value());
  BOOST_TEST(second->text == "second");
  BOOST_TEST(!reader.next().has_value());
}

BOOST_AUTO_TEST_CASE(the_bounds_are_those_it_was_made_with) {
  Reading reading(4);
  reading.receive("1234\n12345\n1234\r\n12345\r\n\n");
  BOOST_TEST((reading.lines() == Lines{"1234", kTooLong, "1234", kTooLong, ""}));
}

// Put back, and taken over by another reader

// With lines of all kinds, and one that is discarded in several pieces.
const std::string kEveryKind = "one\r\n\n" + x(10) + "\n" + x(33) + "\r\nfour\n" + x(9) + "\nlast";
const Lines kEveryLine = {"one", "", kTooLong, kTooLong, "four", kTooLong, "last"};

LineReader another(const LineReader& reader) {
  LineReader next(8, kMaxUnterminated);
  next.restore(reader.unread());
  return next;
}

// Receives `bytes` in pieces of at most `piece`, and does `between` after each line that is given.
template <typename Between>
void feed(LineReader& reader, std::string_view bytes, Lines& lines, Between between) {
  while (true) {
    while (const auto line = reader.next()) {
      lines.push_back(shown(*line));
      between();
    }
    if (bytes.empty()) return;
    const auto space = reader.space();
    BOOST_REQUIRE(!space.empty());
    const std::size_t n = std::min(space.size(), bytes.size());
    std::copy_n(bytes.begin(), n, space.begin());
    reader.received(n);
    bytes.remove_prefix(n);
  }
}

BOOST_AUTO_TEST_CASE(a_line_that_is_put_back_is_the_next_one_once_more) {
  for (std::size_t cut = 0; cut <= kEveryKind.size(); ++cut) {
    LineReader reader(8, kMaxUnterminated);
    Lines lines;
    const auto again = [&] {
      for (int i = 0; i < 3; ++i) {
        reader.put_back();
        const auto line = reader.next();
        BOOST_REQUIRE(line.has_value());
        BOOST_TEST(shown(*line) == lines.back());
      }
    };
    feed(reader, std::string_view(kEveryKind).substr(0, cut), lines, again);
    feed(reader, std::string_view(kEveryKind).substr(cut), lines, again);
    const auto rest = reader.rest();
    BOOST_REQUIRE(rest.has_value());
    lines.push_back(shown(*rest));
    BOOST_TEST((lines == kEveryLine), "cut at " << cut);
  }
}

BOOST_AUTO_TEST_CASE(the_rest_that_is_put_back_comes_once_more_as_often_as_it_has_to) {
  for (const std::size_t length : {4u, 4096u, 5000u}) {
    Reading reading;
    reading.receive(x(length));
    const std::string expected = length > kMaxLine ? kTooLong : x(length);
    for (int i = 0; i < 100; ++i) {
      const auto rest = reading.reader().rest();
      BOOST_REQUIRE(rest.has_value());
      BOOST_TEST(shown(*rest) == expected);
      reading.reader().put_back();
      BOOST_TEST(!reading.reader().next().has_value());
      BOOST_TEST(!reading.reader().overflowed());
    }
  }
}

BOOST_AUTO_TEST_CASE(another_reader_goes_on_wherever_the_first_one_stopped) {
  for (std::size_t cut = 0; cut <= kEveryKind.size(); ++cut) {
    LineReader first(8, kMaxUnterminated);
    Lines lines;
    feed(first, std::string_view(kEveryKind).substr(0, cut), lines, [] {});
    LineReader second = another(first);
    feed(second, std::string_view(kEveryKind).substr(cut), lines, [] {});
    LineReader third = another(second);
    if (const auto rest = third.next(); rest) BOOST_ERROR("a line without an end");
    if (const auto rest = third.rest()) lines.push_back(shown(*rest));
    BOOST_TEST((lines == kEveryLine), "cut at " << cut);
  }
}

BOOST_AUTO_TEST_CASE(another_reader_begins_with_the_line_that_was_put_back) {
  for (std::size_t stop = 0; stop + 1 < kEveryLine.size(); ++stop) {
    LineReader first(8, kMaxUnterminated);
    Lines lines;
    std::size_t at = 0;
    while (lines.size() <= stop) {
      if (const auto line = first.next()) {
        lines.push_back(shown(*line));
        continue;
      }
      const auto space = first.space();
      const std::size_t n = std::min(space.size(), kEveryKind.size() - at);
      std::copy_n(kEveryKind.begin() + static_cast<std::ptrdiff_t>(at), n, space.begin());
      first.received(n);
      at += n;
    }
    first.put_back();
    lines.pop_back();
    LineReader second = another(first);
    feed(second, std::string_view(kEveryKind).substr(at), lines, [] {});
    if (const auto rest = second.rest()) lines.push_back(shown(*rest));
    BOOST_TEST((lines == kEveryLine), "the line put back: " << stop);
  }
}

BOOST_AUTO_TEST_CASE(bytes_without_a_line_end_count_on_in_another_reader) {
  for (const std::size_t piece : {1000u, 4098u, 30000u}) {
    for (const std::string before : {"", "a line\n"}) {
      LineReader reader(kMaxLine, kMaxUnterminated);
      Lines lines;
      feed(reader, before, lines, [] {});
      const std::string bytes = x(kMaxUnterminated);
      for (std::size_t i = 0; i < bytes.size(); i += piece) {
        LineReader next(kMaxLine, kMaxUnterminated);
        next.restore(reader.unread());
        reader = next;
        feed(reader, std::string_view(bytes).substr(i, piece), lines, [] {});
      }
      LineReader last(kMaxLine, kMaxUnterminated);
      last.restore(reader.unread());
      BOOST_TEST(!last.next().has_value());
      BOOST_TEST(!last.overflowed());
      feed(last, "x", lines, [] {});
      BOOST_TEST(last.overflowed());
    }
  }
}

// Or a member would be read in tiny pieces for the rest of its stay.
BOOST_AUTO_TEST_CASE(another_reader_has_as_much_space_as_the_first_one) {
  Reading reading;
  reading.receive("one\ntw");
  LineReader next(kMaxLine, kMaxUnterminated);
  next.restore(reading.reader().unread());
  BOOST_TEST(!next.next().has_value());
  BOOST_TEST(next.space().size() + 2 >= 512u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace chat
