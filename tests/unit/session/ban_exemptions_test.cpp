#include "chat/session/ban_exemptions.hpp"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>

#include "chat/net/address.hpp"

namespace chat {
namespace {

bool contains(const BanExemptions& exemptions, const std::string& address) {
  return exemptions.contains(peer_at(address, 1)->address);
}

std::string objection(const BanExemptions& exemptions, const std::string& range) {
  const auto address = typed_address(range);
  BOOST_REQUIRE(address.has_value());
  return std::string(exemptions.objection_to(AddressRange::parse(range), *address));
}

BOOST_AUTO_TEST_SUITE(ban_exemptions)

BOOST_AUTO_TEST_CASE(no_ban_reaches_this_machine_or_who_has_no_address) {
  const BanExemptions exemptions(std::nullopt);
  for (const char* address : {"127.0.0.1", "127.0.0.2", "127.255.255.255", "::1", "::"}) {
    BOOST_TEST(contains(exemptions, address), address);
  }
  BOOST_TEST(exemptions.contains(IpAddress{}));  // as by a Unix socket
  for (const char* range : {"127.0.0.1", "127.0.0.2", "127.0.0.0/8", "127.9.0.0/16", "126.0.0.0/7",
                            "0.0.0.0/0", "::1", "::", "::/0", "::/64", "::ffff:127.0.0.1"}) {
    BOOST_TEST(objection(exemptions, range) == "that is this machine", range);
  }
  for (const char* address : {"203.0.113.7", "126.255.255.255", "128.0.0.0", "::2"}) {
    BOOST_TEST(!contains(exemptions, address), address);
    BOOST_TEST(objection(exemptions, address) == "", address);
  }
}

// It may reach its neighbours, if they do not share the first eight bits with loopback.
BOOST_AUTO_TEST_CASE(no_ban_reaches_an_address_of_an_interface) {
  const BanExemptions exemptions(std::nullopt);
  for (const IpAddress& own : interface_addresses()) {
    BOOST_TEST(exemptions.contains(own));
    const std::string text = AddressRange::of(own).text();
    BOOST_TEST(objection(exemptions, text) == "that is this machine");
    BOOST_TEST(objection(exemptions, text + "/24") == "that is this machine");
    if (AddressRange::parse("127.0.0.0/8").contains(own)) continue;
    if (AddressRange::parse("::/24").contains(own)) continue;
    IpAddress neighbour = own;
    neighbour.back() ^= 1;
    if (exemptions.contains(neighbour)) continue;
    BOOST_TEST(exemptions.objection_to(AddressRange::parse(text + "/24"), neighbour) == "");
  }
}

BOOST_AUTO_TEST_CASE(no_ban_reaches_a_part_of_the_trusted_proxys_range) {
  const BanExemptions exemptions(AddressRange::parse("192.0.2.0/28"));
  BOOST_TEST(contains(exemptions, "192.0.2.7"));
  BOOST_TEST(!contains(exemptions, "192.0.2.16"));
  for (const char* range : {"192.0.2.7", "192.0.2.0/24", "192.0.2.8/29", "192.0.2.0/28"}) {
    BOOST_TEST(objection(exemptions, range) == "that is the trusted proxy", range);
  }
  BOOST_TEST(objection(exemptions, "192.0.2.16/28") == "");
  BOOST_TEST(contains(exemptions, "127.0.0.2"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace chat
