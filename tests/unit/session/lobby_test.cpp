#include "chat/session/lobby.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <future>
#include <list>
#include <memory>
#include <new>
#include <string>

#include "chat/session/limits.hpp"
#include "tests/support/failing_memory.hpp"
#include "tests/support/socket_pair.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;
using State = Lobby::State;

constexpr std::string_view kTold = "! go\n";

// A lobby with what it needs.
struct Hall {
  Hall(std::size_t places, std::size_t places_per_address)
      : lobby(places, places_per_address, kTold, gate, changed) {
    poller.add_event(changed, &lobby);
  }
  bool signalled() { return !poller.wait(0ms).empty(); }

  HashGate gate{1};
  WakeEvent changed;
  Lobby lobby;
  Poller poller;
};

PeerAddress at(const std::string& address) { return peer_at(address, 1).value(); }

PeerAddress user(std::uint8_t uid) {
  PeerAddress peer;
  peer.loopback = true;
  peer.uid = uid;
  peer.source = Source{uid};
  return peer;
}

// One in the lobby. It is to be answered, at first.
struct Guest : SocketPair {
  Guest(Hall& hall, const PeerAddress& from) : lobby(hall.lobby), peer(from) {
    lobby.admit(*place, near, peer);
  }
  Guest(Hall& hall, const std::string& address) : Guest(hall, at(address)) {}

  bool becomes(State state) { return lobby.becomes(*place, state); }
  // What its worker says when it has nothing more to do.
  Guest& reads() {
    (void)becomes(State::kReading);
    return *this;
  }
  bool gone() const { return place->gone(); }
  std::string told() {
    std::array<char, 100> bytes{};
    const auto received = far.receive_until(bytes, Clock::now());
    return {bytes.data(), received.bytes};
  }

  Lobby& lobby;
  const PeerAddress peer;
  std::unique_ptr<Lobby::Place> place = std::make_unique<Lobby::Place>();
};

using Guests = std::list<Guest>;

// So many of one address.
Guests crowd(Hall& hall, const std::string& address, int count, State state) {
  Guests guests;
  for (int i = 0; i < count; ++i) (void)guests.emplace_back(hall, address).becomes(state);
  return guests;
}

std::size_t gone(const Guests& guests) {
  std::size_t count = 0;
  for (const Guest& guest : guests) count += guest.gone() ? 1 : 0;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lobby)

BOOST_AUTO_TEST_CASE(when_it_is_full_the_one_who_has_waited_longest_is_told_and_goes) {
  Hall hall(3, 3);
  Guest first(hall, "192.0.2.1"), second(hall, "192.0.2.2"), third(hall, "192.0.2.3");
  for (Guest* guest : {&first, &second, &third}) guest->reads();
  Guest fourth(hall, "192.0.2.4");
  BOOST_TEST(first.gone());
  BOOST_TEST(first.told() == kTold);
  BOOST_TEST(!first.near.wait_while_open(Clock::now()));  // which wakes its worker
  BOOST_TEST(!first.becomes(State::kAnswering));
  for (Guest* guest : {&second, &third, &fourth}) {
    BOOST_TEST(!guest->gone());
    BOOST_TEST(guest->told() == "");
  }
  Guest fifth(hall, "192.0.2.5");
  BOOST_TEST(second.gone());
}

BOOST_AUTO_TEST_CASE(of_one_address_only_so_many_wait_and_it_makes_room_among_its_own) {
  Hall hall(100, 2);
  Guest other(hall, "192.0.2.9");
  other.reads();
  Guest first(hall, "192.0.2.1"), second(hall, "192.0.2.1"), third(hall, "192.0.2.1");
  first.reads();
  second.reads();
  BOOST_TEST(!first.gone());  // one that is being answered does not wait
  third.reads();
  BOOST_TEST(first.gone());
  BOOST_TEST(!other.gone());
  BOOST_TEST(!second.gone());
  BOOST_TEST(second.becomes(State::kAnswering));
  Guest fourth(hall, "192.0.2.1");
  fourth.reads();
  BOOST_TEST(!third.gone());
  second.reads();
  BOOST_TEST(second.gone());
}

