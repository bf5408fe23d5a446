// Many who want the same seat, name or account at the same moment, some of them gone before they
// get an answer. THOROUGH=1 repeats each a hundred times.
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/baseline.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/rounds.hpp"
#include "tests/support/running_room.hpp"

namespace {

// Sees that what is heard about all names together is one arrival, one departure, one arrival ...:
// there is never more than one of them in.
class Alternation {
 public:
  explicit Alternation(Peer& watcher) : watcher_(watcher) {}

  // Reads up to the next arrival or departure.
  void read() { note(watcher_.read_line()); }
  // Reads until nobody is in.
  void read_until_empty() {
    while (in_) read();
  }
  // Reads all that was said before now.
  void catch_up() {
    watcher_.say("now");
    for (std::string line; (line = watcher_.read_line()) != "watcher: now";) note(line);
  }
  int arrivals() const { return arrivals_; }

 private:
  void note(const std::string& line) {
    const bool arrival = line.ends_with(" has entered the chat");
    if (!arrival && !line.ends_with(" has left the chat")) return;
    BOOST_REQUIRE(arrival != in_);
    in_ = arrival;
    arrivals_ += arrival;
  }

  Peer& watcher_;
  bool in_ = false;
  int arrivals_ = 0;
};

struct Wish {
  std::string mode;
  std::string credentials;
};

// All of `wishes` at once. The answers; empty for those who are gone before theirs.
std::vector<std::string> answers_to(std::vector<Peer>& peers, const std::vector<Wish>& wishes,
                                    std::mt19937& random, bool resets) {
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    peers[i].send(wishes[i].mode + "\n" + wishes[i].credentials + "\n");
  }
  std::vector<std::string> answers(wishes.size());
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    if (resets && random() % 4 == 0) {
      peers[i].reset();
      continue;
    }
    do {
      answers[i] = peers[i].read_line();
    } while (answers[i].starts_with("* Welcome") || answers[i].starts_with("* user,password?"));
  }
  return answers;
}

// One room, in which there is never more than one of those who have one of `wishes`.
void race(const std::vector<Wish>& wishes, const std::string& refusal,
          const std::map<std::string, std::string>& accounts, bool resets, unsigned seed) {
  auto config = RunningRoom::config_of(2);
  const int count = rounds(3, 100);
  // Those of the rounds before may still be on their way out.
  config.max_pending = static_cast<std::size_t>(count) * wishes.size() + 1;
  std::mt19937 random(seed);
  RunningRoom room(config, accounts);
  Peer watcher = Peer::registered(room.port(), "watcher");
  const Baseline baseline;
  Alternation alternation(watcher);
  for (int round = 0; round < count; ++round) {
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < wishes.size(); ++i) peers.emplace_back(room.port());
    const int before = alternation.arrivals();
    int in = 0;
    for (const auto& answer : answers_to(peers, wishes, random, resets)) {
      in += answer.starts_with("* hello ");
      BOOST_TEST((answer.empty() || answer.starts_with("* hello ") || answer.starts_with(refusal)),
                 answer);
    }
    alternation.catch_up();
    // One who won and was gone makes way for another.
    if (!resets) BOOST_TEST(in == 1);
    if (!resets) BOOST_TEST(alternation.arrivals() == before + 1);
    peers.clear();
    alternation.read_until_empty();
  }
  BOOST_TEST(baseline.missing() == "");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(races)

BOOST_AUTO_TEST_CASE(of_200_who_register_for_one_seat_one_wins) {
  (void)chat::raise_descriptor_limit();
  std::vector<Wish> wishes;
  for (int i = 0; i < 200; ++i) wishes.push_back({"register", "u" + std::to_string(i) + ",pw"});
  race(wishes, "! max chat users", {}, false, 1);
  race(wishes, "! max chat users", {}, true, 2);
}

BOOST_AUTO_TEST_CASE(of_200_who_register_one_name_one_wins) {
  (void)chat::raise_descriptor_limit();
  const std::vector<Wish> wishes(200, {"register", "ann,pw"});
  race(wishes, "! username is already used", {}, false, 3);
  race(wishes, "! username is already used", {}, true, 4);
}

BOOST_AUTO_TEST_CASE(of_50_logins_of_one_account_one_wins) {
  const std::vector<Wish> wishes(50, {"login", "ann,pw"});
  race(wishes, "! password already used", {{"ann", "pw"}}, false, 5);
  race(wishes, "! password already used", {{"ann", "pw"}}, true, 6);
}

BOOST_AUTO_TEST_CASE(a_name_that_comes_and_goes_1000_times_is_seen_to_alternate_by_everyone) {
  RunningRoom room(9, {{"ann", "pw"}});
  std::vector<Peer> watchers;
  for (const char* name : {"watcher", "second", "third"}) {
    watchers.push_back(Peer::registered(room.port(), name));
  }
  const int cycles = rounds(kSanitized ? 100 : 1000, 1000);
  for (int i = 0; i < cycles; ++i) {
    Peer ann = Peer::logged_in(room.port(), "ann", "pw");
    if (i % 3 == 0) ann.say("/quit");
    if (i % 3 == 1) ann.half_close();
    if (i % 3 == 2) ann.reset();
    watchers[0].read_until("* ann has left");
  }
  watchers[0].say("end");
  for (Peer& watcher : watchers) {
    watcher.read_until("watcher: end");
    bool in = false;
    int changes = 0;
    for (const auto& line : watcher.transcript()) {
      if (!line.starts_with("* ann has ")) continue;
      BOOST_REQUIRE(line == (in ? "* ann has left the chat" : "* ann has entered the chat"));
      in = !in;
      ++changes;
    }
    BOOST_TEST(changes == 2 * cycles);
  }
}

BOOST_AUTO_TEST_SUITE_END()
