// ./client as a tool of scripts: --send, --json, --password-file.
#include <signal.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/fake_server.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using Words = std::vector<std::string>;

// Whether `text` is as `pattern`, where a 0 stands for any digit.
bool has_form(std::string_view text, std::string_view pattern) {
  return std::equal(
      text.begin(), text.end(), pattern.begin(), pattern.end(),
      [](char c, char form) { return form == '0' ? c >= '0' && c <= '9' : c == form; });
}

// The object of one line, without its time and number.
std::string untimed(const std::string& json) {
  constexpr std::string_view kTime = "{\"time\":\"0000-00-00T00:00:00.000Z\",";
  if (!has_form(json.substr(0, kTime.size()), kTime)) return json;
  const std::string rest = json.substr(kTime.size());
  return "{" + (rest.starts_with("\"number\":") ? rest.substr(rest.find(',') + 1) : rest);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_script)

// --send.

BOOST_AUTO_TEST_CASE(what_is_sent_is_said_and_nothing_printed) {
  RunningRoom room(4, {{"bot", "secret"}});
  const TemporaryFolder folder;
  folder.write("password", "secret\n");
  Peer ben = Peer::registered(room.port(), "ben");
  Program bot("client", to(room.port(), {"--login", "BOT", "--password-file",
                                         folder.file("password"), "--send", "the build is done"}));
  BOOST_TEST(ben.read_until("* bot has") == "* bot has entered the chat");
  BOOST_TEST(ben.read_line() == "bot: the build is done");
  BOOST_TEST(ben.read_line() == "* bot has left the chat");
  BOOST_TEST(bot.read_all() == "");
  BOOST_TEST(bot.read_errors() == "");
  BOOST_TEST(bot.status() == 0);
}

BOOST_AUTO_TEST_CASE(the_password_may_come_on_standard_input) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  for (const Words& words : {Words{"--password-file", "-"}, Words{}}) {
    Words all{"--register", "bot", "--send", "/not a command\nand a second line"};
    all.insert(all.end(), words.begin(), words.end());
    Program bot("client", to(room.port(), all));
    bot.type("pass");
    bot.type("word\r\nnot said\n");
    BOOST_TEST(bot.status() == 0);
    ben.read_until("* bot has entered");
    BOOST_TEST(ben.read_line() == "bot: /not a command");
    BOOST_TEST(ben.read_line() == "bot: and a second line");
    BOOST_TEST(ben.read_line() == "* bot has left the chat");
  }
}

BOOST_AUTO_TEST_CASE(a_text_that_is_neutralised_on_its_way_comes_back_all_the_same) {
  RunningRoom room(4);
  Program bot("client", to(room.port(), {"--register", "bot", "--send", "a\x1B[31mb\tc"}));
  bot.type("pw\n");
  BOOST_TEST(bot.status() == 0);
}

BOOST_AUTO_TEST_CASE(many_lines_wait_for_the_room_and_all_are_said) {
  auto config = RunningRoom::config_of(4);
  config.rate = 50;
  RunningRoom room(config, {});
  Peer ben = Peer::registered(room.port(), "ben");
  std::string text;
  for (int i = 0; i < 150; ++i) text += "line " + std::to_string(i) + "\n";
  Program bot("client", to(room.port(), {"--register", "bot", "--send", text}));
  bot.type("pw\n");
  ben.read_until("* bot has entered");
  for (int i = 0; i < 150; ++i) BOOST_TEST(ben.read_line() == "bot: line " + std::to_string(i));
  BOOST_TEST(bot.status() == 0);
}

BOOST_AUTO_TEST_CASE(without_the_echo_the_status_is_1) {
  struct Try {
    std::string answer, reason;
  };
  for (const Try& each : {Try{"! username is already used\n", "client: username is already used\n"},
                          Try{"* online (1): bot\n! the room is closed to you\n",
                              "client: the room is closed to you\n"},
                          Try{"* online (1): bot\nben: hello\nbot: hell\n",
                              "client: the text did not come back from the room\n"}}) {
    FakeServer server;
    Program bot("client",
                to(server.port(), {"--register", "bot", "--no-reconnect", "--send", "hello"}));
    bot.type("pw\n");
    Peer connection = server.accept();
    BOOST_TEST(connection.read_until("hello") == "hello");
    connection.send(each.answer);
    connection.half_close();
    BOOST_TEST(bot.status() == 1);
    BOOST_TEST(bot.read_errors().starts_with(each.reason));
  }
}

