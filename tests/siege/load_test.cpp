// Many at once: members who do not keep up with a flood, a port scanner, the end of a full room.
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "chat/base/limits.hpp"
#include "chat/net/socket.hpp"
#include "chat/room/limits.hpp"
#include "chat/server/limits.hpp"
#include "tests/siege/survived.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/stopwatch.hpp"
#include "tests/support/threads.hpp"

namespace {

using std::chrono::milliseconds;

// So little room that what is not read stays with the server.
void shrink_receive_buffer(Peer& peer) {
  const int small = 4096;
  (void)::setsockopt(peer.socket().descriptor().get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
}

// Says 5 MB in a second, for as long as it is let, and hears itself as it should.
class Flood {
 public:
  explicit Flood(std::uint16_t port) : member_(Peer::registered(port, "flood")) {
    threads_.start([this] { listen(); });
    threads_.start([this] { talk(); });
  }

  std::size_t bytes() const { return bytes_; }

 private:
  void talk() {
    const std::string line(4000, 'x');
    auto next = chat::Clock::now();
    while (!threads_.stopping()) {
      for (int i = 0; i < 25; ++i) member_.say(line);
      next += milliseconds(20);
      std::this_thread::sleep_until(next);
    }
    member_.half_close();
  }
  void listen() {
    std::array<char, 65536> part;
    while (true) {
      const auto received = member_.socket().receive(part);
      if (received.io != chat::Io::kDone) return;
      bytes_ += received.bytes;
    }
  }

  Peer member_;
  std::atomic<std::size_t> bytes_{0};
  Threads threads_{[this] { member_.socket().shutdown(); }};
};

// Comes in and reads 1 KB in a second, while it lives.
class SlowReader {
 public:
  SlowReader(std::uint16_t port, const std::string& name) : member_(port) {
    shrink_receive_buffer(member_);
    member_.send("register\n" + name + ",pw\n");
    thread_.start([this] { read(); });
  }

 private:
  void read() {
    std::array<char, 102> part;
    while (member_.socket().receive(part).io == chat::Io::kDone) {
      if (!member_.socket().wait_while_open(chat::Clock::now() + milliseconds(100))) return;
    }
  }

  Peer member_;
  Threads thread_{[this] { member_.socket().shutdown(); }};
};

// Waits for the end of file of each of the peers. How many had `text` as their last line.
std::size_t hear_the_end(std::vector<Peer>& peers, const std::string& text) {
  std::size_t heard = 0;
  for (Peer& peer : peers) {
    const auto lines = peer.read_all();
    heard += !lines.empty() && lines.back() == text ? 1 : 0;
    peer.close();
  }
  return heard;
}

// Reads whatever comes for the peers, until nothing has come for a while.
void drain(std::vector<Peer>& peers) {
  std::vector<pollfd> entries;
  for (Peer& peer : peers) entries.push_back({peer.socket().descriptor().get(), POLLIN, 0});
  std::array<char, 65536> part;
  while (::poll(entries.data(), entries.size(), 200) > 0) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].revents != 0) (void)peers[i].socket().receive(part);
    }
  }
}

// Connects and closes, every other time with a reset, as a port scanner does.
void scan(std::uint16_t port, int times) {
  for (int i = 0; i < times; ++i) {
    Peer peer(port);
    if (i % 2 == 0) peer.reset();
  }
}

constexpr std::size_t kMebibyte = 1024;  // in KiB

// A server whose memory shows what it holds: AddressSanitizer would keep up to 256 MiB of what was
// freed.
Served::Words keeping_nothing_freed() {
  const char* const options = std::getenv("ASAN_OPTIONS");
  return {"/usr/bin/env",
          "ASAN_OPTIONS=" + (options == nullptr ? std::string() : options + std::string(":")) +
              "quarantine_size_mb=0:thread_local_quarantine_size_kb=0",
          Program::path_of("server")};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load)