BOOST_AUTO_TEST_CASE(loopback_addresses_are_bound_only_by_the_places_of_all) {
  Hall hall(5, 2);
  auto guests = crowd(hall, "127.0.0.1", 5, State::kReading);
  BOOST_TEST(gone(guests) == 0u);
  Guest sixth(hall, "127.0.0.1");
  BOOST_TEST(guests.front().gone());
  BOOST_TEST(gone(guests) == 1u);
}

BOOST_AUTO_TEST_CASE(whoever_is_still_to_be_answered_is_spared) {
  Hall hall(3, 3);
  Guest answered_next(hall, "192.0.2.1"), has_spoken(hall, "192.0.2.1"), silent(hall, "192.0.2.1");
  has_spoken.reads();
  silent.reads();
  BOOST_REQUIRE(has_spoken.far.send_all("register\n"));
  Guest newcomer(hall, "192.0.2.4");
  BOOST_TEST(silent.gone());
  BOOST_TEST(!answered_next.gone());
  BOOST_TEST(!has_spoken.gone());
}

BOOST_AUTO_TEST_CASE(who_talks_on_is_spared_for_a_few_answers_only) {
  Hall hall(2, 2);
  Guest talks_on(hall, "192.0.2.1"), silent(hall, "192.0.2.1");
  BOOST_REQUIRE(talks_on.far.send_all("/tagged\n"));
  for (int i = 0; i < kSparedAnswers; ++i) {
    BOOST_TEST(hall.lobby.is_busy());
    talks_on.reads();
    (void)talks_on.becomes(State::kAnswering);
  }
  BOOST_TEST(!hall.lobby.is_busy());
  talks_on.reads();
  BOOST_TEST(!hall.lobby.is_busy());
  Guest newcomer(hall, "192.0.2.1");
  BOOST_TEST(talks_on.gone());
  BOOST_TEST(!silent.gone());
}

BOOST_AUTO_TEST_CASE(while_all_are_being_answered_it_is_busy_and_says_when_not_any_more) {
  Hall hall(2, 2);
  Guest first(hall, "192.0.2.1");
  BOOST_TEST(!hall.lobby.is_busy());
  Guest second(hall, "192.0.2.2");
  BOOST_TEST(hall.lobby.is_busy());
  BOOST_TEST(!hall.signalled());
  second.reads();
  BOOST_TEST(hall.signalled());
  BOOST_TEST(!hall.lobby.is_busy());
  (void)second.becomes(State::kAnswering);
  BOOST_TEST(hall.lobby.is_busy());
  hall.lobby.leave(*first.place);
  BOOST_TEST(hall.signalled());
  BOOST_TEST(!hall.lobby.is_busy());
}

BOOST_AUTO_TEST_CASE(whoever_is_admitted_all_the_same_gets_the_place_of_the_first_at_once) {
  Hall hall(2, 2);
  Guest first(hall, "192.0.2.1"), second(hall, "192.0.2.1");
  Guest third(hall, "192.0.2.1");
  BOOST_TEST(first.gone());
  BOOST_TEST(!second.gone());
  BOOST_TEST(!third.gone());
}

BOOST_AUTO_TEST_CASE(a_crowd_costs_nobody_else_a_place) {
  for (const State state : {State::kReading, State::kAnswering, State::kWaitsForGuess}) {
    Hall hall(10, 8);
    Guest oldest(hall, "198.51.100.1");
    oldest.reads();
    Guest other(hall, "198.51.100.2");
    (void)other.becomes(State::kLingering);
    auto guests = crowd(hall, "192.0.2.1", 8, state);
    Guests more = crowd(hall, "192.0.2.1", 8, State::kAnswering);
    Guest third(hall, "198.51.100.3");
    BOOST_TEST(gone(guests) + gone(more) == 9u);
    for (const Guest* guest : {&oldest, &other, &third}) BOOST_TEST(!guest->gone());
  }
}

BOOST_AUTO_TEST_CASE(where_a_crowd_is_being_answered_it_is_busy_though_another_is_silent) {
  Hall hall(4, 4);
  Guest silent(hall, "198.51.100.1");
  silent.reads();
  auto guests = crowd(hall, "192.0.2.1", 3, State::kAnswering);
  BOOST_TEST(hall.lobby.is_busy());
}

