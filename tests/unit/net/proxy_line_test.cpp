#include "chat/net/proxy_line.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace chat {

BOOST_AUTO_TEST_SUITE(proxy_line)

BOOST_AUTO_TEST_CASE(it_names_the_peer) {
  PeerAddress peer;
  BOOST_TEST(take_proxy_line("PROXY TCP4 192.0.2.7 198.51.100.1 51820 3490", peer));
  BOOST_TEST(peer.text == "192.0.2.7:51820");
  BOOST_TEST((peer.address == ipv4_address(0xC0000207)));
  BOOST_TEST(!peer.loopback);
  BOOST_TEST(take_proxy_line("PROXY TCP6 2001:db8::7 2001:db8::1 51820 3490", peer));
  BOOST_TEST(peer.text == "[2001:db8::7]:51820");
  BOOST_TEST(take_proxy_line("PROXY UNKNOWN whatever", peer));
  PeerAddress mapped;
  BOOST_TEST(take_proxy_line("PROXY TCP6 ::ffff:192.0.2.7 ::1 5 6", mapped));
  BOOST_TEST(mapped.text == "192.0.2.7:5");
  BOOST_TEST((mapped.source == ipv4_address(0xC0000207)));
  BOOST_TEST(peer.text == "[2001:db8::7]:51820");
}

BOOST_AUTO_TEST_CASE(anything_else_is_none) {
  PeerAddress peer;
  for (const std::string line :
       {"", "register", "proxy TCP4 192.0.2.7 198.51.100.1 51820 3490", "PROXY",
        "PROXY TCP4 192.0.2.7 198.51.100.1 51820", "PROXY TCP4 192.0.2.7 198.51.100.1 51820 x",
        "PROXY TCP4 192.0.2.7 198.51.100.1 65536 3490", "PROXY TCP4 host 198.51.100.1 1 3490",
        "PROXY TCP4 192.0.2.7 nowhere 1 3490", "PROXY UDP4 192.0.2.7 198.51.100.1 1 3490"}) {
    BOOST_TEST(!take_proxy_line(line, peer), line);
  }
  BOOST_TEST(!take_proxy_line("PROXY UNKNOWN " + std::string(100, 'x'), peer));
  BOOST_TEST(peer.text == "unknown");
}

BOOST_AUTO_TEST_CASE(of_an_unknown_peer_it_does_not_say_that_it_is_the_proxys_user) {
  PeerAddress peer;
  peer.text = "unix:7";
  peer.uid = 7;
  BOOST_TEST(take_proxy_line("PROXY UNKNOWN", peer));
  BOOST_TEST(!peer.uid);
  BOOST_TEST(peer.text == "unix:7");
}

BOOST_AUTO_TEST_CASE(a_proxy_is_trusted_by_its_address_or_by_the_user_of_a_unix_socket) {
  const PeerAddress address = peer_at("127.0.0.2", 1).value();
  const PeerAddress other = peer_at("127.0.0.3", 1).value();
  const auto user = [](std::uint32_t uid) {
    PeerAddress peer;
    peer.uid = uid;
    return peer;
  };
  const auto by_address = TrustedProxy::parse("127.0.0.2");
  BOOST_TEST(by_address.is(address));
  BOOST_TEST(!by_address.is(other));
  BOOST_TEST(TrustedProxy::parse("127.0.0.0/8").is(other));
  for (const char* everywhere : {"0.0.0.0/0", "::/0"}) {
    BOOST_TEST(!TrustedProxy::parse(everywhere).is(user(0)), everywhere);
  }
  for (const char* text : {"unix:0", "unix:root"}) {
    const auto by_user = TrustedProxy::parse(text);
    BOOST_TEST(by_user.is(user(0)), text);
    BOOST_TEST(!by_user.is(user(1)), text);
    BOOST_TEST(!by_user.is(address), text);
    BOOST_TEST(!by_user.is(PeerAddress()), text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_neither_an_address_nor_a_user_is_no_proxy) {
  for (const char* text : {"", "host", "127.0.0.2/33", "unix", "unix:", "unix:no such user",
                           "unix:4294967295", "unix:4294967296", "unix:-1"}) {
    BOOST_CHECK_THROW(TrustedProxy::parse(text), std::invalid_argument);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
