#include "chat/client/catching_up.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/limits.hpp"
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

// A client in the room, and what it sends and hears, line by line.
class Asked {
 public:
  Asked() {
    client.set_own_name("Ann");
    (void)sent();
    hear("* lines are tagged from here on");
    client.enter();
  }

  // As on a pipe: the secrets come unasked.
  Asked& type(const Lines& lines) {
    for (const std::string& line : lines) {
      if (client.secrets_to_come() > 0) {
        wanted = client.answer(line);
      } else {
        client.type(line);
      }
    }
    return *this;
  }
  Asked& hear(const std::string& text) {
    ServerLine line = parse_server_line(text);
    shown = client.take(line);
    return *this;
  }
  std::string sent() {
    const std::string bytes = client.outgoing();
    client.sent(bytes.size());
    return bytes;
  }
  // The connection is lost; gives all that is sent by the next one until it has caught up.
  std::string come_back() {
    news = client.lose();
    std::string all = client.resumption(kCredentials);
    hear("* lines are tagged from here on");
    client.enter();
    hear("* lines are tagged from here on");
    return all + sent();
  }

  CatchingUp client;
  bool wanted = true;
  bool shown = true;
  std::string_view news;
};

const std::string kMark = "* lines are tagged from here on";
const Lines kPasswords{"/password", "0ld", "n3w"};

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

// Passwords: the server takes the line after its question for one, and every other line is said.

BOOST_AUTO_TEST_CASE(a_secret_is_sent_where_it_is_asked_for_and_nothing_else_before_it_is_over) {
  Asked ann;
  ann.type({"/frobnicate", "/Password x", "0ld", "n3w", "hello"});
  BOOST_TEST(ann.sent() == "/frobnicate\n/tagged\n/Password x\n");
  BOOST_TEST(ann.hear("! unknown command /frobnicate").sent() == "");
  BOOST_TEST(ann.hear(kMark).sent() == "");
  BOOST_TEST(!ann.shown);
  BOOST_TEST(ann.hear("* somebody is away").hear("ben: old password?").sent() == "");
  BOOST_TEST(ann.hear("* old password?").sent() == "0ld\n");
  BOOST_TEST(ann.hear("* new password?").sent() == "n3w\n");
  BOOST_TEST(ann.client.last_secret() == "n3w");
  BOOST_TEST(ann.hear("* your password is changed").sent() == "hello\n");
  BOOST_TEST(ann.client.unheard_bytes() == 6u);
}

BOOST_AUTO_TEST_CASE(a_secret_goes_ahead_of_a_line_that_was_typed_before_it) {
  Asked ann;
  ann.client.type("/password");
  ann.client.type("hello");
  ann.hear(kMark).hear("* old password?");
  (void)ann.sent();
  BOOST_TEST(ann.type({"0ld"}).sent() == "0ld\n");
  BOOST_TEST(ann.hear("! wrong password").sent() == "hello\n");
}

BOOST_AUTO_TEST_CASE(which_commands_ask_and_for_how_many_secrets) {
  const auto secrets = [](std::string_view line) { return CatchingUp::secrets_after(line); };
  BOOST_TEST(secrets("/PASSWORD") == 2u);
  BOOST_TEST(secrets("/account  ADD\tbob") == 1u);
  BOOST_TEST(secrets("/account add") == 1u);
  for (const char* line : {"/passwords", "//password", "password", " /password", "/account",
                           "/account remove bob", "/account addbob", "/accounts add bob", ""}) {
    BOOST_TEST(secrets(line) == 0u, line);
  }
}

