#include "chat/room/registry.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <list>
#include <thread>

#include "chat/room/limits.hpp"
#include "chat/wire/limits.hpp"
#include "tests/support/failing_memory.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/socket_pair.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/threads.hpp"

namespace chat {
namespace {

using Entry = Registry::Entry;
using Names = std::vector<std::string>;

constexpr int kRounds = 100;  // of a race, so that it shows if nothing guards the registry

// Someone at the door: a connection of which the test holds the far end.
struct Guest : SocketPair {
  Subscriber member{near};
  Registry::Membership membership = {};
};

const std::string kHash = "$y$j9T$salt$" + std::string(43, 'r');

// Read from a file without identities: accounts of the same name are the same ones.
PasswordStorage accounts_named(const Names& names) {
  static const TemporaryFolder folder;
  std::string lines;
  for (const auto& name : names) lines += name + ":" + kHash + "\n";
  folder.write("accounts", lines);
  return Stored<PasswordStorage>::load(folder.file("accounts"));
}

AccountId id_of(const std::string& name) { return accounts_named({name}).id_of(name); }

// `accounts` with another account in the place of the one called `name`.
PasswordStorage with_another(PasswordStorage accounts, const std::string& name) {
  accounts.remove(name);
  accounts.add(name, kHash);
  return accounts;
}

Visit from(const std::string& address) {
  Visit visit;
  visit.peer = *peer_at(address, 51820);
  return visit;
}

struct Room {
  Room(std::size_t max_users, const Names& account_names)
      : accounts(accounts_named(account_names)),
        registry(max_users, accounts, storage, broadcast) {}

  ~Room() {
    for (Guest& guest : guests) leaves(guest, false);  // while there is a room to leave
  }

  Entry comes(Guest& guest, Registry::Entered entered) {
    guest.membership = std::move(entered.membership);
    return entered.entry;
  }
  Entry registers_as(Guest& guest, const std::string& name, const Visit& visit = {}) {
    return comes(guest, registry.enter_registered(name, "pw", guest.member, visit));
  }
  Entry registers(const std::string& name, const Visit& visit = {}) {
    return registers_as(guests.emplace_back(), name, visit);
  }
  Entry logs_in(const std::string& name, const Visit& visit = {}) {
    Guest& guest = guests.emplace_back();
    return comes(guest, registry.enter_login(name, id_of(name), guest.member, visit));
  }
  // By the account that `accounts` have of that name.
  Entry logs_in(const PasswordStorage& others, const std::string& name) {
    Guest& guest = guests.emplace_back();
    return comes(guest, registry.enter_login(name, others.id_of(name), guest.member));
  }
  Entry resumes_as(Guest& guest, std::string& name, const std::string& password = "pw",
                   const Visit& visit = {}) {
    return comes(guest, registry.resume_registered(name, password, guest.member, visit));
  }
  Entry resumes_as(Guest& guest, std::string&& name) { return resumes_as(guest, name); }
  Entry resumes(std::string name, const std::string& password = "pw", const Visit& visit = {}) {
    return resumes_as(guests.emplace_back(), name, password, visit);
  }
  Entry resumes_login_as(Guest& guest, const std::string& name, AccountId account) {
    return comes(guest, registry.resume_login(name, account, guest.member));
  }
  Entry resumes_login(const std::string& name) {
    return resumes_login_as(guests.emplace_back(), name, id_of(name));
  }
  bool leaves(Guest& guest, bool flush = true) {
    return registry.leave(std::move(guest.membership), flush);
  }
  bool is_muted() const {  // who tried last
    return guests.back().member.muted_until() > std::chrono::system_clock::now();
  }

  // Each name in a thread of its own, all at the same time. How many got in.
  int register_at_once(const Names& names) {
    std::atomic<int> in{0};
    std::atomic<std::size_t> missing{names.size()};
    Threads threads;
    for (const auto& name : names) {
      threads.start([&, &guest = guests.emplace_back()] {
        --missing;
        while (missing > 0 && !threads.stopping()) std::this_thread::yield();
        if (registers_as(guest, name) == Entry::kIn) ++in;
      });
    }
    threads.join();
    return in;
  }