BOOST_AUTO_TEST_CASE(who_lingers_goes_first_and_then_who_waits_for_a_guess) {
  Hall hall(4, 4);
  Guest silent(hall, "192.0.2.1"), waits(hall, "192.0.2.1"), lingers(hall, "192.0.2.1");
  Guest other(hall, "192.0.2.1");
  silent.reads();
  (void)waits.becomes(State::kWaitsForGuess);
  (void)lingers.becomes(State::kLingering);
  BOOST_REQUIRE(waits.far.send_all("more"));  // which earns nothing
  BOOST_REQUIRE(lingers.far.send_all("more"));
  Guest fifth(hall, "192.0.2.1");
  BOOST_TEST(lingers.gone());
  BOOST_TEST(lingers.told() == "");  // it has been told why before
  Guest sixth(hall, "192.0.2.1");
  BOOST_TEST(waits.gone());
  BOOST_TEST(!silent.gone());
  Guest seventh(hall, "192.0.2.1");
  BOOST_TEST(silent.gone());
}

BOOST_AUTO_TEST_CASE(all_networks_of_one_who_has_many_are_one_crowd) {
  Hall hall(12, 9);
  Guest other(hall, "2001:db8:1::1"), near(hall, "2001:db8:0:100::1");
  other.reads();
  near.reads();
  Guests guests;
  for (int i = 0; i < 50; ++i) {
    guests.emplace_back(hall, "2001:db8:0:" + std::to_string(10 + i) + "::1").reads();
  }
  BOOST_TEST(!other.gone());  // another /48
  BOOST_TEST(!near.gone());   // another /56 of the same
  BOOST_TEST(gone(guests) == 40u);
}

BOOST_AUTO_TEST_CASE(this_machine_is_one_crowd_and_its_users_are_told_apart) {
  Hall hall(12, 9);
  Guest other(hall, "192.0.2.1"), ann(hall, user(1));
  other.reads();
  ann.reads();
  Guests guests;
  for (int i = 1; i <= 50; ++i) guests.emplace_back(hall, "127.0.0." + std::to_string(i)).reads();
  BOOST_TEST(!other.gone());
  BOOST_TEST(!ann.gone());
  BOOST_TEST(gone(guests) == 40u);
}

BOOST_AUTO_TEST_CASE(whoever_is_coming_in_stays_and_whoever_fails_to_lingers) {
  Hall hall(2, 2);
  Guest first(hall, "192.0.2.1"), second(hall, "192.0.2.1");
  BOOST_TEST(first.becomes(State::kEntering));
  second.reads();
  Guest third(hall, "192.0.2.1");
  BOOST_TEST(second.gone());
  Guest fourth(hall, "192.0.2.1");
  BOOST_TEST(third.gone());
  BOOST_TEST(!first.gone());
  BOOST_TEST(hall.lobby.linger(*first.place, first.near, first.peer));
  Guest fifth(hall, "192.0.2.1");
  BOOST_TEST(first.gone());
  BOOST_TEST(!first.becomes(State::kEntering));
}

BOOST_AUTO_TEST_CASE(one_that_had_to_go_counts_until_it_has_ended) {
  Hall hall(2, 2);
  Guest first(hall, "192.0.2.1"), second(hall, "192.0.2.1");
  first.reads();
  second.reads();
  auto more = crowd(hall, "192.0.2.1", static_cast<int>(kMostMadeToGo), State::kReading);
  BOOST_TEST(hall.lobby.pending() == 2 + kMostMadeToGo);
  BOOST_TEST(hall.lobby.is_busy());
  hall.lobby.leave(*first.place);
  BOOST_TEST(hall.signalled());
  BOOST_TEST(!hall.lobby.is_busy());
  BOOST_TEST(hall.lobby.pending() == 1 + kMostMadeToGo);
  more.clear();
  BOOST_TEST(hall.lobby.pending() == 1u);
}