BOOST_AUTO_TEST_CASE(what_answers_a_question_that_is_not_asked_is_never_sent) {
  for (const std::size_t asked : {0U, 1U}) {
    for (const std::size_t typed : {1U, 2U, 3U}) {
      Asked ann;
      ann.type({kPasswords.begin(), kPasswords.begin() + static_cast<std::ptrdiff_t>(typed)});
      ann.hear(kMark);
      if (asked > 0) ann.hear("* old password?");
      (void)ann.sent();
      if (asked > 0 && typed == 1) continue;  // it would be asked for still
      ann.hear("! no");
      ann.type({kPasswords.begin() + static_cast<std::ptrdiff_t>(typed), kPasswords.end()});
      BOOST_TEST(ann.wanted == (typed == 3));
      ann.type({"hello"});
      BOOST_TEST(ann.sent() == "hello\n");
      BOOST_TEST(ann.client.unheard_bytes() == 6u);
      BOOST_TEST(ann.come_back().find("hello\n") != std::string::npos);
      BOOST_TEST(ann.news == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(an_empty_answer_gives_up_and_so_does_one_that_is_no_line) {
  for (const std::string& none :
       {std::string(), std::string(kMaxLine + 1, 'x'), std::string("\xFF")}) {
    Asked ann;
    ann.type({"/password", none, "n3w", "hello"}).hear(kMark);
    (void)ann.sent();
    BOOST_TEST(ann.hear("* old password?").sent() == "\n");
    BOOST_TEST(ann.hear("* nothing was changed").sent() == "hello\n");
  }
}

// Cut after each thing that is typed or heard; what is not typed by then is typed afterwards.
BOOST_AUTO_TEST_CASE(no_secret_is_sent_by_another_connection_than_its_command) {
  const std::string all[] = {"/password",
                             "0ld",
                             "n3w",
                             "hello",
                             "",
                             kMark,
                             "* old password?",
                             "* new password?",
                             "* your password is changed"};
  const auto step = [](Asked& ann, const std::string& each) {
    if (each.empty()) return;
    if (each.starts_with("* ")) {
      ann.hear(each);
    } else {
      ann.type({each});
    }
  };
  for (std::size_t typed = 1; typed <= 4; ++typed) {
    for (std::size_t heard = 4; heard <= 8; ++heard) {
      Asked ann;
      for (std::size_t i = 0; i < typed; ++i) step(ann, all[i]);
      for (std::size_t i = 5; i <= heard; ++i) step(ann, all[i]);
      const std::string first = ann.sent();
      const bool over = heard == 8 && typed >= 3;
      std::string second = ann.come_back();
      for (std::size_t i = typed; i < 4; ++i) step(ann, all[i]);
      second += ann.sent();
      BOOST_TEST(second.find("0ld") == std::string::npos);
      BOOST_TEST(second.find("n3w") == std::string::npos);
      BOOST_TEST(second.find("/password") == std::string::npos);
      BOOST_TEST(second.find("hello\n") != std::string::npos);
      BOOST_TEST(ann.news.empty() == over);
      if (!over) {
        const bool nobody_knows = first.find("n3w") != std::string::npos;
        BOOST_TEST(ann.news.ends_with("the connection was lost") == !nobody_knows);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_command_that_was_not_sent_is_sent_afterwards_with_its_secrets) {
  Asked ann;
  (void)ann.client.lose();
  ann.type({"/account add bob", "s3cret", "hello"});
  BOOST_TEST(ann.come_back().ends_with("/tagged\n/account add bob\n"));
  BOOST_TEST(ann.news == "");
  BOOST_TEST(ann.hear(kMark).hear("* password for bob?").sent() == "s3cret\n");
  BOOST_TEST(ann.hear("* there is an account bob now").sent() == "hello\n");
}

BOOST_AUTO_TEST_CASE(the_secrets_of_one_command_are_not_those_of_the_next) {
  Asked ann;
  ann.type({"/password", "0ld", "n3w", "/account add bob", "s3cret"});
  (void)ann.sent();
  BOOST_TEST(ann.hear(kMark).hear("! only accounts").sent() == "/tagged\n/account add bob\n");
  BOOST_TEST(ann.hear(kMark).hear("* password for bob?").sent() == "s3cret\n");
}

BOOST_AUTO_TEST_CASE(a_question_that_comes_once_more_does_not_get_the_secret_of_the_next_command) {
  Asked ann;
  ann.type({"/password", "0ld", "n3w", "/account add bob", "s3cret"});
  ann.hear(kMark).hear("* old password?").hear("* new password?");
  (void)ann.sent();
  BOOST_TEST(ann.hear("* new password?").sent() == "");
}

BOOST_AUTO_TEST_CASE(missing_lines_are_asked_for_only_when_no_secret_is) {
  const std::string say = "\t2026-11-24T12:34:56.789Z\tsay\tben\thi";
  Asked ann;
  ann.hear("1" + say).type({"/password"});
  (void)ann.sent();
  ann.hear(kMark).hear("* old password?").hear("5" + say);
  BOOST_TEST(!ann.shown);
  BOOST_TEST(ann.sent() == "");
  BOOST_TEST(ann.type({"0ld"}).sent() == "0ld\n");
  BOOST_TEST(ann.hear("! wrong password").sent() == "/since 1\n/tagged\n");
}

BOOST_AUTO_TEST_CASE(a_user_is_asked_from_the_command_on_until_all_is_answered_or_refused) {
  using Question = std::optional<std::string>;
  Asked ann;
  BOOST_CHECK(ann.client.secret_asked() == Question());
  ann.type({"/password"});
  BOOST_CHECK(ann.client.secret_asked() == Question(""));
  ann.hear(kMark).hear("* old password?");
  BOOST_CHECK(ann.client.secret_asked() == Question("old password?"));
  ann.type({"0ld"});
  BOOST_CHECK(ann.client.secret_asked() == Question(""));
  ann.hear("* new password?");
  BOOST_CHECK(ann.client.secret_asked() == Question("new password?"));
  ann.type({"n3w"});
  BOOST_CHECK(ann.client.secret_asked() == Question());
  ann.hear("* your password is changed").type({"/password"}).hear(kMark).hear("! no");
  BOOST_CHECK(ann.client.secret_asked() == Question());
  BOOST_TEST(!ann.client.answer("typed just before that"));
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
