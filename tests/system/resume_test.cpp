// Coming back: resume takes the place of one's own session, and nobody else's.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/threads.hpp"

namespace {

constexpr const char* kElsewhere = "! your session goes on in another connection";

// A peer that has asked for its session, and read the answer.
Peer resumed(std::uint16_t port, const std::string& name, const std::string& password = "pw") {
  Peer peer(port);
  peer.send("resume\n" + name + "," + password + "\n");
  peer.read_until("* hello");
  peer.read_until("* online");
  return peer;
}

std::string refusal(std::uint16_t port, const std::string& credentials) {
  Peer peer(port);
  return peer.answer("resume", credentials);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resume)

BOOST_AUTO_TEST_CASE(it_takes_the_place_of_ones_own_session_and_nobody_else_hears_of_it) {
  for (const bool account : {false, true}) {
    RunningRoom room(3, {{"Ann", "secret"}});
    Peer ben = Peer::registered(room.port(), "ben");
    const std::string password = account ? "secret" : "pw";
    const std::string name = account ? "Ann" : "cid";
    Peer ghost = account ? Peer::logged_in(room.port(), name, password)
                         : Peer::registered(room.port(), "cid");
    ben.read_until("* " + name + " has entered");
    Peer again = resumed(room.port(), account ? "ANN" : "CID", password);
    ghost.read_until(kElsewhere);
    BOOST_TEST(ghost.ends());
    again.say("here");
    BOOST_TEST(again.read_line() == name + ": here");
    BOOST_TEST(ben.read_line() == name + ": here");
    again.half_close();
    BOOST_TEST(ben.read_line() == "* " + name + " has left the chat");
  }
}

BOOST_AUTO_TEST_CASE(what_was_said_before_can_still_be_corrected) {
  RunningRoom room(3);
  Peer old = Peer::registered(room.port(), "ann");
  old.say("helo");
  old.read_until("ann: helo");
  Peer again = resumed(room.port(), "ann");
  again.say("/edit hello");
  BOOST_TEST(again.read_line() == "* ann corrects 2: hello");
}

BOOST_AUTO_TEST_CASE(where_nobody_is_in_it_is_a_login_or_a_register) {
  RunningRoom room(2, {{"ann", "secret"}});
  Peer ann = resumed(room.port(), "ann", "secret");
  BOOST_TEST(ann.read_line() == "* ann has entered the chat");
  Peer ben = resumed(room.port(), "ben");
  BOOST_TEST(ben.read_line() == "* ben has entered the chat");
  BOOST_TEST(ann.read_line() == "* ben has entered the chat");
  BOOST_TEST(refusal(room.port(), "cid,pw") == "! max chat users");
}

BOOST_AUTO_TEST_CASE(a_wrong_password_changes_nothing) {
  RunningRoom room(9, {{"ann", "secret"}});
  Peer ann = Peer::logged_in(room.port(), "ann", "secret");
  Peer ben = Peer::registered(room.port(), "ben");
  BOOST_TEST(refusal(room.port(), "ann,wrong") == "! wrong username or password");
  BOOST_TEST(refusal(room.port(), "ben,p") == "! wrong username or password");
  BOOST_TEST(refusal(room.port(), "ben,pwpw") == "! wrong username or password");
  ben.say("still here");
  BOOST_TEST(ann.read_until("ben: ") == "ben: still here");
  ann.say("me too");
  BOOST_TEST(ben.read_until("ann: ") == "ann: me too");
}

// Of what the old session sends after the new one is in, nothing is said.
BOOST_AUTO_TEST_CASE(what_the_old_session_says_from_then_on_comes_too_late) {
  RunningRoom room(9);
  for (int round = 0; round < 50; ++round) {
    Peer old = Peer::registered(room.port(), "ann");
    std::string lines;
    for (int i = 0; i < 100; ++i) lines += "old " + std::to_string(i) + "\n";
    Threads talking([&] { old.socket().shutdown(); });
    talking.start([&] { (void)old.socket().send_all(lines); });
    Peer again = resumed(room.port(), "ann");
    again.say("new");
    again.read_until("ann: new");
    again.say("last");
    BOOST_TEST(again.read_line() == "ann: last");
    talking.join();
    again.half_close();
    (void)again.read_all();
  }
}

BOOST_AUTO_TEST_CASE(of_fifty_at_a_time_each_takes_the_place_of_the_one_before) {
  RunningRoom room(2);
  Peer watcher = Peer::registered(room.port(), "watcher");
  Peer first = Peer::registered(room.port(), "ann");
  watcher.read_until("* ann has entered");
  std::vector<Peer> peers;
  for (int i = 0; i < 50; ++i) peers.emplace_back(room.port());
  Threads threads;
  for (Peer& peer : peers) threads.start([&] { peer.send("resume\nann,pw\n"); });
  threads.join();
  for (Peer& peer : peers) peer.read_until("* online (2)");
  std::size_t replaced = 0;
  Peer* last = nullptr;
  for (Peer& peer : peers) {
    (void)peer.socket().send_all("/who\n");  // most are gone already
    const std::string line = peer.read_line();
    if (line == kElsewhere) {
      ++replaced;
    } else {
      BOOST_TEST(line == "* online (2): ann, watcher");
      last = &peer;
    }
  }
  BOOST_TEST(replaced == peers.size() - 1);
  BOOST_REQUIRE(last != nullptr);
  last->say("only me");
  BOOST_TEST(watcher.read_line() == "ann: only me");
  BOOST_TEST(refusal(room.port(), "ben,pw") == "! max chat users");
}

BOOST_AUTO_TEST_SUITE_END()
