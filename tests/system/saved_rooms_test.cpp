// Rooms that a user has saved: --save, --list, and coming in by a name or by nothing at all.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/seated.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using Words = std::vector<std::string>;

struct Home {
  Words with_home(const Words& arguments) const {
    Words words{"XDG_CONFIG_HOME=" + folder.file("config"),
                "XDG_STATE_HOME=" + folder.file("state"), Program::path_of("client")};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
  }
  std::string printed(const Words& arguments) const {
    Program program("/usr/bin/env", with_home(arguments));
    const std::string output = program.read_all();
    BOOST_TEST(program.status() == 0);
    return output;
  }

  TemporaryFolder folder;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(saved_rooms, Home)

BOOST_AUTO_TEST_CASE(a_saved_room_is_entered_by_its_name_and_then_by_nothing) {
  RunningRoom room(4, {{"ann", "s3cret"}});
  const std::string port = std::to_string(room.port());
  folder.write("password", "s3cret\n");
  BOOST_TEST(printed({"127.0.0.1:" + port, "--login", "ann", "--password-file",
                      folder.file("password"), "--save", "work"}) == "saved: client work\n");
  BOOST_TEST(printed({"other.example", "--save", "other"}) == "saved: client other\n");
  Peer ben = Peer::registered(room.port(), "ben");
  for (const Words& by : {Words{"work", "--send", "by name"}, Words{"--send", "by nothing"}}) {
    BOOST_TEST(printed(by) == "");
    BOOST_TEST(ben.read_until("ann: ") == "ann: " + by.back());
    ben.read_until("* ann has left");
  }
  BOOST_TEST(printed({"--list"}) ==
             "work\tann@127.0.0.1:" + port + "\tlast\n" + "other\tother.example:3490\n");
}

BOOST_AUTO_TEST_CASE(
    a_saved_password_file_that_others_can_read_is_refused_and_a_command_may_print_it) {
  RunningRoom room(4, {{"ann", "s3cret"}});
  const std::string host = "127.0.0.1:" + std::to_string(room.port());
  folder.write("password", "s3cret\n");
  std::filesystem::permissions(folder.file("password"), std::filesystem::perms(0644));
  printed({host, "--login", "ann", "--password-file", folder.file("password"), "--save", "work"});
  Program open("/usr/bin/env", with_home({"work", "--send", "x"}));
  BOOST_TEST(open.status() == 1);
  BOOST_TEST(open.read_errors().find(folder.file("password")) != std::string::npos);
  BOOST_TEST(printed({"work", "--password-command", "cat " + folder.file("password"), "--send",
                      "hello"}) == "");
  Program failing("/usr/bin/env",
                  with_home({"work", "--password-command", "exit 3", "--send", "x"}));
  BOOST_TEST(failing.status() == 1);
  BOOST_TEST(failing.read_errors().find("no password: `exit 3` has failed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_wrong_line_is_told_and_help_is_there_all_the_same) {
  std::filesystem::create_directories(folder.file("config/chatroom"));
  folder.write("config/chatroom/config", "[work]\nhost x\nprot 7\n");
  Program wrong("/usr/bin/env", with_home({"work"}));
  BOOST_TEST(wrong.status() == 1);
  BOOST_TEST(wrong.read_errors().find("config is damaged, line 3: there is no setting 'prot'") !=
             std::string::npos);
  BOOST_TEST(printed({"--help"}).starts_with("usage: client [HOST]"));
}

BOOST_AUTO_TEST_CASE(a_home_that_cannot_be_read_keeps_nobody_out) {
  RunningRoom room(4);
  folder.write("config", "no folder");
  folder.write("state", "no folder");
  Program ann("/usr/bin/env", with_home({"127.0.0.1", "--port", std::to_string(room.port())}));
  ann.type("register\nann,pw\n/ignore ben\n");
  ann.read_until("* you ignore ben");
  ann.read_until("! it lasts until you leave: ");
  ann.end_input();
  BOOST_TEST(ann.status() == 0);
}

BOOST_AUTO_TEST_CASE(what_was_typed_is_there_in_the_next_session_without_secrets) {
  RunningRoom room(4, {{"ann", "pw"}});
  Program::Seat seat;
  seat.environment.push_back("XDG_STATE_HOME=" + folder.file("state"));
  for (const std::string history : {"on", "on", "off"}) {
    Seated ann(room.port(), {"--no-time", "--login", "ann", "--history", history}, seat);
    ann.see_prompt("password for ann?");
    ann.type("pw\r");
    ann.see("* ann has entered the chat");
    ann.see_prompt(">");
    if (history == "off") {
      ann.type("unkept\r");
      ann.see("ann: unkept");
    } else {
      ann.type("\x1B[A");
      if (folder.entries().contains("again")) ann.see_prompt("> # the last");
      ann.type("\x15/msg ann XYQ\r/password\rXYQ\r\r# the last\r");
      ann.see("ann: # the last");
      folder.write("again", "");
    }
    ann.type("\x04");
    BOOST_TEST(ann.program.status() == 0);
  }
  const std::string file = "state/chatroom/typed-127.0.0.1:" + std::to_string(room.port());
  BOOST_TEST(folder.read(file) == "# the last\n# the last\n");
  const auto permissions = std::filesystem::status(folder.file(file)).permissions();
  BOOST_TEST((permissions == std::filesystem::perms(0600)));
}

BOOST_AUTO_TEST_SUITE_END()
