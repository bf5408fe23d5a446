// The frame of whatever the real server survives: a healthy pair of members talks throughout, and
// afterwards the server holds no more than before.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/baseline.hpp"
#include "tests/support/healthy_pair.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/served.hpp"

// Says what a test has measured, where `--log_level=message` asks for it.
inline void tell(const std::string& what, const HealthyPair::Report& report) {
  BOOST_TEST_MESSAGE(what << ": " << report.lines << " lines, p50 " << report.p50.count()
                          << " us, p99 " << report.p99.count() << " us, slowest "
                          << report.slowest.count() << " us");
}

// Has the server make the pools of memory that the C library keeps, up to eight for a processor: as
// many workers at the same time. So does Baseline for a process of its own.
inline void warm_up(const Served& server, unsigned connections) {
  std::vector<Peer> peers;
  for (unsigned i = 0; i < connections; ++i) peers.emplace_back(server.port);
  for (Peer& peer : peers) peer.read_until("* Welcome");
}

inline unsigned pools() { return 8 * std::thread::hardware_concurrency(); }

template <typename Attack>
void survives(const std::string& what, Served& server, Attack attack,
              unsigned connections = pools()) {
  const Baseline idle(server.program.pid());
  warm_up(server, connections);
  (void)idle.missing();  // those workers are gone
  const Baseline baseline(server.program.pid());
  HealthyPair pair(server.port);
  attack();
  const auto report = pair.stop();
  tell(what, report);
  BOOST_TEST(report.p99.count() <= std::chrono::microseconds(kHealthyDelay).count());
  BOOST_TEST(baseline.missing() == "");
}
