// The frame of whatever the real server survives: a healthy pair of members talks throughout, and
// afterwards the server holds no more than before.
#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "chat/base/limits.hpp"
#include "tests/support/baseline.hpp"
#include "tests/support/healthy_pair.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/served.hpp"
#include "tests/support/stopwatch.hpp"

// Says what a test has measured, where `--log_level=message` asks for it.
inline void tell(const std::string& what, const HealthyPair::Report& report) {
  BOOST_TEST_MESSAGE(what << ": " << report.lines << " lines, p50 " << report.p50.count()
                          << " us, p99 " << report.p99.count() << " us, slowest "
                          << report.slowest.count() << " us");
}

// Has the server make the pools of memory that the C library keeps, up to eight for a processor: as
// many workers at the same time, which are gone afterwards. Baseline does so for its own process.
inline void warm_up(const Served& server, unsigned connections) {
  const std::size_t before = threads_of(server.program.pid());
  {
    std::vector<Peer> peers;
    for (unsigned i = 0; i < connections; ++i) peers.emplace_back(server.port);
    for (Peer& peer : peers) peer.say("register");
    for (Peer& peer : peers) peer.read_until("* user,password?");  // its worker has used memory
  }
  const auto deadline = chat::Clock::now() + kPatience;
  while (threads_of(server.program.pid()) > before && chat::Clock::now() < deadline) {
    std::this_thread::yield();
  }
}

inline unsigned pools() { return 8 * std::thread::hardware_concurrency(); }

template <typename Attack>
void survives(const std::string& what, Served& server, Attack attack,
              unsigned connections = pools()) {
  warm_up(server, connections);
  const Baseline baseline(server.program.pid());
  const Stopwatch machine(server.program.pid());
  HealthyPair pair(server.port);
  attack();
  const auto report = pair.stop();
  tell(what, report);
  const std::chrono::microseconds limit(kHealthyDelay);
  BOOST_TEST(double(report.p99.count()) <= double(limit.count()) * machine.slowdown());
  BOOST_TEST(baseline.missing() == "");
}
