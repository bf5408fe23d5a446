// Limits belong to a source, whatever connections and names it uses. Foreign addresses come by way
// of a trusted proxy of this machine.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/room/limits.hpp"
#include "chat/session/limits.hpp"
#include "chat/storage/password_hash.hpp"
#include "chat/storage/password_storage.hpp"
#include "chat/storage/stored.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/served.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using namespace std::chrono_literals;
using chat::Clock;

constexpr const char* kProxy = "127.0.0.9";
constexpr const char* kCrowd = "203.0.113.77";
constexpr const char* kOther = "198.51.100.1";

struct Limited : Served {
  explicit Limited(Words options = {}) : Served(with_proxy(std::move(options))) {}
  Peer from(const std::string& address) const { return Peer::through(kProxy, address, port); }

 private:
  static Words with_proxy(Words options) {
    options.insert(options.end(), {"--trust-proxy", kProxy, "--history", "0"});
    return options;
  }
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// What `name` has said, as `watcher` hears it up to a word of its own.
int lines_heard(Peer& watcher, const std::string& name) {
  watcher.say("enough");
  int count = 0;
  for (std::string line; line != "watcher: enough"; line = watcher.read_line()) {
    if (line.starts_with(name + ": ")) ++count;
  }
  return count;
}

const std::string kTenLines = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";

chat::PasswordStorage accounts_of(const std::vector<std::string>& names) {
  chat::PasswordStorage accounts;
  const std::string hash = chat::hash_password("secret");
  for (const std::string& name : names) accounts.add(name, hash);
  return accounts;
}

Peer logged_in(Peer peer, const std::string& name) {
  peer.send("login\n" + name + ",secret\n");
  peer.read_until("* " + name + " has entered");
  return peer;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(source_limits)

BOOST_AUTO_TEST_CASE(who_resumes_again_and_again_says_no_more_than_its_rate) {
  Served room({"--max-users", "10", "--history", "0"});
  Peer watcher = Peer::registered(room.port, "watcher");
  const auto start = Clock::now();
  Peer ann = Peer::registered(room.port, "ann");
  ann.send(kTenLines);
  for (int i = 0; i < 10; ++i) {
    ann.read_until("ann: ");
    Peer again(room.port);
    again.send("resume\nann,pw\n" + kTenLines);
    again.read_until("* hello ann");
    ann = std::move(again);
  }
  const int heard = lines_heard(watcher, "ann");
  BOOST_TEST(heard <= 10 + chat::kDefaultRate * seconds_since(start));
}

BOOST_AUTO_TEST_CASE(who_goes_on_in_another_program_says_no_more_than_its_rate) {
  Served room({"--max-users", "10", "--history", "0"});
  Peer watcher = Peer::registered(room.port, "watcher");
  const auto start = Clock::now();
  Peer ann = Peer::registered(room.port, "ann");
  ann.send(kTenLines);
  for (int i = 0; i < 10; ++i) ann.read_until("ann: ");
  for (int i = 0; i < 4; ++i) {
    room.program.signal(SIGUSR2);
    BOOST_TEST(room.program.read_until("\n") == room.line);
    ann.send(kTenLines);
    ann.read_until("ann: ");
  }
  const int heard = lines_heard(watcher, "ann");
  BOOST_TEST(heard <= 10 + chat::kDefaultRate * seconds_since(start));
}

BOOST_AUTO_TEST_CASE(who_registers_talks_and_quits_says_no_more_than_its_address_may) {
  const Limited room({"--max-users", "10"});
  constexpr int kTimes = 45;  // of ten lines: 200 at once, and then 100 a second
  const auto start = Clock::now();
  for (int i = 0; i < kTimes; ++i) {
    Peer peer = room.from(kCrowd);
    peer.send("register\nname" + std::to_string(i) + ",pw\n1\n2\n3\n4\n5\n6\n7\n8\n9\n/quit\n");
    (void)peer.read_all();
  }
  const double lines = 10.0 * kTimes;
  const double rate = chat::kSourceLineRates * chat::kDefaultRate;
  BOOST_TEST(lines <= 2 * rate + rate * seconds_since(start));
}

BOOST_AUTO_TEST_CASE(who_comes_in_too_often_is_refused_and_others_are_not) {
  const Limited room({"--max-users", "10"});
  const auto start = Clock::now();
  int came = 0;
  std::string answer;
  while (came < 2 * chat::kSourceEntryBurst) {
    Peer peer = room.from(kCrowd);
    answer = peer.answer("register", "crowd,pw");
    if (answer != "* hello crowd") break;
    ++came;
    peer.say("/quit");
    (void)peer.read_all();
  }
  BOOST_TEST(answer == "! too many came in from your address: try again in a minute");
  BOOST_TEST(came <= chat::kSourceEntryBurst + 1 + chat::kSourceEntryRate * seconds_since(start));
  BOOST_TEST(came >= chat::kSourceEntryBurst);
  (void)Peer::registered(room.from(kOther), "other");
  (void)Peer::registered(room.port, "local");
}

BOOST_AUTO_TEST_CASE(one_address_gets_half_of_the_free_seats) {
  const TemporaryFolder folder;
  chat::Stored<chat::PasswordStorage>::save(folder.file("accounts"), accounts_of({"ann", "ben"}));
  const Limited room({"--max-users", "10", "--accounts", folder.file("accounts")});
  std::vector<Peer> members;
  for (int i = 0; i < 4; ++i) {
    members.push_back(Peer::registered(room.from(kCrowd), "crowd" + std::to_string(i)));
  }
  BOOST_TEST(room.from(kCrowd).answer("register", "more,pw") ==
             "! max chat users from your address: try again when one has left");
  members.push_back(logged_in(room.from(kCrowd), "ann"));
  for (int i = 0; i < 4; ++i) {
    members.push_back(Peer::registered(room.from(kOther), "other" + std::to_string(i)));
  }
  BOOST_TEST(room.from(kOther).answer("register", "more,pw") == "! max chat users");
}

BOOST_AUTO_TEST_CASE(an_address_gets_as_many_seats_as_were_said_and_this_machine_all) {
  const Limited room({"--max-users", "9", "--max-members-per-address", "1"});
  const std::string full = "! max chat users from your address: try again when one has left";
  const Peer crowd = Peer::registered(room.from(kCrowd), "crowd");
  BOOST_TEST(room.from(kCrowd).answer("register", "more,pw") == full);
  // Of one /56, which may have twice as many.
  const Peer one = Peer::registered(room.from("2001:db8::1"), "one");
  BOOST_TEST(room.from("2001:db8::2").answer("register", "more,pw") == full);
  const Peer two = Peer::registered(room.from("2001:db8:0:1::1"), "two");
  BOOST_TEST(room.from("2001:db8:0:2::1").answer("register", "more,pw") == full);
  std::vector<Peer> locals;
  for (int i = 0; i < 6; ++i) {
    locals.push_back(Peer::registered(room.port, "local" + std::to_string(i)));
  }
}

BOOST_AUTO_TEST_CASE(sixty_wrong_guessers_do_not_keep_a_right_password_of_their_address_out) {
  const TemporaryFolder folder;
  chat::Stored<chat::PasswordStorage>::save(folder.file("accounts"),
                                            accounts_of({"ann", "ben", "cid", "dan"}));
  const Limited room({"--max-users", "10", "--accounts", folder.file("accounts"),
                      "--max-pending-per-address", "100"});
  std::vector<Peer> guessers;
  for (int i = 0; i < 60; ++i) {
    guessers.push_back(room.from(kCrowd));
    guessers.back().send("login\nben,wrong\n");
  }
  for (Peer& guesser : guessers) guesser.read_until("* user,password?");
  const auto start = Clock::now();
  // Those who wait behind the guessers would have to sit out a second wait, too.
  for (const char* name : {"ann", "cid", "dan"}) (void)logged_in(room.from(kCrowd), name);
  BOOST_TEST(seconds_since(start) < 3.0 * std::chrono::seconds(chat::kFirstGuessWait).count());
}

BOOST_AUTO_TEST_CASE(the_networks_of_a_56_guess_together) {
  const TemporaryFolder folder;
  chat::Stored<chat::PasswordStorage>::save(folder.file("accounts"), accounts_of({"ann"}));
  const Limited room({"--max-users", "10", "--accounts", folder.file("accounts")});
  const auto start = Clock::now();
  for (int i = 0; i <= 2 * chat::kFreeGuesses; ++i) {
    BOOST_TEST(room.from("2001:db8:0:" + std::to_string(i + 1) + "::1").answer("login", "ann,x") ==
               "! wrong username or password");
  }
  BOOST_TEST(seconds_since(start) >= std::chrono::seconds(chat::kFirstGuessWait).count());
}

BOOST_AUTO_TEST_SUITE_END()
