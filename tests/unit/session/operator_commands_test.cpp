#include "chat/session/operator_commands.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "chat/base/limits.hpp"
#include "tests/support/house_member.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;

const std::string kHash = "$y$j9T$salt$" + std::string(43, 'r');

// op and ann have accounts, op is the one operator; ben is registered.
struct Ruled {
  static PasswordStorage known() {
    PasswordStorage accounts;
    for (const char* name : {"op", "ann"}) accounts.add(name, kHash);
    accounts.set_operator("op", true);
    return accounts;
  }

  // What the operator is answered, all lines of it.
  std::string run(std::string_view command, std::string_view arguments = {}) {
    return run_operator_command({house.room, op.name, op.account, op.peer}, *find_command(command),
                                arguments);
  }
  bool is_muted(const HouseMember& one) const {
    return one.member.muted_until() > std::chrono::system_clock::now();
  }
  bool is_operator(std::string_view name) const {
    return house.accounts.current()->is_operator(name);
  }

  House house{known(), 3};
  HouseMember op{house, "op", "198.51.100.1"};
  HouseMember ann{house, "ann", "198.51.100.2"};
  HouseMember ben{house, "ben", "198.51.100.3"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(operator_commands, Ruled)

BOOST_AUTO_TEST_CASE(one_who_is_kicked_has_to_leave_and_everybody_is_told) {
  BOOST_TEST(run("/kick", "BEN too loud") == "* ben has to leave\n");
  BOOST_TEST(ben.member.was_dismissed());
  BOOST_TEST(!ann.member.was_dismissed());
  (void)ann.far.read_until("* ben has entered");
  BOOST_TEST(ann.hears() == "* op has kicked ben: too loud");
  BOOST_TEST(house.room.registry.farewell_of(ben.name).value_or("") ==
             "! you were kicked by op: too loud\n");
}

BOOST_AUTO_TEST_CASE(nobody_is_kicked_or_muted_who_is_oneself_or_not_here) {
  for (const char* command : {"/kick", "/mute"}) {
    BOOST_TEST(run(command, "OP") == "! that is you\n");
    BOOST_TEST(run(command, "eve") == "! eve is not here\n");
    BOOST_TEST(run(command, std::string(100, 'x')) ==
               "! " + std::string(kMaxName, 'x') + " is not here\n");
  }
  BOOST_TEST(!op.member.was_dismissed());
}

BOOST_AUTO_TEST_CASE(a_mute_lasts_as_long_as_it_says_or_ten_minutes) {
  const auto left = [&] { return ben.member.muted_until() - std::chrono::system_clock::now(); };
  BOOST_TEST(run("/mute", "ben") == "* ben can say nothing for 10 min\n");
  BOOST_TEST((left() > 9min && left() <= 10min));
  BOOST_TEST(run("/mute", "ben 60") == "* ben can say nothing for 60 min\n");
  BOOST_TEST((left() > 59min && left() <= 60min));
  BOOST_TEST(!is_muted(ann));
  BOOST_TEST(run("/unmute", "ben") == "* ben can speak again\n");
  BOOST_TEST(!is_muted(ben));
  BOOST_TEST(run("/unmute", "eve") == "! eve is not here\n");
}

BOOST_AUTO_TEST_CASE(a_time_that_is_none_mutes_nobody) {
  BOOST_TEST(run("/mute", "ben 5m") ==
             "! how many minutes? A whole number, in front of the reason\n");
  BOOST_TEST(run("/mute", "ben -5") ==
             "! how many minutes? A whole number, in front of the reason\n");
  BOOST_TEST(run("/mute", "ben 527041") == "! at most 527040 minutes, a year\n");
  BOOST_TEST(run("/mute", "ben 5 loud") == "! it is /mute NAME [MINUTES]\n");
  BOOST_TEST(!is_muted(ben));
}

BOOST_AUTO_TEST_CASE(one_who_is_banned_by_name_has_to_leave_and_is_kept_out) {
  BOOST_TEST(run("/ban", "ben spam") == "* ben is kept out\n");
  BOOST_TEST(ben.member.was_dismissed());
  BOOST_TEST(!ann.member.was_dismissed());
  BOOST_TEST(run("/bans") == "* ben by op: spam\n");
  BOOST_TEST(run("/unban", "ben") == "* ben is let in\n");
  BOOST_TEST(run("/unban", "ben") == "! there is no such ban: /bans lists them\n");
  BOOST_TEST(run("/bans") == "* nobody is banned\n");
}

BOOST_AUTO_TEST_CASE(a_ban_of_an_address_reaches_all_of_it_and_the_room_hears_no_address) {
  BOOST_TEST(
      run("/ban", "198.51.100.2/31 5 spam").starts_with("* 198.51.100.2/31 is kept out until "));
  BOOST_TEST(ann.member.was_dismissed());
  BOOST_TEST(ben.member.was_dismissed());
  BOOST_TEST(!op.member.was_dismissed());
  (void)op.far.read_until("* ben has entered");
  const std::string told = op.hears();
  BOOST_TEST(told.starts_with("* op has banned an address until "));
  BOOST_TEST(told.ends_with(": spam"));
}

BOOST_AUTO_TEST_CASE(no_ban_locks_out_an_operator_or_what_cannot_be_meant) {
  house.accounts.change([](PasswordStorage& accounts) { accounts.set_operator("ann", true); });
  BOOST_TEST(run("/ban", "op") == "! that is you\n");
  BOOST_TEST(run("/ban", "ann") == "! ann is an operator\n");
  BOOST_TEST(run("/ban", "198.51.100.1").starts_with("! operator op comes from there"));
  BOOST_TEST(run("/ban", "198.51.100.2").starts_with("! operator ann comes from there"));
  BOOST_TEST(run("/ban", "unix:ben") ==
             "! who comes by a Unix socket has no address: ban the name\n");
  BOOST_TEST(run("/ban", "198.51.100.300").starts_with("! it is neither a name nor an address"));
  BOOST_TEST(run("/bans") == "* nobody is banned\n");
  for (const HouseMember* one : {&op, &ann, &ben}) BOOST_TEST(!one->member.was_dismissed());
}

BOOST_AUTO_TEST_CASE(a_closed_room_takes_accounts_alone) {
  BOOST_TEST(run("/close") == "* only accounts come in\n");
  BOOST_TEST(run("/close") == "! it is closed already\n");
  BOOST_CHECK_THROW(HouseMember(house, "cid"), std::runtime_error);
  BOOST_TEST(run("/open") == "* everyone comes in\n");
  BOOST_TEST(run("/open") == "! it is open already\n");
  BOOST_CHECK_NO_THROW(HouseMember(house, "cid"));
}

BOOST_AUTO_TEST_CASE(an_account_that_is_removed_has_to_leave) {
  BOOST_TEST(run("/account", "remove ann") == "* there is no account ann any more\n");
  BOOST_TEST(!house.accounts.current()->contains("ann"));
  BOOST_TEST(ann.member.was_dismissed());
  BOOST_TEST(run("/account", "remove ann") == "! there is no such account\n");
  BOOST_TEST(run("/account", "paint ann") == "! it is /account add|remove|operator NAME\n");
}

BOOST_AUTO_TEST_CASE(there_is_always_an_operator) {
  BOOST_TEST(run("/account", "remove op") ==
             "! that is the last operator: make another one first\n");
  BOOST_TEST(run("/account", "operator op") ==
             "! that is the last operator: make another one first\n");
  BOOST_TEST(run("/account", "operator ben") == "! there is no such account\n");
  BOOST_TEST(run("/account", "operator ANN") == "* ann is an operator\n");
  BOOST_TEST(is_operator("ann"));
  BOOST_TEST(run("/account", "operator op") == "* op is no operator any more\n");
  BOOST_TEST(!is_operator("op"));
}

BOOST_AUTO_TEST_CASE(one_who_is_banned_does_not_become_the_operator) {
  BOOST_TEST(run("/ban", "ann") == "* ann is kept out\n");
  BOOST_TEST(run("/account", "operator ann") == "! ann is banned\n");
  BOOST_TEST(!is_operator("ann"));
}

// The command may have waited for another one, which took the right away.
BOOST_AUTO_TEST_CASE(a_former_operator_changes_nothing) {
  house.accounts.change([](PasswordStorage& accounts) {
    accounts.set_operator("ann", true);
    accounts.set_operator("op", false);
  });
  const std::string refused = "! you are no operator\n";
  BOOST_TEST(run("/close") == refused);
  BOOST_TEST(run("/ban", "ben") == refused);
  BOOST_TEST(run("/account", "remove ann") == refused);
  BOOST_TEST(run("/account", "operator op") == refused);
  const Operator by{house.room, op.name, op.account, op.peer};
  BOOST_TEST(set_topic(by, "tea") == refused);
  BOOST_TEST(set_motd(by, "tea") == refused);
  BOOST_CHECK_THROW(add_account(by, "cid", kHash), std::runtime_error);
  BOOST_TEST(!house.storage.current()->closed());
  BOOST_TEST(house.storage.current()->topic() == "");
  BOOST_TEST(house.accounts.current()->login_users() == 2u);
  BOOST_TEST(!ben.member.was_dismissed());
}

BOOST_AUTO_TEST_CASE(a_new_account_sends_away_who_is_registered_by_a_name_like_it) {
  const Operator by{house.room, op.name, op.account, op.peer};
  BOOST_TEST(add_account(by, "Ben", kHash) ==
             "* there is an account Ben now\n"
             "* who was registered by a name like that has to leave: ben\n");
  BOOST_TEST(ben.member.was_dismissed());
  BOOST_CHECK_THROW(check_new_account(house.room, "ben"), std::runtime_error);
  BOOST_CHECK_THROW(check_new_account(house.room, "a b"), std::runtime_error);
  BOOST_CHECK_NO_THROW(check_new_account(house.room, "cid"));
}

BOOST_AUTO_TEST_CASE(an_end_is_ordered_and_called_off) {
  BOOST_TEST(run("/shutdown", "off") == "! no shutdown is ordered\n");
  BOOST_TEST(run("/shutdown", "5 upgrade") == "* as you say\n");
  const auto state = house.room.countdown.state(Clock::now());
  BOOST_TEST(state.ordered);
  BOOST_TEST(state.by == "op");
  BOOST_TEST(state.reason == "upgrade");
  BOOST_TEST(run("/shutdown", "OFF") == "* the server goes on\n");
  BOOST_TEST(!house.room.countdown.state(Clock::now()).ordered);
}

BOOST_AUTO_TEST_CASE(statistics_begin_with_who_is_online) {
  BOOST_TEST(run("/stats").starts_with("* online 3: 2 of 2 accounts, 1 of 3 registered\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
