#include "chat/net/address_range.hpp"

#include <arpa/inet.h>

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "chat/net/address.hpp"

namespace chat {
namespace {

// By another way than the one tested.
IpAddress address(const std::string& text) {
  IpAddress bytes{};
  const std::string ipv6 = text.find(':') == std::string::npos ? "::ffff:" + text : text;
  BOOST_REQUIRE(::inet_pton(AF_INET6, ipv6.c_str(), bytes.data()) == 1);
  return bytes;
}

bool contains(const std::string& range, const std::string& host) {
  return AddressRange::parse(range).contains(address(host));
}

std::string text(const std::string& range) { return AddressRange::parse(range).text(); }

void check_refused(const std::string& range, const std::string& reason) {
  BOOST_CHECK_EXCEPTION(AddressRange::parse(range), std::invalid_argument,
                        [&](const std::invalid_argument& error) {
                          BOOST_TEST(error.what() == reason, range << ": " << error.what());
                          return true;
                        });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(address_range)

BOOST_AUTO_TEST_CASE(an_address_alone_is_a_range_of_one) {
  for (const char* one : {"192.0.2.7", "192.0.2.7/32", "::ffff:192.0.2.7", "::ffff:c000:207/128"}) {
    BOOST_TEST(text(one) == "192.0.2.7");
    BOOST_TEST(contains(one, "192.0.2.7"));
    for (const char* other : {"192.0.2.6", "192.0.2.8", "192.0.3.7", "192.0.2.135", "::c000:207"}) {
      BOOST_TEST(!contains(one, other), one << " " << other);
    }
  }
  for (const char* one : {"::1", "::1/128", "0:0:0:0:0:0:0:1"}) {
    BOOST_TEST(text(one) == "::1");
    BOOST_TEST(contains(one, "::1"));
    for (const char* other : {"::", "::2", "8000::1", "127.0.0.1", "0.0.0.1"}) {
      BOOST_TEST(!contains(one, other), one << " " << other);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_range_is_all_that_share_its_first_bits) {
  struct Example {
    const char* range;
    std::vector<const char*> inside;
    std::vector<const char*> outside;
  };
  const Example examples[] = {
      {"192.0.2.4/31", {"192.0.2.4", "192.0.2.5"}, {"192.0.2.3", "192.0.2.6"}},
      {"10.0.0.0/8", {"10.0.0.0", "10.255.255.255"}, {"9.255.255.255", "11.0.0.0", "::a00:0"}},
      {"192.0.2.0/25", {"192.0.2.0", "192.0.2.127"}, {"192.0.2.128", "192.0.1.0"}},
      {"128.0.0.0/1", {"128.0.0.0", "255.255.255.255"}, {"127.255.255.255", "8000::"}},
      {"2001:db8::/32", {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"}, {"2001:db9::"}},
      {"2001:db8::/33", {"2001:db8:7fff::"}, {"2001:db8:8000::"}},
      {"2001:db8::/127", {"2001:db8::", "2001:db8::1"}, {"2001:db8::2"}},
  };
  for (const Example& example : examples) {
    for (const char* host : example.inside) {
      BOOST_TEST(contains(example.range, host), example.range << " " << host);
    }
    for (const char* host : example.outside) {
      BOOST_TEST(!contains(example.range, host), example.range << " " << host);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_range_of_no_bits_is_all_of_its_family_and_none_of_the_other) {
  for (const char* host : {"0.0.0.0", "127.0.0.1", "255.255.255.255"}) {
    BOOST_TEST(contains("0.0.0.0/0", host));
    BOOST_TEST(contains("::ffff:0.0.0.0/96", host));
    BOOST_TEST(!contains("::/0", host));
    BOOST_TEST(!contains("::/80", host));
    BOOST_TEST(!contains("::ffff:0:0/95", host));
  }
  for (const char* host : {"::", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    BOOST_TEST(contains("::/0", host));
    BOOST_TEST(!contains("0.0.0.0/0", host));
  }
}

BOOST_AUTO_TEST_CASE(bits_behind_the_range_are_passed_over_and_equal_ranges_are_equal) {
  BOOST_TEST(text("192.0.2.7/24") == "192.0.2.0/24");
  BOOST_TEST(text("255.255.255.255/0") == "0.0.0.0/0");
  BOOST_TEST(text("192.0.2.7/31") == "192.0.2.6/31");
  BOOST_TEST(text("::ffff:192.0.2.7/120") == "192.0.2.0/24");
  BOOST_TEST(text("2001:DB8:0:0::7/32") == "2001:db8::/32");
  BOOST_TEST(text("ffff::/0") == "::/0");
  BOOST_TEST((AddressRange::parse("192.0.2.7/24") == AddressRange::parse("::ffff:192.0.2.9/120")));
  BOOST_TEST((AddressRange::parse("192.0.2.0/24") != AddressRange::parse("192.0.2.0/25")));
  BOOST_TEST((AddressRange::parse("0.0.0.0/0") != AddressRange::parse("::/0")));
}

BOOST_AUTO_TEST_CASE(a_text_is_taken_back_for_the_same_range_whatever_its_bits) {
  for (const auto& [host, most] : {std::pair{"203.0.113.77", 32}, std::pair{"2001:db8::1:f", 128},
                                   std::pair{"::ffff:203.0.113.77", 128}}) {
    for (int bits = 0; bits <= most; ++bits) {
      const auto range = AddressRange::parse(std::string(host) + "/" + std::to_string(bits));
      BOOST_TEST((AddressRange::parse(range.text()) == range), host << "/" << bits);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_typed_or_pasted_is_taken_without_port_brackets_and_zone) {
  for (const auto& [typed, range] :
       {std::pair{"192.0.2.7", "192.0.2.7"}, std::pair{"192.0.2.7:51820", "192.0.2.7"},
        std::pair{"192.0.2.7:51820/24", "192.0.2.0/24"}, std::pair{"192.0.2.7/24", "192.0.2.0/24"},
        std::pair{"::ffff:192.0.2.7", "192.0.2.7"}, std::pair{"[::ffff:192.0.2.7]:80", "192.0.2.7"},
        std::pair{"2001:db8::7", "2001:db8::/64"}, std::pair{"[2001:db8::7]", "2001:db8::/64"},
        std::pair{"[2001:db8::7]:443", "2001:db8::/64"},
        std::pair{"[2001:db8::7]:443/128", "2001:db8::7"},
        std::pair{"[2001:db8::7]/48", "2001:db8::/48"}, std::pair{"2001:db8::7/128", "2001:db8::7"},
        std::pair{"[fe80::7%eth0]:443", "fe80::/64"}, std::pair{"fe80::7%2/128", "fe80::7"}}) {
    BOOST_TEST(AddressRange::parse_typed(typed).text() == range, typed);
    const auto address = typed_address(typed);
    BOOST_REQUIRE(address.has_value());
    BOOST_TEST(AddressRange::parse_typed(typed).contains(*address), typed);
  }
  for (const char* typed : {"",
                            "ann",
                            "192.0.2",
                            "192.0.2.77.",
                            "192.0.2.70-80",
                            "192.0.2.*",
                            "192.0.2.7:",
                            "192.0.2.7:x",
                            "192.0.2.7:65536",
                            "192.0.2.7:-1",
                            "192.0.2.7:1:2",
                            "[192.0.2.7",
                            "[]",
                            "[]:1",
                            "[2001:db8::7]443",
                            "[2001:db8::7]x:443",
                            "2001:db8::7]:443",
                            "[[::7]]",
                            "%eth0",
                            "fe80::7%",
                            "192.0.2.7/33",
                            "[2001:db8::7]:443/129",
                            "192.0.2.7/",
                            "/",
                            ":",
                            ":80"}) {
    BOOST_CHECK_THROW(AddressRange::parse_typed(typed), std::invalid_argument);
  }
  BOOST_TEST((typed_address("[2001:db8::7]:443/48") == peer_at("2001:db8::7", 1)->address));
  BOOST_TEST((typed_address("192.0.2.7:443/24") == peer_at("192.0.2.7", 1)->address));
  for (const char* typed : {"", "ann", "192.0.2", "[]:1", "/24"}) {
    BOOST_TEST(!typed_address(typed).has_value(), typed);
  }
}

BOOST_AUTO_TEST_CASE(what_can_only_be_meant_as_an_address_looks_like_one) {
  for (const char* text : {"192.0.2",   "192.0",        "192.0.2.",      "192.0.2.77.",
                           "192.0.2.7", "192.0.2.300",  "192.0.2.70-80", "192.0.2.70-192.0.2.80",
                           "192.0.2.*", "192.0.2.x",    "10.0.0.0_24",   "1.2.3.4.5",
                           "::1",       "::g",          "2001:db8::",    "192.0.2.7:80",
                           "[::1]",     "192.0.2.0/24", "fe80::1%eth0",  "1..2",
                           "a:b"}) {
    BOOST_TEST(looks_like_address(text), text);
  }
  for (const char* text : {"", "ann", "42", "1.", "2.0-beta", "abba.cafe", "c0ffee", "a.1.2.3.4",
                           "192-0-2-7", "1.x", "3dmax", "4.ever"}) {
    BOOST_TEST(!looks_like_address(text), text);
  }
}

BOOST_AUTO_TEST_CASE(ranges_overlap_where_one_holds_a_part_of_the_other) {
  const auto overlap = [](const char* one, const char* other) {
    const bool so = AddressRange::parse(one).overlaps(AddressRange::parse(other));
    BOOST_TEST(AddressRange::parse(other).overlaps(AddressRange::parse(one)) == so);
    return so;
  };
  BOOST_TEST(overlap("192.0.2.0/24", "192.0.2.7"));
  BOOST_TEST(overlap("192.0.2.0/24", "192.0.0.0/16"));
  BOOST_TEST(overlap("192.0.2.7", "192.0.2.7"));
  BOOST_TEST(!overlap("192.0.2.7", "192.0.2.8"));
  BOOST_TEST(!overlap("192.0.2.0/25", "192.0.2.128/25"));
  BOOST_TEST(!overlap("0.0.0.0/0", "::/0"));
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused_with_a_reason_that_does_not_repeat_it) {
  for (const std::string& nonsense : {std::string(),
                                      std::string("/8"),
                                      std::string("ann"),
                                      std::string("192.0.2"),
                                      std::string("192.0.2.256"),
                                      std::string("192.0.2.07"),
                                      std::string("192.0.2.7.1"),
                                      std::string("0xC0.0.2.7"),
                                      std::string("192.0.2.7 "),
                                      std::string(" 192.0.2.7"),
                                      std::string("192.0.2.7:80"),
                                      std::string("[::1]"),
                                      std::string(":::"),
                                      std::string("1::2::3"),
                                      std::string("::g"),
                                      std::string("fe80::1%lo"),
                                      std::string("*"),
                                      std::string("192.0.2.7\0", 10),
                                      std::string("::1\0x", 5),
                                      std::string("\x1b[2J")}) {
    check_refused(nonsense, "not an IPv4 or IPv6 address");
  }
  for (const char* bits : {"", "-1", "+8", " 8", "8 ", "8/8", "33", "4294967328", "0x8", "a"}) {
    check_refused(std::string("192.0.2.7/") + bits,
                  "behind the / of an address stands a whole number from 0 to 32");
  }
  check_refused("::1/129", "behind the / of an address stands a whole number from 0 to 128");
  check_refused("::ffff:192.0.2.7/129",
                "behind the / of an address stands a whole number from 0 to 128");
}

BOOST_AUTO_TEST_CASE(an_ipv4_address_is_made_of_its_number) {
  BOOST_TEST((ipv4_address(0xC0000207) == address("192.0.2.7")));
  BOOST_TEST((ipv4_address(0) == address("0.0.0.0")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
