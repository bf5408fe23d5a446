#include "chat/catching_up.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "chat/limits.hpp"
#include "chat/protocol.hpp"

namespace chat {
namespace {

using Lines = std::vector<std::string>;

const std::string kCredentials = "ann,pw";

// A room that keeps all, and says what PROTOCOL.md promises; a client in it, whose lines get to the
// room as far as the test lets them, and the other way round.
class Room {
 public:
  Room() {
    client.set_own_name("Ann");
    client.sent(client.outgoing().size());
    come_in(false);
  }

  void say(const std::string& from, const std::string& text, const std::string& kind = "say") {
    log.push_back(from + "\t" + text);
    kinds.push_back(kind);
    send(log.size(), false);
  }

  // Takes whole lines that the client has sent, at most so many.
  void take(std::size_t lines) {
    while (lines-- > 0) {
      const auto end = client.outgoing().find('\n');
      if (end == std::string::npos) return;
      const std::string line = client.outgoing().substr(0, end);
      client.sent(end + 1);
      answer(line);
    }
  }

  // The client hears at most so many of the lines that are under way.
  void hear(std::size_t lines) {
    std::size_t count = 0;
    for (; count < std::min(lines, under_way.size()); ++count) {
      ServerLine line = parse_server_line(under_way[count]);
      if (line.kind == ServerLine::Kind::kOnline) client.enter();
      if (client.take(line) && line.number > 0) {
        if (line.kind == ServerLine::Kind::kHidden) ++hidden;
        shown.push_back((line.from.empty() ? "-" : line.from) + "\t" + line.text);
        replayed = replayed || line.replayed;
      }
    }
    under_way.erase(under_way.begin(), under_way.begin() + static_cast<std::ptrdiff_t>(count));
  }

  // What is under way, both ways, is lost; the client comes in again.
  void cut() {
    under_way.clear();
    client.lose();
    come_in(true);
    say("ben", "after it came in, before it asked");
    std::string rest = client.resumption(kCredentials);
    const std::string greeting = "/tagged\nresume\n" + kCredentials + "\n";
    BOOST_REQUIRE(rest.starts_with(greeting));
    for (rest.erase(0, greeting.size()); !rest.empty(); rest.erase(0, rest.find('\n') + 1)) {
      answer(rest.substr(0, rest.find('\n')));
    }
  }

