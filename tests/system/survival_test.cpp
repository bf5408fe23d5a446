// What strangers try, and what the room makes of it. In each of these a healthy pair of members
// talks throughout, and afterwards the process holds what it held before.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/support/baseline.hpp"
#include "tests/support/healthy_pair.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"

namespace {

// The frame of all of them. `attack` gets the room.
template <typename Attack>
void survives(RunningRoom& room, Attack attack, std::chrono::milliseconds p99 = kHealthyDelay) {
  const Baseline baseline;
  HealthyPair pair(room.port());
  attack(room);
  const auto report = pair.stop();
  BOOST_TEST_MESSAGE(report.lines << " lines, p50 " << report.p50.count() << " us, p99 "
                                  << report.p99.count() << " us, slowest " << report.slowest.count()
                                  << " us");
  BOOST_TEST(report.p99.count() <= std::chrono::microseconds(p99).count());
  BOOST_TEST(baseline.missing() == "");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(survival)

BOOST_AUTO_TEST_CASE(members_that_stop_in_mid_line_are_noticed_by_nobody) {
  RunningRoom room(200);
  survives(room, [](RunningRoom& running) {
    Peer watcher = Peer::registered(running.port(), "watcher");
    std::vector<Peer> peers;
    for (int i = 0; i < 100; ++i) {
      peers.push_back(Peer::registered(running.port(), "u" + std::to_string(i)));
      peers.back().send("half a line");
    }
    for (Peer& peer : peers) peer.reset();
    for (int left = 0; left < 100;) {
      const std::string line = watcher.read_line();
      left += line.ends_with("has left the chat");
      BOOST_REQUIRE(line.find("half") == std::string::npos);
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()
