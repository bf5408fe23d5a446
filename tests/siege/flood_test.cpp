// What a stranger can do to the way in with many connections: next to nothing. While a crowd has
// its way, somebody at another address is welcome at once and comes in, a healthy pair of members
// goes on talking, the server has no more threads than it was told, and the service manager hears
// from it in time.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/session/limits.hpp"
#include "tests/siege/near_server.hpp"
#include "tests/siege/survived.hpp"
#include "tests/support/network.hpp"
#include "tests/support/peer.hpp"

namespace {

using namespace std::chrono_literals;
using chat::Clock;
using std::chrono::milliseconds;

constexpr milliseconds kInterval{10};  // of the healthy pair
constexpr milliseconds kCalm{1500};    // what is measured before
constexpr milliseconds kAttack{3000};
const milliseconds kAtOnce{kSanitized ? 10'000 : 1000};
const std::chrono::microseconds kWatchdog{kSanitized ? 15s : 3s};
// Those that are pending aside: members, and what the server has besides.
constexpr std::size_t kOtherThreads = 20;

long count(milliseconds time) { return static_cast<long>(time.count()); }

milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

std::size_t threads_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  std::string word;
  std::size_t threads = 0;
  while (file >> word && !(word == "Threads:" && file >> threads)) {
  }
  return threads;
}

// Does something when the object goes.
class Finally {
 public:
  explicit Finally(std::function<void()> step) : step_(std::move(step)) {}
  ~Finally() { step_(); }
  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;

