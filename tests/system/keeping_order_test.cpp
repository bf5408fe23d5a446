// What operators, and those who are none, cannot do: lock the operators out, go on when they are
// operators no more, forge a line, mistype a time, or change what cannot be written down.
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/text.hpp"
#include "chat/room/limits.hpp"
#include "chat/session/limits.hpp"
#include "chat/storage/room_storage.hpp"
#include "chat/storage/stored.hpp"
#include "chat/wire/command_table.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/rounds.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/served.hpp"
#include "tests/support/threads.hpp"

namespace {

using Lines = std::vector<std::string>;

std::string answer(Peer& who, const std::string& line) {
  who.say(line);
  return who.read_line();
}

// ann and bob, who are operators; dan, an account; and ben, who is registered.
struct Crew {
  Crew() : room(config(), {{"ann", "pw"}, {"bob", "pw"}, {"dan", "pw"}}) {
    room.accounts().change([](chat::PasswordStorage& accounts) {
      accounts.set_operator("ann", true);
      accounts.set_operator("bob", true);
    });
    for (const char* name : {"ann", "bob", "dan"}) come_in("login", name);
    come_in("register", "ben");
    for (auto& [name, peer] : people) {
      if (name != "ben") peer->read_until("* ben has entered");
    }
  }

  static constexpr const char* kProxy = "127.0.0.9";  // trusted
  static chat::ServerConfig config() {
    auto config = RunningRoom::config_of(20);
    config.trusted_proxy = chat::TrustedProxy::parse(kProxy);
    return config;
  }

  // Of another address.
  Peer stranger(const std::string& address) { return Peer::through(kProxy, address, room.port()); }
  Peer registered(const std::string& address, const std::string& name) {
    return Peer::registered(stranger(address), name);
  }

  void come_in(const std::string& mode, const std::string& name) {
    people[name] = std::make_unique<Peer>(mode == "login" ? Peer::logged_in(room.port(), name, "pw")
                                                          : Peer::registered(room.port(), name));
  }
  Peer& operator[](const std::string& name) { return *people.at(name); }

  // Everyone has heard all up to here, and nobody a line that the server sends of itself.
  void check_nothing_was_told() {
    (*this)["dan"].say("quiet?");
    for (auto& [name, peer] : people) BOOST_TEST(peer->read_line() == "dan: quiet?", name);
  }