BOOST_AUTO_TEST_CASE(lines_of_the_input_are_said_as_they_come_and_waited_for_at_its_end) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Program bot("client", to(room.port(), {"--register", "bot", "--send", "-"}));
  bot.type("pw\none\n");
  ben.read_until("* bot has entered");
  BOOST_TEST(ben.read_line() == "bot: one");
  bot.type("\n/quit is text\nwithout an end");
  BOOST_TEST(ben.read_line() == "bot: /quit is text");
  bot.end_input();
  BOOST_TEST(ben.read_line() == "bot: without an end");
  BOOST_TEST(bot.read_all() == "");
  BOOST_TEST(bot.status() == 0);
}

BOOST_AUTO_TEST_CASE(what_is_sent_may_be_done_or_for_one_alone) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  const auto says = [&](Words words) {
    words.insert(words.begin(), {"--register", "bot"});
    Program bot("client", to(room.port(), words));
    bot.type("pw\n");
    const int status = bot.status();
    return std::to_string(status) + bot.read_errors();
  };
  BOOST_TEST(says({"--me", "--send", "waves"}) == "0");
  ben.read_until("* bot has entered");
  BOOST_TEST(ben.read_line() == "~ bot waves");
  BOOST_TEST(ben.read_line() == "* bot has left the chat");
  BOOST_TEST(says({"--msg", "BEN", "--send", "for you\nalone"}) == "0");
  ben.read_until("* bot has entered");
  BOOST_TEST(ben.read_line() == "bot -> ben: for you");
  BOOST_TEST(ben.read_line() == "bot -> ben: alone");
  BOOST_TEST(ben.read_line() == "* bot has left the chat");
  BOOST_TEST(says({"--msg", "cid", "--send", "x"}) == "1client: cid is not here\n");
}

BOOST_AUTO_TEST_CASE(a_signal_while_waiting_for_the_echo_is_status_1) {
  FakeServer server;
  Program bot("client", to(server.port(), {"--register", "bot", "--send", "hello"}));
  bot.type("pw\n");
  Peer connection = server.accept();
  connection.read_until("hello");
  connection.say("* online (1): bot");
  bot.signal(SIGTERM);
  connection.close();
  BOOST_TEST(bot.status() == 1);
}

BOOST_AUTO_TEST_CASE(a_password_that_is_none_is_refused_before_anything_is_sent) {
  FakeServer server;
  const TemporaryFolder folder;
  folder.write("empty", "");
  folder.write("blank", "\n");
  for (const std::string file : {"empty", "blank", "missing"}) {
    Program bot("client", to(server.port(), {"--login", "bot", "--password-file", folder.file(file),
                                             "--send", "x"}));
    BOOST_TEST(bot.status() == 1);
    BOOST_TEST(bot.read_errors().starts_with("client: "));
  }
  Program bot("client", to(server.port(), {"--login", "bot", "--send", "x"}));
  bot.end_input();
  BOOST_TEST(bot.status() == 1);
  BOOST_TEST(bot.read_errors() == "client: no password: the input has ended\n");
}

// --timeout.

BOOST_AUTO_TEST_CASE(with_a_timeout_it_waits_for_its_name_and_says_all) {
  for (const std::string refusal : {"! username is already used\n", "! max chat users\n", ""}) {
    FakeServer server;
    Program bot("client", to(server.port(), {"--register", "bot", "--timeout", "60", "--msg", "ben",
                                             "--send", "hello"}));
    bot.type("pw\n");
    Peer first = server.accept();
    BOOST_TEST(first.read_until("/msg ben hello") == "/msg ben hello");
    first.send(refusal);
    first.close();
    Peer second = server.accept();
    BOOST_TEST(second.read_until("register") == "register");
    BOOST_TEST(second.read_line() == "bot,pw");
    BOOST_TEST(second.read_line() == "/msg ben hello");
    second.say("* online (2): ben, bot");
    second.say("bot -> ben: hello");
    BOOST_TEST(second.ends());
    second.close();
    BOOST_TEST(bot.status() == 0);
  }
}

