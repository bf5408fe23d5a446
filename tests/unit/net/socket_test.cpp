#include "chat/net/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <fstream>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "chat/base/poller.hpp"
#include "chat/net/address.hpp"
#include "chat/net/listener.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/threads.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;

Listener listener_on_loopback() { return std::move(Listener::open("127.0.0.1", 0).front()); }

Socket accept_from(Listener& listener, PeerAddress* peer = nullptr) {
  Poller poller;
  poller.add_readable(listener.descriptor(), &listener);
  BOOST_REQUIRE(poller.wait(kPatience).size() == 1u);
  AcceptError error{};
  auto socket = listener.accept(error, peer);
  BOOST_REQUIRE(socket.has_value());
  return *std::move(socket);
}

struct Connection {
  Listener listener = listener_on_loopback();
  Socket client = Socket::connect("127.0.0.1", listener.port());
  Socket server = accept_from(listener);
};

// What `socket` receives up to the end of it, or up to `size` bytes.
std::string received(Socket& socket, std::size_t size = std::string::npos) {
  std::string all;
  std::array<char, 4096> part;
  const auto deadline = Clock::now() + kPatience;
  while (all.size() < size) {
    const auto result = socket.receive_until(part, deadline);
    if (result.io == Io::kEnd) break;
    BOOST_REQUIRE(result.io == Io::kDone);
    all.append(part.data(), result.bytes);
  }
  return all;
}

IoResult send(Socket& socket, std::string_view bytes) {
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  return socket.send_some({&piece, 1});
}

// Sends until nothing more fits. How much that was.
std::size_t fill(Socket& socket) {
  const std::string bytes(64 * 1024, 'x');
  std::size_t sent = 0;
  while (true) {
    const auto result = send(socket, bytes);
    if (result.io == Io::kWouldBlock) return sent;
    BOOST_REQUIRE(result.io == Io::kDone);
    sent += result.bytes;
  }
}

// The descriptors below it are all in use.
int lowest_free_descriptor() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)).get(); }

// A soft descriptor limit for the length of a scope.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(int limit) {
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit lowered{static_cast<rlim_t>(limit), before_.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &lowered) == 0);
  }
  ~DescriptorLimit() { (void)::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

// Waits until the thread sleeps in the kernel.
void wait_until_blocked(const std::atomic<pid_t>& thread) {
  const auto deadline = Clock::now() + kPatience;
  while (Clock::now() < deadline) {
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
    std::string number, name, state;
    if (file >> number >> name >> state && state == "S") return;
    std::this_thread::yield();
  }
  BOOST_FAIL("the thread does not block");
}

BOOST_AUTO_TEST_SUITE(sockets)

// Descriptor

BOOST_AUTO_TEST_CASE(a_descriptor_is_closed_once_by_its_last_owner) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  Descriptor reading(ends[0]);
  Descriptor first(ends[1]);
  Descriptor second(std::move(first));
  BOOST_TEST(!first);
  BOOST_TEST(second.get() == ends[1]);
  Descriptor third;
  third = std::move(second);
  BOOST_TEST(!second);
  BOOST_TEST(::fcntl(ends[1], F_GETFD) >= 0);
  third.reset();
  BOOST_TEST(!third);
  BOOST_TEST(::fcntl(ends[1], F_GETFD) == -1);
}

