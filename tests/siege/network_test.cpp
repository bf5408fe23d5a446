// What takes a network of our own: a peer that vanishes without a word, since its cable is pulled,
// which takes up to 90 seconds; and the bound of those who are not in yet for each address.
#include "tests/support/network.hpp"

#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/session/limits.hpp"
#include "tests/siege/near_server.hpp"
#include "tests/support/baseline.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/served.hpp"
#include "tests/support/stopwatch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace utf = boost::unit_test;

constexpr std::chrono::seconds kLimit{90};

Peer come_in(Peer peer, const std::string& name) {
  peer.send("register\n" + name + ",pw\n");
  peer.read_until("* " + name + " has entered");
  return peer;
}

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
  if (!network.made()) return;
  const NearServer server(network);
  const auto connect = [&] { return Peer(server.port, Network::kNearAddress); };
  Peer watcher = come_in(network.connect_near(connect), "watcher");
  const Peer ann = come_in(network.connect_far(connect), "ann");
  watcher.read_until("* ann has entered the chat");
  network.pull_the_cable();
  const auto took = time_until(watcher, "* ann has left the chat", said);
  BOOST_TEST_MESSAGE("gone after " << took.count() << " s");
  BOOST_TEST(took.count() <= std::chrono::duration<double>(kLimit).count());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(network)

BOOST_AUTO_TEST_CASE(an_idle_peer_that_vanishes_is_gone_within_90_seconds, *utf::label("minutes")) {
  check_vanished("/who");
}

BOOST_AUTO_TEST_CASE(a_peer_that_vanishes_while_lines_are_under_way_is_gone_within_90_seconds,
                     *utf::label("minutes")) {
  check_vanished("is somebody there?");
}

// There are places for exactly those who may stay, and for one more to come in: if one address had
// more of them, the very first connection, which is another's, would have to go.
BOOST_AUTO_TEST_CASE(of_40_silent_connections_of_one_address_32_stay_and_another_gets_in_at_once) {
  constexpr std::size_t kSilent = 40;
  constexpr std::size_t kStay = chat::kDefaultMaxPendingPerAddress;
  const Network network;
  if (!network.made()) return;
  const NearServer server(network, {"--max-pending", std::to_string(2 + kStay + kSilent)});
  const auto greeted = [](Peer peer) {
    peer.read_until("* Welcome");
    return peer;
  };
  const auto far = [&](const char* from) {
    return greeted(
        network.connect_far([&] { return Peer::from(from, server.port, Network::kNearAddress); }));
  };
  Peer other = far(Network::kOtherFarAddress);
  std::vector<Peer> silent;
  std::vector<Peer> loopback;  // it is free of that bound
  for (std::size_t i = 0; i < kSilent; ++i) {
    silent.push_back(far(Network::kFarAddress));
    loopback.push_back(greeted(network.connect_near([&] { return Peer(server.port); })));
  }
  for (std::size_t i = 0; i < kSilent - kStay; ++i) {  // the oldest of that address
    BOOST_TEST(silent[i].read_line().starts_with("! too many connections wait to come in"));
    BOOST_TEST(silent[i].ends());
  }
  const Stopwatch stopwatch(server.program.pid());
  const Peer newcomer = come_in(far(Network::kOtherFarAddress), "newcomer");
  const long took = stopwatch.elapsed().count();
  BOOST_TEST_MESSAGE("another address was in after " << took << " ms");
  BOOST_TEST(took <= (kSanitized ? 10'000 : 1000));
  silent.erase(silent.begin(), silent.begin() + (kSilent - kStay));
  silent.push_back(std::move(other));
  for (std::vector<Peer>* staying : {&silent, &loopback}) {
    for (Peer& peer : *staying) {
      peer.say("register");
      BOOST_TEST(peer.read_line().starts_with("* user,password?"));
    }
  }
}

BOOST_AUTO_TEST_CASE(in_a_new_program_the_same_connections_wait_in_the_same_order) {
  const Network network;
  if (!network.made()) return;
  NearServer server(network);
  const auto greeted = [&](const char* from) {
    Peer peer =
        network.connect_far([&] { return Peer::from(from, server.port, Network::kNearAddress); });
    peer.read_until("* Welcome");
    return peer;
  };
  Peer other = greeted(Network::kOtherFarAddress);
  std::vector<Peer> silent;
  for (std::size_t i = 0; i < chat::kDefaultMaxPendingPerAddress; ++i) {
    silent.push_back(greeted(Network::kFarAddress));
  }
  server.program.signal(SIGUSR2);
  BOOST_TEST(port_in(server.program.read_until("\n")) == server.port);
  for (std::size_t i = 0; i < 5; ++i) {
    silent.push_back(greeted(Network::kFarAddress));
    BOOST_TEST(silent[i].read_line().starts_with("! too many connections wait to come in"));
  }
  silent.erase(silent.begin(), silent.begin() + 5);
  silent.push_back(std::move(other));
  for (Peer& peer : silent) {
    peer.say("register");
    BOOST_TEST(peer.read_line().starts_with("* user,password?"));
  }
}

// Also by the address of its interface, by which an ssh server or a TLS proxy on it may come.
BOOST_AUTO_TEST_CASE(bans_and_mutes_reach_the_far_machine_and_not_the_servers_own) {
  const Network network;
  if (!network.made()) return;
  const TemporaryFolder folder;
  folder.write("accounts", "ann:" + cheap_hash("pw") + ":operator\n");
  const NearServer server(network, {"--accounts", folder.file("accounts")});
  const auto far = [&](const char* from) {
    return network.connect_far(
        [&] { return Peer::from(from, server.port, Network::kNearAddress); });
  };
  const auto near = [&] {
    return network.connect_near([&] { return Peer(server.port, Network::kNearAddress); });
  };
  Peer ann = Peer::logged_in(near(), "ann");
  for (const std::string range : {"192.0.2.1", "192.0.2.1:3490", "192.0.2.1/24", "192.0.2.1/31"}) {
    ann.say("/ban " + range);
    BOOST_TEST(ann.read_until("! ") == "! that is this machine", range);
  }
  Peer eve = Peer::registered(far(Network::kFarAddress), "eve");
  Peer ben = Peer::registered(near(), "ben");
  ann.say("/mute eve\n/mute ben");
  ann.read_until("* ben can say nothing");
  for (const char* name : {"fay", "gus"}) {
    Peer again = Peer::registered(far(Network::kFarAddress), name);
    again.say("hello");
    again.read_until("! you are muted until ");
  }
  Peer other = Peer::registered(far(Network::kOtherFarAddress), "other");
  other.say("hello");
  other.read_until("other: hello");
  Peer nobody = Peer::registered(near(), "nobody");
  nobody.say("hello");
  nobody.read_until("nobody: hello");
  ann.say("/ban 192.0.2.2");
  BOOST_TEST(eve.read_until("! you are banned") == "! you are banned");
  BOOST_TEST(far(Network::kFarAddress).read_line() == "! you are banned");
  BOOST_TEST(far(Network::kOtherFarAddress).read_line().starts_with("* Welcome"));
  ann.say("/ban 192.0.2.0/24");  // its neighbours
  BOOST_TEST(other.read_until("! you are banned") == "! you are banned");
  BOOST_TEST(far(Network::kOtherFarAddress).read_line() == "! you are banned");
  nobody.say("still here");
  nobody.read_until("nobody: still here");
  BOOST_TEST(near().read_line().starts_with("* Welcome"));
}

BOOST_AUTO_TEST_SUITE_END()