BOOST_AUTO_TEST_CASE(one_that_comes_from_elsewhere_after_all_counts_there_and_never_twice) {
  Hall hall(100, 2);
  auto guests = crowd(hall, "192.0.2.1", 2, State::kReading);
  Guest proxied(hall, "127.0.0.2");
  BOOST_TEST(hall.lobby.comes_from(*proxied.place, at("192.0.2.1")));
  BOOST_TEST(hall.lobby.pending() == 3u);
  BOOST_TEST(gone(guests) == 0u);
  proxied.reads();
  BOOST_TEST(guests.front().gone());
  BOOST_TEST(gone(guests) == 1u);
  BOOST_TEST(!proxied.gone());
  BOOST_TEST(!hall.lobby.comes_from(*guests.front().place, at("192.0.2.9")));
}

BOOST_AUTO_TEST_CASE(who_has_been_in_lingers_where_that_costs_only_others_who_do) {
  Hall hall(2, 2);
  Guest member(hall, "192.0.2.1"), quits(hall, "192.0.2.2");
  for (Guest* const guest : {&member, &quits}) {
    BOOST_TEST(guest->becomes(State::kEntering));
    hall.lobby.leave(*guest->place);
  }
  Guest silent(hall, "192.0.2.3");
  silent.reads();
  BOOST_TEST(hall.lobby.linger(*member.place, member.near, member.peer));
  BOOST_TEST(hall.lobby.pending() == 2u);
  BOOST_TEST(hall.lobby.linger(*quits.place, quits.near, quits.peer));
  BOOST_TEST(member.gone());
  hall.lobby.leave(*member.place);
  Guest newcomer(hall, "192.0.2.4");
  BOOST_TEST(quits.gone());
  hall.lobby.leave(*quits.place);
  Guest late(hall, "192.0.2.5");  // which makes the silent one go
  hall.lobby.leave(*late.place);
  Guest last(hall, "192.0.2.5");
  BOOST_TEST(!hall.lobby.linger(*late.place, late.near, late.peer));
  BOOST_TEST(!newcomer.gone());
  BOOST_TEST(!last.gone());
}

BOOST_AUTO_TEST_CASE(who_waits_to_hash_is_woken_when_it_has_to_go) {
  Hall hall(1, 1);
  const auto other = hall.gate.enter({Source{9}, "other"}, Clock::now());
  BOOST_REQUIRE((other.answer == HashGate::Answer::kIn));
  Guest first(hall, "192.0.2.1");
  (void)first.becomes(State::kWaitsForGuess);
  auto waiting = std::async(std::launch::async, [&] {
    return hall.gate.enter({first.peer.source, "name"}, Clock::now() + 20s, first.place->gone());
  });
  while (hall.gate.waiting() == 0) std::this_thread::yield();
  Guest second(hall, "192.0.2.2");
  BOOST_TEST((waiting.get().answer == HashGate::Answer::kGone));
  // Also where that comes first.
  const auto late =
      hall.gate.enter({first.peer.source, "name"}, Clock::now() + 20s, first.place->gone());
  BOOST_TEST((late.answer == HashGate::Answer::kGone));
  BOOST_TEST(hall.gate.waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_gives_its_place_back) {
  Hall hall(1, 1);
  for (int i = 0; i < 3; ++i) {
    Guest guest(hall, "192.0.2.1");
    guest.reads();
    BOOST_TEST(!guest.gone());
  }
  BOOST_TEST(hall.lobby.pending() == 0u);
}

BOOST_AUTO_TEST_CASE(without_memory_nobody_is_admitted_and_nobody_goes) {
  Hall hall(1, 1);
  Guest first(hall, "192.0.2.1");
  first.reads();
  SocketPair other;
  const auto peer = at("192.0.2.2");
  for (long good = 0;; ++good) {
    Lobby::Place place;
    bool failed = false;
    {
      FailingMemory memory(good);
      try {
        hall.lobby.admit(place, other.near, peer);
      } catch (const std::bad_alloc&) {
        failed = true;
      }
    }
    BOOST_TEST(first.gone() == !failed);
    BOOST_TEST(hall.lobby.pending() == (failed ? 1u : 2u));
    if (!failed) break;
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
