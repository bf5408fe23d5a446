// The commands of the room, each by itself: what it does, who may not, and what is wrong with it.
#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "chat/base/text.hpp"
#include "chat/wire/command_table.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/threads.hpp"

namespace {

using Lines = std::vector<std::string>;

// ann is an operator, dan has an account, ben is registered.
struct Company {
  explicit Company(std::size_t max_users = 10) : Company(RunningRoom::config_of(max_users)) {}
  explicit Company(const chat::ServerConfig& config)
      : room(config, {{"Ann", "secret"}, {"dan", "word"}}) {
    room.accounts().change([](chat::PasswordStorage& a) { a.set_operator("ann", true); });
    ann = std::make_unique<Peer>(Peer::logged_in(room.port(), "Ann", "secret"));
    ben = std::make_unique<Peer>(Peer::registered(room.port(), "ben"));
    ann->read_until("* ben has entered");
  }

  // What `who` gets next, as an answer to `line`.
  static std::string answer(const std::unique_ptr<Peer>& who, const std::string& line) {
    who->say(line);
    return who->read_line();
  }

  RunningRoom room;
  std::unique_ptr<Peer> ann;
  std::unique_ptr<Peer> ben;
};

std::string refusal(std::uint16_t port, const std::string& mode, const std::string& credentials) {
  return Peer::answer_to(port, mode, credentials);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(commands)

BOOST_AUTO_TEST_CASE(help_lists_what_one_may_and_explains_each) {
  Company room;
  for (const bool is_operator : {false, true}) {
    const auto& who = is_operator ? room.ann : room.ben;
    who->say("/help");
    for (const chat::CommandEntry& entry : chat::command_table()) {
      const bool may = entry.access == chat::Access::kEveryone ||
                       (is_operator && entry.access != chat::Access::kClient);
      if (may) BOOST_TEST(who->read_line().starts_with("* " + std::string(entry.name)));
    }
    BOOST_TEST(who->read_line().starts_with("* //TEXT"));
    BOOST_TEST(room.answer(who, "/help KICK").starts_with("* /kick NAME"));
    BOOST_TEST(room.answer(who, "/help dance").starts_with("! there is no such command"));
  }
}

BOOST_AUTO_TEST_CASE(what_is_for_others_is_refused_and_what_lacks_its_arguments_too) {
  Company room;
  for (const chat::CommandEntry& entry : chat::command_table()) {
    const std::string name(entry.name);
    if (entry.access == chat::Access::kOperators) {
      BOOST_TEST(room.answer(room.ben, name + " ann x") == "! " + name + " is for operators");
    }
    if (!entry.arguments.starts_with('[') && !entry.arguments.empty()) {
      BOOST_TEST(room.answer(room.ann, name).starts_with("! "), name);
    }
  }
  BOOST_TEST(room.answer(room.ben, "/password") == "! /password is for accounts");
  BOOST_TEST(room.answer(room.ben, "/topic cats").starts_with("! operators"));
  BOOST_TEST(room.answer(room.ben, "/motd cats").starts_with("! operators"));
  BOOST_TEST(room.answer(room.ben, "hello") == "ben: hello");
  BOOST_TEST(room.ann->read_line() == "ben: hello");
}

BOOST_AUTO_TEST_CASE(who_and_whois_say_since_when_and_operators_from_where) {
  Company room;
  room.ben->say("/away at lunch");
  room.ben->read_until("* you are away");
  room.ann->say("/who");
  BOOST_TEST(room.ann->read_line() == "* online (2): Ann, ben");
  BOOST_TEST(room.ann->read_line().starts_with("* Ann: here "));
  BOOST_TEST(room.ann->read_line().ends_with(", away: at lunch"));
  BOOST_TEST(room.answer(room.ann, "/whois BEN").starts_with("* ben: registered, since 20"));
  BOOST_TEST(room.ann->transcript().back().find(", from 127.0.0.1:") != std::string::npos);
  room.ann->read_until("* ben: here");
  const std::string seen = room.answer(room.ben, "/whois ann");
  BOOST_TEST(seen.starts_with("* Ann: account, operator, since 20"));
  BOOST_TEST(seen.find("from") == std::string::npos);
  room.ben->read_until("* Ann: here");
  BOOST_TEST(room.answer(room.ben, "/whois cid") == "! cid is not here");
  BOOST_TEST(room.answer(room.ben, "/whois a b") == "! that is no name");
  BOOST_TEST(room.answer(room.ben, "/time").starts_with("* it is 20"));
}

// With many online it is one screen of names, in their order, until more is asked for.
BOOST_AUTO_TEST_CASE(who_of_many_tells_names_and_who_is_away_until_all_is_asked_for) {
  constexpr int kMembers = 150;
  RunningRoom room(kMembers);
  std::vector<Peer> members;
  std::string names;
  for (int i = kMembers; i > 0; --i) {
    members.push_back(
        Peer::registered(room.port(), (i % 2 == 0 ? "M" : "m") + std::to_string(1000 + i)));
  }
  for (int i = 1; i <= kMembers; ++i) {
    names += (i == 1 ? "" : ", ") + std::string(i % 2 == 0 ? "M" : "m") + std::to_string(1000 + i);
  }
  for (const std::size_t i : {3, 1}) {
    members[i].say("/away at lunch");
    members[i].read_until("* you are away");
  }
  Peer& last = members.back();
  last.say("/who");
  BOOST_TEST(last.read_line() == "* online (150): " + names);
  BOOST_TEST(last.read_line() == "* away (2): m1147, m1149");
  BOOST_TEST(last.read_line() == "* /who all says more of each");
  last.say("/WHO All");
  BOOST_TEST(last.read_line() == "* online (150): " + names);
  for (int i = 1; i <= kMembers; ++i) {
    const std::string line = last.read_line();
    const std::string name = (i % 2 == 0 ? "M" : "m") + std::to_string(1000 + i);
    BOOST_REQUIRE(line.starts_with("* " + name + ": here "));
    BOOST_TEST(line.ends_with(", away: at lunch") == (i == 147 || i == 149));
  }
  last.say("/who am I");
  BOOST_TEST(last.read_line() == "! it is /who [all]");
}

BOOST_AUTO_TEST_CASE(private_lines_reach_one_and_are_answered) {
  Company room;
  BOOST_TEST(room.answer(room.ben, "/reply hm") == "! nobody has written to you yet");
  BOOST_TEST(room.answer(room.ann, "/msg BEN psst: a  b") == "Ann -> ben: psst: a  b");
  BOOST_TEST(room.ben->read_line() == "Ann -> ben: psst: a  b");
  BOOST_TEST(room.answer(room.ben, "/reply yes?") == "ben -> Ann: yes?");
  BOOST_TEST(room.ann->read_line() == "ben -> Ann: yes?");
  BOOST_TEST(room.answer(room.ann, "/msg ann me") == "! that is you");
  BOOST_TEST(room.answer(room.ann, "/msg cid me") == "! cid is not here");
  BOOST_TEST(room.answer(room.ann, "/msg ben").starts_with("! it is /msg"));
  room.ben->say("/away " + std::string(201, 'x'));
  BOOST_TEST(room.ben->read_line() == "! an away message has at most 200 bytes");
  room.ben->say("/away for tea");
  room.ben->read_until("* you are away");
  BOOST_TEST(room.answer(room.ann, "/msg ben tea?") == "Ann -> ben: tea?");
  BOOST_TEST(room.ann->read_line() == "* ben is away: for tea");
  room.ben->half_close();
  room.ann->read_until("* ben has left");
  BOOST_TEST(room.answer(room.ann, "/msg ben tea?") == "! ben is not here");
}

BOOST_AUTO_TEST_CASE(me_is_a_line_of_its_own_that_no_text_imitates) {
  Company room;
  BOOST_TEST(room.answer(room.ben, "/me waves \x1B[2J") == "~ ben waves \xEF\xBF\xBD[2J");
  BOOST_TEST(room.ann->read_line() == "~ ben waves \xEF\xBF\xBD[2J");
  BOOST_TEST(room.answer(room.ben, "~ ann waves") == "ben: ~ ann waves");
  room.ann->read_line();
  room.ann->say("/tagged\n/since 2");
  room.ann->read_until("-\t");
  BOOST_TEST(room.ann->read_line().find("\tme+\tben\twaves ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_the_client_hides_is_no_command_of_the_servers) {
  Company room;
  for (const std::string command : {"/ignore", "/unignore", "/quiet"}) {
    const std::string line = room.answer(room.ben, command + " ann");
    BOOST_TEST(line.starts_with("! " + command + " is a command of the client program"), line);
  }
  BOOST_TEST(room.answer(room.ann, "hello") == "Ann: hello");
  BOOST_TEST(room.ben->read_line() == "Ann: hello");
}

BOOST_AUTO_TEST_CASE(a_password_is_changed_by_who_knows_the_old_one_and_never_heard) {
  Company room;
  Peer dan = Peer::logged_in(room.room.port(), "dan", "word");
  for (const char* without : {"/password", "/password ", "/password word", "/password word new"}) {
    dan.say(without);
    BOOST_TEST(dan.read_line() == "! it is /password OLD<TAB>NEW");
  }
  dan.say("/password /quit\tnew");
  BOOST_TEST(dan.read_line() == "! wrong password: nothing was changed");
  dan.say("/password word\t");
  BOOST_TEST(
      dan.read_line() ==
      "! a password is 1 to 511 bytes of text without control characters: nothing was changed");
  dan.say("/PASSWORD word\tnew, word ");
  BOOST_TEST(dan.read_line() == "* your password is changed");
  dan.say("last");
  BOOST_TEST(dan.read_line() == "dan: last");
  BOOST_TEST(room.ann->read_until("dan: ") == "dan: last");  // and nothing before
  dan.half_close();
  room.ann->read_until("* dan has left");
  BOOST_TEST(refusal(room.room.port(), "login", "dan,word") == "! wrong username or password");
  BOOST_TEST(refusal(room.room.port(), "login", "dan,new, word ") == "* hello dan");
}

BOOST_AUTO_TEST_CASE(topic_and_motd_greet_who_comes) {
  Company room;
  BOOST_TEST(room.answer(room.ben, "/topic") == "* there is no topic");
  BOOST_TEST(room.answer(room.ann, "/topic speed") == "* Ann has set the topic: speed");
  BOOST_TEST(room.ann->read_line() == "* the topic is set");
  BOOST_TEST(room.ben->read_line() == "* Ann has set the topic: speed");
  BOOST_TEST(room.answer(room.ann, "/motd be kind") == "* the message of the day is set");
  Peer cid(room.room.port());
  cid.say("register\ncid,pw");
  cid.read_until("* hello cid");
  BOOST_TEST(cid.read_line() == "* topic: speed");
  BOOST_TEST(cid.read_line() == "* message of the day: be kind");
  BOOST_TEST(cid.read_line().starts_with("* online"));
  BOOST_TEST(room.answer(room.ann, "/topic " + std::string(1001, 'x')).starts_with("* cid"));
  BOOST_TEST(room.ann->read_line().starts_with("! "));
  BOOST_TEST(room.answer(room.ann, "/motd -") == "* the message of the day is set");
  BOOST_TEST(room.answer(room.ann, "/motd") == "* there is no message of the day");
}

BOOST_AUTO_TEST_CASE(who_is_kicked_is_told_and_gone) {
  Company room;
  Peer cid = Peer::registered(room.room.port(), "cid");
  room.ann->say("/kick CID * ben has left the chat\n/kick cid\n/kick Ann\n/kick nobody");
  room.ann->read_until("* cid has entered");
  BOOST_TEST(room.ann->read_line() == "* Ann has kicked cid: * ben has left the chat");
  cid.read_until("* Ann has kicked cid");
  BOOST_TEST(cid.read_line() == "! you were kicked by Ann: * ben has left the chat");
  BOOST_TEST(cid.ends());
  const std::string left = room.ben->read_until("* cid has left");
  BOOST_TEST(left == "* cid has left the chat");
  room.ann->read_until("! that is you");
  BOOST_TEST(room.ann->read_until("! nobody") == "! nobody is not here");
}

BOOST_AUTO_TEST_CASE(who_is_muted_says_nothing_also_after_coming_back) {
  Company room;
  room.ann->say("/mute ben 5");
  room.ben->read_until("* Ann has muted ben for 5 min");
  for (const char* line : {"hello", "/me waves", "/msg ann psst"}) {
    BOOST_TEST(room.answer(room.ben, line).starts_with("! you are muted until 20"));
  }
  room.ben->half_close();
  room.ann->read_until("* ben has left");
  Peer ben = Peer::registered(room.room.port(), "Ben");
  ben.say("hello");
  BOOST_TEST(ben.read_line().starts_with("! you are muted until 20"));
  room.ann->say("/unmute ben");
  ben.read_until("* Ann has unmuted Ben");
  ben.say("hello");
  BOOST_TEST(ben.read_line() == "Ben: hello");
}

BOOST_AUTO_TEST_CASE(a_banned_name_stays_out_however_it_is_written) {
  Company room;
  room.room.accounts().change(
      [](chat::PasswordStorage& a) { a.add("bill", cheap_hash("pw"), true); });
  BOOST_TEST(room.answer(room.ann, "/ban B1ll") == "! bill is an operator");
  room.ann->say("/ban BEN 10 spam\n/ban dan\n/ban ann\n/ban 1.2.3.4.5/x");
  BOOST_TEST(room.ben->read_until("! ").ends_with(": spam"));
  BOOST_TEST(room.ben->transcript().back().starts_with("! you are banned until 20"));
  BOOST_TEST(room.ben->ends());
  room.ann->read_until("! that is you");
  room.ann->read_until("! it is neither a name nor an address, as 192.0.2.7, ");
  for (const char* name : {"ben,pw", "B3n,pw", "ben_,pw", "b-en,pw"}) {
    const std::string line = refusal(room.room.port(), "register", name);
    const bool alike = chat::name_skeleton(std::string(name).substr(
                           0, std::string(name).find(','))) == chat::name_skeleton("ben");
    BOOST_TEST(line.starts_with("! you are banned") == alike, name);
  }
  BOOST_TEST(refusal(room.room.port(), "login", "dan,word") == "! you are banned");
  room.ann->say("/bans\n/unban ben\n/unban ben");
  BOOST_TEST(room.ann->read_until("* BEN by").ends_with(": spam"));
  BOOST_TEST(room.ann->read_until("! there is no").ends_with("such ban: /bans lists them"));
  BOOST_TEST(refusal(room.room.port(), "register", "ben,pw") == "* hello ben");
}

BOOST_AUTO_TEST_CASE(a_banned_address_gets_no_thread_and_operators_are_not_locked_out) {
  auto config = RunningRoom::config_of(10);
  config.trusted_proxy = chat::TrustedProxy::parse("127.0.0.9");
  Company room(config);
  const auto stranger = [&](const std::string& address) {
    return Peer::through("127.0.0.9", address, room.room.port());
  };
  Peer cid = stranger("203.0.113.2");
  BOOST_TEST(cid.answer("register", "cid,pw") == "* hello cid");
  Peer waiting = stranger("203.0.113.3");
  BOOST_TEST(waiting.read_line().starts_with("* Welcome"));
  room.ann->say("/ban 127.0.0.1\n/ban 0.0.0.0/0\n/ban 203.0.113.2/31 1 enough");
  room.ann->read_until("! that is this machine");
  room.ann->read_until("! that is the trusted proxy");
  room.ann->read_until("* 203.0.113.2/31 is kept out until");
  cid.read_until("! you are banned until 20");
  BOOST_TEST(cid.ends());
  Peer again = stranger("203.0.113.3");
  BOOST_TEST(again.read_line().starts_with("! you are banned until 20"));  // and no welcome
  BOOST_TEST(again.ends());
  BOOST_TEST(waiting.answer("register", "eve,pw").starts_with("! you are banned until 20"));
  room.ann->say("/unban 203.0.113.2/31");
  room.ann->read_until("* 203.0.113.2/31 is let in");
  BOOST_TEST(stranger("203.0.113.2").read_line().starts_with("* Welcome"));
}

BOOST_AUTO_TEST_CASE(in_a_closed_room_accounts_and_who_is_there_go_on) {
  Company room;
  room.ann->say("/close\n/close");
  BOOST_TEST(room.ben->read_line().starts_with("* Ann has closed the room"));
  room.ann->read_until("! it is closed already");
  BOOST_TEST(refusal(room.room.port(), "register", "cid,pw") == "! only accounts come in now");
  BOOST_TEST(refusal(room.room.port(), "resume", "cid,pw") == "! only accounts come in now");
  BOOST_TEST(refusal(room.room.port(), "login", "dan,word") == "* hello dan");
  BOOST_TEST(refusal(room.room.port(), "resume", "ben,pw") == "* hello ben");
  room.ann->say("/open");
  room.ann->read_until("* everyone comes in");
  BOOST_TEST(refusal(room.room.port(), "register", "cid,pw") == "* hello cid");
}

BOOST_AUTO_TEST_CASE(accounts_come_and_go_but_not_the_last_operator) {
  Company room(4);
  BOOST_TEST(room.answer(room.ann, "/account add eve") == "! it is /account add NAME<TAB>PASSWORD");
  BOOST_TEST(room.answer(room.ann, "/account add eve\t/ban me if you can") ==
             "* there is an account eve now");
  Peer eve = Peer::logged_in(room.room.port(), "eve", "/ban me if you can");
  room.ann->read_until("* eve has entered");
  // 3 accounts and ben: there is no seat for another.
  BOOST_TEST(room.answer(room.ann, "/account add fay\tpw").starts_with("! 4 accounts and 1 who"));
  for (const char* with : {"", "\tpw"}) {
    BOOST_TEST(room.answer(room.ann, std::string("/account add EVE") + with) ==
               "! there is such an account already: nothing was changed");
  }
  BOOST_TEST(room.answer(room.ann, "/account add a b\tpw") ==
             "! that is no name: nothing was changed");
  BOOST_TEST(room.answer(room.ann, "/account add Fay\t").starts_with("! a password is 1 to 511"));
  BOOST_TEST(room.answer(room.ann, "/account operator ann") ==
             "! that is the last operator: make another one first");
  BOOST_TEST(room.answer(room.ann, "/account remove ann") ==
             "! that is the last operator: make another one first");
  BOOST_TEST(room.answer(room.ann, "/account operator EVE") == "* Ann has made eve an operator");
  room.ann->read_until("* eve is an operator");
  eve.say("/account operator ann");
  eve.read_until("* Ann is no operator any more");
  BOOST_TEST(room.answer(room.ann, "/bans").starts_with("* eve has made Ann no operator"));
  BOOST_TEST(room.ann->read_line() == "! /bans is for operators");
  eve.say("/account remove ANN");
  BOOST_TEST(room.ann->read_line() == "! your account is no more");
  BOOST_TEST(room.ann->ends());
  eve.read_until("* Ann has left");
  BOOST_TEST(refusal(room.room.port(), "login", "Ann,secret") == "! wrong username or password");
}

BOOST_AUTO_TEST_CASE(stats_say_how_it_goes) {
  Company room;
  (void)refusal(room.room.port(), "register", "ben,pw");
  BOOST_TEST(room.answer(room.ann, "/stats") == "* online 2: 1 of 2 accounts, 1 of 8 registered");
  BOOST_TEST(room.ann->read_line().starts_with("* the last minute: "));
  BOOST_TEST(room.ann->read_line().starts_with("* line 2; 2 lines kept, "));
  BOOST_TEST(room.ann->read_line().find("refused 1, up ") != std::string::npos);
}

// Everyone writes to everyone at the same time.
BOOST_AUTO_TEST_CASE(a_thousand_at_once) {
  constexpr int kMembers = 1000;
  auto config = RunningRoom::config_of(kMembers);
  config.max_pending = kMembers;
  RunningRoom room(config, {});
  std::vector<Peer> members;
  for (int i = 0; i < kMembers; ++i) {
    members.emplace_back(room.port());
    members.back().send("/tagged\nregister\nm" + std::to_string(i) + ",pw\n/time\n");
  }
  for (Peer& member : members) {
    while (member.read_line().find("\tit is 20") == std::string::npos) {
    }
  }
  std::atomic<int> heard{0};
  const auto talk = [&](int from) {
    for (int i = from; i < kMembers; i += 4) {
      members[static_cast<std::size_t>(i)].send("/time\n/msg m" +
                                                std::to_string((i + 1) % kMembers) + " hi\n/who\n");
    }
    for (int i = from; i < kMembers; i += 4) {
      const std::string me = "m" + std::to_string(i);
      while (true) {
        const std::string line = members[static_cast<std::size_t>(i)].read_line();
        if (line.find("\tprivate\t") == std::string::npos) continue;
        if (line.ends_with(" -> " + me + ": hi")) break;
      }
      ++heard;
    }
  };
  Threads threads;
  for (int from = 0; from < 4; ++from) threads.start([&talk, from] { talk(from); });
  threads.join();
  BOOST_TEST(heard == kMembers);
}

// Its number stands in a tagged line, whatever came before.
BOOST_AUTO_TEST_CASE(ones_last_line_is_corrected_and_taken_back_by_lines_that_name_it) {
  Company room;
  BOOST_TEST(room.answer(room.ben, "/edit x") ==
             "! there is no line of yours that could be changed");
  BOOST_TEST(room.answer(room.ben, "/undo") == "! there is no line of yours that could be changed");
  Peer program = Peer::registered(room.room.port(), "cid");
  program.say("/tagged");
  program.read_until("-\t");
  room.ben->say("helo");
  const std::string said = program.read_line();
  BOOST_TEST(said.ends_with("\tsay\tben\thelo"));
  const std::string number = said.substr(0, said.find('\t'));
  room.ann->say("hi");
  BOOST_TEST(program.read_line().ends_with("\tAnn\thi"));
  room.ben->say("/edit hello \x1b[2J");
  const std::string shown = "corrects " + number + ": hello \xEF\xBF\xBD[2J";
  BOOST_TEST(program.read_line().ends_with("\tnotice\tben\t" + shown));
  room.ann->read_until("Ann: hi");
  BOOST_TEST(room.ann->read_line() == "* ben " + shown);
  room.ben->say("/edit hello all");
  BOOST_TEST(room.ann->read_line() == "* ben corrects " + number + ": hello all");
  room.ben->say("/undo");
  BOOST_TEST(room.ann->read_line() == "* ben takes back " + number);
  room.ben->read_until("* ben takes back");
  BOOST_TEST(room.answer(room.ben, "/undo") == "! there is no line of yours that could be changed");
  room.ben->say("/me waves");
  room.ben->read_until("~ ben waves");
  room.ann->say("/mute ben");
  room.ben->read_until("* Ann has muted ben");
  BOOST_TEST(room.answer(room.ben, "/edit x").starts_with("! you are muted until"));
  BOOST_TEST(room.answer(room.ben, "/undo").starts_with("! you are muted until"));
  room.ann->say("/unmute ben");
  room.ben->read_until("* Ann has unmuted ben");
  room.ben->say("/edit bows");
  room.ben->read_until("* ben corrects");
}

BOOST_AUTO_TEST_CASE(find_shows_the_newest_lines_that_hold_a_text_and_nothing_private) {
  Company room;
  room.ann->say("/msg ben the Needle is private");
  room.ben->read_until("Ann -> ben");
  for (int i = 0; i < 30; ++i) room.ben->say("needle " + std::to_string(i));
  room.ben->say("hay\n/me threads a NEEDLE");
  room.ben->read_until("~ ben threads");
  room.ann->say("the needle, too");
  room.ben->read_until("Ann: the needle");
  const auto found = [&](const std::string& line, std::size_t count) {
    room.ben->say(line);
    Lines lines;
    while (lines.size() < count) lines.push_back(room.ben->read_line());
    room.ben->say("/ping");
    BOOST_TEST(room.ben->read_line() == "* pong");
    return lines;
  };
  const Lines all = found("/find Needle", 21);
  BOOST_TEST(all.front() == "* the newest 20 lines of those that hold it:");
  BOOST_TEST(all[1].ends_with("Z ben: needle 12"));
  BOOST_TEST(all[19].ends_with("Z ~ ben threads a NEEDLE"));
  BOOST_TEST(all[20].ends_with("Z Ann: the needle, too"));
  BOOST_TEST(found("/find needle @ANN", 1).front().ends_with("Z Ann: the needle, too"));
  BOOST_TEST(found("/find needle 17 @ben", 1).front().ends_with("Z ben: needle 17"));
  BOOST_TEST(found("/find @ann", 1).front().ends_with("Z Ann: the needle, too"));
  for (const char* line :
       {"/find private", "/find entered", "/find needle @cid", "/find needle@ann"}) {
    BOOST_TEST(found(line, 1).front() == "* no line that is kept holds that");
  }
}

// 200 lines are more than are looked at in one go.
BOOST_AUTO_TEST_CASE(find_reaches_all_lines_that_are_kept_and_context_shows_what_is_around_one) {
  Company room;
  for (int i = 0; i < 200; ++i) room.ben->say("line " + std::to_string(i) + ".");
  room.ben->read_until("ben: line 199.");
  const std::string found = room.answer(room.ben, "/find LINE 7. @ben");
  BOOST_TEST(found.ends_with("Z ben: line 7."));
  const std::string number = found.substr(2, found.find(' ', 2) - 2);
  room.ben->say("/context " + number);
  for (int i = 2; i <= 12; ++i) {
    BOOST_TEST(room.ben->read_line().ends_with("Z ben: line " + std::to_string(i) + "."));
  }
  BOOST_TEST(room.answer(room.ben, "/context 1").ends_with("Z * Ann has entered the chat"));
  for (int i = 2; i <= 6; ++i) room.ben->read_line();
  BOOST_TEST(room.answer(room.ben, "/context 9999") == "! there is no line 9999 yet");
  BOOST_TEST(room.answer(room.ben, "/context x").starts_with("! "));
  BOOST_TEST(room.answer(room.ben, "/context 0").starts_with("! "));
  for (const std::string text(4000, 'x'); room.answer(room.ben, "/context 1").starts_with("* ");) {
    for (int i = 0; i < 200; ++i) room.ben->send(text + "\n");
    room.ben->say("/ping");
    room.ben->read_until("* pong");
  }
  BOOST_TEST(room.ben->transcript().back() == "! line 1 is not kept any more");
}

// All but /me, which is as if they talked, and /quit.
BOOST_AUTO_TEST_CASE(every_command_by_a_thousand_at_once) {
  constexpr std::size_t kMembers = 1000;
  auto config = RunningRoom::config_of(kMembers);
  config.max_pending = kMembers;
  RunningRoom room(config, {});
  std::string all = "/password secret\tnew\n/account add m1\tsecret\n";
  std::ptrdiff_t refused = 1;
  for (const chat::CommandEntry& entry : chat::command_table()) {
    using chat::Command;
    const auto same = [&](Command one) { return entry.command == one; };
    if (same(Command::kMe) || same(Command::kQuit) || same(Command::kPassword)) continue;
    if (same(Command::kTagged)) continue;
    all += std::string(entry.name) + " m2 1\n";
    refused += entry.access == chat::Access::kOperators;
  }
  std::vector<Peer> members;
  for (std::size_t i = 0; i < kMembers; ++i) {
    members.emplace_back(room.port());
    members.back().send("register\nm" + std::to_string(i) + ",pw\n/time\n");
  }
  for (Peer& member : members) member.read_until("* it is 20");
  for (Peer& member : members) member.send(all + "/whois end\n");
  for (Peer& member : members) member.read_until("! end is not here");
  for (const Peer& member : members) {
    const auto& lines = member.transcript();
    BOOST_TEST(std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
                 return line.ends_with(" is for operators");
               }) == refused);
    for (const std::string& line : lines) BOOST_TEST(line.find("secret") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
