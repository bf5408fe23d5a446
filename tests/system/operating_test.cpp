// What the one who runs the server does: files that change while it runs, a check beforehand, an
// ordered end, sockets and figures for other programs; with the real server.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include "chat/session/limits.hpp"
#include "chat/storage/password_storage.hpp"
#include "chat/storage/stored.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/served.hpp"

namespace {

// A server that has these accounts: ann, an operator, and dan; both with the password pw.
struct Operated {
  explicit Operated(std::vector<std::string> more = {}, const std::string& maximum = "4")
      : accounts(folder.file("accounts")) {
    write_accounts({"ann", "dan"});
    more.insert(more.end(), {"--max-users", maximum, "--rate", "0", "--accounts", accounts});
    served = std::make_unique<Served>(more);
  }

  // Always the same lines: another hash would be another account.
  void write_accounts(const std::vector<std::string>& names) const {
    std::string text;
    for (const std::string& name : names) {
      text += name + ":" + hash + (name == "ann" ? ":operator" : "") + "\n";
    }
    folder.write("accounts", text);
  }
  // The event log up to the line with `event`.
  std::string log_until(const std::string& event) const {
    return served->program.read_errors_until(" " + event + " ");
  }
  Peer logged_in(const std::string& name) const {
    return Peer::logged_in(served->port, name, "pw");
  }
  Program& program() const { return served->program; }
  void hand_over() const {
    program().signal(SIGUSR2);
    program().read_until("listening");
  }

