// What a user does not want to see, in ./client: hidden by it, and kept for the next time.
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/seated.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using Words = std::vector<std::string>;

struct Home {
  Program::Seat seat() const {
    Program::Seat seat;
    seat.environment.push_back("XDG_STATE_HOME=" + folder.file("state"));
    return seat;
  }

  TemporaryFolder folder;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hiding, Home)

BOOST_AUTO_TEST_CASE(who_is_ignored_is_not_seen_nor_heard_and_is_still_online) {
  RunningRoom room(8);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port(), {"--no-time", "--log", folder.file("log")}, seat());
  ann.come_in("ann");
  ann.type("/ignore Ben\r");
  ann.see("* you ignore ben");
  ben.say("XYQ\n/me XYQ\n/msg ann XYQ");
  ben.read_until("ben -> ann: XYQ");
  Peer cid = Peer::registered(room.port(), "cid");
  ann.see("* cid has entered the chat");
  ann.see_status("3 online");
  cid.say("seen");
  ann.see("cid: seen");
  BOOST_TEST(!ann.screen.shows("XYQ"));
  BOOST_TEST(folder.read("log").find("XYQ") == std::string::npos);
  ann.type("/unignore \t\r");  // Tab knows whom
  ann.see("* you ignore ben no more");
  ben.say("back");
  ann.see("ben: back");
}

BOOST_AUTO_TEST_CASE(quiet_hides_who_comes_and_goes_and_the_list_of_who_is_online_stays_right) {
  RunningRoom room(8);
  Seated ann(room.port(), {"--no-time"}, seat());
  ann.come_in("ann");
  ann.type("/quiet\r");
  ann.see("* you do not see who comes and goes");
  {
    Peer ben = Peer::registered(room.port(), "ben");
    ann.see_status("2 online");
  }
  ann.see_status("1 online");
  BOOST_TEST(!ann.screen.shows("* ben has"));
  ann.type("/quiet off\r");
  ann.see("* you see who comes and goes");
  Peer cid = Peer::registered(room.port(), "cid");
  ann.see("* cid has entered the chat");
}

BOOST_AUTO_TEST_CASE(it_is_kept_for_the_next_time_also_on_a_pipe_and_told_at_a_terminal) {
  RunningRoom room(8);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const bool again : {false, true}) {
    Seated ann(room.port(), {"--no-time"}, seat());
    ann.come_in("ann");
    if (!again) ann.type("/ignore ben\r/quiet\r");
    ann.see("* you ignore ben");
    ann.see("* you do not see who comes and goes");
    ben.say(again ? "second" : "first");
    ben.read_until(again ? "ben: second" : "ben: first");
    ann.type("said\r");
    ann.see("ann: said");
    BOOST_TEST(!ann.screen.shows("ben: "));
    ann.type("\x04");
    BOOST_TEST(ann.program.status() == 0);
  }
  BOOST_TEST(folder.read("state/chatroom/settings") == "ignore ben\nquiet on\n");
  Program dan("/usr/bin/env", {"XDG_STATE_HOME=" + folder.file("state"), Program::path_of("client"),
                               "127.0.0.1", "--port", std::to_string(room.port())});
  dan.type("register\ndan,pw\n");
  dan.read_until("* online (");
  ben.say("third");
  ben.read_until("ben: third");
  Peer eve = Peer::registered(room.port(), "eve");
  eve.say("behind it");
  dan.read_until("eve: behind it");
  dan.type("/unignore ben\n/help quiet\n");
  dan.read_until("* you ignore ben no more");
  dan.read_until("* /quiet [off]");
  ben.say("fourth");
  dan.read_until("ben: fourth");
  dan.end_input();
  BOOST_TEST(dan.status() == 0);
  BOOST_TEST(dan.output().find("ben: third") == std::string::npos);
  BOOST_TEST(folder.read("state/chatroom/settings") == "quiet on\n");
}

// All lines come, and are counted: none of them is missed, and none is asked for anew.
BOOST_AUTO_TEST_CASE(what_is_hidden_is_no_gap_for_who_comes_back) {
  RunningRoom room(8);
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(room.port(), {"--no-time"}, seat());
  ann.come_in("ann");
  ann.type("/ignore ben\r");
  ann.see("* you ignore ben");
  for (int i = 0; i < 100; ++i) ben.say("x" + std::to_string(i));
  ben.read_until("ben: x99");
  ann.type("/history 3\rsaid\r");
  ann.see("ann: said");
  BOOST_TEST(!ann.screen.shows("ben: "));
  BOOST_TEST(!ann.screen.shows("missed"));
}

BOOST_AUTO_TEST_CASE(a_wrong_setting_is_told_before_anything_else) {
  folder.write("settings", "");
  const std::string state = folder.file("state");
  {
    RunningRoom room(8);
    Seated ann(room.port(), {"--no-time"}, seat());
    ann.come_in("ann");
    ann.type("/quiet\r");
    ann.see("* you do not see");
  }
  folder.write("state/chatroom/settings", "quiet on\nignore a b\n");
  Program again("/usr/bin/env",
                {"XDG_STATE_HOME=" + state, Program::path_of("client"), "localhost"});
  BOOST_TEST(again.status() == 1);
  BOOST_TEST(again.read_errors().find("settings is damaged, line 2: that is no name") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