BOOST_AUTO_TEST_CASE(a_member_who_reads_1_kb_a_second_of_5_mb_a_second_delays_nobody) {
  Served server({"--max-users", "100", "--rate", "0"}, keeping_nothing_freed());
  const Baseline before(server.program.pid());
  const std::size_t resident = before.resident();
  survives("a slow reader", server, [&] {
    Peer watcher = Peer::registered(server.port, "watcher");
    const Flood flood(server.port);
    watcher.read_until("* flood has entered the chat");
    const SlowReader reader(server.port, "slow");
    watcher.read_until("* slow has entered the chat");
    // A flood, or else this shows nothing. A sanitizer does not get that far in the time.
    const std::size_t enough = kSanitized ? 5'000'000 : 40'000'000;
    const auto start = chat::Clock::now();
    while (chat::Clock::now() < start + milliseconds(10'000) || flood.bytes() < enough) {
      BOOST_REQUIRE(chat::Clock::now() < start + 3 * kPatience);
      BOOST_REQUIRE(watcher.read_line() != "* slow has left the chat");
    }
    const std::size_t grown = std::max(before.resident(), resident) - resident;
    BOOST_TEST_MESSAGE(flood.bytes() / 1'000'000 << " MB went round; resident memory +" << grown
                                                 << " KiB");
    BOOST_TEST(grown <= 20 * kMebibyte);
  });
}

BOOST_AUTO_TEST_CASE(a_port_scanner_leaves_nothing_behind) {
  Served server({"--max-users", "100", "--rate", "0"});
  survives("a port scanner", server, [&] {
    Threads scanners;
    for (int i = 0; i < 2; ++i) scanners.start([&] { scan(server.port, 5000); });
    scanners.join();
    Peer(server.port).read_until("* Welcome");  // it comes after all of them
  });
}

BOOST_AUTO_TEST_CASE(who_speaks_another_protocol_is_refused_with_one_line) {
  const std::string tls_hello(
      "\x16\x03\x01\x00\xA5\x01\x00\x00\xA1\x03\x03"
      "0123456789abcdef0123456789abcdef\x20\x0A\x0A\x00\x02\x13\x01\x01\x00",
      51);
  const std::string http_hello("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: x\r\n\r\n");
  Served server({"--max-users", "100", "--rate", "0"});
  survives("other protocols", server, [&] {
    for (int i = 0; i < 1000; ++i) {
      for (const std::string& hello : {tls_hello, http_hello}) {
        Peer peer(server.port);
        peer.send(hello);
        peer.half_close();
        const auto lines = peer.read_all();
        BOOST_REQUIRE(lines.size() == 2u);
        BOOST_REQUIRE(lines[0].starts_with("* Welcome"));
        BOOST_REQUIRE(lines[1] == "! expected login, register or resume");
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(at_sigterm_2000_members_get_the_goodbye_though_50_never_read) {
  constexpr std::size_t kReaders = 1950;
  constexpr std::size_t kSilent = 50;
  if (chat::raise_descriptor_limit() < 2200) {
    BOOST_FAIL("this process may open too few files (ulimit -n) for 2,000 members");
  }
  // Those who do not read are to be there to the end, also where this takes long.
  Served server({"--max-users", "2000", "--rate", "0", "--stall-timeout",
                 std::to_string(chat::kMaxStallTimeout)});
  std::vector<Peer> silent;
  for (std::size_t i = 0; i < kSilent; ++i) {
    silent.emplace_back(server.port);
    shrink_receive_buffer(silent.back());
    silent.back().send("register\nsilent" + std::to_string(i) + ",pw\n");
  }
  std::vector<Peer> readers;
  for (std::size_t i = 0; i < kReaders; ++i) {
    readers.push_back(Peer::registered(server.port, "u" + std::to_string(i)));
  }
  std::vector<Peer> not_in;  // whose deadline is a minute away
  for (int i = 0; i < 10; ++i) not_in.emplace_back(server.port);
  // More than the sockets of those who do not read can hold, less than they would be dropped for.
  for (int batch = 0; batch < 4; ++batch) {
    drain(readers);
    for (int i = 0; i < 15; ++i) readers[0].say(std::string(4000, 'x'));
  }
  drain(readers);
  const auto start = chat::Clock::now();
  const Stopwatch stopwatch(server.program.pid());
  server.program.signal(SIGTERM);
  const std::size_t heard = hear_the_end(readers, "* the server is shutting down");
  BOOST_TEST(server.program.status() == 0);
  const long took = stopwatch.elapsed().count();
  BOOST_TEST_MESSAGE(heard << " heard the goodbye; the end took " << took << " ms");
  BOOST_TEST(heard == kReaders);
  BOOST_TEST(took <= (kSanitized ? 10'000 : 3000));
  // And it has tried with those who do not read, as long as it does: else this shows nothing.
  BOOST_TEST((chat::Clock::now() - start >= chat::kGoodbyeTimeout));
}

BOOST_AUTO_TEST_SUITE_END()
