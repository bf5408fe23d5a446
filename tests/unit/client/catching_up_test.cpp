#include "chat/client/catching_up.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/wire/limits.hpp"
#include "chat/wire/protocol.hpp"

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
        if (line.kind == ServerLine::Kind::kUnknown) ++unknown;
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
  std::size_t unknown = 0;  // of those shown
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
          room.say("-", "", "of-a-later-version");
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

BOOST_AUTO_TEST_CASE(a_line_of_a_kind_that_is_not_known_counts) {
  Room room;
  room.say("ben", "one");
  room.say("-", "", "of-a-later-version");
  room.say("ben", "three");
  room.hear(100);
  BOOST_TEST(room.client.caught_up());
  BOOST_TEST(room.shown == room.log, boost::test_tools::per_element());
  BOOST_TEST(room.unknown == 1u);
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
  for (const std::size_t history : {0U, 2U}) {
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

// Passwords

BOOST_AUTO_TEST_CASE(a_password_that_was_sent_is_in_force_when_the_server_says_so) {
  using Password = std::optional<std::string>;
  Room room;
  const auto answer = [&](const char* text) {
    return room.client.changed_password(parse_server_line(text));
  };
  room.client.type("/password old\tone");
  room.client.type("/account add bob\tb0b");
  room.client.type("/password old\ttwo");
  BOOST_CHECK(answer("* there is an account bob now") == Password());
  BOOST_CHECK(answer("! wrong password: nothing was changed") == Password());
  BOOST_CHECK(answer("* your password is changed") == Password("two"));
  BOOST_CHECK(answer("* your password is changed") == Password());
  BOOST_TEST(room.client.lose() == "");
}

BOOST_AUTO_TEST_CASE(a_lost_connection_leaves_it_open_whether_a_password_was_changed) {
  Room room;
  room.client.type("/password old\tnew");
  BOOST_TEST(room.client.lose() ==
             "the connection was lost: nobody knows whether the password was changed");
  BOOST_TEST(room.client.resumption(kCredentials).find("new") == std::string::npos);
  room.client.type("/password old\tlater");  // waits
  BOOST_TEST(room.client.unsaid() == Lines{"/password (hidden)"}, boost::test_tools::per_element());
  BOOST_TEST(room.client.lose() == "");
}

BOOST_AUTO_TEST_CASE(in_another_log_all_is_shown_from_its_beginning) {
  const auto numbered = [](int number, const std::string& kind, const std::string& text) {
    return std::to_string(number) + "\t2026-11-24T12:34:56.789Z\t" + kind + "\tben\t" + text;
  };
  const auto mark = [](const std::string& epoch) {
    return "-\t2026-11-24T12:34:56.789Z\tnotice\t" + epoch + "\tlines are tagged from here on";
  };
  CatchingUp client;
  const auto shows = [&](const std::string& text) {
    ServerLine line = parse_server_line(text);
    return client.take(line);
  };
  BOOST_TEST(!shows(mark("first")));
  client.enter();
  for (int number = 1; number <= 23; ++number) BOOST_TEST(shows(numbered(number, "say", "x")));
  (void)client.lose();
  BOOST_TEST(client.resumption(kCredentials).find("/since 23@first\n") != std::string::npos);
  BOOST_TEST(!shows(mark("second")));
  BOOST_TEST(!shows(numbered(29, "say+", "of the history")));
  client.enter();
  BOOST_TEST(!shows(numbered(30, "enter", "has entered the chat")));
  for (int number = 1; number <= 30; ++number) BOOST_TEST(shows(numbered(number, "say+", "y")));
  BOOST_TEST(!shows(mark("second")));
  BOOST_TEST(shows(numbered(31, "say", "z")));
  BOOST_TEST(client.outgoing() == "");  // nothing more was asked
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
