#include "chat/room/source_limits.hpp"

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "chat/room/limits.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;

constexpr int kRate = 5;
const Clock::time_point kStart = Clock::time_point{} + 1h;

PeerAddress at(const std::string& address) { return *peer_at(address, 40'000); }

int lines_at_once(SourceLimits& limits, const PeerAddress& peer) {
  int count = 0;
  while (limits.next_line(peer, kStart) <= kStart && count < 100'000) ++count;
  return count;
}

int entries_at_once(SourceLimits& limits, const PeerAddress& peer,
                    SourceLimits::Entry entry = SourceLimits::Entry::kArrival) {
  int count = 0;
  while (limits.may_enter(entry, peer, kStart) && count < 100'000) ++count;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(source_limits)

BOOST_AUTO_TEST_CASE(all_connections_of_an_address_share_its_lines) {
  SourceLimits limits(kRate);
  BOOST_TEST(lines_at_once(limits, at("203.0.113.1")) == 2 * kSourceLineRates * kRate);
  BOOST_TEST(lines_at_once(limits, at("203.0.113.1")) == 0);
  BOOST_TEST(lines_at_once(limits, at("203.0.113.2")) == 2 * kSourceLineRates * kRate);
}

BOOST_AUTO_TEST_CASE(arrivals_and_resumes_are_refused_beyond_theirs_and_may_come_again_later) {
  SourceLimits limits(kRate);
  const PeerAddress peer = at("203.0.113.1");
  BOOST_TEST(entries_at_once(limits, peer) == kSourceEntryBurst);
  BOOST_TEST(entries_at_once(limits, peer, SourceLimits::Entry::kResume) == kSourceEntryBurst);
  const auto second = kStart + 1s;
  for (int i = 0; i < kSourceEntryRate; ++i) {
    BOOST_TEST(limits.may_enter(SourceLimits::Entry::kArrival, peer, second));
  }
  BOOST_TEST(!limits.may_enter(SourceLimits::Entry::kArrival, peer, second));
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_not_counted) {
  SourceLimits limits(kRate);
  const PeerAddress peer = at("203.0.113.1");
  (void)entries_at_once(limits, peer);
  for (int i = 0; i < 1000; ++i) {
    BOOST_TEST(!limits.may_enter(SourceLimits::Entry::kArrival, peer, kStart));
  }
  BOOST_TEST(limits.may_enter(SourceLimits::Entry::kArrival, peer, kStart + 1s));
}

BOOST_AUTO_TEST_CASE(the_networks_of_a_48_share_a_larger_allowance) {
  SourceLimits limits(kRate);
  int together = 0;
  for (int i = 0; i < 20; ++i) {
    const int entries = entries_at_once(limits, at("2001:db8:0:" + std::to_string(i + 1) + "::1"));
    BOOST_TEST(entries <= kSourceEntryBurst);
    together += entries;
  }
  BOOST_TEST(together == 2 * kSourceEntryBurst);  // all of one /56
  BOOST_TEST(entries_at_once(limits, at("2001:db8:0:100::1")) == kSourceEntryBurst);
  BOOST_TEST(entries_at_once(limits, at("2001:db8:0:200::1")) == kSourceEntryBurst);
  BOOST_TEST(entries_at_once(limits, at("2001:db8:0:300::1")) == 0);
  BOOST_TEST(entries_at_once(limits, at("2001:db8:1::1")) == kSourceEntryBurst);
}

BOOST_AUTO_TEST_CASE(this_machine_is_free_and_so_are_lines_at_rate_0) {
  SourceLimits limits(kRate);
  BOOST_TEST(lines_at_once(limits, at("127.0.0.1")) == 100'000);
  BOOST_TEST(entries_at_once(limits, at("::1")) == 100'000);
  SourceLimits without(0);
  BOOST_TEST(lines_at_once(without, at("203.0.113.1")) == 100'000);
}

BOOST_AUTO_TEST_CASE(only_so_many_buckets_are_kept_and_full_ones_are_forgotten_first) {
  SourceLimits limits(kRate);
  const PeerAddress busy = at("203.0.113.1");
  (void)entries_at_once(limits, busy);
  PeerAddress other;
  for (std::uint32_t i = 0; i < 2 * kMaxSourceBuckets; ++i) {
    other.source = ipv4_address(i);
    (void)limits.may_enter(SourceLimits::Entry::kArrival, other, kStart);
  }
  BOOST_TEST(limits.size() <= kMaxSourceBuckets);
  BOOST_TEST(!limits.may_enter(SourceLimits::Entry::kArrival, busy, kStart));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
