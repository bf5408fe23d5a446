// A peer that vanishes without a word: its cable is pulled. This takes a network of our own, made
// of two network namespaces and a link between them, and up to 90 seconds.
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "chat/limits.hpp"
#include "chat/socket.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/served.hpp"

namespace {

namespace utf = boost::unit_test;

constexpr const char* kServerAddress = "192.0.2.1";
constexpr std::chrono::seconds kLimit{90};

// `ip` of iproute2. Whether it did it.
bool ip(const std::string& arguments) {
  return std::system(("ip " + arguments + " 2>/dev/null").c_str()) == 0;
}

// Two machines, near and far, and a link between them.
class Network {
 public:
  Network() {
    made_ = ip("netns add " + near_) && ip("netns add " + far_) &&
            ip("-n " + near_ + " link add near0 type veth peer name far0 netns " + far_) &&
            ip("-n " + near_ + " address add " + kServerAddress + "/24 dev near0") &&
            ip("-n " + far_ + " address add 192.0.2.2/24 dev far0") && up(near_, "lo") &&
            up(near_, "near0") && up(far_, "far0");
  }
  ~Network() {
    for (const auto& name : {near_, far_}) (void)ip("netns delete " + name);
  }
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  bool made() const { return made_; }
  const std::string& near() const { return near_; }

  // A connection from one of the two; it stays on that machine for as long as it is.
  Peer registered_near(std::uint16_t port, const std::string& name) const {
    return registered(near_, port, name);
  }
  Peer registered_far(std::uint16_t port, const std::string& name) const {
    return registered(far_, port, name);
  }

  // At the far end, so that the near one hears nothing of it either, as behind a switch.
  void pull_the_cable() const { BOOST_REQUIRE(ip("-n " + far_ + " link set far0 down")); }

 private:
  static bool up(const std::string& name, const std::string& device) {
    return ip("-n " + name + " link set " + device + " up");
  }

  // Only the thread that makes the socket is on that machine.
  static Peer registered(const std::string& machine, std::uint16_t port, const std::string& name) {
    std::unique_ptr<Peer> peer;
    std::string failure;
    std::thread([&] {
      try {
        const chat::Descriptor there(
            ::open(("/run/netns/" + machine).c_str(), O_RDONLY | O_CLOEXEC));
        if (::setns(there.get(), CLONE_NEWNET) != 0) throw std::runtime_error("setns");
        peer = std::make_unique<Peer>(port, kServerAddress);
      } catch (const std::exception& error) {
        failure = error.what();
      }
    }).join();
    if (!peer) throw std::runtime_error(failure);
    peer->send("register\n" + name + ",pw\n");
    peer->read_until("* " + name + " has entered");
    return std::move(*peer);
  }

  const std::string near_ = "chat-near-" + std::to_string(::getpid());
  const std::string far_ = "chat-far-" + std::to_string(::getpid());
  bool made_ = false;
};

// Waits for a notice longer than a peer is otherwise waited for: the watcher asks in between.
std::chrono::duration<double> time_until(Peer& watcher, const std::string& notice,
                                         const std::string& said) {
  const auto start = chat::Clock::now();
  while (chat::Clock::now() < start + kLimit + std::chrono::seconds(10)) {
    watcher.say(said);
    while (true) {
      const std::string line = watcher.read_line();
      if (line == notice) return chat::Clock::now() - start;
      if (line.starts_with("* online") || line.starts_with("watcher: ")) break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return kLimit * 2;
}

void check_vanished(const std::string& said) {
  const Network network;
  if (!network.made()) {
    BOOST_TEST_MESSAGE("skipped: network namespaces cannot be made here");
    return;
  }
  Program server("/usr/bin/env",
                 {"ip", "netns", "exec", network.near(), Program::path_of("server"), "--max-users",
                  "10", "--rate", "0", "--port", "0", "--bind", kServerAddress},
                 Program::On::kPipes);
  const std::uint16_t port = port_in(server.read_until("\n"));
  Peer watcher = network.registered_near(port, "watcher");
  const Peer ann = network.registered_far(port, "ann");
  watcher.read_until("* ann has entered the chat");
  network.pull_the_cable();
  const auto took = time_until(watcher, "* ann has left the chat", said);
  BOOST_TEST_MESSAGE("gone after " << took.count() << " s");
  BOOST_TEST(took.count() <= std::chrono::duration<double>(kLimit).count());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(network, *utf::label("minutes"))

BOOST_AUTO_TEST_CASE(an_idle_peer_that_vanishes_is_gone_within_90_seconds) {
  check_vanished("/who");
}

BOOST_AUTO_TEST_CASE(a_peer_that_vanishes_while_lines_are_under_way_is_gone_within_90_seconds) {
  check_vanished("is somebody there?");
}

BOOST_AUTO_TEST_SUITE_END()