 private:
  const std::function<void()> step_;
};

// Does something again and again until the object goes.
class Repeated {
 public:
  explicit Repeated(std::function<void()> step)
      : thread_([this, step = std::move(step)] {
          while (!stop_) step();
        }) {}
  ~Repeated() {
    stop_ = true;
    thread_.join();
  }
  Repeated(const Repeated&) = delete;
  Repeated& operator=(const Repeated&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Where the server tells that all is well. Notes the longest time without, from begin() on.
class ServiceManager {
 public:
  ServiceManager() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    BOOST_REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  std::string path() const { return folder_.file("notify"); }

  void begin() { last_ = Clock::now(); }
  void listen() {
    pollfd entry{fd_.get(), POLLIN, 0};
    char bytes[256];
    const bool heard = ::poll(&entry, 1, 10) == 1;
    const ssize_t n = heard ? ::recv(fd_.get(), bytes, sizeof bytes, 0) : 0;
    if (n > 0 && std::string_view(bytes, static_cast<std::size_t>(n)).starts_with("WATCHDOG=1")) {
      last_ = Clock::now();
    }
    longest_ = std::max(longest_.load(), since(last_.load()));
  }
  milliseconds longest() const { return longest_; }

 private:
  const TemporaryFolder folder_;
  const chat::Descriptor fd_;
  std::atomic<Clock::time_point> last_{Clock::now()};
  std::atomic<milliseconds> longest_{milliseconds(0)};
};

// A server on one machine, and on the other one the attackers and a stranger.
class Besieged {
 public:
  explicit Besieged(const Served::Words& options = {}) : network_(std::make_unique<Network>()) {
    if (!network_->made()) return;
    (void)chat::raise_descriptor_limit();
    server_ = std::make_unique<NearServer>(
        *network_, options,
        Served::Words{"NOTIFY_SOCKET=" + manager_.path(),
                      "WATCHDOG_USEC=" + std::to_string(kWatchdog.count())});
  }
  explicit operator bool() const { return server_ != nullptr; }

  std::uint16_t port() const { return server_->port; }
  Peer from(const std::string& address, const std::string& host = Network::kNearAddress) const {
    return Peer::from(address, port(), host);
  }
  void run_far(const std::function<void()>& work) const { network_->run_far(work); }

  // Runs `attack` on one of the machines; it lasts until it is told to stop, and what it holds is
  // held until then.
  using Attack = std::function<void(const std::atomic<bool>& stop)>;
  void withstands_far(const Attack& attack) {
    withstands([&](const std::atomic<bool>& stop) { network_->run_far([&] { attack(stop); }); });
  }
  void withstands_near(const Attack& attack) {
    withstands([&](const std::atomic<bool>& stop) { network_->run_near([&] { attack(stop); }); });
  }

  // A member's own way in, from the other address of the far machine.
  static constexpr const char* kStranger = Network::kOtherFarAddress;

 private:
  HealthyPair::Report talk(const std::string& names, const std::function<void()>& meanwhile) {
    std::unique_ptr<HealthyPair> pair;
    network_->run_near([&] {
      pair = std::make_unique<HealthyPair>(port(), kInterval, names + "-one", names + "-two");
    });
    meanwhile();
    return pair->stop();
  }

  void withstands(const Attack& attack) {
    const pid_t process = server_->program.pid();
    const auto calm = talk("calm", [] { std::this_thread::sleep_for(kCalm); });
    std::size_t threads = 0;
    std::atomic<bool> stop{false};
    const auto report = talk("besieged", [&] {
      const Repeated counting([&] {
        threads = std::max(threads, threads_of(process));
        std::this_thread::sleep_for(1ms);
      });
      manager_.begin();
      const Repeated listening([&] { manager_.listen(); });
      auto attacking = std::async(std::launch::async, [&] { attack(stop); });
      const Finally stopping([&] { stop = true; });
      network_->run_far([&] { come_and_go(); });
      stop = true;
      attacking.get();
    });
    tell("before", calm);
    tell("besieged", report);
    BOOST_TEST_MESSAGE("welcome within " << count(welcome_) << " ms, in within " << count(in_)
                                         << " ms; at most " << threads << " threads; "
                                         << count(manager_.longest())
                                         << " ms without a word to the service manager");
    BOOST_TEST(count(welcome_) <= count(kAtOnce));
    BOOST_TEST(count(in_) <= count(kAtOnce));
    BOOST_TEST(threads <= chat::kDefaultMaxPending + chat::kMostMadeToGo + kOtherThreads);
    BOOST_TEST(count(manager_.longest()) <=
               count(std::chrono::duration_cast<milliseconds>(kWatchdog)));
    const auto p99 = std::chrono::duration_cast<milliseconds>(report.p99 - calm.p99);
    BOOST_TEST(count(p99) <= count(kHealthyDelay));
  }

  // Strangers, one after the other, as long as the attack lasts.
  void come_and_go() {
    const auto end = Clock::now() + kAttack;
    for (int number = 0; Clock::now() < end; ++number) {
      const auto start = Clock::now();
      Peer stranger = from(kStranger);
      stranger.read_until("* Welcome");
      welcome_ = std::max(welcome_, since(start));
      const std::string name = "stranger" + std::to_string(number);
      stranger.send("register\n" + name + ",pw\n");
      stranger.read_until("* " + name + " has entered");
      in_ = std::max(in_, since(start));
      stranger.say("/quit");
      stranger.read_until("* " + name + " has left");
      stranger.close();
      std::this_thread::sleep_until(start + 30ms);
    }
  }

  ServiceManager manager_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<NearServer> server_;
  milliseconds welcome_{0};
  milliseconds in_{0};
};

bool wait(const std::atomic<bool>& stop) {
  if (!stop) std::this_thread::sleep_for(5ms);
  return !stop;
}

bool ended(Peer& peer) {
  pollfd entry{peer.socket().descriptor().get(), POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) == 1;
}

// How much an attacker does at most: the two machines are one, and share its processors.
constexpr int kAtATime = 5;  // each time it looks, which is after 5 ms

// So many connections that all send `bytes` and stay. Where `again`, who is sent away comes back.
void crowd(const std::function<Peer(int number)>& connect, int size, const std::string& bytes,
           const std::atomic<bool>& stop, bool again = false) {
  std::vector<Peer> peers;
  const auto come = [&](int number) {
    Peer peer = connect(number);
    try {
      if (!bytes.empty()) peer.send(bytes);
    } catch (const std::runtime_error&) {  // it had to go already
    }
    return peer;
  };
  for (int i = 0; i < size && !stop; ++i) peers.push_back(come(i));
  while (wait(stop)) {
    int came = 0;
    for (std::size_t i = 0; again && i < peers.size() && came < kAtATime; ++i) {
      if (!ended(peers[i])) continue;
      peers[i] = come(static_cast<int>(i));
      ++came;
      // The oldest is always the first.
      std::rotate(peers.begin() + static_cast<std::ptrdiff_t>(i),
                  peers.begin() + static_cast<std::ptrdiff_t>(i) + 1, peers.end());
    }
  }
}

Peer from6(const std::string& address, std::uint16_t port) {
  chat::Descriptor fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 own{};
  own.sin6_family = AF_INET6;
  (void)::inet_pton(AF_INET6, address.c_str(), &own.sin6_addr);
  sockaddr_in6 room = own;
  room.sin6_port = htons(port);
  (void)::inet_pton(AF_INET6, Network::kNearAddress6, &room.sin6_addr);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&own), sizeof own) != 0 ||
      ::connect(fd.get(), reinterpret_cast<sockaddr*>(&room), sizeof room) != 0) {
    throw std::runtime_error("cannot connect from " + address);
  }
  return Peer(chat::Socket(std::move(fd)));
}

