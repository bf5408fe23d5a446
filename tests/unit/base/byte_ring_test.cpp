#include "chat/base/byte_ring.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

namespace chat {
namespace {

std::string text_of(const iovec& piece) {
  return {static_cast<const char*>(piece.iov_base), piece.iov_len};
}

// [from, to), put together from its pieces.
std::string read(const ByteRing& ring, ByteRing::Position from, ByteRing::Position to) {
  std::string text;
  while (from < to) {
    const iovec piece = ring.piece(from, to);
    BOOST_REQUIRE(piece.iov_len > 0);
    text += text_of(piece);
    from += piece.iov_len;
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(byte_ring)

BOOST_AUTO_TEST_CASE(positions_count_all_bytes_since_the_beginning) {
  ByteRing ring(8);
  BOOST_TEST(ring.end() == 0u);
  ring.append("12345");
  BOOST_TEST(ring.end() == 5u);
  ring.append("");
  BOOST_TEST(ring.end() == 5u);
  ring.append("67890");
  BOOST_TEST(ring.end() == 10u);
  BOOST_TEST(ring.capacity() == 8u);
}

BOOST_AUTO_TEST_CASE(what_was_appended_is_read_from_any_position_to_any_other) {
  ByteRing ring(16);
  ring.append("ann: ");
  ring.append("hello\n");
  const std::string all = "ann: hello\n";
  for (std::size_t from = 0; from <= all.size(); ++from) {
    for (std::size_t to = from; to <= all.size(); ++to) {
      BOOST_TEST(read(ring, from, to) == all.substr(from, to - from));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_text_may_go_over_the_seam_at_every_offset) {
  const std::string text = "abcdefgh";
  for (std::size_t offset = 0; offset < 8; ++offset) {
    for (std::size_t length = 0; length <= text.size(); ++length) {
      ByteRing ring(8);
      ring.append(std::string(offset, '.'));
      ring.append(text.substr(0, length));
      BOOST_TEST(read(ring, offset, offset + length) == text.substr(0, length));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_piece_stops_at_the_seam) {
  ByteRing ring(8);
  ring.append("......ab");
  ring.append("cd");
  BOOST_TEST(text_of(ring.piece(6, 10)) == "ab");
  BOOST_TEST(text_of(ring.piece(8, 10)) == "cd");
  BOOST_TEST(text_of(ring.piece(6, 8)) == "ab");
}

BOOST_AUTO_TEST_CASE(nothing_makes_an_empty_piece) {
  ByteRing ring(8);
  ring.append("abcdefgh");
  BOOST_TEST(ring.piece(3, 3).iov_len == 0u);
  BOOST_TEST(ring.piece(8, 8).iov_len == 0u);
}

BOOST_AUTO_TEST_CASE(of_a_text_longer_than_the_ring_the_end_is_kept) {
  ByteRing ring(8);
  ring.append("0123456789abcdefghij");
  BOOST_TEST(ring.end() == 20u);
  BOOST_TEST(read(ring, 12, 20) == "cdefghij");
}

BOOST_AUTO_TEST_CASE(random_appends_leave_the_last_bytes_of_all_that_was_appended) {
  constexpr unsigned kSeed = 20261124;
  std::mt19937 random(kSeed);
  for (std::size_t capacity = 1; capacity <= 64; ++capacity) {
    ByteRing ring(capacity);
    std::string model;
    for (int i = 0; i < 200; ++i) {
      std::string text(random() % (2 * capacity), ' ');
      for (char& c : text) c = static_cast<char>('a' + random() % 26);
      ring.append(text);
      model += text;
      const std::size_t kept = std::min(capacity, model.size());
      const std::size_t from = model.size() - random() % (kept + 1);
      const std::size_t to = from + random() % (model.size() - from + 1);
      BOOST_TEST_CONTEXT("seed " << kSeed << ", capacity " << capacity << ", append " << i) {
        BOOST_REQUIRE(ring.end() == model.size());
        BOOST_REQUIRE(read(ring, from, to) == model.substr(from, to - from));
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