  // Nothing more is cut.
  void settle() {
    for (int i = 0; i < 10; ++i) {
      take(1000);
      hear(10'000);
    }
  }

  CatchingUp client;
  Lines log;    // from, TAB, text
  Lines kinds;  // of each line of it
  Lines shown;  // the same
  Lines under_way;
  bool replayed = false;
  std::size_t hidden = 0;  // of those shown
  std::size_t history = 2;

 private:
  static constexpr const char* kTime = "\t2026-11-24T12:34:56.789Z\t";

  void send(std::size_t number, bool again) {
    under_way.push_back(std::to_string(number) + kTime + kinds[number - 1] + (again ? "+" : "") +
                        "\t" + log[number - 1]);
  }
  void tell(const std::string& kind, const std::string& text) {
    under_way.push_back(std::string("-") + kTime + kind + "\t-\t" + text);
  }
  void come_in(bool again) {
    tell("notice", "lines are tagged from here on");
    for (std::size_t i = log.size() - std::min(log.size(), history); again && i < log.size(); ++i) {
      send(i + 1, true);
    }
    tell("online", "online (1): ann");
  }
  void answer(const std::string& line) {
    if (line == "/tagged") return tell("notice", "lines are tagged from here on");
    if (line.starts_with("/me ")) return say("ann", line.substr(4), "me");
    if (!line.starts_with("/since "))
      return say("ann", line.starts_with("//") ? line.substr(1) : line);
    const std::size_t after = std::stoul(line.substr(7));
    if (after >= log.size()) tell("notice", "there is nothing after line " + line.substr(7));
    for (std::size_t i = after; i < log.size(); ++i) send(i + 1, true);
  }
};

Lines own(const Lines& lines) {
  Lines found;
  for (const std::string& line : lines) {
    if (line.starts_with("ann\t")) found.push_back(line.substr(4));
  }
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(catching_up)

// So much of what was sent arrived, so much of what came was heard; twice, in every combination.
BOOST_AUTO_TEST_CASE(wherever_it_is_cut_each_line_is_in_the_log_once_and_shown_once_in_order) {
  const Lines typed{"same", "/me same", "//slashed", "a", "same"};
  const Lines expected{"same", "same", "/slashed", "a", "same"};
  for (std::size_t taken = 0; taken <= 6; ++taken) {
    for (std::size_t heard = 0; heard <= 10; ++heard) {
      for (std::size_t again = 0; again <= 6; ++again) {
        for (std::size_t heard_again = 0; heard_again <= 16; ++heard_again) {
          Room room;
          room.say("ben", "first");
          room.hear(2);
          for (const std::string& line : typed) room.client.type(line);
          room.take(taken);
          room.say("ben", "same");
          room.hear(heard);
          room.say("-", "", "hidden");
          room.cut();
          room.say("ben", "and more");
          room.hear(heard_again);
          room.take(again);
          room.say("ben", "still more");
          room.cut();
          room.settle();
          room.say("ben", "the end");
          room.settle();
          BOOST_REQUIRE(own(room.log) == expected);
          BOOST_REQUIRE(room.shown == room.log);
          BOOST_REQUIRE(room.client.all_heard());
          BOOST_REQUIRE(room.client.all_sent());
          BOOST_REQUIRE(room.client.unheard_bytes() == 0u);
          BOOST_REQUIRE(!room.replayed);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_line_that_comes_live_and_replayed_is_shown_once) {
  Room room;
  room.say("ben", "one");
  room.settle();
  room.cut();
  room.settle();
  BOOST_TEST(room.shown == room.log, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_done_and_what_is_said_in_the_same_words_are_two_lines) {
  Room room;
  room.settle();
  for (const char* line : {"waves", "/ME  waves\t", "/me", "/me ", "/meet waves"}) {
    room.client.type(line);
  }
  room.client.sent(room.client.outgoing().size());
  room.say("ann", "waves", "me");  // what was said before it has been refused
  room.hear(100);
  BOOST_TEST(room.client.all_heard());
  room.client.type("/me waves");
  room.client.sent(room.client.outgoing().size());
  room.say("ann", "waves");
  room.hear(100);
  BOOST_TEST(!room.client.all_heard());
}

BOOST_AUTO_TEST_CASE(a_hidden_line_counts) {
  Room room;
  room.say("ben", "one");
  room.say("-", "", "hidden");
  room.say("ben", "three");
  room.hear(100);
  BOOST_TEST(room.client.caught_up());
  BOOST_TEST(room.shown == room.log, boost::test_tools::per_element());
  BOOST_TEST(room.hidden == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_typed_while_there_is_no_connection_is_sent_in_order_afterwards) {
  Room room;
  room.settle();
  room.client.type("sent");
  room.client.lose();
  room.client.type("one");
  room.client.type("two");
  BOOST_TEST(room.client.waiting() == 3u);
  BOOST_TEST(room.client.outgoing() == "");
  room.cut();
  room.settle();
  const Lines expected{"sent", "one", "two"};
  BOOST_TEST(own(room.log) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_command_that_was_sent_is_not_sent_again_and_one_that_waits_is) {
  Room room;
  room.settle();
  room.client.type("/who");
  room.client.sent(room.client.outgoing().size());
  room.client.lose();
  room.client.type("/help");
  room.cut();
  room.hear(100);
  BOOST_TEST(room.client.outgoing() == "/help\n");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_missing_is_asked_for_without_a_new_connection) {
  Room room;
  room.say("ben", "one");
  room.hear(3);
  room.say("ben", "two");
  room.under_way.clear();  // skipped forward
  room.say("ben", "three");
  room.settle();
  BOOST_TEST(room.shown == room.log, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_server_that_has_lost_its_log_begins_anew) {
  for (const std::size_t history : {0, 2}) {
    Room room;
    room.history = history;
    for (int i = 0; i < 9; ++i) room.say("ben", "old " + std::to_string(i));
    room.settle();
    room.client.type("mine");
    room.client.sent(5);
    room.shown.clear();
    room.log = {"ben\tnew", "ben\tand newer"};
    room.kinds = {"say", "say"};
    room.cut();
    room.say("ben", "newest");
    room.settle();
    room.say("ben", "the end");
    room.settle();
    BOOST_TEST(room.shown == room.log, boost::test_tools::per_element());
    BOOST_TEST(own(room.log).size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(where_lines_are_not_kept_what_may_be_among_them_is_not_said_again) {
  Room room;
  room.say("ben", "one");
  room.settle();
  room.client.type("mine");
  room.client.sent(5);
  room.client.lose();
  (void)room.client.resumption(kCredentials);
  room.client.enter();
  ServerLine line = parse_server_line("* lines 2 to 9 are not kept any more");
  BOOST_TEST(room.client.take(line));
  BOOST_TEST(line.plain ==
             "* lines 2 to 9 are not kept any more; nobody knows whether 1 line of yours came "
             "through");
  BOOST_TEST(room.client.all_heard());
}

BOOST_AUTO_TEST_CASE(what_the_server_refuses_is_not_waited_for) {
  Room room;
  room.settle();
  room.client.type(std::string(kMaxLine + 1, 'x'));
  room.client.type("\xFF");
  room.client.type("");
  BOOST_TEST(room.client.all_heard());
}

BOOST_AUTO_TEST_CASE(the_waits_double_from_one_second_to_thirty_with_a_fifth_more_or_less) {
  using std::chrono::milliseconds;
  BOOST_TEST((reconnect_wait(0, 0) == milliseconds(800)));
  BOOST_TEST((reconnect_wait(0, 40) == milliseconds(1200)));
  BOOST_TEST((reconnect_wait(3, 20) == milliseconds(8000)));
  for (const unsigned failed : {5U, 31U, 32U, 4'000'000'000U}) {
    BOOST_TEST((reconnect_wait(failed, 20) == milliseconds(30'000)));
  }
}

// Passwords: the server takes the line after its question for one, and every other line is said.

BOOST_AUTO_TEST_CASE(a_secret_is_sent_when_it_is_asked_for_and_nothing_else_meanwhile) {
  CatchingUp client;
  client.sent(client.outgoing().size());
  const auto hear = [&](const std::string& kind, const std::string& text) {
    ServerLine line = parse_server_line("-\t2026-11-24T12:34:56.789Z\t" + kind + "\t-\t" + text);
    (void)client.take(line);
  };
  const auto sent = [&] {
    const std::string all = client.outgoing();
    client.sent(all.size());
    return all;
  };
  hear("notice", "lines are tagged from here on");
  client.type("/password");
  client.type("hello");  // waits
  BOOST_TEST(sent() == "/tagged\n/password\n");
  BOOST_TEST(client.answer("old"));
  BOOST_TEST(sent() == "");
  hear("notice", "lines are tagged from here on");
  BOOST_TEST(sent() == "");
  hear("notice", "old password?");
  BOOST_TEST(sent() == "old\n");
  BOOST_TEST(client.answer("new"));
  BOOST_TEST(sent() == "");
  hear("notice", "new password?");
  BOOST_TEST(sent() == "new\n");
  hear("notice", "your password is changed");
  BOOST_TEST(sent() == "hello\n");
}

BOOST_AUTO_TEST_CASE(where_the_command_is_refused_or_the_connection_lost_secrets_are_dropped) {
  for (const bool lost : {false, true}) {
    for (const bool asked : {false, true}) {
      CatchingUp client;
      client.sent(client.outgoing().size());
      const auto hear = [&](const std::string& kind, const std::string& text) {
        ServerLine line =
            parse_server_line("-\t2026-11-24T12:34:56.789Z\t" + kind + "\t-\t" + text);
        (void)client.take(line);
      };
      hear("notice", "lines are tagged from here on");
      client.type("/password");
      BOOST_TEST(client.answer("old secret"));
      BOOST_TEST(client.answer("new secret"));
      client.sent(client.outgoing().size());
      hear("notice", "lines are tagged from here on");
      if (asked) {
        hear("notice", "old password?");
        client.sent(client.outgoing().size());
      }
      if (lost) {
        BOOST_TEST(client.lose() != "");
        std::string all = client.resumption(kCredentials);
        hear("notice", "lines are tagged from here on");
        hear("online", "online (1): ann");
        client.enter();
        for (int i = 0; i < 3; ++i) hear("notice", "lines are tagged from here on");
        all += client.outgoing();
        BOOST_TEST(all.find("secret") == std::string::npos, all);
      } else {
        hear("error", asked ? "wrong password: nothing was changed" : "/password is for accounts");
        BOOST_TEST(client.outgoing().find("secret") == std::string::npos, client.outgoing());
        client.type("hello");
        BOOST_TEST(client.outgoing() == "hello\n");
      }
      BOOST_TEST(!client.answer("late secret"));
      BOOST_TEST(client.outgoing().find("secret") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