  const std::string hash = cheap_hash("pw");
  TemporaryFolder folder;
  const std::string accounts;
  std::unique_ptr<Served> served;
};

// What a server that is only to check says: its status, and both outputs.
std::pair<int, std::string> checked(const std::string& accounts, const std::string& maximum) {
  Program check("server", {"--check", "--max-users", maximum, "--accounts", accounts});
  const int status = check.status();
  return {status, check.read_all() + check.read_errors()};
}

// What `work` returns when it is done as another user: for root, in a thread of its own.
std::string as_user(uid_t user, const std::function<std::string()>& work) {
  return std::async(std::launch::async,
                    [&] {
                      // The system call: setresuid() would change all threads.
                      if (::syscall(SYS_setresuid, -1, user, -1) != 0)
                        throw std::runtime_error("setresuid");
                      return work();
                    })
      .get();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(operating)

BOOST_AUTO_TEST_CASE(accounts_and_bans_are_read_anew_and_nobody_else_is_disturbed) {
  const Operated room;
  Peer ann = room.logged_in("ann");
  Peer dan = room.logged_in("dan");
  Peer ben = Peer::registered(room.served->port, "ben");
  room.write_accounts({"ann", "eve"});
  std::ofstream(room.accounts + ".room") << "motd\tbe kind\nban\tname\tcid\t-\tann\tspam\n";
  room.program().signal(SIGHUP);
  BOOST_TEST(dan.read_until("! ") == "! your account is no more");
  BOOST_TEST(dan.ends());
  ann.read_until("* dan has left");
  room.program().read_errors_until("reloaded - - bans");
  BOOST_TEST(Peer::answer_to(room.served->port, "login", "eve,pw") == "* hello eve");
  BOOST_TEST(Peer::answer_to(room.served->port, "register", "cid,pw") == "! you are banned: spam");
  ann.say("/motd");
  BOOST_TEST(ann.read_until("* message") == "* message of the day: be kind");
  ben.say("still here");
  BOOST_TEST(ann.read_until("ben: ") == "ben: still here");
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_or_is_damaged_is_refused_with_one_line) {
  const Operated room({}, "3");
  Peer ben = Peer::registered(room.served->port, "ben");
  room.write_accounts({"ann", "dan", "eve"});  // and ben
  room.program().signal(SIGHUP);
  BOOST_TEST(room.log_until("not-reloaded").find("not-reloaded") != std::string::npos);
  room.program().read_errors_until("more than 3 users");
  BOOST_TEST(Peer::answer_to(room.served->port, "login", "eve,pw") ==
             "! wrong username or password");
  room.folder.write("accounts", "nonsense\n");
  std::ofstream(room.accounts + ".room") << "nonsense\n";
  room.program().signal(SIGHUP);
  room.program().read_errors_until("accounts is damaged, line 1");
  room.program().read_errors_until("accounts.room is damaged, line 1");
  BOOST_TEST(Peer::answer_to(room.served->port, "login", "dan,pw") == "* hello dan");
}

BOOST_AUTO_TEST_CASE(check_says_what_is_wrong_and_serves_nothing) {
  const TemporaryFolder folder;
  const std::string accounts = folder.file("accounts");
  BOOST_TEST(checked(accounts, "1").first == 0);
  folder.write("accounts", "ann:" + cheap_hash("pw") + "\ndan:" + cheap_hash("pw") + "\n");
  BOOST_TEST(checked(accounts, "2").first == 0);
  BOOST_TEST(checked(accounts, "2").second ==
             "it could serve: 2 accounts, of them 0 operators, 0 bans\n");
  const auto [few, why] = checked(accounts, "1");
  BOOST_TEST(few == 1);
  BOOST_TEST(why.find("smaller than the number of login users, 2") != std::string::npos);
  std::ofstream(accounts + ".room") << "ban\tname\n";
  const auto [damaged, what] = checked(accounts, "2");
  BOOST_TEST(damaged == 1);
  BOOST_TEST(what.find("accounts.room is damaged, line 1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_unfit_is_refused_at_the_start_by_check_and_when_it_is_reread) {
  const Operated room;
  const std::string of_room = room.accounts + ".room";
  const auto refused = [&](const std::string& why) {
    BOOST_TEST_CONTEXT(why) {
      const auto [status, said] = checked(room.accounts, "4");
      BOOST_TEST(status == 1);
      BOOST_TEST(said.find(why) != std::string::npos);
      Program start("server", {"--port", "0", "--max-users", "4", "--accounts", room.accounts});
      BOOST_TEST(start.status() == 1);
      BOOST_TEST(start.read_errors().find(why) != std::string::npos);
      room.program().signal(SIGHUP);
      BOOST_TEST(room.log_until("not-reloaded").find("not-reloaded") != std::string::npos);
      room.program().read_errors_until(why);
      BOOST_TEST(Peer::answer_to(room.served->port, "login", "eve,pw") ==
                 "! wrong username or password");
      BOOST_TEST(Peer::answer_to(room.served->port, "login", "dan,pw") == "* hello dan");
    }
  };
  room.write_accounts({"ann", "dan", "eve"});
  BOOST_REQUIRE(::chmod(room.accounts.c_str(), 0666) == 0);
  refused("accounts can be written by others than its owner (mode 0666): chmod 600 ");
  BOOST_REQUIRE(::chmod(room.accounts.c_str(), 0644) == 0);
  refused("accounts can be read by others than its owner (mode 0644): chmod 600 ");
  std::filesystem::remove(room.accounts);
  BOOST_REQUIRE(::mkfifo(room.accounts.c_str(), 0600) == 0);
  refused("accounts is not a regular file");
  std::filesystem::remove(room.accounts);
  std::filesystem::create_directory(room.accounts);
  refused("accounts: Is a directory");
  std::filesystem::remove(room.accounts);
  room.write_accounts({"ann", "dan", "eve"});
  if (::geteuid() == 0) {  // nobody else can give a file away
    BOOST_REQUIRE(::chown(room.accounts.c_str(), 4321, 0) == 0);
    refused("accounts belongs to user 4321, neither to the one who runs this (0) nor to root: ");
    BOOST_REQUIRE(::chown(room.accounts.c_str(), 0, 0) == 0);
  }
  room.write_accounts({"ann", "dan"});
  std::ofstream(of_room) << "ban\tname\tdan\t-\tann\tspam\n";
  BOOST_REQUIRE(::chmod(of_room.c_str(), 0646) == 0);
  refused("accounts.room can be written by others than its owner (mode 0646): chmod go-w ");
}

BOOST_AUTO_TEST_CASE(an_operator_stops_the_server_and_may_think_better_of_it) {
  const Operated room;
  Peer ann = room.logged_in("ann");
  Peer ben = Peer::registered(room.served->port, "ben");
  ann.say("/shutdown 1 upgrade");
  BOOST_TEST(ben.read_until("* ann stops") == "* ann stops the server in 1 minute: upgrade");
  ann.say("/shutdown off");
  BOOST_TEST(ben.read_line() == "* ann does not stop the server");
  ann.say("/shutdown");
  BOOST_TEST(ben.read_line() == "* ann stops the server now");
  BOOST_TEST(ben.read_line() == "* the server is shutting down");
  BOOST_TEST(ben.ends());
  ann.close();
  BOOST_TEST(room.program().status() == 0);
}

BOOST_AUTO_TEST_CASE(what_was_decided_lasts_over_a_restart) {
  Operated room;
  {
    Peer ann = room.logged_in("ann");
    Peer dan = room.logged_in("dan");
    ann.say("/topic cats\n/ban ben\n/close");
    ann.read_until("* only accounts come in");
  }
  room.program().signal(SIGTERM);
  BOOST_TEST(room.program().status() == 0);
  room.served = std::make_unique<Served>(
      std::vector<std::string>{"--max-users", "4", "--accounts", room.accounts});
  BOOST_TEST(Peer::answer_to(room.served->port, "register", "cid,pw") ==
             "! only accounts come in now");
  Peer dan = room.logged_in("dan");
  Peer ann = room.logged_in("ann");
  ann.say("/topic\n/bans\n/open");
  ann.read_until("* topic: cats");
  ann.read_until("* ben by ann");
  dan.read_until("* ann has opened the room to everyone");
}

BOOST_AUTO_TEST_CASE(a_handover_keeps_what_members_have_set) {
  const Operated room({}, "9");
  Peer ann = room.logged_in("ann");
  Peer dan = room.logged_in("dan");
  Peer ben = Peer::registered(room.served->port, "ben");
  Peer cid = Peer::registered(room.served->port, "cid");
  ben.say("/away at lunch");
  ben.read_until("* you are away");
  Peer eve = Peer::registered(room.served->port, "eve");
  ann.say("/mute cid\n/mute eve\n/msg ben psst\n/shutdown 60");
  ann.read_until("* as you say");
  ben.read_until("ann -> ben: psst");
  ben.read_until("* ann stops the server");
  eve.half_close();
  ann.read_until("* eve has left");
  room.program().signal(SIGUSR2);
  room.program().read_until("listening");
  cid.say("hello");
  BOOST_TEST(cid.read_until("! ").starts_with("! you are muted until"));
  Peer again = Peer::registered(room.served->port, "eve");
  again.say("hello");
  BOOST_TEST(again.read_until("! ").starts_with("! you are muted until"));
  ben.say("/reply yes");
  BOOST_TEST(ann.read_until("ben -> ") == "ben -> ann: yes");
  ann.say("/unmute cid\n/whois ben\n/shutdown off");
  BOOST_TEST(ann.read_until("* ben: here").ends_with("away: at lunch"));
  ann.read_until("* the server goes on");
  cid.say("hello");
  cid.half_close();
  ann.read_until("* cid has left");
  ann.say("last");
  ben.read_until("* ann does not stop");
  ben.read_until("ann: last");
}

// What they have sent ahead is nothing any more, either.
BOOST_AUTO_TEST_CASE(whose_account_was_removed_is_sent_away_by_who_takes_over) {
  const Operated room({}, "9");
  room.write_accounts({"ann", "bob", "dan"});
  std::ofstream(room.accounts, std::ios::app) << "eve:" << room.hash << ":operator\n";
  room.program().signal(SIGHUP);
  room.program().read_errors_until("reloaded - - bans");
  Peer ann = room.logged_in("ann");
  Peer dan = room.logged_in("dan");
  Peer eve = room.logged_in("eve");
  ann.read_until("* eve has entered");
  room.write_accounts({"ann", "bob"});
  eve.send("/topic mine");  // the rest comes after
  room.hand_over();
  (void)eve.socket().send_all("\n/account operator bob\n/kick ann\nhello\n");
  BOOST_TEST(eve.read_until("! ") == "! your account is no more");
  BOOST_TEST(eve.ends());
  BOOST_TEST(dan.read_until("! ") == "! your account is no more");
  ann.say("/bans\n/topic");
  BOOST_TEST(ann.read_until("* there is no topic") == "* there is no topic");
  for (const std::string& line : ann.transcript()) BOOST_TEST(!line.starts_with("eve: "), line);
}

// Whether the file was changed by hand or by the program itself.
BOOST_AUTO_TEST_CASE(who_is_given_the_name_of_another_account_is_another_one_for_who_takes_over) {
  for (const bool by_hand : {false, true}) {
    const Operated room({}, "9");
    Peer ann = room.logged_in("ann");
    Peer dan = room.logged_in("dan");
    ann.say("/account operator dan");
    ann.read_until("* dan is an operator");
    if (by_hand) {
      std::ofstream(room.accounts)
          << "ann:" << room.hash << ":operator\ndan:" << cheap_hash("other") << "\n";
    } else {
      chat::Stored<chat::PasswordStorage>::update(room.accounts,
                                                  [](chat::PasswordStorage& accounts) {
                                                    accounts.remove("dan");
                                                    accounts.add("dan", cheap_hash("other"));
                                                  });
    }
    room.hand_over();
    BOOST_TEST(dan.read_until("! ") == "! your account is no more");
    Peer other = Peer::logged_in(room.served->port, "dan", "other");
    other.say("/stats");
    BOOST_TEST(other.read_until("! ") == "! /stats is for operators");
    // By hand, ann's line lost the identity that it had: the same account all the same.
    ann.say("/whois dan");
    BOOST_TEST(ann.read_until("* dan: account, since ").find("from") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_operator_who_is_none_in_the_file_any_more_is_none_for_who_takes_over) {
  const Operated room({}, "9");
  std::ofstream(room.accounts) << "ann:" << room.hash << ":operator\ndan:" << room.hash
                               << ":operator\n";
  room.program().signal(SIGHUP);
  room.program().read_errors_until("reloaded - - bans");
  Peer dan = room.logged_in("dan");
  dan.say("/stats");
  dan.read_until("* online 1");
  room.write_accounts({"ann", "dan"});
  room.hand_over();
  dan.say("/stats");
  BOOST_TEST(dan.read_until("! ") == "! /stats is for operators");
}

BOOST_AUTO_TEST_CASE(a_ban_that_is_in_the_file_by_then_is_enforced_by_who_takes_over) {
  const Operated room({"--trust-proxy", "127.0.0.9"}, "9");
  Peer ann = room.logged_in("ann");
  Peer ben = Peer::registered(room.served->port, "ben");
  Peer cid = Peer::registered(Peer::through("127.0.0.9", "203.0.113.7", room.served->port), "cid");
  Peer waiting = Peer::through("127.0.0.9", "203.0.113.8", room.served->port);
  waiting.read_until("* Welcome");
  std::ofstream(room.accounts + ".room")
      << "closed\nban\tname\tBEN\t-\tann\tspam\n"
      << "ban\taddress\t203.0.113.0/24\t-\tann\t\nban\taddress\t127.0.0.0/8\t-\tann\t\n";
  room.hand_over();
  for (Peer* const banned : {&ben, &cid}) {
    BOOST_TEST(banned->read_until("! ") == "! you are banned");
    BOOST_TEST(banned->ends());
  }
  BOOST_TEST(waiting.answer("register", "dot,pw") == "! you are banned");
  BOOST_TEST(
      Peer::answer_to(room.served->port, "resume", "ben,pw").starts_with("! you are banned"));
  BOOST_TEST(Peer::answer_to(room.served->port, "register", "x,pw") ==
             "! only accounts come in now");
  ann.say("still here");  // from an address that the file says is banned: this machine
  ann.read_until("ann: still here");
}

BOOST_AUTO_TEST_CASE(who_was_registered_by_a_new_accounts_name_makes_way_when_the_file_is_read) {
  for (const int signal : {SIGHUP, SIGUSR2}) {
    const Operated room({}, "9");
    Peer alike = Peer::registered(room.served->port, "e-ve");
    room.write_accounts({"ann", "dan", "e_ve"});
    room.program().signal(signal);
    BOOST_TEST(alike.read_until("! ") == "! your name looks like an account's now");
    BOOST_TEST(alike.ends());
    (void)room.log_until("sent-away");
    Peer eve = room.logged_in("e_ve");
  }
}

BOOST_AUTO_TEST_CASE(replies_and_mutes_are_the_same_ones_after_a_handover) {
  const Operated room({"--trust-proxy", "127.0.0.9"}, "9");
  const auto far = [&] { return Peer::through("127.0.0.9", "203.0.113.7", room.served->port); };
  Peer ann = room.logged_in("ann");
  Peer ben = Peer::registered(far(), "ben");
  ben.say("/msg ann psst");
  ann.read_until("ben -> ann: psst");
  ann.say("/mute ben");
  ann.read_until("* ben can say nothing");
  ben.half_close();
  ann.read_until("* ben has left");
  room.hand_over();
  Peer again = Peer::registered(far(), "other");
  again.say("hello");
  BOOST_TEST(again.read_until("! ").starts_with("! you are muted until 20"));
  Peer ben_too = Peer::registered(room.served->port, "ben");
  ben_too.say("hello");
  BOOST_TEST(ben_too.read_until("! ").starts_with("! you are muted until 20"));
  ann.say("/reply yes");
  BOOST_TEST(ann.read_until("! ") == "! ben has left");
  ann.say("/unmute ben");
  ann.read_until("* ben can speak again");
  again.say("hello");
  BOOST_TEST(again.read_until("other: ") == "other: hello");
}

BOOST_AUTO_TEST_CASE(by_a_unix_socket_the_kernel_says_who_it_is) {
  Operated room({"--unix", "chat.sock", "--trust-unix-users"});
  const std::string host = "unix:" + room.served->folder.file("chat.sock");
  BOOST_TEST(room.served->line.find("unix:chat.sock") != std::string::npos);
  std::ofstream(room.accounts + ".room") << "ban\taddress\t::/0\t-\tann\t\n";  // not of these
  room.program().signal(SIGHUP);
  room.program().read_errors_until("reloaded - - bans");
  const auto come_in = [&](const std::string& lines) {
    Peer peer(0, host);
    peer.read_until("* Welcome");
    peer.send(lines);
    peer.read_until("* user,password?");
    return peer.read_line();
  };
  BOOST_TEST(come_in("register\nben,pw\n") == "* hello ben");
  BOOST_TEST(come_in("login\nann,\n") == "! wrong username or password");
  BOOST_TEST(come_in("login\nann,pw\n") == "* hello ann");
  BOOST_TEST(come_in("register\ncid,\n").starts_with("! wrong format"));
  BOOST_TEST(Peer::answer_to(room.served->port, "login", "ann,").starts_with("! wrong format"));
  if (::getuid() == 0) {
    const auto add = [&](const std::string& name) {
      std::ofstream(room.accounts, std::ios::app) << name << ":" << cheap_hash("pw") << "\n";
      room.program().signal(SIGHUP);
      room.program().read_errors_until("reloaded - - bans");
    };
    add("root");
    BOOST_TEST(come_in("login\nROOT,\n") == "* hello root");
    std::filesystem::permissions(room.served->folder.file(""), std::filesystem::perms(0755));
    constexpr uid_t kNameless = 61234;
    add(std::to_string(kNameless));
    BOOST_TEST(as_user(kNameless, [&] {
                 return come_in("login\n" + std::to_string(kNameless) + ",\n");
               }) == "! wrong username or password");
  }
  room.program().signal(SIGTERM);
  BOOST_TEST(room.program().status() == 0);
  BOOST_TEST(!std::filesystem::exists(room.served->folder.file("chat.sock")));
}

BOOST_AUTO_TEST_CASE(an_account_is_a_unix_users_only_where_its_name_is_the_very_same) {
  if (::getuid() != 0) {
    BOOST_TEST_MESSAGE("skipped: it takes a user whose name is known");
    return;
  }
  const Operated room({"--unix", "chat.sock", "--trust-unix-users"});
  std::ofstream(room.accounts, std::ios::app) << "Root:" << cheap_hash("pw") << "\n";
  room.program().signal(SIGHUP);
  room.program().read_errors_until("reloaded - - bans");
  const std::string host = "unix:" + room.served->folder.file("chat.sock");
  for (const char* name : {"root,", "Root,"}) {
    BOOST_TEST(Peer(0, host).answer("login", name) == "! wrong username or password");
  }
  BOOST_TEST(Peer(0, host).answer("login", "root,pw") == "* hello Root");
}

// The names of users are kept in a file that cannot be read to its end. Only those wait who need
// such a name, and not many of them.
BOOST_AUTO_TEST_CASE(looking_up_a_unix_users_name_may_take_for_ever) {
  const TemporaryFolder names;
  if (::getuid() != 0 || ::mkfifo(names.file("passwd").c_str(), 0600) != 0) {
    BOOST_TEST_MESSAGE("skipped: it takes root to hide the names of users");
    return;
  }
  Served room({"--max-users", "20", "--unix", "chat.sock", "--trust-unix-users"},
              {"/usr/bin/unshare", "--mount", "/bin/sh", "-c",
               "mount --bind " + names.file("passwd") + " /etc/passwd && exec \"$0\" \"$@\"",
               Program::path_of("server")});
  const std::string host = "unix:" + room.folder.file("chat.sock");
  BOOST_TEST(Peer(0, host).answer("register", "ben,pw") == "* hello ben");
  std::vector<Peer> waiting;
  for (int i = 0; i < chat::kMostNameLookups; ++i) {
    waiting.emplace_back(0, host);
    waiting.back().send("login\nroot,\n");
    waiting.back().read_until("* user,password?");
  }
  // Until all of them are under way.
  const auto deadline = chat::Clock::now() + kPatience;
  std::string answer;
  do {
    Peer one_more(0, host);
    one_more.send("login\nroot,\n");
    char bytes[200];
    (void)one_more.read_until("* user,password?");
    const auto received =
        one_more.socket().receive_until(bytes, chat::Clock::now() + std::chrono::seconds(1));
    answer.assign(bytes, received.bytes);
  } while (answer.empty() && chat::Clock::now() < deadline);
  BOOST_TEST(answer == "! too many log in now: try again\n");
  BOOST_TEST(Peer(0, host).answer("register", "cid,pw") == "* hello cid");
  BOOST_TEST(Peer(room.port).answer("register", "dan,pw") == "* hello dan");
}

BOOST_AUTO_TEST_CASE(a_proxy_on_a_unix_socket_is_trusted_by_its_user) {
  const std::string own = std::to_string(::getuid());
  const Operated room(
      {"--unix", "chat.sock", "--trust-proxy", "unix:" + own, "--trust-unix-users"});
  const std::string host = "unix:" + room.served->folder.file("chat.sock");
  const auto first_line = [](Peer peer, const std::string& sent) {
    peer.send(sent);
    return peer.read_line();
  };
  const std::string proxied = "PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n";
  BOOST_TEST(first_line(Peer(0, host), proxied).starts_with("* Welcome"));
  BOOST_TEST(first_line(Peer(0, host), "register\n") == "! expected a PROXY line");
  Peer ann = room.logged_in("ann");
  Peer ben(0, host);
  ben.send(proxied + "register\nben,pw\n");
  ann.read_until("* ben has entered");
  ann.say("/whois ben");
  BOOST_TEST(ann.read_until("* ben: registered").ends_with("from 192.0.2.7:1"));
  // Whom it does not know is not the user that it is itself.
  BOOST_TEST(Peer(0, host).answer("PROXY UNKNOWN\r\nlogin", "ann,").starts_with("! wrong format"));
  // Nobody else is trusted.
  BOOST_TEST(Peer(room.served->port).answer(proxied, "x").starts_with("! expected login"));
  if (::getuid() != 0) return;
  std::filesystem::permissions(room.served->folder.file(""), std::filesystem::perms(0755));
  BOOST_TEST(as_user(61234, [&] {
               return Peer(0, host).answer(proxied, "x");
             }).starts_with("! expected login"));
}

BOOST_AUTO_TEST_CASE(who_comes_by_a_trusted_proxy_is_who_it_says) {
  const Operated room({"--trust-proxy", "127.0.0.3"});
  Peer ann = room.logged_in("ann");
  ann.say("/ban 192.0.2.0/24 1 spam");
  ann.read_until("* 192.0.2.0/24 is kept out");
  const auto first_line = [&](const std::string& sent) {
    Peer peer = Peer::from("127.0.0.3", room.served->port);
    peer.send(sent);
    return peer.read_line();
  };
  BOOST_TEST(first_line("PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n").starts_with("! you are banned"));
  BOOST_TEST(first_line("PROXY TCP4 192.0.3.7 10.0.0.1 1 2\r\n").starts_with("* Welcome"));
  BOOST_TEST(first_line("register\n") == "! expected a PROXY line");
  Peer ben = Peer::from("127.0.0.3", room.served->port);
  ben.send("PROXY TCP6 2001:db8::7 2001:db8::1 5 6\r\nregister\nben,pw\n");
  ann.read_until("* ben has entered");
  ann.say("/whois ben");
  BOOST_TEST(ann.read_until("* ben: registered").ends_with("from [2001:db8::7]:5"));
  // From elsewhere it is a line like any other.
  BOOST_TEST(Peer::answer_to(room.served->port, "PROXY TCP4 192.0.3.7 10.0.0.1 1 2", "x")
                 .starts_with("! expected login"));
}

// What systemd does, without it.
BOOST_AUTO_TEST_CASE(a_service_manager_hears_how_it_goes) {
  const TemporaryFolder folder;
  const std::string path = folder.file("notify");
  const chat::Descriptor notify(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  BOOST_REQUIRE(::bind(notify.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const timeval patience{kPatience.count(), 0};
  (void)::setsockopt(notify.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto hear = [&](const std::string& state) {
    for (std::string heard; !heard.starts_with(state);) {
      char bytes[256];
      const ssize_t n = ::recv(notify.get(), bytes, sizeof bytes, 0);
      BOOST_REQUIRE_MESSAGE(n > 0, state);
      heard.assign(bytes, static_cast<std::size_t>(n));
    }
  };
  Served server({"--max-users", "2"}, {"/usr/bin/env", "NOTIFY_SOCKET=" + path,
                                       "WATCHDOG_USEC=300000", Program::path_of("server")});
  hear("READY=1");
  hear("WATCHDOG=1");
  hear("WATCHDOG=1");
  server.program.signal(SIGHUP);
  hear("RELOADING=1\nMONOTONIC_USEC=");
  hear("READY=1");
  server.program.signal(SIGUSR2);  // it is the same process
  hear("READY=1");
  hear("WATCHDOG=1");
  server.program.signal(SIGTERM);
  hear("STOPPING=1");
  BOOST_TEST(server.program.status() == 0);
}

// Listening sockets that were opened ahead of the server, as a service manager hands them over:
// from descriptor 3 on. `pid` is a shell's word for whom they are meant.
struct Opened {
  Opened()
      : tcp(std::move(chat::Listener::open("127.0.0.1", 0).front())),
        unix_socket(chat::Listener::open_unix(path)) {}

  Served::Words handed_over(const std::string& pid) const {
    return {"/bin/bash", "-c",
            "LISTEN_PID=" + pid + " LISTEN_FDS=2 exec \"$0\" \"$@\" 3<&" + inherited(tcp_copy) +
                " 4<&" + inherited(unix_copy),
            Program::path_of("server")};
  }
  static std::string inherited(const chat::Descriptor& fd) { return std::to_string(fd.get()); }

  TemporaryFolder folder;
  const std::string path = folder.file("socket");
  const chat::Listener tcp, unix_socket;
  // Out of the way of 3 and 4, and not closed by exec().
  const chat::Descriptor tcp_copy{::fcntl(tcp.descriptor().get(), F_DUPFD, 10)};
  const chat::Descriptor unix_copy{::fcntl(unix_socket.descriptor().get(), F_DUPFD, 10)};
};

BOOST_AUTO_TEST_CASE(it_serves_at_sockets_that_were_opened_for_it) {
  const Opened opened;
  Served server({"--max-users", "9"}, opened.handed_over("$$"));
  BOOST_TEST(server.port == opened.tcp.port());
  BOOST_TEST(server.line.find("unix:" + opened.path) != std::string::npos);
  Peer ann = Peer::registered(server.port, "ann");
  const auto come_in_by_the_other = [&](const std::string& name) {
    Peer peer(0, "unix:" + opened.path);
    BOOST_TEST(peer.answer("register", name + ",pw") == "* hello " + name);
    ann.read_until("* " + name + " has entered");
  };
  come_in_by_the_other("ben");
  server.program.signal(SIGUSR2);  // and so does the program that takes its place
  server.program.read_until("port " + std::to_string(server.port));
  come_in_by_the_other("cid");
  BOOST_TEST(Peer::answer_to(server.port, "register", "dan,pw") == "* hello dan");
  server.program.signal(SIGTERM);
  BOOST_TEST(server.program.status() == 0);
  BOOST_TEST(std::filesystem::exists(opened.path));  // it is whose it was
}

BOOST_AUTO_TEST_CASE(sockets_that_were_opened_for_another_process_are_none_of_its_business) {
  const Opened opened;
  const Served server({"--max-users", "3"}, opened.handed_over("$PPID"));
  BOOST_TEST(server.port != opened.tcp.port());
  BOOST_TEST(server.line.find("unix:") == std::string::npos);
  BOOST_TEST(Peer::answer_to(server.port, "register", "ann,pw") == "* hello ann");
}

BOOST_AUTO_TEST_CASE(events_are_json_where_that_is_wanted_and_only_those_that_matter) {
  Served server({"--max-users", "2", "--log", "json", "--log-level", "warning"});
  (void)Peer::answer_to(server.port, "dance", "ben");
  server.program.read_errors_until("\"event\":\"refused\"");
  server.program.signal(SIGTERM);
  BOOST_TEST(server.program.status() == 0);
  const std::string rest = server.program.read_errors();
  BOOST_TEST(rest.find("started") == std::string::npos);
  BOOST_TEST(rest.find("stopped") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
