#include "chat/lobby.hpp"

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <list>
#include <memory>
#include <string>
#include <thread>

namespace chat {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kTold = "! go\n";

// A connection in the lobby, of which the test holds the far end.
struct Guest {
  Guest(Lobby& house, std::uint8_t number, bool loopback = false) : lobby(house) {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    near = Socket(Descriptor(ends[0]));
    far = Socket(Descriptor(ends[1]));
    PeerAddress peer;
    peer.source = Source{number};
    peer.loopback = loopback;
    lobby.admit(*place, near, peer);
  }
  // What its worker says when it has nothing more to do.
  Guest& waits() {
    lobby.waits_for_peer(*place, true);
    return *this;
  }
  bool gone() const { return lobby.made_to_go(*place); }
  std::string told() {
    std::array<char, 100> bytes{};
    const auto received = far.receive_until(bytes, Clock::now());
    return {bytes.data(), received.bytes};
  }

  Lobby& lobby;
  Socket near;
  Socket far;
  std::unique_ptr<Lobby::Place> place = std::make_unique<Lobby::Place>();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(lobby)

BOOST_AUTO_TEST_CASE(when_it_is_full_the_one_who_has_waited_longest_is_told_and_goes) {
  Lobby lobby(3, 3, kTold);
  Guest first(lobby, 1), second(lobby, 2), third(lobby, 3);
  for (Guest* guest : {&first, &second, &third}) guest->waits();
  Guest fourth(lobby, 4);
  BOOST_TEST(first.gone());
  BOOST_TEST(first.told() == kTold);
  BOOST_TEST(!first.near.wait_while_open(Clock::now()));  // which wakes its worker
  for (Guest* guest : {&second, &third, &fourth}) {
    BOOST_TEST(!guest->gone());
    BOOST_TEST(guest->told() == "");
  }
  Guest fifth(lobby, 5);
  BOOST_TEST(second.gone());
}

BOOST_AUTO_TEST_CASE(one_address_has_only_so_many_places_and_makes_room_among_its_own) {
  Lobby lobby(100, 2, kTold);
  Guest other(lobby, 9);
  other.waits();
  Guest first(lobby, 1), second(lobby, 1);
  first.waits();
  second.waits();
  Guest third(lobby, 1);
  BOOST_TEST(first.gone());
  BOOST_TEST(!other.gone());
  BOOST_TEST(!second.gone());
}

BOOST_AUTO_TEST_CASE(loopback_addresses_are_bound_only_by_the_places_of_all) {
  Lobby lobby(5, 2, kTold);
  std::list<Guest> guests;
  for (int i = 0; i < 5; ++i) guests.emplace_back(lobby, 1, true).waits();
  for (const Guest& guest : guests) BOOST_TEST(!guest.gone());
  Guest sixth(lobby, 1, true);
  BOOST_TEST(guests.front().gone());
}

BOOST_AUTO_TEST_CASE(whoever_is_still_to_be_answered_is_passed_over) {
  Lobby lobby(3, 3, kTold);
  Guest answered_next(lobby, 1), has_spoken(lobby, 2), silent(lobby, 3);
  has_spoken.waits();
  silent.waits();
  BOOST_REQUIRE(has_spoken.far.send_all("register\n"));
  Guest newcomer(lobby, 4);
  BOOST_TEST(silent.gone());
  BOOST_TEST(!answered_next.gone());
  BOOST_TEST(!has_spoken.gone());
}

BOOST_AUTO_TEST_CASE(where_all_are_to_be_answered_the_newcomer_waits_for_a_place_but_not_for_long) {
  Lobby lobby(1, 1, kTold);
  Guest first(lobby, 1);
  std::atomic<bool> left{false};
  std::thread coming_in([&] { left = lobby.leave(*first.place); });
  Guest second(lobby, 2);
  coming_in.join();
  BOOST_TEST(left);
  const auto start = Clock::now();
  Guest third(lobby, 3);
  BOOST_TEST(second.gone());
  BOOST_TEST((Clock::now() - start >= kLobbyPatience));
}

BOOST_AUTO_TEST_CASE(whoever_comes_in_leaves_its_place_and_whoever_fails_to_is_the_next_to_go) {
  Lobby lobby(2, 2, kTold);
  Guest first(lobby, 1), second(lobby, 2);
  second.waits();
  BOOST_TEST(lobby.leave(*second.place));
  Guest third(lobby, 3);
  third.waits();
  BOOST_TEST(!first.gone());
  lobby.come_back(*second.place);
  Guest fourth(lobby, 4);  // there are three now for two places
  BOOST_TEST(second.gone());
  BOOST_TEST(!lobby.leave(*second.place));
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_gives_its_place_back) {
  Lobby lobby(1, 1, kTold);
  for (int i = 0; i < 3; ++i) {
    Guest guest(lobby, 1);
    guest.waits();
    BOOST_TEST(!guest.gone());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