  const PasswordStorage accounts;
  std::list<Guest> guests;  // in the order in which they tried; they outlive the broadcast
  Stored<RoomStorage> storage{RoomStorage()};
  Broadcast broadcast;
  Registry registry;
};

// All that `guest` heard up to end of file.
std::string heard(Guest& guest) {
  const auto deadline = Clock::now() + kPatience;
  std::string all;
  std::array<char, 4096> part;
  while (true) {
    const IoResult received = guest.far.receive_until(part, deadline);
    if (received.io == Io::kEnd) return all;
    BOOST_REQUIRE((received.io == Io::kDone));
    all.append(part.data(), received.bytes);
  }
}

Names numbered(const std::string& name, std::size_t count) {
  Names names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(name + std::to_string(i));
  return names;
}

// All accounts and so many others get in, whoever comes first.
void check_seats(std::size_t maximum, std::size_t accounts, std::size_t others) {
  for (const bool accounts_first : {false, true}) {
    BOOST_TEST_CONTEXT(maximum << " seats, " << accounts << " accounts " << accounts_first) {
      Room room(maximum, numbered("account", accounts));
      const auto log_in = [&] {
        for (const auto& name : room.accounts.names()) {
          BOOST_TEST((room.logs_in(name) == Entry::kIn));
        }
      };
      if (accounts_first) log_in();
      for (const auto& name : numbered("other", others)) {
        BOOST_TEST((room.registers(name) == Entry::kIn));
      }
      BOOST_TEST((room.registers("late") == Entry::kFull));
      if (!accounts_first) log_in();
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(registry)

// Seats

BOOST_AUTO_TEST_CASE(a_maximum_smaller_than_the_login_users_is_refused_with_both_numbers) {
  BOOST_CHECK_EXCEPTION(Room(2, {"a", "b", "c"}), std::runtime_error, [](const auto& error) {
    BOOST_TEST(error.what() ==
               "a maximum of 2 users is smaller than the number of login users, 3: "
               "raise --max-users, or remove accounts");
    return true;
  });
}

BOOST_AUTO_TEST_CASE(accounts_keep_their_seats_and_whoever_registers_gets_the_rest) {
  for (std::size_t maximum = 1; maximum <= 4; ++maximum) {
    for (std::size_t accounts = 0; accounts <= maximum; ++accounts) {
      check_seats(maximum, accounts, maximum - accounts);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_seat_and_name_of_a_registered_user_who_left_are_free_again) {
  Room room(2, {"ann"});
  for (int i = 0; i < 3; ++i) {
    BOOST_REQUIRE((room.registers("ben") == Entry::kIn));
    Guest& ben = room.guests.back();
    BOOST_TEST((room.registers("cid") == Entry::kFull));
    room.leaves(ben);
  }
  BOOST_TEST((room.registers("cid") == Entry::kIn));
}

BOOST_AUTO_TEST_CASE(an_account_that_leaves_may_come_again_but_its_seat_is_for_nobody_else) {
  Room room(1, {"ann"});
  for (int i = 0; i < 3; ++i) {
    BOOST_REQUIRE((room.logs_in("ann") == Entry::kIn));
    room.leaves(room.guests.back());
    BOOST_TEST((room.registers("ben") == Entry::kFull));
  }
}

BOOST_AUTO_TEST_CASE(of_many_who_register_at_the_same_time_as_many_get_in_as_there_are_seats) {
  for (int round = 0; round < kRounds; ++round) {
    Room room(3, {});
    BOOST_TEST(room.register_at_once(numbered("guest", 8)) == 3);
  }
}

// Names

BOOST_AUTO_TEST_CASE(a_name_that_is_online_is_used_in_any_case) {
  Room room(4, {"ann"});
  BOOST_TEST((room.registers("Ben") == Entry::kIn));
  BOOST_TEST((room.logs_in("ann") == Entry::kIn));
  for (const char* name : {"Ben", "ben", "BEN"}) {
    BOOST_TEST((room.registers(name) == Entry::kNameUsed));
  }
  BOOST_TEST((room.logs_in("ann") == Entry::kAlreadyIn));
  BOOST_TEST((room.registry.online() == Names{"Ben", "ann"}));
}

BOOST_AUTO_TEST_CASE(the_name_of_an_account_can_never_be_registered) {
  Room room(4, {"Ann"});
  for (const bool online : {false, true}) {
    if (online) BOOST_TEST((room.logs_in("Ann") == Entry::kIn));
    for (const char* name : {"Ann", "ann", "ANN"}) {
      BOOST_TEST((room.registers(name) == Entry::kNameUsed));
    }
  }
}

BOOST_AUTO_TEST_CASE(of_many_who_register_one_name_at_the_same_time_one_gets_in) {
  for (int round = 0; round < kRounds; ++round) {
    Room room(9, {});
    BOOST_TEST(room.register_at_once(Names(8, "ben")) == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_name_that_looks_like_one_online_or_an_accounts_is_used) {
  Room room(9, {"Carol1"});
  BOOST_TEST((room.registers("bob") == Entry::kIn));
  for (const char* name : {"b0b", "BoB", "B0b", "carol1", "car0ll", "CAROLI", "caro1i"}) {
    BOOST_TEST((room.registers(name) == Entry::kNameUsed));
  }
  room.leaves(room.guests.front());
  BOOST_TEST((room.registers("b0b") == Entry::kIn));
}

BOOST_AUTO_TEST_CASE(accounts_that_look_alike_are_their_owners_business_and_all_log_in) {
  Room room(9, {"bob", "b0b", "admin", "root"});
  for (const char* name : {"bob", "b0b", "admin", "root"}) {
    BOOST_TEST((room.logs_in(name) == Entry::kIn));
    BOOST_TEST((room.logs_in(name) == Entry::kAlreadyIn));
  }
}

BOOST_AUTO_TEST_CASE(names_of_the_room_and_its_owner_cannot_be_registered) {
  Room room(9, {});
  for (const char* name : {"server", "SERVER", "admin", "Adm1n", "system", "root", "r00t",
                           "operator", "moderator", "everyone", "all", "a11"}) {
    BOOST_TEST((room.registers(name) == Entry::kNameUsed));
  }
}

BOOST_AUTO_TEST_CASE(an_entry_that_runs_out_of_memory_leaves_nothing_taken_and_leaving_needs_none) {
  Room room(1, {});
  const std::string name = "a-name-too-long-for-a-small-one";
  Guest& guest = room.guests.emplace_back();
  bool failed = true;
  for (long good = 0; failed; ++good) {
    {
      FailingMemory memory(good);
      try {
        (void)room.registers_as(guest, name);
      } catch (const std::bad_alloc&) {
      }
      failed = memory.failed();
    }
    BOOST_TEST(room.registry.online().size() == (failed ? 0u : 1u));
    BOOST_REQUIRE(good < 1000);
  }
  {
    FailingMemory memory(0);
    room.leaves(guest);
    failed = memory.failed();
  }
  BOOST_TEST(!failed);
  BOOST_TEST((room.registers(name) == Entry::kIn));
}

// Leaving

BOOST_AUTO_TEST_CASE(a_membership_leaves_once_also_when_it_is_moved_or_dropped) {
  Room room(9, {});
  BOOST_TEST(!room.registry.leave({}, true));
  BOOST_REQUIRE((room.registers("ann") == Entry::kIn));
  Guest& ann = room.guests.back();
  BOOST_REQUIRE((room.registers("ben") == Entry::kIn));
  Guest& ben = room.guests.back();
  Registry::Membership moved(std::move(ben.membership));
  BOOST_TEST(!room.leaves(ben));
  BOOST_TEST((room.registry.post(moved, "ann", "hi").outcome == Registry::Posted::Outcome::kSent));
  BOOST_TEST((room.registry.online() == Names{"ann", "ben"}));
  { const Registry::Membership dropped(std::move(moved)); }
  BOOST_TEST((room.registry.online() == Names{"ann"}));
  room.broadcast.wait_until_released(ben.member);
  // What is assigned to leaves, too.
  BOOST_REQUIRE((room.registers("cid") == Entry::kIn));
  Guest& cid = room.guests.back();
  ann.membership = std::move(cid.membership);
  cid.membership = {};
  BOOST_TEST((room.registry.online() == Names{"cid"}));
  BOOST_TEST(room.leaves(ann));
  BOOST_TEST(!room.leaves(ann));
  BOOST_TEST(room.registry.online().empty());
}

// Who took its place is not sent out by whoever had it.
BOOST_AUTO_TEST_CASE(a_membership_that_was_taken_over_leaves_nothing) {
  Room room(9, {"dan"});
  BOOST_REQUIRE((room.logs_in("dan") == Entry::kIn));
  Guest& first = room.guests.back();
  BOOST_REQUIRE((room.resumes_login("dan") == Entry::kResumed));
  Guest& second = room.guests.back();
  BOOST_TEST((room.registry.post(first.membership, "dan", "hi").outcome ==
              Registry::Posted::Outcome::kNobody));
  BOOST_TEST(!room.leaves(first));
  BOOST_TEST((room.registry.online() == Names{"dan"}));
  room.registry.dismiss([](const Profile&) { return true; }, "! go\n");
  BOOST_REQUIRE((room.logs_in("dan") == Entry::kIn));  // the one that is sent away makes way
  BOOST_TEST(!room.leaves(second));
  BOOST_TEST((room.registry.online() == Names{"dan"}));
  BOOST_TEST(room.leaves(room.guests.back()));
}

// What is heard

BOOST_AUTO_TEST_CASE(a_joiner_gets_the_list_and_from_its_own_arrival_on_every_coming_and_going) {
  Room room(9, {"ann"});
  BOOST_TEST((room.logs_in("ann") == Entry::kIn));
  Guest& ann = room.guests.back();
  BOOST_REQUIRE((room.registers("Ben") == Entry::kIn));
  Guest& ben = room.guests.back();
  BOOST_TEST((room.registers("ann") == Entry::kNameUsed));  // is heard by nobody
  room.leaves(ben);
  BOOST_TEST((room.registry.online() == Names{"ann"}));
  room.broadcast.close("* bye\n");
  const std::string ben_was_there = "* Ben has entered the chat\n* Ben has left the chat\n";
  BOOST_TEST(heard(ann) == "* hello ann\n* online (1): ann\n* ann has entered the chat\n" +
                               ben_was_there + "* bye\n");
  ben.near.shutdown_write();  // what its worker would do
  BOOST_TEST(heard(ben) == "* hello Ben\n* online (2): ann, Ben\n" + ben_was_there);
}

BOOST_AUTO_TEST_CASE(nobody_comes_into_a_closed_room_and_nothing_is_kept_of_the_try) {
  Room room(2, {"ann"});
  room.broadcast.close({});
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST((room.registers("ben") == Entry::kClosed));
    BOOST_TEST((room.logs_in("ann") == Entry::kClosed));
  }
  BOOST_TEST(room.registry.online().empty());
}

BOOST_AUTO_TEST_CASE(whoever_was_in_a_room_that_closed_can_leave) {
  Room room(2, {});
  BOOST_REQUIRE((room.registers("ben") == Entry::kIn));
  room.broadcast.close({});
  room.leaves(room.guests.back());
  BOOST_TEST(room.registry.online().empty());
}

// Between members

BOOST_AUTO_TEST_CASE(a_private_line_reaches_who_is_there_and_says_why_it_does_not) {
  using Outcome = Registry::Posted::Outcome;
  Room room(9, {"Dan"});
  BOOST_REQUIRE((room.registers("ann") == Entry::kIn));
  Guest& ann = room.guests.back();
  BOOST_REQUIRE((room.registers("Ben") == Entry::kIn));
  Guest& ben = room.guests.back();
  BOOST_REQUIRE((room.logs_in("Dan") == Entry::kIn));
  const auto post = [&](const std::string& to) {
    return room.registry.post(ann.membership, to, "hi");
  };
  for (const char* name : {"cid", "B3n", "Ben_", "", "a b", "dan "}) {
    BOOST_TEST((post(name).outcome == Outcome::kNobody), name);
  }
  BOOST_TEST((post("ANN").outcome == Outcome::kYourself));
  BOOST_TEST((room.registry.reply(ben.membership, "?").outcome == Outcome::kNoLetter));
  BOOST_TEST((post("bEN").outcome == Outcome::kSent));
  BOOST_TEST(post("dan").to == "Dan");
  BOOST_TEST(room.registry.reply(ben.membership, "yes").to == "ann");
  BOOST_TEST(!post("ben").away.has_value());
  room.registry.set_away(ben.membership, "at lunch");
  BOOST_TEST(post("ben").away.value_or("") == "at lunch");
  BOOST_TEST(room.registry.profile("BEN")->away.value_or("") == "at lunch");
  room.registry.dismiss([](const Profile& one) { return one.name == "Ben"; }, "! go\n");
  BOOST_TEST((post("ben").outcome == Outcome::kNotReading));
  room.leaves(ben);
  BOOST_TEST((post("ben").outcome == Outcome::kNobody));
  room.leaves(ann);
  BOOST_TEST((post("dan").outcome == Outcome::kNobody));  // who is not here says nothing
}

// Nobody is waited for.
BOOST_AUTO_TEST_CASE(a_private_line_to_one_who_does_not_read_is_refused) {
  using Outcome = Registry::Posted::Outcome;
  Room room(2, {});
  BOOST_REQUIRE((room.registers("ann") == Entry::kIn));
  Guest& ann = room.guests.back();
  BOOST_REQUIRE((room.registers("ben") == Entry::kIn));
  const std::string line(kMaxLine, 'x');
  auto outcome = Outcome::kSent;
  for (int i = 0; i < 1000 && outcome == Outcome::kSent; ++i) {
    outcome = room.registry.post(ann.membership, "ben", line).outcome;
  }
  BOOST_TEST((outcome == Outcome::kNotReading));
}

// Order

BOOST_AUTO_TEST_CASE(who_is_dismissed_gets_the_farewell_and_is_there_until_it_has_left) {
  Room room(3, {"dan"});
  for (const char* name : {"ann", "ben"}) BOOST_REQUIRE((room.registers(name) == Entry::kIn));
  Guest& ben = room.guests.back();
  BOOST_REQUIRE((room.logs_in("dan") == Entry::kIn));
  const auto not_ann = [](const Profile& one) { return one.name != "ann"; };
  Names gone = room.registry.dismiss(not_ann, "! go\n");
  std::sort(gone.begin(), gone.end());
  BOOST_TEST((gone == Names{"ben", "dan"}));
  BOOST_TEST(ben.member.was_dismissed());
  BOOST_TEST(!room.guests.front().member.was_dismissed());
  BOOST_TEST(heard(ben).ends_with("* dan has entered the chat\n! go\n"));
  BOOST_TEST((room.registers("ben") == Entry::kNameUsed));
  room.leaves(ben);
  BOOST_TEST((room.registers("ben") == Entry::kIn));
}

BOOST_AUTO_TEST_CASE(who_is_sent_away_cannot_resume_and_can_come_in_anew_once_it_has_left) {
  Room room(3, {"dan"});
  BOOST_REQUIRE((room.registers("ben") == Entry::kIn));
  Guest& ben = room.guests.back();
  BOOST_REQUIRE((room.logs_in("dan") == Entry::kIn));
  Guest& dan = room.guests.back();
  room.registry.dismiss([](const Profile&) { return true; }, "! go\n");
  BOOST_TEST(room.registry.dismiss([](const Profile&) { return true; }, "! gone\n").empty());
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST((room.resumes("BEN") == Entry::kSentAway));
    BOOST_TEST((room.resumes("ben", "guess") == Entry::kWrongPassword));
    BOOST_TEST((room.resumes_login("dan") == Entry::kSentAway));
  }
  BOOST_TEST(room.registry.farewell_of("Ben").value_or("") == "! go\n");
  BOOST_TEST(room.leaves(ben));
  BOOST_TEST(room.leaves(dan));
  BOOST_TEST(!room.registry.farewell_of("ben").has_value());
  BOOST_TEST((room.resumes("ben") == Entry::kIn));
  BOOST_TEST((room.resumes_login("dan") == Entry::kIn));
}

// Nor does it say anything, though its worker does not know yet.
BOOST_AUTO_TEST_CASE(who_is_sent_away_writes_to_nobody) {
  using Outcome = Registry::Posted::Outcome;
  Room room(3, {});
  BOOST_REQUIRE((room.registers("ann") == Entry::kIn));
  Guest& ann = room.guests.back();
  BOOST_REQUIRE((room.registers("ben") == Entry::kIn));
  Guest& ben = room.guests.back();
  BOOST_TEST((room.registry.post(ann.membership, "ben", "hi").outcome == Outcome::kSent));
  room.registry.dismiss([](const Profile& one) { return one.name == "ben"; }, "! go\n");
  BOOST_TEST((room.registry.post(ben.membership, "ann", "hi").outcome == Outcome::kNobody));
  BOOST_TEST((room.registry.reply(ben.membership, "hi").outcome == Outcome::kNobody));
}

BOOST_AUTO_TEST_CASE(a_reply_is_for_who_wrote_and_not_for_who_has_the_name_since) {
  using Outcome = Registry::Posted::Outcome;
  Room room(4, {});
  BOOST_REQUIRE((room.registers("ann") == Entry::kIn));
  Guest& ann = room.guests.back();
  BOOST_REQUIRE((room.registers("Ben") == Entry::kIn));
  Guest& ben = room.guests.back();
  BOOST_TEST((room.registry.post(ben.membership, "ann", "psst").outcome == Outcome::kSent));
  BOOST_REQUIRE((room.resumes("ben") == Entry::kResumed));  // goes on being the one who wrote
  BOOST_TEST((room.registry.reply(ann.membership, "yes").outcome == Outcome::kSent));
  room.leaves(room.guests.back());
  BOOST_TEST((room.registry.reply(ann.membership, "yes").outcome == Outcome::kHasLeft));
  for (const char* name : {"ben", "BEN"}) {
    BOOST_REQUIRE((room.registers(name) == Entry::kIn));
    const auto posted = room.registry.reply(ann.membership, "yes");
    BOOST_TEST((posted.outcome == Outcome::kHasLeft));
    BOOST_TEST(posted.to == "Ben");
    room.leaves(room.guests.back());
  }
}

// Were it on its way out twice, the round would go on for ever.
BOOST_AUTO_TEST_CASE(who_is_dismissed_just_as_it_leaves_has_left_once_and_the_room_goes_on) {
  for (const bool flush : {false, true}) {
    for (int round = 0; round < kRounds; ++round) {
      Room room(2, {});
      BOOST_REQUIRE((room.registers("ann") == Entry::kIn));
      Guest& ann = room.guests.back();
      BOOST_REQUIRE((room.registers("ben") == Entry::kIn));
      Guest& ben = room.guests.back();
      const auto is_ben = [](const Profile& one) { return one.name == "ben"; };
      BOOST_TEST(room.registry.dismiss(is_ben, "! go\n").size() == 1u);
      BOOST_TEST(room.leaves(ben, flush));
      room.broadcast.wait_until_released(ben.member);
      BOOST_TEST(heard(ben).ends_with("* ben has entered the chat\n! go\n"));
      room.broadcast.close("* bye\n");
      BOOST_TEST(heard(ann).ends_with("* ben has left the chat\n* bye\n"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_mute_is_a_names_also_when_it_comes_back) {
  Room room(9, {"dan"});
  BOOST_REQUIRE((room.registers("Ben") == Entry::kIn));
  Guest& ben = room.guests.back();
  BOOST_REQUIRE((room.logs_in("dan") == Entry::kIn));
  Guest& dan = room.guests.back();
  const WallTime until = std::chrono::system_clock::now() + std::chrono::hours(1);
  BOOST_TEST(room.registry.mute("BEN", until)->name == "Ben");
  BOOST_TEST(!room.registry.mute("cid", until).has_value());
  BOOST_TEST((ben.member.muted_until() == until));
  BOOST_TEST((dan.member.muted_until() == WallTime()));
  // Others' mutes do not make it forgotten.
  room.registry.mute("dan", until);
  room.registry.mute("dan", WallTime());
  room.leaves(ben);
  BOOST_REQUIRE((room.registers("ben") == Entry::kIn));
  BOOST_TEST((room.guests.back().member.muted_until() == until));
  Guest& again = room.guests.emplace_back();
  BOOST_REQUIRE((room.resumes_as(again, "ben") == Entry::kResumed));
  BOOST_TEST((again.member.muted_until() == until));
  room.registry.mute("ben", WallTime());
  BOOST_TEST((again.member.muted_until() == WallTime()));
}

const WallTime kInAnHour = std::chrono::system_clock::now() + std::chrono::hours(1);

BOOST_AUTO_TEST_CASE(a_mute_holds_for_all_that_looks_like_the_name_and_for_where_it_comes_from) {
  Room room(20, {"ann", "dan"});
  auto accounts = room.accounts;
  accounts.set_operator("ann", true);
  (void)room.registry.adopt(accounts);
  BOOST_REQUIRE((room.registers("eve", from("192.0.2.7")) == Entry::kIn));
  BOOST_REQUIRE((room.registers("bob", from("192.0.2.8")) == Entry::kIn));
  BOOST_REQUIRE((room.registers("b2", from("192.0.2.8")) == Entry::kIn));
  BOOST_REQUIRE((room.logs_in("ann", from("192.0.2.8")) == Entry::kIn));
  const auto muted = room.registry.mute("bob", kInAnHour);
  BOOST_TEST((muted->others == Names{"b2"}));  // ann is an operator
  BOOST_TEST(!room.is_muted());
  room.leaves(*std::next(room.guests.begin()));
  const auto check = [&](const std::string& name, const std::string& address, bool expected) {
    BOOST_REQUIRE((room.registers(name, from(address)) == Entry::kIn));
    BOOST_TEST(room.is_muted() == expected, name << " from " << address);
    room.leaves(room.guests.back());
  };
  check("bob", "192.0.2.7", true);
  check("B0B", "2001:db8::1", true);
  check("innocent", "192.0.2.8", true);
  check("innocent", "::ffff:192.0.2.8", true);
  check("innocent", "192.0.2.9", false);
  BOOST_REQUIRE((room.logs_in("dan", from("192.0.2.8")) == Entry::kIn));
  BOOST_TEST(room.is_muted());
  BOOST_TEST(room.registry.unmute("BOB").value_or("") == "bob");  // who is not here
  BOOST_TEST(!room.is_muted());
  check("bob", "192.0.2.8", false);
  BOOST_TEST(!room.registry.unmute("bob").has_value());
}

BOOST_AUTO_TEST_CASE(of_ipv6_a_mute_holds_for_the_network) {
  Room room(20, {});
  BOOST_REQUIRE((room.registers("bob", from("2001:db8:0:1::7")) == Entry::kIn));
  (void)room.registry.mute("bob", kInAnHour);
  BOOST_REQUIRE((room.registers("b2", from("2001:db8:0:1:ffff::8")) == Entry::kIn));
  BOOST_TEST(room.is_muted());
  BOOST_REQUIRE((room.registers("b3", from("2001:db8:0:2::7")) == Entry::kIn));
  BOOST_TEST(!room.is_muted());
}

BOOST_AUTO_TEST_CASE(where_everyone_may_come_from_is_not_muted) {
  Visit exempt = from("192.0.2.8");
  exempt.peer.exempt = true;
  for (const Visit& visit : {Visit{}, from("127.0.0.1"), from("::1"), exempt}) {
    Room room(20, {});
    BOOST_REQUIRE((room.registers("bob", visit) == Entry::kIn));
    BOOST_TEST(room.registry.mute("bob", kInAnHour)->others.empty());
    BOOST_TEST(room.is_muted());
    BOOST_REQUIRE((room.registers("cid", visit) == Entry::kIn));
    BOOST_TEST(!room.is_muted());
    room.leaves(room.guests.front());
    BOOST_REQUIRE((room.registers("B0b", visit) == Entry::kIn));
    BOOST_TEST(room.is_muted());
  }
}

BOOST_AUTO_TEST_CASE(who_is_muted_for_where_it_came_from_stays_so_when_it_resumes_from_elsewhere) {
  Room room(20, {});
  BOOST_REQUIRE((room.registers("bob", from("192.0.2.8")) == Entry::kIn));
  BOOST_REQUIRE((room.registers("b2", from("192.0.2.8")) == Entry::kIn));
  (void)room.registry.mute("bob", kInAnHour);
  for (int i = 0; i < 2; ++i) {
    BOOST_REQUIRE((room.resumes("b2", "pw", from("203.0.113.7")) == Entry::kResumed));
    BOOST_TEST(room.is_muted());
  }
  BOOST_REQUIRE((room.registers("cid", from("203.0.113.9")) == Entry::kIn));
  (void)room.registry.mute("cid", kInAnHour);  // changes nothing of that
  BOOST_TEST((std::next(room.guests.rbegin())->member.muted_until() == kInAnHour));
  (void)room.registry.unmute("b2");
  BOOST_TEST((std::next(room.guests.rbegin())->member.muted_until() == WallTime()));
}

BOOST_AUTO_TEST_CASE(an_accounts_mute_is_not_that_of_who_has_its_name_since) {
  Room room(20, {"dan"});
  BOOST_REQUIRE((room.logs_in("dan") == Entry::kIn));
  Guest& dan = room.guests.back();
  (void)room.registry.mute("dan", kInAnHour);
  room.leaves(dan);
  BOOST_REQUIRE((room.logs_in("dan") == Entry::kIn));
  BOOST_TEST(room.is_muted());
  const auto others = with_another(room.accounts, "dan");
  (void)room.registry.adopt(others);
  BOOST_REQUIRE((room.logs_in(others, "dan") == Entry::kIn));
  BOOST_TEST(!room.is_muted());
  // Who registers the name, when it is no account's any more, may be the one who was muted.
  (void)room.registry.adopt({});
  room.leaves(room.guests.back());
  BOOST_REQUIRE((room.registers("dan") == Entry::kIn));
  BOOST_TEST(room.is_muted());
}

BOOST_AUTO_TEST_CASE(mutes_have_a_bound_and_those_that_are_over_do_not_count) {
  Room room(2, {});
  const auto mute = [&](const std::string& name, WallTime until) {
    BOOST_REQUIRE((room.registers(name) == Entry::kIn));
    const bool muted = room.registry.mute(name, until).has_value();
    room.leaves(room.guests.back());
    room.broadcast.wait_until_released(room.guests.back().member);
    room.guests.pop_back();
    return muted;
  };
  for (std::size_t i = 0; i < kMaxMutes; ++i) mute("x" + std::to_string(i), WallTime());
  for (std::size_t i = 0; i < kMaxMutes; ++i) mute("m" + std::to_string(i), kInAnHour);
  BOOST_TEST(mute("m7", kInAnHour));  // takes the place of its own
  BOOST_REQUIRE((room.registers("late") == Entry::kIn));
  BOOST_CHECK_THROW((void)room.registry.mute("late", kInAnHour), std::runtime_error);
  (void)room.registry.unmute("m8");
  BOOST_TEST(room.registry.mute("late", kInAnHour).has_value());
}

// What keeps out

void ban_in_storage(Room& room, const std::string& name) {
  room.storage.change([&](RoomStorage& storage) {
    storage.ban({name, std::nullopt, std::nullopt, "ann", ""}, std::chrono::system_clock::now());
  });
}

void ban(Room& room, const std::string& name) {
  ban_in_storage(room, name);
  (void)room.registry.dismiss([&](const Profile& one) { return one.name == name; }, "! banned\n");
}

BOOST_AUTO_TEST_CASE(who_is_banned_comes_in_by_no_way) {
  Room room(9, {"dan"});
  BOOST_REQUIRE((room.registers("ben") == Entry::kIn));
  BOOST_REQUIRE((room.logs_in("dan") == Entry::kIn));
  ban(room, "ben");
  ban(room, "dan");
  room.storage.change([](RoomStorage& storage) {
    storage.ban({"", AddressRange::parse("192.0.2.0/24"), std::nullopt, "ann", ""},
                std::chrono::system_clock::now());
  });
  for (const char* name : {"ben", "BEN", "Ben"}) {
    BOOST_TEST((room.registers(name) == Entry::kBanned));
    BOOST_TEST((room.resumes(name) == Entry::kBanned));
  }
  BOOST_TEST((room.logs_in("dan") == Entry::kBanned));
  BOOST_TEST((room.resumes_login("dan") == Entry::kBanned));
  BOOST_TEST((room.registers("cid", from("192.0.2.7")) == Entry::kBanned));
  Visit exempt = from("192.0.2.7");
  exempt.peer.exempt = true;
  BOOST_TEST((room.registers("cid", exempt) == Entry::kIn));
}

// Were it looked at before the registry's turn, somebody would come in behind the ban's back: here
// it lands while that one waits for the turn.
BOOST_AUTO_TEST_CASE(a_ban_that_lands_while_somebody_comes_in_misses_nobody) {
  for (int round = 0; round < kRounds; ++round) {
    Room room(2, {});
    BOOST_REQUIRE((room.registers("ann") == Entry::kIn));
    Guest& eve = room.guests.emplace_back();
    auto entry = Entry::kGone;
    std::atomic<bool> comes{false};
    std::thread coming([&] {
      comes = true;
      entry = round % 2 == 0 ? room.registers_as(eve, "eve") : room.resumes_as(eve, "eve");
    });
    const auto ban_in_its_turn = [&](const Profile&) {
      for (int yields = 0; !comes || yields < 100; ++yields) std::this_thread::yield();
      ban_in_storage(room, "eve");
      return false;
    };
    room.registry.tell(ban_in_its_turn, "");
    (void)room.registry.dismiss([](const Profile& one) { return one.name == "eve"; }, "! go\n");
    coming.join();
    BOOST_REQUIRE((entry == Entry::kBanned || eve.member.was_dismissed()));
  }
}

BOOST_AUTO_TEST_CASE(a_room_that_is_closed_while_somebody_registers_is_closed) {
  for (int round = 0; round < kRounds; ++round) {
    Room room(2, {});
    Guest& eve = room.guests.emplace_back();
    auto entry = Entry::kGone;
    std::latch start(2);
    std::thread coming([&] {
      start.arrive_and_wait();
      entry = room.registers_as(eve, "eve");
    });
    start.arrive_and_wait();
    room.storage.change([](RoomStorage& storage) { storage.set_closed(true); });
    const bool was_in = !room.registry.online().empty();
    coming.join();
    BOOST_REQUIRE((entry == (was_in ? Entry::kIn : Entry::kOnlyAccounts)));
  }
}

// Other accounts

BOOST_AUTO_TEST_CASE(other_accounts_fit_as_long_as_who_is_registered_keeps_a_seat) {
  Room room(3, {"dan"});
  BOOST_REQUIRE((room.registers("ben") == Entry::kIn));
  BOOST_CHECK_NO_THROW(room.registry.claim_seats(accounts_named({"dan", "eve"})));
  BOOST_CHECK_EXCEPTION(
      room.registry.claim_seats(accounts_named({"dan", "eve", "fay"})), std::runtime_error,
      [](const auto& error) {
        BOOST_TEST(error.what() ==
                   "3 accounts and 1 who are registered now are more than 3 users: "
                   "raise --max-users, or wait until one has left");
        return true;
      });
  BOOST_CHECK_THROW(room.registry.claim_seats(accounts_named({"a", "b", "c", "d"})),
                    std::runtime_error);
  (void)room.registry.adopt(accounts_named({"dan", "eve"}));
  BOOST_TEST((room.registers("cid") == Entry::kFull));
  BOOST_TEST((room.registers("eve") == Entry::kNameUsed));
  BOOST_TEST((room.logs_in("eve") == Entry::kIn));
  (void)room.registry.adopt(accounts_named({"dan"}));
  BOOST_TEST(heard(room.guests.back()).ends_with("! your account is no more\n"));
  BOOST_TEST((room.registers("eve") == Entry::kNameUsed));  // it is still there
  room.leaves(room.guests.back());
}

BOOST_AUTO_TEST_CASE(
    seats_are_claimed_before_their_accounts_are_stored_and_given_back_if_they_are_not) {
  Room room(2, {"dan"});
  room.registry.claim_seats(accounts_named({"dan", "eve"}));
  BOOST_TEST((room.registers("ben") == Entry::kFull));
  room.registry.claim_seats(PasswordStorage());  // what it gives back is not stored yet either
  BOOST_TEST((room.registers("ben") == Entry::kFull));
  (void)room.registry.adopt(accounts_named({"dan"}));
  BOOST_TEST((room.registers("ben") == Entry::kIn));
}

// Who has to leave for an account takes no seat beside it.
BOOST_AUTO_TEST_CASE(an_account_sends_away_whoever_is_registered_by_a_name_like_its_own) {
  using Sent = Names;
  Room room(2, {});
  BOOST_REQUIRE((room.registers("b0b") == Entry::kIn));
  Guest& alike = room.guests.back();
  BOOST_REQUIRE((room.registers("cid") == Entry::kIn));
  Guest& cid = room.guests.back();
  const auto accounts = accounts_named({"Bob"});
  BOOST_CHECK_NO_THROW(room.registry.claim_seats(accounts));
  BOOST_TEST((room.registry.adopt(accounts) == Sent{"b0b"}));
  BOOST_TEST((room.registry.adopt(accounts) == Sent{}));
  BOOST_TEST(heard(alike).ends_with("! your name looks like an account's now\n"));
  BOOST_TEST((room.registers("bob") == Entry::kNameUsed));
  BOOST_TEST((room.resumes("b0b") == Entry::kSentAway));
  // It has not left, and keeps nobody out.
  BOOST_TEST((room.logs_in("Bob") == Entry::kIn));
  BOOST_TEST((room.registry.online() == Names{"cid", "Bob"}));
  BOOST_TEST(!room.leaves(alike));
  BOOST_TEST(!alike.member.was_replaced());
  room.broadcast.close("* bye\n");
  BOOST_TEST(heard(cid).ends_with("* b0b has left the chat\n* Bob has entered the chat\n* bye\n"));
}

BOOST_AUTO_TEST_CASE(another_account_of_the_same_name_is_another_one) {
  Room room(3, {"dan", "eve"});
  BOOST_REQUIRE((room.logs_in("dan") == Entry::kIn));
  Guest& old = room.guests.back();
  BOOST_REQUIRE((room.logs_in("eve") == Entry::kIn));
  const auto others = with_another(room.accounts, "dan");
  (void)room.registry.adopt(others);
  BOOST_TEST(heard(old).ends_with("! your account is no more\n"));
  BOOST_TEST(!room.guests.back().member.was_dismissed());
  // Whose password was looked at before.
  BOOST_TEST((room.logs_in("dan") == Entry::kWrongPassword));
  Guest& late = room.guests.emplace_back();
  BOOST_TEST((room.resumes_login_as(late, "dan", id_of("dan")) == Entry::kWrongPassword));
  // The new one is neither kept out by the old one nor takes its place.
  Guest& dan = room.guests.emplace_back();
  BOOST_TEST((room.resumes_login_as(dan, "dan", others.id_of("dan")) == Entry::kIn));
  BOOST_TEST((room.registry.online() == Names{"eve", "dan"}));
  BOOST_TEST(!room.leaves(old));
  BOOST_TEST(room.leaves(dan));
}

BOOST_AUTO_TEST_CASE(the_name_of_an_account_that_is_no_more_is_free_once_its_user_has_left) {
  Room room(3, {"dan"});
  BOOST_REQUIRE((room.logs_in("dan") == Entry::kIn));
  Guest& dan = room.guests.back();
  (void)room.registry.adopt(PasswordStorage());
  for (const char* name : {"dan", "DAN"}) BOOST_TEST((room.registers(name) == Entry::kNameUsed));
  BOOST_TEST((room.registry.online() == Names{"dan"}));
  room.leaves(dan);
  BOOST_TEST((room.registers("Dan") == Entry::kIn));
  BOOST_TEST((room.registry.online() == Names{"Dan"}));
  BOOST_TEST((room.registry.seats().registered == 1u));
  BOOST_TEST((room.registry.seats().accounts == 0u));
}

// Passwords are looked at outside of all this, by the accounts as they were when that began.
BOOST_AUTO_TEST_CASE(an_account_that_was_removed_meanwhile_does_not_come_in_any_more) {
  Room room(2, {"dan", "eve"});
  BOOST_REQUIRE((room.logs_in("dan") == Entry::kIn));
  (void)room.registry.adopt(PasswordStorage());
  BOOST_TEST((room.logs_in("eve") == Entry::kWrongPassword));
  Guest& again = room.guests.emplace_back();
  for (const char* name : {"eve", "dan"}) {
    BOOST_TEST((room.resumes_login_as(again, name, id_of(name)) == Entry::kWrongPassword));
  }
  BOOST_TEST((room.registry.online() == Names{"dan"}));
}

// Coming back

BOOST_AUTO_TEST_CASE(a_connection_that_is_dead_already_takes_nobodys_place) {
  Room room(3, {"account"});
  BOOST_TEST((room.registers("ann") == Entry::kIn));
  BOOST_TEST((room.logs_in("account") == Entry::kIn));
  Guest& late = room.guests.emplace_back();
  late.far = {};
  std::string name = "ann";
  BOOST_TEST((room.resumes_as(late, name, "pw") == Entry::kGone));
  BOOST_TEST((room.resumes_login_as(late, "account", id_of("account")) == Entry::kGone));
  Guest& alive = room.guests.emplace_back();
  BOOST_TEST((room.resumes_as(alive, name, "pw") == Entry::kResumed));
}

// Handing over

// What a room hands over, as it is taken up in another one, where the accounts may be others.
std::list<Registry::Seat> handed_over(const Room& room) {
  std::list<Registry::Seat> seats;
  for (auto& [member, seat] : room.registry.seats_taken()) seats.push_back(std::move(seat));
  return seats;
}

void take_up(Room& room, const std::list<Registry::Seat>& seats) {
  for (const Registry::Seat& seat : seats) {
    Guest& guest = room.guests.emplace_back();
    guest.membership = room.registry.restore(guest.member, seat, {}, {});
  }
  (void)room.registry.adopt(room.accounts);
}

// What is nobody's own, too.
void hand_over(const Room& before, Room& after) {
  after.registry.restore(before.registry.state());
  take_up(after, handed_over(before));
}

BOOST_AUTO_TEST_CASE(who_is_in_is_handed_over_in_the_order_in_which_they_came) {
  Room before(20, {"account0", "Account1"});
  for (const auto& name : numbered("b", 5)) BOOST_TEST((before.registers(name) == Entry::kIn));
  BOOST_TEST((before.logs_in("Account1") == Entry::kIn));
  for (const auto& name : numbered("a", 5)) BOOST_TEST((before.registers(name) == Entry::kIn));
  std::string name = "b3";
  Guest& again = before.guests.emplace_back();
  BOOST_TEST((before.resumes_as(again, name, "pw") == Entry::kResumed));
  const auto seats = handed_over(before);
  BOOST_REQUIRE(seats.size() == 11u);
  BOOST_TEST(seats.front().name == "b0");
  BOOST_TEST(seats.front().password == "pw");
  BOOST_TEST(seats.front().account == 0u);
  BOOST_TEST(std::next(seats.begin(), 5)->account == id_of("Account1"));
  Room after(20, {"account0", "Account1"});
  take_up(after, seats);
  BOOST_TEST(after.registry.online() == before.registry.online(), boost::test_tools::per_element());
  BOOST_TEST((after.logs_in("account1") == Entry::kAlreadyIn));
  BOOST_TEST((after.registers("B0") == Entry::kNameUsed));
  for (const auto& late : numbered("c", 8)) BOOST_TEST((after.registers(late) == Entry::kIn));
  BOOST_TEST((after.registers("late") == Entry::kFull));
  BOOST_TEST((after.logs_in("account0") == Entry::kIn));
}

BOOST_AUTO_TEST_CASE(who_was_taken_up_can_be_resumed_and_leave) {
  Room before(3, {"account"});
  BOOST_TEST((before.registers("ann") == Entry::kIn));
  BOOST_TEST((before.logs_in("account") == Entry::kIn));
  Room after(3, {"account"});
  take_up(after, handed_over(before));
  Guest& again = after.guests.emplace_back();
  std::string name = "ANN";
  BOOST_TEST((after.resumes_as(again, name, "no") == Entry::kWrongPassword));
  BOOST_TEST((after.resumes_as(again, name, "pw") == Entry::kResumed));
  BOOST_TEST(name == "ann");
  BOOST_TEST(!after.leaves(after.guests.front()));  // its place was taken
  BOOST_TEST(after.leaves(again));
  BOOST_TEST((after.registers("ann") == Entry::kIn));
  Guest& other = after.guests.emplace_back();
  BOOST_TEST((after.resumes_login_as(other, "account", id_of("account")) == Entry::kResumed));
}

BOOST_AUTO_TEST_CASE(whose_account_is_gone_or_another_one_is_sent_away_by_who_takes_over) {
  Room before(3, {"account", "admin"});
  BOOST_TEST((before.logs_in("account") == Entry::kIn));
  BOOST_TEST((before.logs_in("admin") == Entry::kIn));
  std::list<Guest> guests;  // they outlive the broadcast
  Room after(3, {"account"});
  const auto others = with_another(after.accounts, "account");
  BOOST_REQUIRE((after.registers("ann") == Entry::kIn));  // the log of a room is never empty
  for (const auto& seat : handed_over(before)) {
    Guest& guest = guests.emplace_back();
    guest.membership = after.registry.restore(guest.member, seat, {}, {});
  }
  (void)after.registry.adopt(others);
  for (Guest& guest : guests) {
    BOOST_TEST(heard(guest) == "! your account is no more\n");
    BOOST_TEST(guest.member.was_dismissed());
  }
  BOOST_TEST((after.resumes("admin") == Entry::kNameUsed));
  BOOST_TEST((after.logs_in(others, "account") == Entry::kIn));
  BOOST_TEST((after.registry.online() == Names{"ann", "admin", "account"}));
  for (Guest& guest : guests) after.leaves(guest);
}

BOOST_AUTO_TEST_CASE(who_had_registered_the_name_of_what_is_an_account_now_is_sent_away) {
  Room before(3, {});
  BOOST_TEST((before.registers("Ann") == Entry::kIn));
  Room after(3, {"ann", "ben"});
  BOOST_REQUIRE((after.logs_in("ben") == Entry::kIn));  // the log of a room is never empty
  take_up(after, handed_over(before));
  Guest& taken_up = after.guests.back();
  BOOST_TEST(heard(taken_up) == "! your name looks like an account's now\n");
  BOOST_TEST((after.logs_in("ann") == Entry::kIn));
  BOOST_TEST(!after.leaves(taken_up));
}

BOOST_AUTO_TEST_CASE(who_was_sent_away_before_cannot_resume_after) {
  Room before(3, {});
  BOOST_TEST((before.registers("ben") == Entry::kIn));
  (void)before.registry.dismiss([](const Profile&) { return true; }, "! go\n");
  Room after(3, {});
  hand_over(before, after);
  BOOST_TEST((after.resumes("ben") == Entry::kSentAway));
  BOOST_TEST(after.registry.farewell_of("ben").value_or("") == "! go\n");
}

BOOST_AUTO_TEST_CASE(replies_and_mutes_go_on_where_they_were) {
  using Outcome = Registry::Posted::Outcome;
  Room before(9, {});
  for (const char* name : {"ann", "ben", "cid"}) {
    BOOST_TEST((before.registers(name, from("192.0.2.7")) == Entry::kIn));
  }
  const auto first = before.guests.begin();
  for (const auto& writer : {first, std::next(first)}) {
    const char* const to = writer == first ? "cid" : "ann";
    BOOST_TEST((before.registry.post(writer->membership, to, "psst").outcome == Outcome::kSent));
  }
  (void)before.registry.mute("cid", kInAnHour);
  before.leaves(*std::next(first));
  Room after(9, {});
  hand_over(before, after);
  Guest& ann = after.guests.front();
  Guest& cid = after.guests.back();
  BOOST_TEST(after.is_muted());
  // Nobody gets the number of who has left.
  for (const char* name : {"x", "ben"}) {
    BOOST_TEST((after.registers(name, from("192.0.2.7")) == Entry::kIn));
    BOOST_TEST(after.is_muted());
  }
  BOOST_TEST((after.registry.reply(ann.membership, "yes").outcome == Outcome::kHasLeft));
  BOOST_TEST((after.registry.reply(cid.membership, "yes").outcome == Outcome::kSent));
  BOOST_TEST((after.registers("dan", from("192.0.2.8")) == Entry::kIn));
  BOOST_TEST(!after.is_muted());
}

// Fewer seats than before.
BOOST_AUTO_TEST_CASE(who_was_taken_up_stays_though_there_is_no_seat) {
  Room before(9, {});
  for (const auto& name : numbered("b", 5)) BOOST_TEST((before.registers(name) == Entry::kIn));
  Room after(2, {});
  take_up(after, handed_over(before));
  BOOST_TEST(after.registry.online().size() == 5u);
  BOOST_TEST((after.registers("late") == Entry::kFull));
  BOOST_CHECK_NO_THROW(after.registry.claim_seats(PasswordStorage()));  // a password, for one
  BOOST_CHECK_THROW(after.registry.claim_seats(accounts_named({"dan"})), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
