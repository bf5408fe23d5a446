// A session on the test's own thread: what becomes of the room where memory runs out.
#include "chat/session/session.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <utility>

#include "chat/session/limits.hpp"
#include "chat/storage/password_hash.hpp"
#include "tests/support/failing_memory.hpp"
#include "tests/support/house.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/socket_pair.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;

// What a client that has sent `sent` and half-closed is told; `good` allocations of the session
// succeed. Sets `failed` to whether any did not.
std::string told(House& house, std::string_view sent, long good, bool& failed) {
  SocketPair ends;
  Socket& far = ends.far;
  Connection connection;
  connection.socket = std::move(ends.near);
  BOOST_REQUIRE(far.send_all(sent));
  far.shutdown_write();
  house.room.lobby.admit(connection.place, connection.socket, connection.peer);
  {
    FailingMemory memory(good);
    Session(house.room, connection).run();
    failed = memory.failed();
  }
  connection.socket.shutdown();
  std::string all;
  std::array<char, 4096> part;
  while (true) {
    const auto received = far.receive_until(part, Clock::now() + kPatience);
    if (received.io != Io::kDone) return all;
    all.append(part.data(), received.bytes);
  }
}

// Lets the memory run out at each allocation in turn. Whatever happens to that one client, nobody
// is in afterwards, and the one seat that is free can be had.
void check_every_allocation(const PasswordStorage& accounts, std::string_view sent) {
  House house(accounts, 1);
  bool failed = true;
  for (long good = 0; failed; ++good) {
    BOOST_TEST_CONTEXT(good << " good allocations") {
      const std::string text = told(house, sent, good, failed);
      BOOST_TEST(house.room.registry.online().empty());
      if (failed && text.find("* hello") == std::string::npos) {
        BOOST_TEST(
            (text.ends_with(protocol::kOutOfResources) || text.ends_with(protocol::kCrowded)));
      }
    }
    BOOST_REQUIRE(good < 1000);
  }
  bool later = false;
  const std::string text = told(house, "register\nbenjamin-with-a-long-name,x\n", 1000, later);
  BOOST_TEST(text.find("* hello benjamin-with-a-long-name") != std::string::npos);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session)

BOOST_AUTO_TEST_CASE(memory_that_runs_out_anywhere_costs_one_who_registers_and_nobody_else) {
  check_every_allocation(
      {}, "register\nann-with-quite-a-long-name,x\nhello \x1b room\n/who\n/dance\n/help\nbye");
}

BOOST_AUTO_TEST_CASE(memory_that_runs_out_anywhere_costs_one_who_logs_in_and_nobody_else) {
  PasswordStorage accounts;
  accounts.add("ann-with-quite-a-long-name", hash_password("x"));
  check_every_allocation(accounts, "login\nann-with-quite-a-long-name,x\nhello\nbye");
}

BOOST_AUTO_TEST_CASE(memory_that_runs_out_in_a_wrong_login_costs_that_one_and_no_hash_place) {
  PasswordStorage accounts;
  accounts.add("ann", hash_password("x"));
  House house(accounts, 1);
  bool failed = true;
  for (long good = 0; failed; ++good) {
    (void)told(house, "login\nann,wrong\n", good, failed);
    // Two places: a third entry only succeeds at once if all were given back.
    const Guesser other(Source{9}, "other");
    for (int i = 0; i < kMaxHashes; ++i) {
      BOOST_TEST((house.room.hash_gate.enter(other, Clock::now()).answer == HashGate::Answer::kIn));
    }
    for (int i = 0; i < kMaxHashes; ++i) house.room.hash_gate.leave(other, false);
    if (good >= kFreeGuesses) break;
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
