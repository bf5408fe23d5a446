#include "chat/net/connecting.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "tests/support/fake_server.hpp"

namespace chat {
namespace {

using std::chrono::milliseconds;

SocketAddress ipv4(std::uint16_t port, std::uint32_t address = INADDR_LOOPBACK) {
  SocketAddress result;
  auto& ip = reinterpret_cast<sockaddr_in&>(result.storage);
  ip.sin_family = AF_INET;
  ip.sin_port = htons(port);
  ip.sin_addr.s_addr = htonl(address);
  result.size = sizeof ip;
  return result;
}

SocketAddress ipv6(std::uint16_t port) {
  SocketAddress result;
  auto& ip = reinterpret_cast<sockaddr_in6&>(result.storage);
  ip.sin6_family = AF_INET6;
  ip.sin6_port = htons(port);
  ip.sin6_addr = in6addr_loopback;
  result.size = sizeof ip;
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(connecting)

BOOST_AUTO_TEST_CASE(families_take_turns_and_the_one_that_answered_is_first) {
  const std::vector<SocketAddress> all{ipv6(1), ipv6(2), ipv4(3), ipv4(4), ipv6(5)};
  const auto none = in_turn(all, {});
  BOOST_TEST((none == std::vector{ipv6(1), ipv4(3), ipv6(2), ipv4(4), ipv6(5)}));
  const auto known = in_turn(all, ipv4(4));
  BOOST_TEST((known == std::vector{ipv4(4), ipv6(1), ipv4(3), ipv6(2), ipv6(5)}));
  BOOST_TEST((in_turn(all, ipv4(9)) == none));
}

// The limits are so long that whoever waited for the dead one would be caught by the test's own.
BOOST_AUTO_TEST_CASE(a_dead_address_does_not_keep_the_next_one_waiting) {
  const DeafPort deaf(true);
  FakeServer server;
  SocketAddress answered;
  const ConnectLimits limits{milliseconds(1), std::chrono::hours(1), std::chrono::hours(2)};
  const Descriptor connection =
      connect_to_first({ipv4(deaf.port()), ipv4(server.port())}, answered, limits);
  BOOST_TEST(static_cast<bool>(connection));
  BOOST_TEST((answered == ipv4(server.port())));
  (void)server.accept();
}

BOOST_AUTO_TEST_CASE(an_address_that_refuses_is_followed_by_the_next_at_once) {
  const DeafPort refusing;
  FakeServer server;
  SocketAddress answered;
  const ConnectLimits limits{std::chrono::hours(1), std::chrono::hours(1), std::chrono::hours(2)};
  (void)connect_to_first({ipv4(refusing.port()), ipv6(refusing.port()), ipv4(server.port())},
                         answered, limits);
  BOOST_TEST((answered == ipv4(server.port())));
}

BOOST_AUTO_TEST_CASE(where_none_answers_it_gives_up_in_time_and_says_why) {
  const DeafPort deaf(true);
  const DeafPort refusing;
  SocketAddress answered;
  const auto error_of = [&](const std::vector<SocketAddress>& addresses, ConnectLimits limits) {
    try {
      (void)connect_to_first(addresses, answered, limits);
    } catch (const std::system_error& error) {
      return error.code().value();
    }
    return 0;
  };
  const milliseconds soon(10);
  const std::chrono::hours never(1);
  BOOST_TEST(error_of({ipv4(deaf.port())}, {soon, soon, never}) == ETIMEDOUT);
  BOOST_TEST(error_of({ipv4(deaf.port()), ipv4(deaf.port())}, {soon, never, soon}) == ETIMEDOUT);
  BOOST_TEST(error_of({ipv4(refusing.port())}, {never, never, never}) == ECONNREFUSED);
  BOOST_TEST(error_of({}, {never, never, never}) != 0);
  BOOST_TEST(answered.size == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