BOOST_AUTO_TEST_CASE(after_its_timeout_it_says_why_it_is_not_in) {
  RunningRoom room(4);
  const Peer taken = Peer::registered(room.port(), "bot");
  Program bot("client", to(room.port(), {"--register", "bot", "--timeout", "1", "--send", "x"}));
  bot.type("pw\n");
  BOOST_TEST(bot.status() == 1);
  BOOST_TEST(bot.read_errors().starts_with("client: username is already used\n"));
}

// --listen.

BOOST_AUTO_TEST_CASE(who_listens_stays_when_its_input_ends) {
  RunningRoom room(4);
  Program bot("client", to(room.port(), {"--register", "bot", "--listen"}));
  bot.type("pw\nnot said\n");
  bot.end_input();
  bot.read_until("* bot has entered the chat");
  Peer ben = Peer::registered(room.port(), "ben");
  ben.say("hello");
  bot.read_until("ben: hello");
  BOOST_TEST(ben.read_until("ben: hello") == "ben: hello");
  bot.signal(SIGTERM);
  BOOST_TEST(ben.read_line() == "* bot has left the chat");
  BOOST_TEST(bot.status() == 0);
}

// --login and --register on pipes.

BOOST_AUTO_TEST_CASE(after_the_password_the_input_is_said) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Program bot("client", to(room.port(), {"--register", "bot"}));
  bot.type("pw\nhello\nthe last words");
  bot.end_input();
  ben.read_until("* bot has entered");
  BOOST_TEST(ben.read_line() == "bot: hello");
  BOOST_TEST(ben.read_line() == "bot: the last words");
  BOOST_TEST(bot.status() == 0);
  BOOST_TEST(bot.read_all().find("pw") == std::string::npos);
}

// --json.

