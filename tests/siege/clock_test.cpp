// Somebody sets the wall clock while the server runs.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include "chat/base/limits.hpp"
#include "tests/siege/survived.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stopwatch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace utf = boost::unit_test;

// libfaketime, as Debian installs it, for programs with threads; empty where it is not there.
std::string library() {
  for (const auto& folder : std::filesystem::directory_iterator("/usr/lib")) {
    const auto file = folder.path() / "faketime/libfaketimeMT.so.1";
    if (std::filesystem::exists(file)) return file.string();
  }
  return {};
}

boost::test_tools::assertion_result can_set_clocks(utf::test_unit_id) {
  boost::test_tools::assertion_result result(!library().empty() && !kSanitized);
  if (!result) result.message() << "it takes libfaketime, and a server without a sanitizer";
  return result;
}

// The wall clock of one server; its monotonic clock is the kernel's.
class WallClock {
 public:
  WallClock() { set("+0"); }

  // From the true time on, such as +1d.
  void set(const std::string& offset) const {
    folder_.write("next", offset + "\n");
    std::filesystem::rename(folder_.file("next"), folder_.file("offset"));
  }

  Served::Words environment() const {
    return {"/usr/bin/env",
            "LD_PRELOAD=" + library(),
            "FAKETIME_TIMESTAMP_FILE=" + folder_.file("offset"),
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "DONT_FAKE_MONOTONIC=1",
            Program::path_of("server")};
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(clock_, *utf::precondition(can_set_clocks))

BOOST_AUTO_TEST_CASE(a_wall_clock_that_jumps_a_day_drops_nobody_and_moves_no_deadline) {
  const WallClock clock;
  Served server({"--max-users", "10", "--rate", "0", "--login-timeout", "3"}, clock.environment());
  survives(
      "the clock jumps", server,
      [&] {
        Peer ann = Peer::registered(server.port, "ann");
        for (const char* offset : {"+1d", "-1d"}) {
          Peer silent(server.port);
          silent.read_until("* Welcome");
          const auto start = chat::Clock::now();
          const Stopwatch stopwatch(server.program.pid());
          clock.set(offset);
          ann.say(offset);
          ann.read_until(std::string("ann: ") + offset);
          silent.read_until("! login timed out");
          const std::chrono::duration<double> took = chat::Clock::now() - start;
          BOOST_TEST_MESSAGE(offset << ": the deadline of 3 s came after " << took.count() << " s");
          BOOST_TEST(took.count() > 2.5);
          BOOST_TEST(stopwatch.elapsed().count() < 4000);
          const Peer late = Peer::registered(server.port, std::string("late") + offset[1]);
        }
      },
      8);
  server.program.signal(SIGTERM);
  BOOST_TEST(server.program.status() == 0);
  // The server has seen three days: else this shows nothing.
  std::set<std::string> days;
  std::istringstream log(server.program.read_errors());
  for (std::string line; std::getline(log, line);) days.insert(line.substr(0, 10));
  BOOST_TEST(days.size() >= 3u);
}

BOOST_AUTO_TEST_SUITE_END()