  RunningRoom room;
  std::map<std::string, std::unique_ptr<Peer>> people;
};

// Says so much that `peer`, who is called `name` and does not read, takes no more: what concerns it
// does not reach it, and its worker does not leave; for kLeaveTimeout from then on.
void fill(Crew& crew, Peer& peer, const std::string& name) {
  const int small = 4096;
  (void)::setsockopt(peer.socket().descriptor().get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  Peer writer = Peer::registered(crew.room.port(), "writer");
  const std::string text(4000, 'x');
  for (std::string line; !line.starts_with("! " + name + " does not read");) {
    writer.say("/msg " + name + " " + text);
    line = writer.read_line();
  }
  writer.half_close();
  (void)writer.read_all();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(keeping_order)

BOOST_AUTO_TEST_CASE(a_ban_that_would_hold_for_an_operator_is_refused_however_it_is_written) {
  Crew crew;
  for (const char* name : {"bob", "BOB", "b0b", "B0B"}) {
    BOOST_TEST(answer(crew["ann"], std::string("/ban ") + name) == "! bob is an operator", name);
  }
  BOOST_TEST(answer(crew["bob"], "/ban b0b") == "! that is you");
  crew.check_nothing_was_told();
  BOOST_TEST(answer(crew["ann"], "/bans") == "* nobody is banned");
}

BOOST_AUTO_TEST_CASE(a_mistyped_address_is_no_name_unless_somebody_has_it) {
  Crew crew;
  for (const char* target :
       {"192.0.2.300", "192.0.2.1/33", "1.2.3.4.5/8", "2001:db8::/x", "::g", "192.0.2", "192.0.2.",
        "192.0.2.77.", "192.0.2.70-80", "192.0.2.*", "192.0.2.x", "192.0.2.7:x", "[2001:db8::7",
        "192.0.2.0-192.0.2.255", "2001:db8:*", "192.0.2.0/255.255.255.0"}) {
    const std::string line = answer(crew["ann"], "/ban " + std::string(target));
    BOOST_TEST(line ==
                   "! it is neither a name nor an address, as 192.0.2.7, 192.0.2.0/24 or "
                   "2001:db8::/64",
               target);
  }
  BOOST_TEST(answer(crew["ann"], "/ban unix:ann") ==
             "! who comes by a Unix socket has no address: ban the name");
  crew.check_nothing_was_told();
  BOOST_TEST(answer(crew["ann"], "/bans") == "* nobody is banned");
  for (const char* name : {"192.0.2.300", "192.0.2", "192.0.2.70-80", "192.0.2.7"}) {
    Peer named = Peer::registered(crew.room.port(), name);
    crew["ann"].say("/ban " + std::string(name));
    BOOST_TEST(named.read_until("! ") == "! you are banned");
    BOOST_TEST(crew["ann"].read_until("* " + std::string(name) + " is kept") ==
               "* " + std::string(name) + " is kept out, as a name, not as an address");
  }
  BOOST_TEST(crew.stranger("192.0.2.7").read_line().starts_with("* Welcome"));
}

BOOST_AUTO_TEST_CASE(what_whois_says_of_where_somebody_comes_from_can_be_banned_and_let_in) {
  Crew crew;
  for (const auto& [address, target] : {std::pair{"203.0.113.7", "203.0.113.7"},
                                        std::pair{"2001:db8:0:1::7", "2001:db8:0:1::/64"}}) {
    const std::string name = std::string(address).find(':') == std::string::npos ? "eve" : "fay";
    Peer eve = crew.registered(address, name);
    crew["ann"].say("/whois " + name);
    const std::string line = crew["ann"].read_until("* " + name + ": registered");
    const std::string from = line.substr(line.rfind(' ') + 1);
    crew["ann"].say("/ban " + from);
    BOOST_TEST(crew["ann"].read_until("* " + std::string(target)).ends_with(" is kept out"));
    BOOST_TEST(eve.read_until("! ") == "! you are banned");
    BOOST_TEST(crew.stranger(address).read_line() == "! you are banned");
    crew["ann"].say("/unban " + from);
    BOOST_TEST(crew["ann"].read_until("* " + std::string(target)).ends_with(" is let in"));
    BOOST_TEST(crew.stranger(address).read_line().starts_with("* Welcome"));
  }
  // Of IPv6 a customer has a whole network.
  crew["ann"].say("/ban 2001:db8:0:1::7");
  crew["ann"].read_until("* 2001:db8:0:1::/64 is kept out");
  BOOST_TEST(crew.stranger("2001:db8:0:1:9::1").read_line() == "! you are banned");
  BOOST_TEST(crew.stranger("2001:db8:0:2::7").read_line().starts_with("* Welcome"));
  crew["ann"].say("/ban 2001:db8:0:2::7/128");
  crew["ann"].read_until("* 2001:db8:0:2::7 is kept out");
  BOOST_TEST(crew.stranger("2001:db8:0:2::7").read_line() == "! you are banned");
  BOOST_TEST(crew.stranger("2001:db8:0:2::8").read_line().starts_with("* Welcome"));
}

BOOST_AUTO_TEST_CASE(no_ban_reaches_this_machine_the_trusted_proxy_or_an_operator) {
  Crew crew;
  crew["ann"].say("/account add eve\tpw\n/account operator eve");
  crew["ann"].read_until("* eve is an operator");
  const Peer far = Peer::logged_in(crew.stranger("203.0.113.7"), "eve");
  for (auto& [name, peer] : crew.people) peer->read_until("* eve has entered");
  for (const char* target :
       {"127.0.0.1", "127.0.0.2", "127.0.0.0/8", "127.1.2.0/24", "::1", "::", "::/0", "::1/128",
        "::ffff:127.0.0.2", "[::1]:3490", "127.0.0.2:51820", "126.0.0.0/7"}) {
    const std::string line = answer(crew["ann"], "/ban " + std::string(target));
    BOOST_TEST((line == "! that is this machine" || line == "! that is the trusted proxy"), target);
  }
  BOOST_TEST(answer(crew["ann"], "/ban 127.0.0.9") == "! that is the trusted proxy");
  for (const char* target : {"203.0.113.7", "203.0.113.0/24", "203.0.113.7:51820"}) {
    BOOST_TEST(answer(crew["ann"], "/ban " + std::string(target)) ==
               "! operator eve comes from there");
  }
  crew.check_nothing_was_told();
  // Nor does one that somebody wrote into the file.
  crew.room.storage().change([](chat::RoomStorage& storage) {
    for (const char* range : {"0.0.0.0/0", "::/0"}) {
      storage.ban({"", chat::AddressRange::parse(range), std::nullopt, "ann", ""},
                  std::chrono::system_clock::now());
    }
  });
  BOOST_TEST(Peer::answer_to(crew.room.port(), "register", "x,pw") == "* hello x");
  BOOST_TEST(Peer::from("127.0.0.2", crew.room.port()).read_line().starts_with("* Welcome"));
  Peer proxy = Peer::from(Crew::kProxy, crew.room.port());
  proxy.send("PROXY UNKNOWN\r\n");
  BOOST_TEST(proxy.read_line().starts_with("* Welcome"));
  BOOST_TEST(crew.stranger("127.0.0.1").read_line().starts_with("* Welcome"));
  BOOST_TEST(crew.stranger("203.0.113.8").read_line() == "! you are banned");
}

BOOST_AUTO_TEST_CASE(the_room_is_told_what_name_is_banned_and_no_address) {
  Crew crew;
  Peer eve = crew.registered("203.0.113.7", "eve");
  crew["ann"].say(
      "/ban 203.0.113.7 5 spam\n/unban 203.0.113.7\n/ban 2001:db8::/32\n/ban fay\n"
      "/unban fay\n/unban 2001:db8::/32\nthe end");
  crew["dan"].read_until("* eve has entered");
  BOOST_TEST(crew["dan"].read_line().starts_with("* ann has banned an address until 20"));
  BOOST_TEST(crew["dan"].transcript().back().ends_with(": spam"));
  Lines lines;
  for (std::string line; (line = crew["dan"].read_line()) != "ann: the end";) {
    if (line != "* eve has left the chat") lines.push_back(line);
  }
  BOOST_TEST(
      lines == (Lines{"* ann has lifted the ban of an address", "* ann has banned an address",
                      "* ann has banned fay", "* ann has lifted the ban of fay",
                      "* ann has lifted the ban of an address"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_is_banned_does_not_become_an_operator) {
  Crew crew;
  Peer& ann = crew["ann"];
  BOOST_TEST(answer(ann, "/ban DAN") == "* ann has banned DAN");
  ann.say("/account operator dan");
  BOOST_TEST(ann.read_until("! ") == "! dan is banned");
  ann.say("/unban dan\n/account operator dan");
  ann.read_until("* dan is let in");
  ann.read_until("* ann has made dan an operator");
}

BOOST_AUTO_TEST_CASE(who_is_no_operator_any_more_does_nothing_of_an_operators) {
  Crew crew;
  crew["ann"].say("/account operator bob");
  BOOST_TEST(crew["bob"].read_line() == "* ann has made bob no operator any more");
  BOOST_TEST(answer(crew["bob"], "/account add eve\tword") == "! /account is for operators");
  BOOST_TEST(Peer::answer_to(crew.room.port(), "login", "eve,word") ==
             "! wrong username or password");
  for (const chat::CommandEntry& entry : chat::command_table()) {
    if (entry.access != chat::Access::kOperators) continue;
    const std::string name(entry.name);
    BOOST_TEST(answer(crew["bob"], name + " ben 1 x") == "! " + name + " is for operators");
  }
  BOOST_TEST(answer(crew["bob"], "/topic mine").starts_with("! "));
}

// Who registers the name of what becomes an operator's account is none.
BOOST_AUTO_TEST_CASE(who_has_registered_a_name_makes_way_for_the_account_that_gets_it) {
  for (const std::string name : {"BEN", "B3N", "Be-n"}) {
    const bool alike = chat::name_skeleton(name) == chat::name_skeleton("ben");
    Crew crew;
    crew["ann"].say("/account add " + name + "\tword");
    crew["ann"].read_until("* there is an account " + name + " now");
    if (!alike) continue;
    crew["ann"].read_until("* who was registered by a name like that has to leave: ben");
    crew["ann"].say("/account operator " + name);
    BOOST_TEST(crew["ben"].read_line() == "! your name looks like an account's now");
    BOOST_TEST(crew["ben"].ends());
    Peer account = Peer::logged_in(crew.room.port(), name, "word");
    account.say("/stats");
    account.read_until("* online 4: 4 of 4 accounts");
  }
}

// It reads nothing, so that it hears of nothing and its worker has not left yet.
BOOST_AUTO_TEST_CASE(a_look_alike_that_does_not_read_does_not_keep_the_account_out) {
  Crew crew;
  Peer alike = Peer::registered(crew.room.port(), "e-ve");
  fill(crew, alike, "e-ve");
  crew["ann"].say("/account add e_ve\tword");
  crew["ann"].read_until("* who was registered by a name like that has to leave: e-ve");
  Peer account = Peer::logged_in(crew.room.port(), "e_ve", "word");
  BOOST_TEST(crew["ann"].read_until("* e") == "* e-ve has left the chat");
  BOOST_TEST(crew["ann"].read_line() == "* e_ve has entered the chat");
}

// The old one has lost its rights, however much it has sent ahead, and does not keep the new one
// out.
BOOST_AUTO_TEST_CASE(who_gets_the_name_of_a_removed_operator_is_another_one) {
  Crew crew;
  fill(crew, crew["bob"], "bob");
  crew["ann"].say("/account remove bob\n/account add bob\tword");
  crew["ann"].read_until("* there is an account bob now");
  (void)crew["bob"].socket().send_all("/account operator bob\n/kick ann\nI am bob\n");
  Peer bob = Peer::logged_in(crew.room.port(), "bob", "word");
  bob.say("/stats");
  BOOST_TEST(bob.read_until("! ") == "! /stats is for operators");
  crew["ann"].say("/whois bob");
  crew["ann"].read_until("* bob: account, since");
  for (const std::string& line : crew["ann"].transcript()) BOOST_TEST(line != "bob: I am bob");
}

BOOST_AUTO_TEST_CASE(who_is_kicked_and_does_not_read_cannot_resume) {
  Crew crew;
  const auto start = chat::Clock::now();
  fill(crew, crew["ben"], "ben");
  fill(crew, crew["dan"], "dan");
  crew["ann"].say("/kick ben spam\n/kick dan");
  crew["ann"].read_until("* dan has to leave");
  for (const auto& [name, line] : {std::pair{"ben", "! you were kicked by ann: spam"},
                                   std::pair{"dan", "! you were kicked by ann"}}) {
    const std::string credentials = std::string(name) + ",pw";
    const std::string answer = Peer::answer_to(crew.room.port(), "resume", credentials);
    // Later its worker may have left, on a busy machine.
    if (chat::Clock::now() - start < chat::kLeaveTimeout) BOOST_TEST(answer == line);
  }
  crew["ben"].close();
  crew["ann"].read_until("* ben has left the chat");
  BOOST_TEST(Peer::answer_to(crew.room.port(), "resume", "ben,pw") == "* hello ben");
}

BOOST_AUTO_TEST_CASE(a_reply_never_reaches_another_one_who_has_the_name_since) {
  Crew crew;
  crew["ben"].say("/msg dan psst");
  crew["dan"].read_until("ben -> dan: psst");
  Peer again(crew.room.port());
  BOOST_TEST(again.answer("resume", "ben,pw") == "* hello ben");
  crew["dan"].say("/reply you again?");
  again.read_until("dan -> ben: you again?");
  crew["dan"].read_until("dan -> ben: you again?");
  again.half_close();
  crew["dan"].read_until("* ben has left");
  BOOST_TEST(answer(crew["dan"], "/reply a secret") == "! ben has left");
  crew.come_in("register", "ben");
  crew["dan"].read_until("* ben has entered");
  BOOST_TEST(answer(crew["dan"], "/reply a secret") == "! ben has left");
  BOOST_TEST(answer(crew["ben"], "hello") == "ben: hello");
}

// Without the step in which they come in some would be in behind its back.
BOOST_AUTO_TEST_CASE(nobody_comes_in_behind_a_ban) {
  Crew crew;
  for (int round = 0; round < rounds(50, 500); ++round) {
    std::vector<Peer> coming;
    for (int i = 0; i < 4; ++i) {
      coming.push_back(crew.stranger("203.0.113." + std::to_string(7 + i)));
      coming.back().send(i % 2 == 0 ? "register\n" : "resume\n");
      coming.back().read_until("* user,password?");
    }
    std::thread banning(
        [&] { crew["ann"].say(round % 2 == 0 ? "/ban 203.0.113.0/28" : "/ban eve\n/ban fay"); });
    for (std::size_t i = 0; i < coming.size(); ++i) {
      coming[i].send(i % 2 == 0 ? "eve,pw\n" : "fay,pw\n");
    }
    banning.join();
    crew["ann"].read_until(round % 2 == 0 ? "* 203.0.113.0/28 is kept" : "* fay is kept");
    for (Peer& peer : coming) {
      const auto lines = peer.read_all();  // ends
      BOOST_REQUIRE(!lines.empty());
      BOOST_TEST((lines.back().starts_with("! you are banned") ||
                  lines.back().starts_with("! username is already used") ||
                  lines.back().starts_with("! your session goes on")),
                 lines.back());
    }
    crew["ann"].say(round % 2 == 0 ? "/unban 203.0.113.0/28" : "/unban eve\n/unban fay");
    crew["ann"].read_until(round % 2 == 0 ? "* 203.0.113.0/28 is let" : "* fay is let");
  }
}

BOOST_AUTO_TEST_CASE(who_is_muted_publishes_nothing_by_any_command) {
  Crew crew;
  crew["ann"].say("/mute ben\n/mute bob\n/msg bob psst");
  crew["bob"].read_until("ann -> bob: psst");
  for (const char* line : {"hello", "//hello", "/me waves", "/msg dan psst", "/reply psst",
                           "/away at lunch", "/topic cats", "/motd dogs"}) {
    crew["bob"].say(line);
    BOOST_TEST(crew["bob"].read_until("! ").starts_with("! you are muted until 20"), line);
  }
  crew["ben"].say("/away buy at example.org");
  BOOST_TEST(crew["ben"].read_until("! ").starts_with("! you are muted until 20"));
  BOOST_TEST(answer(crew["ben"], "/away") == "* you are away; /back says that you are back");
  crew["dan"].say("/who\n/msg ben hello\n/topic\n/motd");
  crew["dan"].read_until("* there is no topic");
  crew["dan"].read_until("* there is no message of the day");
  for (const std::string& line : crew["dan"].transcript()) {
    BOOST_TEST(line.find("example.org") == std::string::npos, line);
    BOOST_TEST(line.find("lunch") == std::string::npos, line);
  }
}

BOOST_AUTO_TEST_CASE(a_mute_is_not_left_by_registering_again) {
  Crew crew;
  int said = 0;
  const auto is_muted = [&](Peer& peer) {
    const std::string text = "hello " + std::to_string(++said);
    peer.say(text);
    while (true) {
      const std::string line = peer.read_line();
      if (line.ends_with(": " + text)) return false;
      if (line.starts_with("! you are muted until 20")) return true;
    }
  };
  Peer eve = crew.registered("203.0.113.7", "eve");
  Peer other = crew.registered("203.0.113.7", "other");
  Peer bystander = crew.registered("203.0.113.8", "bystander");
  crew["ann"].say("/mute eve");
  crew["ann"].read_until("* eve can say nothing for 10 min");
  BOOST_TEST(crew["ann"].read_line() ==
             "* nor can others, by their name or where they come from: other");
  BOOST_TEST(is_muted(eve));
  BOOST_TEST(is_muted(other));
  BOOST_TEST(!is_muted(bystander));
  eve.half_close();
  crew["ann"].read_until("* eve has left");
  Peer again = crew.registered("203.0.113.7", "innocent");  // by another name
  BOOST_TEST(is_muted(again));
  Peer alike = crew.registered("2001:db8::7", "EVE");  // from elsewhere
  BOOST_TEST(is_muted(alike));
  Peer resumed = crew.stranger("198.51.100.7");
  BOOST_TEST(resumed.answer("resume", "innocent,pw") == "* hello innocent");
  BOOST_TEST(is_muted(resumed));
  crew["ann"].say("/unmute eve");
  crew["ann"].read_until("* EVE can speak again");
  BOOST_TEST(!is_muted(alike));
  BOOST_TEST(!is_muted(other));
  Peer fay = crew.registered("203.0.113.7", "fay");
  BOOST_TEST(!is_muted(fay));
  crew["ann"].say("/unmute nobody\n/unmute innocent");
  crew["ann"].read_until("! nobody is not here");
  crew["ann"].read_until("* innocent can speak again");
  BOOST_TEST(!is_muted(resumed));
}

// Where many come from, a mute is of the name.
BOOST_AUTO_TEST_CASE(a_mute_of_one_on_this_machine_or_behind_the_proxy_is_nobody_elses) {
  Crew crew;
  Peer proxied = Peer::from(Crew::kProxy, crew.room.port());
  proxied.send("PROXY UNKNOWN\r\n");
  Peer eve = Peer::registered(std::move(proxied), "eve");
  Peer other = Peer::from(Crew::kProxy, crew.room.port());
  other.send("PROXY UNKNOWN\r\n");
  Peer fay = Peer::registered(std::move(other), "fay");
  crew["ann"].say("/mute eve\n/mute ben");
  crew["ann"].read_until("* ben can say nothing");
  crew["dan"].say("hello");
  crew["dan"].read_until("dan: hello");
  fay.say("hello");
  fay.read_until("fay: hello");
  eve.say("hello");
  BOOST_TEST(eve.read_until("! ").starts_with("! you are muted until 20"));
}

// A slip of the finger is neither a reason nor the whole of the time there is.
BOOST_AUTO_TEST_CASE(what_looks_like_minutes_and_is_none_is_refused_and_nothing_happens) {
  Crew crew;
  for (const std::string time : {"5m", "-5", "+5", "1.5", "99999999", "99999999999999999999999"}) {
    for (const std::string command : {"/shutdown ", "/mute ben ", "/ban ben ", "/ban 192.0.2.1 "}) {
      BOOST_TEST(answer(crew["ann"], command + time).starts_with("! "), command << time);
    }
  }
  BOOST_TEST(answer(crew["ann"], "/mute ben for ever").starts_with("! "));
  BOOST_TEST(answer(crew["ann"], "/shutdown off").starts_with("! "));
  BOOST_TEST(answer(crew["ann"], "/bans") == "* nobody is banned");
  BOOST_TEST(answer(crew["ben"], "I can speak") == "ben: I can speak");
}

BOOST_AUTO_TEST_CASE(who_just_left_can_be_told_nothing_and_nothing_is_done_to_them) {
  Crew crew;
  crew["ben"].half_close();
  for (const char* name : {"ann", "bob", "dan"}) crew[name].read_until("* ben has left");
  crew.people.erase("ben");
  for (const std::string command : {"/kick", "/mute", "/unmute", "/whois"}) {
    BOOST_TEST(answer(crew["ann"], command + " ben") == "! ben is not here", command);
  }
  BOOST_TEST(answer(crew["ann"], "/msg ben hello") == "! ben is not here");
  crew.check_nothing_was_told();
}

// Whatever it is that the room repeats of what somebody types.
BOOST_AUTO_TEST_CASE(nothing_that_is_typed_becomes_a_line_of_anybody_else) {
  const std::vector<std::string> forged{"x\r* bob has left the chat",
                                        "x\xC2\x85! you were kicked",
                                        "x\xE2\x80\xA8"
                                        "dan: I quit",
                                        "\x1B[2K\x1B[1G* the server is shutting down",
                                        "\xE2\x80\xAE* ann",
                                        "* dan has left the chat"};
  const std::vector<std::string> commands{"/me ",      "/msg dan ",     "/reply ", "/away ",
                                          "/topic ",   "/kick ",        "/ban ",   "/unban ",
                                          "/ignore ",  "/unignore ",    "/whois ", "/mute ",
                                          "/account ", "/account add ", "/help ",  "/since ",
                                          "/quiet ",   "/shutdown off", "/",       ""};
  Crew crew;
  crew["dan"].say("/msg ann so that there is whom to reply to");
  crew["ann"].read_until("dan -> ann: ");
  for (const std::string& text : forged) {
    for (const std::string& command : commands) crew["ann"].say(command + text);
    crew["ann"].say("/kick nobody " + text + "\n/mute ben 1 " + text + "\n/motd " + text);
    crew["ann"].say("/ban 192.0.2.7 5 " + text + "\n/kick ben " + text);
    crew["ann"].read_until("* ben has left");
    crew.come_in("register", "ben");
  }
  crew["ann"].say("the end");
  for (auto& [name, peer] : crew.people) {
    peer->read_until("ann: the end");
    for (const std::string& line : peer->transcript()) {
      BOOST_TEST(!chat::needs_neutralising(line), line);
      // What the room says of others it says of ben, who came and went.
      for (const char* never : {"dan: I", "* bob has left", "* dan has left", "! you were kicked\n",
                                "* the server is shutting"}) {
        BOOST_TEST(!line.starts_with(never), line);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(errors_repeat_no_half_of_a_character) {
  Crew crew;
  std::string name(31, 'x');
  for (int i = 0; i < 40; ++i) name += "\xC3\xA4";
  for (const chat::CommandEntry& entry : chat::command_table()) {
    if (entry.command == chat::Command::kQuit || entry.command == chat::Command::kTagged) continue;
    for (const std::string begin : {"", "x"}) {
      crew["ann"].say(std::string(entry.name) + " " + begin + name);
      crew["ann"].say("/" + begin + name);
    }
    crew["ann"].say("");  // an answer where it asks
  }
  crew["ann"].say("/time");
  crew["ann"].read_until("* it is 20");
  for (const std::string& line : crew["ann"].transcript()) BOOST_TEST(chat::is_utf8(line), line);
}

namespace {

struct Files {
  explicit Files(const std::string& maximum = "4") : accounts(folder.file("accounts")) {
    write({{"ann", ":operator"}, {"dan", ""}});
    served = std::make_unique<Served>(
        Lines{"--max-users", maximum, "--rate", "0", "--accounts", accounts});
  }
  void write(const std::vector<std::pair<std::string, std::string>>& entries) const {
    std::string text;
    for (const auto& [name, mark] : entries) text += name + ":" + hash + mark + "\n";
    folder.write("accounts", text);
  }

  const std::string hash = cheap_hash("pw");
  TemporaryFolder folder;
  const std::string accounts;
  std::unique_ptr<Served> served;
};

}  // namespace

// What somebody else has written into the file meanwhile comes along with the next change: it has
// to fit just as if it had come by SIGHUP.
BOOST_AUTO_TEST_CASE(accounts_that_come_along_with_a_change_of_password_have_seats) {
  const Files files("3");
  Peer dan = Peer::logged_in(files.served->port, "dan", "pw");
  {
    Peer ben = Peer::registered(files.served->port, "ben");
    files.write({{"ann", ":operator"}, {"dan", ""}, {"eve", ""}});
    dan.read_until("* ben has entered");
    dan.say("/password pw\tnew");
    BOOST_TEST(dan.read_until("! ").starts_with("! 3 accounts and 1 who are registered now"));
    BOOST_TEST(Peer::answer_to(files.served->port, "login", "eve,pw") ==
               "! wrong username or password");
  }
  dan.read_until("* ben has left");
  dan.say("/password pw\tnew");
  dan.read_until("* your password is changed");
  BOOST_TEST(Peer::answer_to(files.served->port, "register", "ben,pw") == "! max chat users");
  Peer eve = Peer::logged_in(files.served->port, "eve", "pw");
}

BOOST_AUTO_TEST_CASE(a_change_of_accounts_that_cannot_be_written_is_told_and_has_not_happened) {
  Files files("9");
  Peer ann = Peer::logged_in(files.served->port, "ann", "pw");
  Peer dan = Peer::logged_in(files.served->port, "dan", "pw");
  Peer ben = Peer::registered(files.served->port, "ben");
  ann.read_until("* ben has entered");
  dan.read_until("* ben has entered");
  // As on a full disk: of no file of this process can be written a byte. Its log is a pipe.
  rlimit before{};
  BOOST_REQUIRE(::prlimit(files.served->program.pid(), RLIMIT_FSIZE, nullptr, &before) == 0);
  const rlimit none{0, before.rlim_max};
  BOOST_REQUIRE(::prlimit(files.served->program.pid(), RLIMIT_FSIZE, &none, nullptr) == 0);
  const std::string why = "File too large";
  for (const std::string command : {"/account remove dan", "/account operator dan"}) {
    const std::string line = answer(ann, command);
    BOOST_TEST(line.starts_with("! "), command << ": " << line);
    BOOST_TEST(line.find(why) != std::string::npos, command << ": " << line);
  }
  BOOST_TEST(answer(ann, "/account add eve\tpw").find(why) != std::string::npos);
  dan.say("/password pw\tnew");
  BOOST_TEST(dan.read_until("! ").find(why) != std::string::npos);
  BOOST_TEST(answer(ben, "here") == "ben: here");
  BOOST_TEST(ann.read_line() == "ben: here");
  BOOST_REQUIRE(::prlimit(files.served->program.pid(), RLIMIT_FSIZE, &before, nullptr) == 0);
  BOOST_TEST(chat::Stored<chat::PasswordStorage>::load(files.accounts).login_users() == 2u);
}

BOOST_AUTO_TEST_CASE(what_protects_the_room_is_in_force_on_a_full_disk_and_stored_once_it_can_be) {
  Files files("9");
  Program& program = files.served->program;
  Peer ann = Peer::logged_in(files.served->port, "ann", "pw");
  Peer ben = Peer::registered(files.served->port, "ben");
  ann.read_until("* ben has entered");
  ann.say("/ban eve");
  ann.read_until("* eve is kept out");
  rlimit before{};
  BOOST_REQUIRE(::prlimit(program.pid(), RLIMIT_FSIZE, nullptr, &before) == 0);
  const rlimit none{0, before.rlim_max};
  BOOST_REQUIRE(::prlimit(program.pid(), RLIMIT_FSIZE, &none, nullptr) == 0);
  const std::string unstored = "! it is in force, but could not be stored yet: ";
  for (const char* command : {"/topic cats", "/motd dogs", "/ban ben", "/unban eve", "/close"}) {
    ann.say(command);
    const std::string line = ann.read_until("! ");
    BOOST_TEST(line.starts_with(unstored), command << ": " << line);
    BOOST_TEST(line.find("File too large") != std::string::npos);
  }
  ben.read_until("! you are banned");
  // The file that is reread knows nothing of it, and the new program would not either.
  program.signal(SIGHUP);
  program.read_errors_until("reloaded - - bans");
  program.signal(SIGUSR2);
  program.read_errors_until("not-handed-over");
  // That ben has left comes whenever it has.
  ann.say("/topic");
  ann.read_until("* topic: cats");
  ann.say("/bans");
  ann.read_until("* ben by ann");
  BOOST_TEST(Peer::answer_to(files.served->port, "register", "ben,pw").starts_with("! you are "));
  BOOST_TEST(Peer::answer_to(files.served->port, "register", "cid,pw") ==
             "! only accounts come in now");
  BOOST_REQUIRE(::prlimit(program.pid(), RLIMIT_FSIZE, &before, nullptr) == 0);
  ann.read_until("* what was in force only is stored now");
  const auto stored =
      chat::Stored<chat::RoomStorage>::load(chat::RoomStorage::file_beside(files.accounts));
  BOOST_TEST(stored.topic() == "cats");
  BOOST_TEST(stored.motd() == "dogs");
  BOOST_TEST(stored.closed());
  const auto bans = stored.bans(std::chrono::system_clock::now());
  BOOST_REQUIRE(bans.size() == 1u);
  BOOST_TEST(bans.front().name == "ben");
}

BOOST_AUTO_TEST_CASE(guesses_at_the_old_password_are_as_slow_as_those_at_the_door) {
  Crew crew;
  const std::string wrong = "! wrong password: nothing was changed";
  std::string last = wrong;
  int looked_at = 0;  // more, where a wait is over before the next try
  for (; last == wrong && looked_at < 3 * chat::kFreeGuesses; ++looked_at) {
    last = answer(crew["dan"], "/password wrong\tnew");
  }
  BOOST_TEST(looked_at > chat::kFreeGuesses);
  BOOST_TEST(last ==
             "! too many passwords are looked at just now, try again later: nothing was changed");
}

BOOST_AUTO_TEST_CASE(what_is_no_new_password_changes_nothing) {
  Crew crew;
  Peer& dan = crew["dan"];
  for (const std::string& bad : {std::string(512, 'x'), std::string("a\x01z"), std::string()}) {
    const std::string line = answer(dan, "/password pw\t" + bad);
    BOOST_TEST(line.ends_with("nothing was changed"), line);
  }
  BOOST_TEST(answer(dan, "/password pw\t" + std::string(5000, 'x')).starts_with("! line too long"));
  BOOST_TEST(answer(dan, "/password pw\t\xFF\xFE").starts_with("! not UTF-8"));
  BOOST_TEST(answer(dan, "/password pw\tann: psst") == "* your password is changed");
  dan.half_close();
  crew["ann"].read_until("* dan has left");
  for (const std::string& line : crew["ann"].transcript()) {
    BOOST_TEST(line.find("psst") == std::string::npos, line);
  }
  BOOST_TEST(Peer::answer_to(crew.room.port(), "login", "dan,ann: psst") == "* hello dan");
}

BOOST_AUTO_TEST_CASE(a_ban_and_a_mute_are_over_when_their_time_is) {
  Crew crew;
  crew["ann"].say("/ban ben 0\n/mute dan 0");
  crew["ann"].read_until("* dan can say nothing");
  crew["ann"].say("/bans");
  crew["ann"].read_until("* nobody is banned");
  crew["dan"].read_until("* ben has left");
  BOOST_TEST(Peer::answer_to(crew.room.port(), "register", "ben,pw") == "* hello ben");
  crew["dan"].say("I can speak");
  BOOST_TEST(crew["dan"].read_until("dan: ") == "dan: I can speak");
}

BOOST_AUTO_TEST_CASE(a_time_is_told_as_it_was_given) {
  Crew crew;
  BOOST_TEST(answer(crew["ann"], "/mute ben 90") == "* ann has muted ben for 90 min");
  BOOST_TEST(crew["ann"].read_line() == "* ben can say nothing for 90 min");
}

// By `resume`, as after a lost connection.
BOOST_AUTO_TEST_CASE(who_resumes_is_still_muted_and_away) {
  Crew crew;
  crew["ben"].say("/away at lunch");
  crew["ben"].read_until("* you are away");
  crew["ann"].say("/mute ben\n/msg ben psst");
  crew["ben"].read_until("ann -> ben: psst");
  Peer again(crew.room.port());
  BOOST_TEST(again.answer("resume", "ben,pw") == "* hello ben");
  again.say("hello");
  BOOST_TEST(again.read_until("! ").starts_with("! you are muted until"));
  crew["ann"].say("/unmute ben\n/whois ben");
  BOOST_TEST(crew["ann"].read_until("* ben: here").ends_with("away: at lunch"));
  again.read_until("* ann has unmuted ben");
  again.say("/reply yes");
  BOOST_TEST(again.read_line() == "ben -> ann: yes");
}

// Who goes anyhow, just as it is made to.
BOOST_AUTO_TEST_CASE(kicks_of_who_leaves_at_the_same_time_are_nobodys_trouble) {
  Crew crew;
  Peer& ann = crew["ann"];
  for (int round = 0; round < rounds(10, 100); ++round) {
    Lines names;
    std::vector<Peer> guests;
    for (int i = 0; i < 5; ++i) {
      names.push_back("guest" + std::to_string(i));
      guests.push_back(Peer::registered(crew.room.port(), names.back()));
    }
    Threads leaving;
    leaving.start([&] {
      for (Peer& guest : guests) guest.say("/quit");
    });
    for (const std::string& name : names) ann.say("/kick " + name);
    leaving.join();
    int left = 0;
    while (left < 5) left += ann.read_until("* guest").ends_with("has left the chat") ? 1 : 0;
    for (Peer& guest : guests) (void)guest.read_all();
  }
  for (auto& [name, peer] : crew.people) {
    peer->say("still here");
    peer->read_until(name + ": still here");
  }
}

BOOST_AUTO_TEST_CASE(a_thousand_are_sent_away_at_once) {
  constexpr std::size_t kMembers = 1000;
  chat::PasswordStorage accounts;
  accounts.add("ann", cheap_hash("pw"), true);
  auto config = RunningRoom::config_of(kMembers + 2);
  config.trusted_proxy = chat::TrustedProxy::parse("127.0.0.9");
  RunningRoom room(std::move(accounts), config);
  Peer ann = Peer::logged_in(room.port(), "ann", "pw");
  Peer ben = Peer::registered(room.port(), "ben");
  std::vector<Peer> members;
  for (std::size_t i = 0; i < kMembers; ++i) {
    // Of several addresses: one alone may not come in so often.
    const std::string address = "203.0.113." + std::to_string(100 + i % 4);
    members.push_back(Peer::through("127.0.0.9", address, room.port()));
    members.back().send("register\nm" + std::to_string(i) + ",pw\n/time\n");
    members.back().read_until("* it is 20");
  }
  ann.say("/ban 203.0.113.0/24 flood");
  for (Peer& member : members) {
    BOOST_TEST(member.read_until("! ") == "! you are banned: flood");
    BOOST_TEST(member.ends());
  }
  for (std::size_t left = 0; left < kMembers;) {
    left += ben.read_until("* m").ends_with("has left the chat") ? 1U : 0U;
  }
  ann.say("/stats");
  BOOST_TEST(ann.read_until("* online 2: 1 of 1 accounts, 1 of ") != "");
}

BOOST_AUTO_TEST_SUITE_END()