BOOST_AUTO_TEST_CASE(json_is_one_object_for_each_line) {
  RunningRoom room(4);
  Peer ben = Peer::registered(room.port(), "ben");
  Program bot("client", to(room.port(), {"--register", "bot", "--json"}));
  bot.type("pw\n/frobnicate\n");
  ben.read_until("* bot has entered");
  ben.say("say \"hi\"");
  bot.read_until("hi");
  bot.end_input();
  BOOST_TEST(bot.status() == 0);
  bot.read_all();
  std::vector<std::string> lines;
  std::string all = bot.output();
  for (auto end = all.find('\n'); end != std::string::npos; end = all.find('\n')) {
    lines.push_back(untimed(all.substr(0, end)));
    all.erase(0, end + 1);
  }
  BOOST_TEST(all == "");
  const auto has = [&](const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  BOOST_TEST(has("{\"kind\":\"notice\",\"from\":\"\",\"text\":\"hello bot\"}"));
  BOOST_TEST(has("{\"kind\":\"online\",\"from\":\"\",\"text\":\"online (2): ben, bot\"}"));
  BOOST_TEST(has("{\"kind\":\"enter\",\"from\":\"bot\",\"text\":\"has entered the chat\"}"));
  BOOST_TEST(has("{\"kind\":\"say\",\"from\":\"ben\",\"text\":\"say \\\"hi\\\"\"}"));
  BOOST_TEST(has("{\"kind\":\"leave\",\"from\":\"bot\",\"text\":\"has left the chat\"}"));
  BOOST_TEST(
      has("{\"kind\":\"error\",\"from\":\"\",\"text\":\"unknown command /frobnicate; /help "
          "lists the commands\"}"));
}

BOOST_AUTO_TEST_CASE(json_has_the_other_kinds_and_nobody_sees_what_is_hidden) {
  const std::string time = "\t2026-11-24T12:34:56.789Z\t";
  const TemporaryFolder folder;
  for (const bool json : {true, false}) {
    FakeServer server;
    Words words{"--register", "bot", "--log", folder.file("log")};
    if (json) words.push_back("--json");
    Program bot("client", to(server.port(), words));
    bot.type("pw\n");
    Peer connection = server.accept();
    connection.read_until("bot,pw");
    connection.say("* online (1): bot");
    connection.say("7" + time + "me\tann\twaves");
    connection.say("8" + time + "hidden\t-\t");
    connection.say("9" + time + "notice\tann\thas set the topic: x");
    connection.say("10" + time + "hidden+\t-\t");
    connection.say("-" + time + "private\t-\tann -> bot: psst");
    connection.say("! you were kicked");
    BOOST_TEST(bot.status() == 1);
    const std::string all = bot.read_all();
    if (!json) {
      BOOST_TEST(all ==
                 "* online (1): bot\n~ ann waves\n* ann has set the topic: x\n"
                 "ann -> bot: psst\n! you were kicked\n");
      continue;
    }
    for (const char* part :
         {"\"number\":7,\"kind\":\"me\",\"from\":\"ann\",\"text\":\"waves\"}",
          "\"number\":9,\"kind\":\"notice\",\"from\":\"ann\",\"text\":\"has set the topic: x\"}",
          "\"kind\":\"private\",\"from\":\"ann\",\"to\":\"bot\",\"text\":\"psst\"}"}) {
      BOOST_TEST(all.find(part) != std::string::npos, part);
    }
    BOOST_TEST(std::count(all.begin(), all.end(), '\n') == 5);
  }
  const std::string log = folder.read("log");
  BOOST_TEST(std::count(log.begin(), log.end(), '\n') == 10);
}

BOOST_AUTO_TEST_CASE(json_goes_with_send) {
  RunningRoom room(4);
  Program bot("client", to(room.port(), {"--register", "bot", "--json", "--send", "hello"}));
  bot.type("pw\n");
  BOOST_TEST(bot.status() == 0);
  BOOST_TEST(bot.read_all().find("\"from\":\"bot\",\"text\":\"hello\"}") != std::string::npos);
}

// --log.

BOOST_AUTO_TEST_CASE(the_log_holds_every_line_as_it_came_and_goes_on_where_it_was) {
  RunningRoom room(4);
  const TemporaryFolder folder;
  std::size_t before = 0;
  for (const Words& words : {Words{}, Words{"--json"}}) {
    Words all{"--register", "ann", "--log", folder.file("log")};
    all.insert(all.end(), words.begin(), words.end());
    Program ann("client", to(room.port(), all));
    ann.type("secret\nhello\n");
    ann.end_input();
    (void)ann.read_all();
    BOOST_TEST(ann.status() == 0);
    std::string log = folder.read("log").substr(before);
    before = folder.read("log").size();
    Words lines;
    for (; !log.empty(); log.erase(0, log.find('\n') + 1)) {
      constexpr std::string_view kTime = "0000-00-00 00:00:00 ";
      BOOST_TEST(has_form(log.substr(0, kTime.size()), kTime));
      lines.push_back(log.substr(kTime.size(), log.find('\n') - kTime.size()));
    }
    BOOST_TEST(lines.front().starts_with("* Welcome"));
    BOOST_TEST((std::find(lines.begin(), lines.end(), "ann: hello") != lines.end()));
    BOOST_TEST(lines.back() == "* ann has left the chat");
  }
  BOOST_TEST(folder.read("log").find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_written_does_not_end_the_talk) {
  RunningRoom room(4);
  Program ann("client", to(room.port(), {"--register", "ann", "--log", "/dev/full"}));
  ann.type("pw\nhello\n");
  ann.read_until("ann: hello");
  ann.end_input();
  BOOST_TEST(ann.status() == 0);
  BOOST_TEST(ann.read_errors() == "client: cannot write to /dev/full: No space left on device\n");
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_opened_ends_the_client_at_once) {
  const DeafPort deaf(true);
  Program ann("client", to(deaf.port(), {"--log", "/dev/null/log"}));
  BOOST_TEST(ann.status() == 1);
  BOOST_TEST(ann.read_errors() == "client: cannot open /dev/null/log: Not a directory\n");
}

BOOST_AUTO_TEST_SUITE_END()
