#include "chat/proxy_line.hpp"

#include <boost/test/unit_test.hpp>
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
