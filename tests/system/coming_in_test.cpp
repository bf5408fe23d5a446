// Coming in: names, seats, accounts, refusals.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/session/limits.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"

namespace {

std::string after_refusal(std::uint16_t port, std::string_view sent) {
  Peer peer(port);
  peer.send(sent);
  const std::string line = peer.read_until("! ");
  BOOST_TEST(peer.ends());
  return line;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(coming_in)

BOOST_AUTO_TEST_CASE(one_who_registers_gets_welcome_question_hello_list_and_own_arrival) {
  RunningRoom room(4);
  const Peer cid = Peer::registered(room.port(), "cid");
  Peer ann(room.port());
  BOOST_TEST(ann.read_line() ==
             "* Welcome to the chatroom. Type login or register, press Enter, then type "
             "user,password");
  ann.say("register");
  BOOST_TEST(ann.read_line() == "* user,password?");
  ann.say("ann,secret");
  BOOST_TEST(ann.read_line() == "* hello ann");
  BOOST_TEST(ann.read_line() == "* online (2): cid, ann");
  BOOST_TEST(ann.read_line() == "* ann has entered the chat");
}

BOOST_AUTO_TEST_CASE(the_mode_is_taken_in_any_case_with_spaces_around_it) {
  RunningRoom room(4);
  BOOST_TEST(Peer::answer_to(room.port(), "  ReGister\t", "ann,pw") == "* hello ann");
}

BOOST_AUTO_TEST_CASE(the_first_comma_ends_the_username_and_the_password_may_hold_more) {
  RunningRoom room(4, {{"ann", "a,b,,c"}});
  BOOST_TEST(Peer::answer_to(room.port(), "login", "ann,a,b,,c") == "* hello ann");
}

BOOST_AUTO_TEST_CASE(an_account_logs_in_in_any_case_and_has_its_own_spelling) {
  RunningRoom room(4, {{"Ann", "secret"}});
  BOOST_TEST(Peer::answer_to(room.port(), "login", "aNN,secret") == "* hello Ann");
}

BOOST_AUTO_TEST_CASE(with_a_maximum_of_4_and_3_accounts_exactly_one_registered_user_can_be_in) {
  RunningRoom room(4, {{"ann", "a"}, {"ben", "b"}, {"cid", "c"}});
  Peer dan = Peer::registered(room.port(), "dan");
  BOOST_TEST(after_refusal(room.port(), "register\neve,x\n").starts_with("! max chat users"));
  dan.close();
  Peer watcher = Peer::logged_in(room.port(), "ann", "a");
  while (Peer::answer_to(room.port(), "register", "eve,x").starts_with("! max chat users")) {
  }
}

BOOST_AUTO_TEST_CASE(an_account_always_finds_its_seat) {
  RunningRoom room(3, {{"ann", "a"}, {"ben", "b"}});
  const Peer dan = Peer::registered(room.port(), "dan");
  const Peer ann = Peer::logged_in(room.port(), "ann", "a");
  const Peer ben = Peer::logged_in(room.port(), "ben", "b");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_online_cannot_be_registered_in_any_case) {
  RunningRoom room(9);
  const Peer ann = Peer::registered(room.port(), "ann");
  BOOST_TEST(
      after_refusal(room.port(), "register\nANN,x\n").starts_with("! username is already used"));
}

BOOST_AUTO_TEST_CASE(an_accounts_name_cannot_be_registered_online_or_not) {
  RunningRoom room(9, {{"ann", "a"}});
  BOOST_TEST(
      after_refusal(room.port(), "register\nAnn,x\n").starts_with("! username is already used"));
  const Peer ann = Peer::logged_in(room.port(), "ann", "a");
  BOOST_TEST(
      after_refusal(room.port(), "register\nann,a\n").starts_with("! username is already used"));
}

BOOST_AUTO_TEST_CASE(a_registered_name_is_free_again_once_its_user_left) {
  RunningRoom room(9);
  Peer watcher = Peer::registered(room.port(), "watcher");
  Peer ann = Peer::registered(room.port(), "ann");
  ann.close();
  watcher.read_until("* ann has left");
  BOOST_TEST(Peer::answer_to(room.port(), "register", "ann,other") == "* hello ann");
}

BOOST_AUTO_TEST_CASE(
    an_account_that_is_online_gets_password_already_used_if_the_password_is_right) {
  RunningRoom room(9, {{"ann", "a"}});
  const Peer ann = Peer::logged_in(room.port(), "ann", "a");
  BOOST_TEST(after_refusal(room.port(), "login\nANN,a\n").starts_with("! password already used"));
  BOOST_TEST(
      after_refusal(room.port(), "login\nann,b\n").starts_with("! wrong username or password"));
}

BOOST_AUTO_TEST_CASE(a_wrong_password_and_an_unknown_name_get_the_same_answer) {
  RunningRoom room(9, {{"ann", "a"}});
  const std::string wrong = after_refusal(room.port(), "login\nann,b\n");
  BOOST_TEST(wrong.starts_with("! wrong username or password"));
  BOOST_TEST(after_refusal(room.port(), "login\nnobody,b\n") == wrong);
}

BOOST_AUTO_TEST_CASE(of_many_logins_of_one_account_at_a_time_exactly_one_gets_in) {
  RunningRoom room(9, {{"ann", "a"}});
  std::vector<Peer> peers;
  for (int i = 0; i < 10; ++i) {
    peers.emplace_back(room.port());
    peers.back().send("login\nann,a\n");
  }
  int in = 0;
  int refused = 0;
  for (Peer& peer : peers) {
    (void)peer.read_until("* user,password?");
    const std::string line = peer.read_line();
    in += line == "* hello ann";
    refused += line.starts_with("! password already used");
  }
  BOOST_TEST(in == 1);
  BOOST_TEST(refused == 9);
}

BOOST_AUTO_TEST_CASE(of_many_registrations_for_one_seat_exactly_one_gets_in) {
  RunningRoom room(1);
  std::vector<Peer> peers;
  for (int i = 0; i < 50; ++i) {
    peers.emplace_back(room.port());
    peers.back().send("register\nuser" + std::to_string(i) + ",pw\n");
  }
  int in = 0;
  int refused = 0;
  for (Peer& peer : peers) {
    (void)peer.read_until("* user,password?");
    const std::string line = peer.read_line();
    in += line.starts_with("* hello ");
    refused += line.starts_with("! max chat users");
  }
  BOOST_TEST(in == 1);
  BOOST_TEST(refused == 49);
}

BOOST_AUTO_TEST_CASE(what_is_no_mode_is_refused) {
  RunningRoom room(9);
  for (const char* line :
       {"hello\n", "\n", "GET / HTTP/1.1\r\n", "login please\n", "\x16\x03\x01\n"}) {
    BOOST_TEST(
        after_refusal(room.port(), line).starts_with("! expected login, register or resume"));
  }
}

BOOST_AUTO_TEST_CASE(credentials_of_a_wrong_form_are_refused_with_what_is_wrong) {
  RunningRoom room(9);
  const std::string long_name(33, 'n');
  const std::string long_password(512, 'p');
  for (const std::string& line :
       {std::string("ann"), std::string(",pw"), std::string("ann,"), std::string("a b,pw"),
        std::string("*,pw"), std::string("-ann,pw"), std::string("\xC3\xA4nn,pw"),
        long_name + ",pw", "ann," + long_password, std::string("ann,p\x01w"),
        std::string("ann,\xFF"), std::string(5000, 'x')}) {
    BOOST_TEST(
        after_refusal(room.port(), "register\n" + line + "\n").starts_with("! wrong format: "));
  }
}

BOOST_AUTO_TEST_CASE(the_longest_name_and_password_are_taken) {
  RunningRoom room(9);
  const std::string name(32, 'n');
  BOOST_TEST(Peer::answer_to(room.port(), "register", name + "," + std::string(511, 'p')) ==
             "* hello " + name);
}

BOOST_AUTO_TEST_CASE(credentials_without_a_line_end_before_a_half_close_count) {
  RunningRoom room(9);
  Peer ann(room.port());
  ann.send("register\nann,pw");
  ann.half_close();
  ann.read_until("* ann has entered the chat");
}

BOOST_AUTO_TEST_CASE(who_does_not_come_in_before_the_deadline_is_told_and_closed) {
  auto config = RunningRoom::config_of(9);
  config.login_timeout = std::chrono::milliseconds(300);
  RunningRoom room(config, {});
  const auto start = chat::Clock::now();
  Peer silent(room.port());
  BOOST_TEST(silent.read_until("! ").starts_with("! login timed out"));
  BOOST_TEST(silent.ends());
  BOOST_TEST((chat::Clock::now() - start >= config.login_timeout));
}

BOOST_AUTO_TEST_CASE(bytes_that_trickle_in_do_not_move_the_login_deadline) {
  auto config = RunningRoom::config_of(9);
  config.login_timeout = std::chrono::milliseconds(300);
  RunningRoom room(config, {});
  Peer slow(room.port());
  slow.read_until("* Welcome");
  const auto start = chat::Clock::now();
  std::string refusal;
  std::vector<char> bytes(1000);
  while (refusal.find('\n') == std::string::npos) {
    BOOST_REQUIRE((chat::Clock::now() - start < kPatience));
    if (refusal.empty()) slow.send("x");
    const auto received =
        slow.socket().receive_until(bytes, chat::Clock::now() + std::chrono::milliseconds(20));
    refusal.append(bytes.data(), received.bytes);
  }
  BOOST_TEST(refusal.starts_with("! login timed out"));
}

BOOST_AUTO_TEST_CASE(tagged_lines_can_be_asked_for_only_so_often_before_coming_in) {
  RunningRoom room(4);
  Peer peer(room.port());
  std::string requests;
  for (int i = 0; i < chat::kMaxTagRequests; ++i) requests += "/tagged\n";
  peer.send(requests + "register\nann,pw\n");
  peer.read_until("1\t");  // the arrival
  Peer endless(room.port());
  endless.send(requests + requests);
  BOOST_TEST(endless.read_all().back().ends_with("expected login, register or resume"));
}

BOOST_AUTO_TEST_CASE(one_who_is_in_is_not_bound_by_the_login_deadline) {
  auto config = RunningRoom::config_of(9);
  config.login_timeout = std::chrono::seconds(2);  // ann has to be in before that
  RunningRoom room(config, {});
  Peer ann = Peer::registered(room.port(), "ann");
  Peer silent(room.port());
  silent.read_until("! login timed out");
  ann.say("still here");
  BOOST_TEST(ann.read_line() == "ann: still here");
}

BOOST_AUTO_TEST_CASE(a_refused_client_that_keeps_sending_still_gets_the_refusal) {
  RunningRoom room(1);
  const Peer ann = Peer::registered(room.port(), "ann");
  Peer ben(room.port());
  ben.send("register\nben,pw\n" + std::string(20'000, 'x') + "\n");
  ben.read_until("! max chat users");
}

// PuTTY's way of connecting by telnet sends this first.
BOOST_AUTO_TEST_CASE(telnet_commands_are_skipped_before_the_first_word_and_refused_once_later) {
  RunningRoom room(4);
  const std::string naws("\xFF\xFA\x1F\x00\x50\x00\x18\xFF\xF0", 9);
  const std::string wishes = "\xFF\xFB\x1F\xFF\xFB\x20\xFF\xFD\x01\xFF\xF1";
  Peer ann(room.port());
  ann.say(wishes + naws + "register");
  ann.read_until("* user,password?");
  ann.say("ann,pw");
  ann.read_until("* ann has entered the chat");
  ann.say(wishes);
  BOOST_TEST(ann.read_line().starts_with("! telnet commands are not understood"));
  ann.say(wishes);
  ann.say("hello");
  BOOST_TEST(ann.read_line() == "ann: hello");
  ann.say(naws + "lost?");
  BOOST_TEST(ann.read_line().starts_with("! telnet commands are not understood"));
}

BOOST_AUTO_TEST_SUITE_END()