// A crowd of one address that says this and stays, and one that comes back.
void check_crowd(const std::string& bytes, int size = 600) {
  for (const bool again : {false, true}) {
    Besieged room;
    if (!room) return;
    room.withstands_far([&](const std::atomic<bool>& stop) {
      crowd([&](int) { return room.from(Network::kFarAddress); }, size, bytes, stop, again);
    });
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(flood)

BOOST_AUTO_TEST_CASE(six_hundred_who_are_refused_and_stay) { check_crowd("x\n"); }

BOOST_AUTO_TEST_CASE(six_hundred_who_say_nothing) { check_crowd(""); }

BOOST_AUTO_TEST_CASE(six_hundred_who_ask_for_tagged_lines_first) { check_crowd("/tagged\n"); }

BOOST_AUTO_TEST_CASE(six_hundred_who_do_not_read_why_they_are_refused) {
  check_crowd("register\nnot a name,x\n" + std::string(100'000, 'x'));
}

BOOST_AUTO_TEST_CASE(a_hundred_and_fifty_who_guess_and_go_on_sending) {
  Besieged room;
  if (!room) return;
  room.run_far([&] {
    for (int i = 0; i < chat::kFreeGuesses; ++i) {
      BOOST_TEST(room.from(Network::kFarAddress).answer("login", "nobody,x") ==
                 "! wrong username or password");
    }
  });
  room.withstands_far([&](const std::atomic<bool>& stop) {
    crowd([&](int) { return room.from(Network::kFarAddress); }, 150,
          "login\nnobody,x\n" + std::string(2000, 'x'), stop, true);
  });
}

BOOST_AUTO_TEST_CASE(three_hundred_who_wait_to_have_a_password_looked_at) {
  Besieged room;
  if (!room) return;
  room.withstands_near([&](const std::atomic<bool>& stop) {
    crowd(
        [&](int number) {
          return Peer::from("127.0.1." + std::to_string(1 + number % 250), room.port());
        },
        300, "login\nnobody,x\n", stop, true);
  });
}

BOOST_AUTO_TEST_CASE(three_hundred_who_send_a_byte_now_and_then) {
  Besieged room;
  if (!room) return;
  room.withstands_far([&](const std::atomic<bool>& stop) {
    std::vector<Peer> peers;
    for (int i = 0; i < 300 && !stop; ++i) peers.push_back(room.from(Network::kFarAddress));
    for (std::size_t next = 0; wait(stop);) {
      for (int i = 0; i < kAtATime; ++i) {
        Peer& peer = peers[next++ % peers.size()];
        try {
          if (ended(peer)) peer = room.from(Network::kFarAddress);
          peer.send("x");
        } catch (const std::runtime_error&) {  // it has just had to go
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(connections_that_are_reset_at_once) {
  Besieged room;
  if (!room) return;
  room.withstands_far([&](const std::atomic<bool>& stop) {
    while (wait(stop)) {
      for (int i = 0; i < 4 * kAtATime; ++i) {
        Peer peer = room.from(Network::kFarAddress);
        if (i % 2 == 0) peer.reset();
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(members_who_quit_and_do_not_close) {
  constexpr int kMembers = 400;  // as many as may come in from one address at once, or fewer
  Besieged room;
  if (!room) return;
  room.withstands_far([&](const std::atomic<bool>& stop) {
    std::vector<Peer> peers;
    for (int i = 0; i < kMembers && !stop; ++i) {
      Peer peer = room.from(Network::kFarAddress);
      const std::string name = "quits" + std::to_string(i);
      peer.send("register\n" + name + ",pw\n/quit\n");
      peer.read_until("* " + name + " has left");
      peers.push_back(std::move(peer));
    }
    while (wait(stop)) {
    }
  });
}

BOOST_AUTO_TEST_CASE(crowds_of_all_addresses_of_this_machine) {
  for (const std::string bytes : {"x\n", ""}) {
    Besieged room;
    if (!room) return;
    room.withstands_near([&](const std::atomic<bool>& stop) {
      crowd(
          [&](int number) {
            return Peer::from("127.0.1." + std::to_string(1 + number % 250), room.port());
          },
          600, bytes, stop, true);
    });
  }
}

BOOST_AUTO_TEST_CASE(crowds_of_many_networks_of_one_who_has_ipv6) {
  for (const std::string bytes : {"x\n", ""}) {
    Besieged room;
    if (!room) return;
    room.withstands_far([&](const std::atomic<bool>& stop) {
      crowd(
          [&](int number) {
            return from6(Network::far_address6(number % Network::kFarNetworks6), room.port());
          },
          600, bytes, stop, true);
    });
  }
}

BOOST_AUTO_TEST_CASE(two_thousand_behind_a_proxy_that_is_trusted) {
  for (const bool one_address : {true, false}) {
    Besieged room({"--trust-proxy", "127.0.0.2"});
    if (!room) return;
    room.withstands_near([&](const std::atomic<bool>& stop) {
      std::vector<Peer> peers;
      for (int i = 0; i < 2000 && !stop; ++i) {
        peers.push_back(Peer::from("127.0.0.2", room.port()));
        const std::string host = one_address ? "7" : std::to_string(i % 250);
        peers.back().send("PROXY TCP4 198.51.100." + host + " 192.0.2.1 1 2\r\n" +
                          (i % 2 == 0 ? "x\n" : ""));
      }
      while (wait(stop)) {
      }
    });
  }
}

BOOST_AUTO_TEST_CASE(halves_of_a_proxy_line) {
  Besieged room({"--trust-proxy", "192.0.2.2"});
  if (!room) return;
  room.withstands_far([&](const std::atomic<bool>& stop) {
    crowd([&](int) { return room.from(Network::kFarAddress); }, 600, "PROXY TCP4 198.51.", stop,
          true);
  });
}

BOOST_AUTO_TEST_SUITE_END()