BOOST_AUTO_TEST_CASE(a_released_descriptor_stays_open) {
  Descriptor owner(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor other(owner.release());
  BOOST_TEST(!owner);
  BOOST_TEST(::fcntl(other.get(), F_GETFD) >= 0);
}

// Listening and connecting

BOOST_AUTO_TEST_CASE(port_0_lets_the_kernel_choose_and_says_which) {
  const auto first = listener_on_loopback();
  const auto second = listener_on_loopback();
  BOOST_TEST(first.port() != 0);
  BOOST_TEST(first.port() != second.port());
  BOOST_TEST(first.address() == "127.0.0.1");
  BOOST_TEST(first.is_loopback());
}

BOOST_AUTO_TEST_CASE(an_empty_address_means_all_with_one_port_for_ipv4_and_ipv6) {
  auto listeners = Listener::open("", 0);
  for (auto& listener : listeners) {
    BOOST_TEST(listener.port() == listeners.front().port());
    BOOST_TEST(!listener.is_loopback());
    BOOST_TEST((listener.address() == "0.0.0.0" || listener.address() == "::"));
    const auto client =
        Socket::connect(listener.address() == "::" ? "::1" : "127.0.0.1", listener.port());
    PeerAddress peer;
    const auto server = accept_from(listener, &peer);
    BOOST_TEST(peer.text.starts_with(listener.address() == "::" ? "[::1]:" : "127.0.0.1:"));
    BOOST_TEST(peer.loopback);
  }
  BOOST_TEST(listeners.back().address() == "0.0.0.0");
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_an_error_that_names_address_and_port) {
  const auto listener = listener_on_loopback();
  try {
    (void)Listener::open("127.0.0.1", listener.port());
    BOOST_ERROR("two listen on one port");
  } catch (const std::system_error& error) {
    BOOST_TEST(error.code().value() == EADDRINUSE);
    BOOST_TEST(std::string(error.what())
                   .find("address 127.0.0.1 port " + std::to_string(listener.port())) !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_address_of_another_machine_is_an_error_that_names_it) {
  try {
    (void)Listener::open("192.0.2.1", 0);  // an address that documentation has for itself
    BOOST_ERROR("it listens");
  } catch (const std::system_error& error) {
    BOOST_TEST(error.code().value() == EADDRNOTAVAIL);
    BOOST_TEST(std::string(error.what()).find("192.0.2.1") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_port_binds_again_at_once_after_the_server_has_closed_its_connections) {
  std::uint16_t port = 0;
  {
    Connection connection;
    port = connection.listener.port();
    connection.server = Socket();  // closes first, so the address lingers on this side
    BOOST_TEST(received(connection.client) == "");
  }
  BOOST_TEST(Listener::open("127.0.0.1", port).front().port() == port);
}

BOOST_AUTO_TEST_CASE(connecting_where_nobody_listens_is_an_error_that_names_host_and_port) {
  const Descriptor bound(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  BOOST_REQUIRE(::bind(bound.get(), generic, length) == 0);
  BOOST_REQUIRE(::getsockname(bound.get(), generic, &length) == 0);
  const std::uint16_t port = ntohs(address.sin_port);
  try {
    (void)Socket::connect("127.0.0.1", port);
    BOOST_ERROR("it connects");
  } catch (const std::runtime_error& error) {
    BOOST_TEST(error.what() ==
               "cannot connect to 127.0.0.1 port " + std::to_string(port) + ": Connection refused");
  }
}

BOOST_AUTO_TEST_CASE(accept_does_not_wait) {
  auto listener = listener_on_loopback();
  AcceptError error = AcceptError::kOutOfResources;
  BOOST_TEST(!listener.accept(error).has_value());
  BOOST_TEST((error == AcceptError::kNone));
}

BOOST_AUTO_TEST_CASE(no_descriptor_is_inherited_by_another_program) {
  Connection connection;
  const WakeEvent event;
  for (const auto* fd : {&connection.listener.descriptor(), &connection.client.descriptor(),
                         &connection.server.descriptor(), &event.descriptor()}) {
    BOOST_TEST((::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

BOOST_AUTO_TEST_CASE(the_peers_address_and_port_are_told_and_each_address_is_a_source) {
  auto listener = listener_on_loopback();
  const auto from = [&](const char* address, PeerAddress& peer) {
    const Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in own{};
    own.sin_family = AF_INET;
    BOOST_REQUIRE(::inet_pton(AF_INET, address, &own.sin_addr) == 1);
    BOOST_REQUIRE(::bind(client.get(), reinterpret_cast<sockaddr*>(&own), sizeof own) == 0);
    socklen_t length = sizeof own;
    (void)::getsockname(client.get(), reinterpret_cast<sockaddr*>(&own), &length);
    sockaddr_in room = own;
    room.sin_port = htons(listener.port());
    (void)::inet_pton(AF_INET, "127.0.0.1", &room.sin_addr);
    BOOST_REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&room), sizeof room) == 0);
    (void)accept_from(listener, &peer);
    BOOST_TEST(peer.text == std::string(address) + ":" + std::to_string(ntohs(own.sin_port)));
    BOOST_TEST(peer.loopback);
  };
  PeerAddress one, again, other;
  from("127.0.0.2", one);
  from("127.0.0.2", again);
  from("127.0.1.2", other);
  BOOST_TEST((one.source == again.source));
  BOOST_TEST((one.source != other.source));
  BOOST_TEST((one.address == ipv4_address(0x7F000002)));
  BOOST_TEST((other.address == ipv4_address(0x7F000102)));
}

BOOST_AUTO_TEST_CASE(an_ipv6_peers_address_is_told_whole) {
  for (auto& listener : Listener::open("", 0)) {
    if (listener.address() != "::") continue;  // a machine without IPv6 has none
    const Socket client = Socket::connect("::1", listener.port());
    PeerAddress peer;
    (void)accept_from(listener, &peer);
    BOOST_TEST((peer.address == IpAddress{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
    BOOST_TEST((peer.source == Source{}));  // the network it is in
  }
}

BOOST_AUTO_TEST_CASE(a_peer_that_vanishes_is_given_up_within_90_s_idle_or_sent_to) {
  Connection connection;
  connection.server.configure_accepted();
  const auto option = [&](int level, int name) {
    int value = 0;
    socklen_t length = sizeof value;
    BOOST_REQUIRE(
        ::getsockopt(connection.server.descriptor().get(), level, name, &value, &length) == 0);
    return value;
  };
  BOOST_TEST(option(SOL_SOCKET, SO_KEEPALIVE) == 1);
  BOOST_TEST(option(IPPROTO_TCP, TCP_KEEPIDLE) +
                 option(IPPROTO_TCP, TCP_KEEPINTVL) * option(IPPROTO_TCP, TCP_KEEPCNT) <=
             90);
  BOOST_TEST(option(IPPROTO_TCP, TCP_USER_TIMEOUT) > 0);
  BOOST_TEST(option(IPPROTO_TCP, TCP_USER_TIMEOUT) <= 90'000);
}

// All of a room hear its last line at the same moment: thousands of questions at one moment do not
// fit into the queue of a network card, and who is not heard three times is given up.
BOOST_AUTO_TEST_CASE(idle_connections_are_asked_at_many_different_times) {
  std::map<int, int> connections;  // by idle time
  for (int i = 0; i < 500; ++i) {
    Connection connection;
    connection.server.configure_accepted();
    int idle = 0;
    socklen_t length = sizeof idle;
    BOOST_REQUIRE(::getsockopt(connection.server.descriptor().get(), IPPROTO_TCP, TCP_KEEPIDLE,
                               &idle, &length) == 0);
    ++connections[idle];
  }
  for (const auto& [idle, count] : connections) BOOST_TEST(count < 100, idle);
}

// Receiving

BOOST_AUTO_TEST_CASE(what_one_sends_the_other_receives) {
  Connection connection;
  BOOST_TEST(connection.client.send_all("to the server"));
  BOOST_TEST(received(connection.server, 13) == "to the server");
  BOOST_TEST(connection.server.send_all("to the client"));
  BOOST_TEST(received(connection.client, 13) == "to the client");
}

BOOST_AUTO_TEST_CASE(receiving_until_a_deadline_would_block_when_it_has_passed) {
  Connection connection;
  std::array<char, 16> buffer;
  BOOST_TEST((connection.server.receive_until(buffer, Clock::now() - 1h).io == Io::kWouldBlock));
  const auto deadline = Clock::now() + 20ms;
  BOOST_TEST((connection.server.receive_until(buffer, deadline).io == Io::kWouldBlock));
  BOOST_TEST((Clock::now() >= deadline));
}

BOOST_AUTO_TEST_CASE(what_is_there_already_is_received_even_after_the_deadline) {
  Connection connection;
  BOOST_TEST(connection.client.send_all("x"));
  Poller poller;
  poller.add_readable(connection.server.descriptor(), nullptr);
  BOOST_REQUIRE(poller.wait(kPatience).size() == 1u);
  std::array<char, 16> buffer;
  const auto result = connection.server.receive_until(buffer, Clock::now() - 1h);
  BOOST_TEST((result.io == Io::kDone));
  BOOST_TEST(result.bytes == 1u);
}

BOOST_AUTO_TEST_CASE(a_half_close_is_the_end_after_all_that_was_sent_and_the_other_way_stays_open) {
  Connection connection;
  BOOST_TEST(connection.client.send_all("last words"));
  connection.client.shutdown_write();
  BOOST_TEST(received(connection.server) == "last words");
  std::array<char, 16> buffer;
  BOOST_TEST((connection.server.receive(buffer).io == Io::kEnd));
  BOOST_TEST(connection.server.send_all("answer"));
  BOOST_TEST(received(connection.client, 6) == "answer");
}

BOOST_AUTO_TEST_CASE(a_reset_connection_has_failed) {
  Connection connection;
  BOOST_TEST(connection.server.send_all("two"));
  std::array<char, 1> one;
  BOOST_TEST((connection.client.receive(one).io == Io::kDone));
  connection.client = Socket();  // closing with bytes unread is a reset
  std::array<char, 16> buffer;
  BOOST_TEST((connection.server.receive_until(buffer, Clock::now() + kPatience).io == Io::kFailed));
}

BOOST_AUTO_TEST_CASE(shutdown_wakes_a_thread_that_blocks_in_receive) {
  Connection connection;
  std::atomic<pid_t> thread_id{0};
  IoResult result{Io::kDone};
  Threads thread([&] { connection.server.shutdown(); });
  thread.start([&] {
    std::array<char, 16> buffer;
    thread_id = ::gettid();
    result = connection.server.receive(buffer);
  });
  wait_until_blocked(thread_id);
  connection.server.shutdown();
  thread.join();
  BOOST_TEST((result.io == Io::kEnd));
}

BOOST_AUTO_TEST_CASE(what_was_sent_before_a_shutdown_still_arrives) {
  Connection connection;
  BOOST_TEST(connection.server.send_all("goodbye"));
  connection.server.shutdown();
  BOOST_TEST(received(connection.client) == "goodbye");
}

// Sending

BOOST_AUTO_TEST_CASE(sending_to_one_who_does_not_read_would_block) {
  Connection connection;
  const std::size_t sent = fill(connection.server);
  BOOST_TEST(received(connection.client, sent).size() == sent);
}

BOOST_AUTO_TEST_CASE(an_accepted_connection_keeps_little_for_one_who_does_not_read) {
  Connection configured;
  Connection as_the_kernel_likes;
  configured.server.configure_accepted();
  BOOST_TEST(fill(configured.server) < fill(as_the_kernel_likes.server));
}

BOOST_AUTO_TEST_CASE(several_pieces_are_sent_in_order) {
  Connection connection;
  std::string one = "one ", two = "two ", three = "three";
  const std::array<iovec, 3> pieces{
      {{one.data(), one.size()}, {two.data(), two.size()}, {three.data(), three.size()}}};
  const auto result = connection.server.send_some(pieces);
  BOOST_TEST((result.io == Io::kDone));
  BOOST_TEST(result.bytes == 13u);
  BOOST_TEST(received(connection.client, 13) == "one two three");
}

BOOST_AUTO_TEST_CASE(sending_all_waits_for_a_slow_reader) {
  Connection connection;
  const std::string bytes(8 * 1024 * 1024, 'x');
  bool sent = false;
  Threads thread([&] { connection.server.shutdown(); });
  thread.start([&] {
    sent = connection.server.send_all(bytes);
    connection.server.shutdown_write();
  });
  const bool whole = received(connection.client) == bytes;
  thread.join();
  BOOST_TEST(sent);
  BOOST_TEST(whole);
}

BOOST_AUTO_TEST_CASE(sending_on_a_connection_that_is_gone_fails_and_raises_no_signal) {
  Connection connection;
  connection.server.shutdown();
  BOOST_TEST(!connection.server.send_all("x"));
  BOOST_TEST((send(connection.server, "x").io == Io::kFailed));
  std::string one = "1", two = "2";
  const std::array<iovec, 2> pieces{{{one.data(), 1}, {two.data(), 1}}};
  BOOST_TEST((connection.server.send_some(pieces).io == Io::kFailed));
}

// Waiting on one connection

BOOST_AUTO_TEST_CASE(time_passes_while_a_connection_is_open_whatever_the_peer_sends) {
  Connection connection;
  BOOST_TEST(connection.client.send_all("x"));
  connection.client.shutdown_write();
  const auto deadline = Clock::now() + 20ms;
  BOOST_TEST(connection.server.wait_while_open(deadline));
  BOOST_TEST((Clock::now() >= deadline));
}

BOOST_AUTO_TEST_CASE(a_shutdown_ends_the_wait_while_open) {
  Connection connection;
  std::atomic<pid_t> thread_id{0};
  bool open = true;
  Threads thread([&] { connection.server.shutdown(); });
  thread.start([&] {
    thread_id = ::gettid();
    open = connection.server.wait_while_open(Clock::now() + kPatience);
  });
  wait_until_blocked(thread_id);
  connection.server.shutdown();
  thread.join();
  BOOST_TEST(!open);
}

BOOST_AUTO_TEST_CASE(a_reset_ends_the_wait_while_open) {
  Connection connection;
  BOOST_TEST(connection.server.send_all("two"));
  std::array<char, 1> one;
  BOOST_TEST((connection.client.receive(one).io == Io::kDone));
  connection.client = Socket();
  BOOST_TEST(!connection.server.wait_while_open(Clock::now() + kPatience));
}

// Waiting on several

BOOST_AUTO_TEST_CASE(a_poller_gives_the_tags_of_what_is_ready) {
  Connection first;
  Connection second;
  Poller poller;
  poller.add_readable(first.server.descriptor(), &first);
  poller.add_readable(second.server.descriptor(), &second);
  BOOST_TEST(poller.wait(0ms).empty());
  BOOST_TEST(second.client.send_all("x"));
  BOOST_TEST((poller.wait(kPatience) == std::vector<void*>{&second}));
  BOOST_TEST((poller.wait(0ms) == std::vector<void*>{&second}));  // still unread
  BOOST_TEST(received(second.server, 1) == "x");
  BOOST_TEST(poller.wait(0ms).empty());
}

BOOST_AUTO_TEST_CASE(a_full_socket_is_writable_again_once_its_peer_has_read) {
  Connection connection;
  connection.server.configure_accepted();
  Poller poller;
  poller.add_writable(connection.server.descriptor(), &connection);
  BOOST_TEST((poller.wait(kPatience) == std::vector<void*>{&connection}));
  const std::string bytes(64 * 1024, 'x');
  std::size_t sent = 0;
  // Until it stays full: the kernel moves bytes on to the peer's buffer meanwhile.
  while (!poller.wait(50ms).empty()) sent += send(connection.server, bytes).bytes;
  BOOST_TEST(received(connection.client, sent).size() == sent);
  BOOST_TEST((poller.wait(kPatience) == std::vector<void*>{&connection}));
}

BOOST_AUTO_TEST_CASE(what_was_removed_from_a_poller_is_reported_no_more) {
  Connection connection;
  Poller poller;
  poller.add_readable(connection.server.descriptor(), &connection);
  BOOST_TEST(connection.client.send_all("x"));
  BOOST_TEST(poller.wait(kPatience).size() == 1u);
  poller.remove(connection.server.descriptor());
  BOOST_TEST(poller.wait(0ms).empty());
}

BOOST_AUTO_TEST_CASE(an_event_signalled_by_another_thread_wakes_a_poller_once) {
  WakeEvent event;
  Poller poller;
  poller.add_event(event, &event);
  BOOST_TEST(poller.wait(0ms).empty());
  for (int round = 0; round < 3; ++round) {
    Threads thread;
    thread.start([&] { event.signal(); });
    BOOST_TEST((poller.wait(kPatience) == std::vector<void*>{&event}));
    thread.join();
    BOOST_TEST(poller.wait(0ms).empty());
  }
}

BOOST_AUTO_TEST_CASE(signals_from_before_the_wait_are_not_lost_and_fold_into_one) {
  WakeEvent event;
  Poller poller;
  poller.add_event(event, &event);
  for (int i = 0; i < 3; ++i) event.signal();
  BOOST_TEST((poller.wait(0ms) == std::vector<void*>{&event}));
  BOOST_TEST(poller.wait(0ms).empty());
}

// Descriptors running out

BOOST_AUTO_TEST_CASE(without_a_free_descriptor_accept_is_out_of_resources_and_the_spare_refuses) {
  auto listener = listener_on_loopback();
  SpareDescriptor spare;
  auto client = Socket::connect("127.0.0.1", listener.port());
  auto next = Socket::connect("127.0.0.1", listener.port());
  {
    const DescriptorLimit limit(lowest_free_descriptor());
    AcceptError error{};
    BOOST_TEST(!listener.accept(error).has_value());
    BOOST_TEST((error == AcceptError::kOutOfResources));
    BOOST_TEST(spare.refuse_one(listener, "! full\n"));
    BOOST_TEST(lowest_free_descriptor() == -1);  // the spare was taken back
    BOOST_TEST(spare.refuse_one(listener, "! full\n"));
  }
  BOOST_TEST(received(client) == "! full\n");
  BOOST_TEST(received(next) == "! full\n");
}

BOOST_AUTO_TEST_CASE(the_spare_refuses_nobody_where_nobody_waits) {
  auto listener = listener_on_loopback();
  SpareDescriptor spare;
  BOOST_TEST(!spare.refuse_one(listener, "! full\n"));
}

BOOST_AUTO_TEST_CASE(the_descriptor_limit_is_raised_to_the_hard_one) {
  const DescriptorLimit lowered(lowest_free_descriptor() + 10);
  const std::size_t limit = raise_descriptor_limit();
  rlimit now{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &now) == 0);
  BOOST_TEST(limit == now.rlim_max);
  BOOST_TEST(now.rlim_cur == now.rlim_max);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace chat
