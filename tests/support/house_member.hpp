// One who is in a house, on the test's own thread: types, and reads what comes.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "chat/session/speaker.hpp"
#include "tests/support/house.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/socket_pair.hpp"

class HouseMember {
 public:
  // By the account of that name, where there is one. Has read up to its own arrival. `place` is the
  // house, which outlives it.
  HouseMember(House& place, std::string called, const std::string& address = "198.51.100.1")
      : house(place),
        name(std::move(called)),
        peer(chat::peer_at(address, 51820).value()),
        account(house.accounts.current()->id_of(name)) {
    const chat::Visit visit{chat::Rendering::kPlain, peer, {}};
    chat::Registry& registry = house.room.registry;
    auto entered = account != 0 ? registry.enter_login(name, account, member, visit)
                                : registry.enter_registered(name, "pw", member, visit);
    if (entered.entry != chat::Registry::Entry::kIn) {
      throw std::runtime_error(name + " does not come in");
    }
    membership = std::move(entered.membership);
    speaker.begin(account, chat::Rendering::kPlain);
    (void)far.read_until("* " + name + " has entered the chat");
  }
  ~HouseMember() {
    (void)house.room.registry.leave(std::move(membership), false);
    house.room.broadcast.wait_until_released(member);
  }
  HouseMember(const HouseMember&) = delete;
  HouseMember& operator=(const HouseMember&) = delete;

  // Whether the stay goes on.
  bool types(std::string_view line) { return speaker.take({line}); }

  // The next line that comes.
  std::string hears() { return far.read_line(); }
  // The next line that is for this member alone.
  std::string answer_to(std::string_view line) {
    if (!types(line)) throw std::runtime_error("the stay is over");
    return hears();
  }
  // Whether nothing has come that was not read: a line of its own is the next one.
  bool heard_all() { return answer_to("/ping") == "* pong"; }

  House& house;
  const std::string name;
  const chat::PeerAddress peer;
  const chat::AccountId account;
  SocketPair ends;
  chat::Subscriber member{ends.near};
  chat::Registry::Membership membership;
  Peer far{std::move(ends.far)};
  chat::Standstill::Standing standing{false};
  chat::Speaker speaker{house.room, member, membership, name, peer, standing};
};
