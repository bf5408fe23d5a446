// A connection that is lost: the client comes back, has missed nothing and says nothing twice.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_server.hpp"
#include "tests/support/held_port.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/seated.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using Words = std::vector<std::string>;

// A client on pipes behind a proxy, in the room.
struct Cut {
  Cut(std::uint16_t port, const std::string& own_name)
      : name(own_name), proxy(port), program("client", to(proxy.port())) {
    program.type("register\n" + name + ",pw\n");
    program.read_until("* " + name + " has entered the chat\n");
  }

  std::string name;
  Proxy proxy;
  Program program;
};

// The lines of `text` that hold `part`.
Words lines_with(const std::string& text, const std::string& part) {
  Words lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    if (line.find(part) != std::string::npos) lines.push_back(line);
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reconnect)

// Each is cut somewhere else, in what it sends and in what it hears.
BOOST_AUTO_TEST_CASE(wherever_it_is_cut_each_line_is_said_once_and_all_are_seen_in_order) {
  constexpr int kLines = 20;
  auto config = RunningRoom::config_of(50);
  config.rate = 0;
  RunningRoom room(config, {});
  Peer watcher = Peer::registered(room.port(), "watcher");
  std::vector<std::unique_ptr<Cut>> clients;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(std::make_unique<Cut>(room.port(), "c" + std::to_string(i)));
  }
  std::string said;
  for (int i = 0; i < kLines; ++i) said += "line " + std::to_string(i) + "\n";
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (i % 2 == 0) clients[i]->proxy.cut_after_sent(1 + i * said.size() / clients.size());
    if (i % 2 == 1) clients[i]->proxy.cut_after_received(1 + i * 50);
  }
  // Not before all are to be cut. What each says itself, tagged, is enough to come for it.
  for (const auto& client : clients) client->program.type(said);
  watcher.say("the end of the beginning");
  for (const auto& client : clients)
    client->program.read_until("watcher: the end of the beginning");
  for (const auto& client : clients) client->program.end_input();
  for (const auto& client : clients) {
    BOOST_TEST(client->program.status() == 0, client->name);
    BOOST_TEST(client->proxy.connections() == 2u);
  }
  watcher.say("over");
  watcher.read_until("watcher: over");
  std::string heard;
  for (const std::string& line : watcher.transcript()) heard += line + "\n";
  for (const auto& client : clients) {
    (void)client->program.read_all();
    for (const std::string& all : {heard, client->program.output()}) {
      Words expected;
      for (int i = 0; i < kLines; ++i) {
        expected.push_back(client->name + ": line " + std::to_string(i));
      }
      BOOST_TEST(lines_with(all, client->name + ": ") == expected,
                 boost::test_tools::per_element());
    }
    // What it saw is what the watcher saw, up to its own end.
    const Words seen = lines_with(client->program.output(), ": line ");
    Words of_watcher = lines_with(heard, ": line ");
    BOOST_REQUIRE(seen.size() <= of_watcher.size());
    of_watcher.resize(seen.size());
    BOOST_TEST(seen == of_watcher, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_is_killed_and_started_again_with_its_transcript_loses_nobody) {
  const TemporaryFolder folder;
  const HeldPort port;
  const Words words{"--max-users",  "4",   "--bind", "127.0.0.1",
                    "--transcript", "log", "--port", port.text()};
  auto server = std::make_unique<Program>("server", words, Program::On::kPipes, folder.file(""));
  server->read_until("\n");
  Program ann("client", to(port.number()));
  ann.type("register\nann,pw\nbefore\n");
  ann.read_until("ann: before\n");
  server->signal(SIGKILL);
  (void)server->status();
  ann.type("meanwhile\n");
  server = std::make_unique<Program>("server", words, Program::On::kPipes, folder.file(""));
  ann.read_until("* ann has entered the chat\nann: meanwhile\n");
  ann.end_input();
  BOOST_TEST(ann.status() == 0);
  (void)ann.read_all();
  BOOST_TEST(lines_with(ann.output(), "before").size() == 1u);
  BOOST_TEST(lines_with(ann.output(), "meanwhile").size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_others_say_meanwhile_is_seen_in_order_and_the_status_line_says_so) {
  RunningRoom room(4);
  Proxy proxy(room.port());
  Peer ben = Peer::registered(room.port(), "ben");
  Seated ann(proxy.port());
  ann.come_in("ann");
  ann.see_status("connected");
  proxy.stall();
  ben.say("one");
  ann.type("mine\r");
  ben.say("two");
  proxy.refuse(true);
  proxy.cut_after_sent(0);
  ann.see_status("reconnecting in 1 s");
  proxy.refuse(false);
  ann.see("ann: mine");
  ann.see_status("connected");
  const Words rows = ann.screen.all_rows();
  Words said;
  for (const std::string& row : rows) {
    if (row.starts_with("ben: ") || row.starts_with("ann: ")) said.push_back(row);
  }
  const Words expected{"ben: one", "ben: two", "ann: mine"};
  BOOST_TEST(said == expected, boost::test_tools::per_element());
  ann.type("\x03");
  BOOST_TEST(ann.program.status() == 0);
}

BOOST_AUTO_TEST_CASE(a_refusal_ends_it_with_status_1) {
  FakeServer server;
  Program ann("client", to(server.port()));
  server.let_in(ann, "ann").reset();
  Peer second = server.accept();
  for (const char* line : {"/tagged", "resume", "ann,pw", "/since 0", "/tagged"}) {
    BOOST_TEST(second.read_line() == line);
  }
  second.say("! wrong username or password");
  second.close();
  BOOST_TEST(ann.status() == 1);
  BOOST_TEST(lines_with(ann.read_errors(), "wrong username").size() == 1u);
}

BOOST_AUTO_TEST_CASE(one_whose_session_goes_on_elsewhere_ends_with_status_1) {
  RunningRoom room(4);
  Program ann("client", to(room.port()));
  ann.type("register\nann,pw\n");
  ann.read_until("* ann has entered the chat\n");
  Peer other(room.port());
  other.send("resume\nann,pw\n");
  other.read_until("* hello");
  BOOST_TEST(ann.status() == 1);
  BOOST_TEST(lines_with(ann.read_errors(), "goes on in another").size() == 1u);
}

BOOST_AUTO_TEST_CASE(who_is_kicked_or_banned_or_has_no_account_any_more_does_not_come_back) {
  for (const std::string reason :
       {"you were kicked by cid: enough", "you are banned", "your account is no more"}) {
    FakeServer server;
    Program ann("client", to(server.port()));
    ann.type("register\nann,pw\n");
    Peer connection = server.accept();
    connection.read_until("ann,pw");
    connection.say("* online (1): ann");
    connection.say("! " + reason);
    BOOST_TEST(ann.status() == 1);
    BOOST_TEST(ann.read_errors() == "client: " + reason + "\n");
  }
}

BOOST_AUTO_TEST_CASE(who_is_banned_hears_it_instead_of_the_welcome_and_meanwhile) {
  FakeServer server;
  Program ben("client", to(server.port()));
  server.accept().say("! you are banned until 12:00");
  BOOST_TEST(ben.status() == 1);
  BOOST_TEST(ben.read_errors() == "client: you are banned until 12:00\n");
  Program ann("client", to(server.port()));
  server.let_in(ann, "ann").reset();
  server.accept().say("! you are banned until 12:00");
  BOOST_TEST(ann.status() == 1);
  BOOST_TEST(lines_with(ann.read_errors(), "you are banned until 12:00").size() == 1u);
}

// But sees who is there now.
BOOST_AUTO_TEST_CASE(who_comes_back_is_not_greeted_again) {
  const std::string greeting =
      "* hello ann\n* topic: speed\n* message of the day: be kind\n* online (1): ann\n";
  FakeServer server;
  Program ann("client", to(server.port()));
  ann.type("register\nann,pw\n");
  {
    Peer first = server.accept();
    first.read_until("ann,pw");
    first.send(greeting);
    ann.read_until(greeting);
    first.reset();
  }
  Peer second = server.accept();
  second.read_until("/tagged");
  second.send(greeting + "ben: hello again\n");
  BOOST_TEST(ann.read_until("again\n") == "* online (1): ann\nben: hello again\n");
}

BOOST_AUTO_TEST_CASE(what_one_does_is_said_again_where_the_room_has_not_heard_it) {
  for (const bool heard : {false, true}) {
    FakeServer server;
    Program ann("client", to(server.port()));
    ann.type("register\nann,pw\n/me waves\n");
    {
      Peer first = server.accept();
      first.say("* lines are tagged from here on");
      first.say("* online (1): ann");
      first.read_until("/me waves");
      ann.read_until("ann\n");
      first.reset();
    }
    Peer second = server.accept();
    second.read_until("/since 0");
    second.say("* lines are tagged from here on");
    second.say("* online (1): ann");
    if (heard) second.say("1\t2026-11-24T12:34:56.789Z\tme+\tann\twaves");
    second.say("* lines are tagged from here on");
    ann.type("the next\n");
    second.read_until("/tagged");
    BOOST_TEST(second.read_line() == (heard ? "the next" : "/me waves"));
  }
}

// By what an earlier connection of its own has asked for, most likely.
BOOST_AUTO_TEST_CASE(whose_session_is_taken_right_after_it_came_back_comes_back_once_more) {
  FakeServer server;
  Program ann("client", to(server.port()));
  server.let_in(ann, "ann").reset();
  {
    Peer second = server.accept();
    second.read_until("/since 0");
    second.say("* online (1): ann");
    second.say("! your session goes on in another connection");
    second.close();
  }
  Peer third = server.accept();
  BOOST_TEST(third.read_until("resume") == "resume");
  third.say("! wrong username or password");
  third.close();
  BOOST_TEST(ann.status() == 1);
}

BOOST_AUTO_TEST_CASE(ctrl_c_while_it_waits_to_come_back_ends_it_with_status_0) {
  FakeServer server;
  Seated ann(server.port());
  {
    Peer first = server.accept();
    ann.type("register\rann,pw\r");
    first.read_until("ann,pw");
    first.say("* online (1): ann");
    ann.see("* online");
    server.stop_listening();
    first.reset();
  }
  ann.see_status("reconnecting");
  ann.type("\x03");
  BOOST_TEST(ann.program.status() == 0);
  BOOST_TEST(same(ann.program.mode(), untouched_mode()));
}

// The connection stays open, and leads nowhere.
BOOST_AUTO_TEST_CASE(a_server_that_does_not_answer_is_asked_and_then_left_for_a_new_connection) {
  FakeServer server;
  Seated ann(server.port(), {"--no-time", "--register", "ann"});
  Peer first = let_in(server, ann);
  ann.type("hello?\r");
  first.read_until("hello?");
  BOOST_TEST(first.read_line() == "/ping");  // 10 s later
  ann.see_status("no answer");
  first.say("! unknown command /ping; /help lists the commands");  // an old one: it is there
  ann.see_status("connected");
  ann.type("anybody?\r");
  first.read_until("anybody?");
  BOOST_TEST(first.read_line() == "/ping");
  Peer second = server.accept();
  BOOST_TEST(second.read_until("resume") == "resume");
  BOOST_TEST(!ann.screen.shows("/ping"));
}

BOOST_AUTO_TEST_CASE(the_real_server_answers_a_ping) {
  RunningRoom room(4);
  Peer ann = Peer::registered(room.port(), "ann");
  ann.say("/ping");
  BOOST_TEST(ann.read_line() == "* pong");
}

// One whose own machine has vanished.
BOOST_AUTO_TEST_CASE(who_is_online_already_takes_that_session_over_when_asked_or_told_to) {
  RunningRoom room(4, {{"zoe", "pw"}});
  Peer first = Peer::logged_in(room.port(), "zoe", "pw");
  Seated second(room.port(), {"--no-time", "--login", "zoe"});
  second.type("pw\r");
  second.see_prompt("you are online already: go on here, and end it there? y/n");
  second.type("y");
  first.read_until("! your session goes on in another connection");
  second.see("* online (1): zoe");
  second.type("here I am\r");
  second.see("zoe: here I am");
  Seated third(room.port(), {"--no-time", "--login", "zoe"});
  third.type("pw\r");
  third.see_prompt("you are online already: go on here, and end it there? y/n");
  third.type("n");
  BOOST_TEST(third.program.status() == 1);
  const TemporaryFolder folder;
  folder.write("password", "pw\n");
  Program script("client", to(room.port(), {"--login", "zoe", "--take-over", "--password-file",
                                            folder.file("password"), "--send", "by a script"}));
  BOOST_TEST(script.status() == 0);
  BOOST_TEST(second.program.status() == 1);
}

// The answer may be there before the server has closed the refused connection.
BOOST_AUTO_TEST_CASE(a_quick_answer_to_the_question_whether_to_take_over_counts) {
  for (const bool agrees : {true, false}) {
    FakeServer server;
    Seated ann(server.port(), {"--no-time", "--login", "ann"});
    ann.type("pw\r");
    Peer first = server.accept();
    first.read_until("ann,pw");
    first.say("! password already used");
    ann.see_prompt("you are online already: go on here, and end it there? y/n");
    ann.type(agrees ? "yx" : "nx");
    ann.see_prompt("> x");
    first.close();
    if (agrees) {
      BOOST_TEST(server.accept().read_until("resume") == "resume");
    } else {
      BOOST_TEST(ann.program.status() == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(whose_name_is_taken_meanwhile_is_told_what_was_not_said_and_takes_another) {
  FakeServer server;
  Seated ann(server.port(), {"--no-time", "--register", "ann"});
  let_in(server, ann).close();
  ann.see_status("reconnecting");
  ann.type("not by another name\r");
  ann.see_status("1 line waits");
  {
    Peer second = server.accept();
    second.read_until("ann,pw");
    second.say("! wrong username or password");
    ann.see("somebody else has taken the name ann meanwhile");
    ann.see("! not said: not by another name");
    ann.see_prompt("another name?");
  }
  ann.type("a b\r");
  ann.see("! that is no name");
  ann.type("anna\r");
  Peer third = server.accept();
  third.read_until("resume");
  BOOST_TEST(third.read_line() == "anna,pw");
  third.say("* online (1): anna");
  ann.see("* online (1): anna");
  ann.see_prompt(">");
  ann.see_status("anna");
}

BOOST_AUTO_TEST_CASE(without_a_screen_who_lost_its_name_hears_what_was_not_said) {
  FakeServer server;
  Program ann("client", to(server.port()));
  server.let_in(ann, "ann").close();
  ann.read_errors_until("coming back");
  ann.type("lost\n");
  Peer second = server.accept();
  second.read_until("ann,pw");
  second.say("! username is already used");
  BOOST_TEST(ann.status() == 1);
  BOOST_TEST(ann.read_errors().find(
                 ": somebody else has taken the name ann meanwhile; not said: lost\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
