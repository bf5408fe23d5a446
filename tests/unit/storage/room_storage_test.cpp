#include "chat/storage/room_storage.hpp"

#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "chat/storage/limits.hpp"
#include "chat/storage/stored.hpp"
#include "tests/support/temporary_folder.hpp"

namespace chat {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using Names = std::vector<std::string>;

const WallTime kNow = sys_days(std::chrono::year_month_day{
                          std::chrono::year(2026), std::chrono::month(11), std::chrono::day(25)}) +
                      12h;
const std::string kNowText = "2026-11-25T12:00:00.000Z";

Ban ban_of_name(const std::string& name, std::optional<WallTime> until = std::nullopt) {
  return {name, std::nullopt, until, "ann", "a reason"};
}

Ban ban_of_range(const std::string& range, std::optional<WallTime> until = std::nullopt) {
  return {"", AddressRange::parse(range), until, "ann", "a reason"};
}

PeerAddress peer(const std::string& address) {
  PeerAddress peer;
  const std::string ipv6 = address.find(':') == std::string::npos ? "::ffff:" + address : address;
  BOOST_REQUIRE(::inet_pton(AF_INET6, ipv6.c_str(), peer.address.data()) == 1);
  return peer;
}

Names targets(const RoomStorage& storage, WallTime now = kNow) {
  Names targets;
  for (const Ban& ban : storage.bans(now)) targets.push_back(ban.target());
  return targets;
}

// Why `change` is refused; empty if it is not.
template <typename Change>
std::string refusal(Change change) {
  try {
    change();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

// Everything there is to keep.
RoomStorage full_storage() {
  RoomStorage storage;
  storage.set_closed(true);
  storage.set_topic("release on friday # \xC3\xA9");
  storage.set_motd("be kind");
  storage.ban(ban_of_name("Ben"), kNow);
  storage.ban({"cid", std::nullopt, kNow + 1ms, "Ann", ""}, kNow);
  storage.ban(ban_of_range("192.0.2.0/24", kNow + 24h), kNow);
  storage.ban(ban_of_range("2001:db8::/32"), kNow);
  return storage;
}

const std::string kFullEntries =
    "closed\n"
    "topic\trelease on friday # \xC3\xA9\n"
    "motd\tbe kind\n"
    "ban\tname\tBen\t-\tann\ta reason\n"
    "ban\tname\tcid\t2026-11-25T12:00:00.001Z\tAnn\t\n"
    "ban\taddress\t192.0.2.0/24\t2026-11-26T12:00:00.000Z\tann\ta reason\n"
    "ban\taddress\t2001:db8::/32\t-\tann\ta reason\n";

struct Fixture {
  TemporaryFolder folder;
  std::string file = folder.file("accounts.room");

  RoomStorage reloaded(const RoomStorage& storage) {
    replace_file(file, storage.text(kNow));
    return Stored<RoomStorage>::load(file);
  }

  // What is saved, without the comment on top.
  std::string entries(const RoomStorage& storage, WallTime now = kNow) {
    replace_file(file, storage.text(now));
    std::string content = folder.read("accounts.room");
    while (content.starts_with('#')) content.erase(0, content.find('\n') + 1);
    return content;
  }

  // Why a file cannot be loaded; empty if it can.
  std::string damage(const std::string& content) {
    folder.write("accounts.room", content);
    try {
      (void)Stored<RoomStorage>::load(file);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(room_storage, Fixture)

// Bans by name

BOOST_AUTO_TEST_CASE(a_ban_keeps_a_name_out_in_any_case_and_no_other) {
  RoomStorage storage;
  storage.ban(ban_of_name("Ben"), kNow);
  for (const char* name : {"Ben", "ben", "BEN"}) {
    const Ban* const ban = storage.ban_of(name, kNow);
    BOOST_REQUIRE(ban != nullptr);
    BOOST_TEST((*ban == ban_of_name("Ben")));
  }
  for (const char* name : {"be", "benn", "ann", ""}) {
    BOOST_TEST(storage.ban_of(name, kNow) == nullptr);
  }
}

BOOST_AUTO_TEST_CASE(who_looks_like_a_banned_name_is_banned) {
  RoomStorage storage;
  storage.ban(ban_of_name("bob_1"), kNow);
  for (const char* name : {"b0b_1", "BOB-l", "bob.i", "bob__1"}) {
    BOOST_TEST(storage.ban_of(name, kNow) != nullptr, name);
  }
  BOOST_TEST(storage.ban_of("bob1", kNow) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_ban_takes_the_place_of_the_one_of_the_same_name_or_of_a_look_alike) {
  RoomStorage storage;
  storage.ban(ban_of_name("bob"), kNow);
  storage.ban({"B0B", std::nullopt, kNow + 1h, "cid", "again"}, kNow);
  BOOST_TEST((targets(storage) == Names{"B0B"}));
  BOOST_TEST(storage.ban_of("bob", kNow)->by == "cid");
  BOOST_TEST(storage.ban_of("bob", kNow)->reason == "again");
}

BOOST_AUTO_TEST_CASE(a_ban_is_lifted_by_any_name_that_it_keeps_out) {
  RoomStorage storage;
  storage.ban(ban_of_name("bob"), kNow);
  BOOST_TEST(storage.unban("ben").empty());
  BOOST_TEST(storage.unban("B0B").size() == 1u);
  BOOST_TEST(storage.ban_of("bob", kNow) == nullptr);
  BOOST_TEST(storage.unban("bob").empty());
}

// Bans by address

BOOST_AUTO_TEST_CASE(a_ban_keeps_the_addresses_of_its_range_out_and_no_other) {
  RoomStorage storage;
  storage.ban(ban_of_range("192.0.2.0/24"), kNow);
  storage.ban(ban_of_range("2001:db8::/64"), kNow);
  storage.ban(ban_of_range("203.0.113.7"), kNow);
  const auto target = [&](const char* address) {
    const Ban* const ban = storage.ban_of(peer(address), kNow);
    return ban == nullptr ? "" : ban->target();
  };
  BOOST_TEST(target("192.0.2.0") == "192.0.2.0/24");
  BOOST_TEST(target("192.0.2.255") == "192.0.2.0/24");
  BOOST_TEST(target("203.0.113.7") == "203.0.113.7");
  BOOST_TEST(target("2001:db8::ffff:0:0:1") == "2001:db8::/64");
  for (const char* other : {"192.0.3.0", "203.0.113.8", "2001:db8:0:1::", "::1", "127.0.0.1"}) {
    BOOST_TEST(target(other) == "", other);
  }
}

BOOST_AUTO_TEST_CASE(a_single_ipv6_address_is_told_from_others_of_its_network) {
  RoomStorage storage;
  storage.ban(ban_of_range("2001:db8::7"), kNow);
  BOOST_TEST(storage.ban_of(peer("2001:db8::7"), kNow) != nullptr);
  BOOST_TEST(storage.ban_of(peer("2001:db8::8"), kNow) == nullptr);
}

BOOST_AUTO_TEST_CASE(of_two_ranges_the_one_that_is_not_over_counts) {
  RoomStorage storage;
  storage.ban(ban_of_range("192.0.0.0/16", kNow + 1h), kNow);
  storage.ban(ban_of_range("192.0.2.0/24", kNow + 2h), kNow);
  const Ban* const ban = storage.ban_of(peer("192.0.2.7"), kNow + 1h);
  BOOST_REQUIRE(ban != nullptr);
  BOOST_TEST(ban->target() == "192.0.2.0/24");
}

BOOST_AUTO_TEST_CASE(a_ban_of_the_same_range_however_it_is_written_takes_its_place_or_is_lifted) {
  RoomStorage storage;
  storage.ban(ban_of_range("192.0.2.0/24"), kNow);
  storage.ban(ban_of_range("::ffff:192.0.2.7/120", kNow + 1h), kNow);
  BOOST_TEST((targets(storage) == Names{"192.0.2.0/24"}));
  BOOST_TEST((storage.ban_of(peer("192.0.2.1"), kNow)->until == kNow + 1h));
  BOOST_TEST(storage.unban("192.0.2.0/25").empty());
  BOOST_TEST(storage.unban("192.0.2.0").empty());
  BOOST_TEST(storage.unban("192.0.2.9/24").size() == 1u);
  BOOST_TEST(storage.ban_of(peer("192.0.2.1"), kNow) == nullptr);
}

BOOST_AUTO_TEST_CASE(names_that_look_like_addresses_and_addresses_do_not_get_mixed_up) {
  RoomStorage storage;
  storage.ban(ban_of_name("192.0.2.7"), kNow);
  BOOST_TEST(storage.ban_of(peer("192.0.2.7"), kNow) == nullptr);
  BOOST_TEST(storage.ban_of("192.0.2.7", kNow) != nullptr);
  storage.ban(ban_of_range("192.0.2.7"), kNow);
  BOOST_TEST(storage.bans(kNow).size() == 2u);
  storage = reloaded(storage);
  BOOST_TEST(storage.bans(kNow).size() == 2u);
  BOOST_TEST(storage.unban("192.0.2.7").size() == 2u);
  BOOST_TEST(storage.bans(kNow).empty());
}

BOOST_AUTO_TEST_CASE(a_ban_is_lifted_by_what_whois_prints_of_one_whom_it_keeps_out) {
  RoomStorage storage;
  for (const auto& [range, target] :
       {std::pair{"192.0.2.7", "192.0.2.7:51820"}, std::pair{"2001:db8::/64", "[2001:db8::7]:443"},
        std::pair{"2001:db8::7", "2001:db8::7"}, std::pair{"2001:db8::/32", "2001:db8::/32"}}) {
    storage.ban(ban_of_range(range), kNow);
    const auto lifted = storage.unban(target);
    BOOST_TEST(lifted.size() == 1u, target);
    if (!lifted.empty()) BOOST_TEST(lifted.front().target() == range);
    BOOST_TEST(storage.bans(kNow).empty());
  }
}

// Whoever wrote it into the file.
BOOST_AUTO_TEST_CASE(no_ban_of_addresses_keeps_out_who_is_exempt) {
  RoomStorage storage;
  storage.ban(ban_of_range("0.0.0.0/0"), kNow);
  storage.ban(ban_of_name("bob"), kNow);
  PeerAddress proxy = peer("192.0.2.7");
  BOOST_TEST(storage.ban_of(proxy, kNow) != nullptr);
  proxy.exempt = true;
  BOOST_TEST(storage.ban_of(proxy, kNow) == nullptr);
  BOOST_TEST(storage.ban_of("bob", kNow) != nullptr);
}

// How long

BOOST_AUTO_TEST_CASE(a_ban_is_over_at_its_time_and_no_sooner) {
  RoomStorage storage;
  storage.ban(ban_of_name("ben", kNow + 1h), kNow);
  storage.ban(ban_of_range("192.0.2.7", kNow + 1h), kNow);
  storage.ban(ban_of_name("cid"), kNow);
  BOOST_TEST(storage.ban_of("ben", kNow + 1h - 1ms) != nullptr);
  BOOST_TEST(storage.ban_of(peer("192.0.2.7"), kNow + 1h - 1ms) != nullptr);
  BOOST_TEST((targets(storage, kNow + 1h - 1ms) == Names{"ben", "cid", "192.0.2.7"}));
  BOOST_TEST(storage.ban_of("ben", kNow + 1h) == nullptr);
  BOOST_TEST(storage.ban_of(peer("192.0.2.7"), kNow + 1h) == nullptr);
  BOOST_TEST((targets(storage, kNow + 1h) == Names{"cid"}));
}

BOOST_AUTO_TEST_CASE(bans_that_are_over_are_not_saved) {
  RoomStorage storage;
  storage.ban(ban_of_name("ben", kNow + 1h), kNow);
  storage.ban(ban_of_range("192.0.2.7", kNow + 1h), kNow);
  storage.ban(ban_of_name("cid", kNow + 2h), kNow);
  BOOST_TEST(entries(storage, kNow + 1h) ==
             "ban\tname\tcid\t2026-11-25T14:00:00.000Z\tann\ta reason\n");
}

BOOST_AUTO_TEST_CASE(a_time_is_the_same_after_saving) {
  RoomStorage storage;
  // The clock's own unit: nanoseconds in libstdc++, microseconds in libc++.
  using Unit = WallTime::duration;
  for (const WallTime until : {kNow + Unit(1), kNow + std::chrono::floor<Unit>(1'999'999ns),
                               kNow + Unit(366 * 24h), WallTime::max()}) {
    storage.ban(ban_of_name("ben", until), kNow - 1h);
    replace_file(file, storage.text(kNow - 1h));
    BOOST_TEST((Stored<RoomStorage>::load(file).bans(kNow - 1h) == storage.bans(kNow - 1h)));
  }
}

// Bounds

BOOST_AUTO_TEST_CASE(there_are_at_most_1000_bans_of_names_and_ranges_that_are_not_over) {
  RoomStorage storage;
  storage.ban(ban_of_name("first", kNow + 1h), kNow);
  for (int i = 1; i < 500; ++i) storage.ban(ban_of_name("x" + std::to_string(i) + "x2x"), kNow);
  const auto free = kMaxBans - storage.bans(kNow).size();  // look-alikes are one
  for (std::size_t i = 0; i < free; ++i) {
    storage.ban(ban_of_range("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256)),
                kNow);
  }
  BOOST_TEST(storage.bans(kNow).size() == 1000u);
  BOOST_TEST(refusal([&] { storage.ban(ban_of_name("last"), kNow); }) ==
             "there are 1000 bans already");
  BOOST_TEST(refusal([&] { storage.ban(ban_of_range("::1"), kNow); }) ==
             "there are 1000 bans already");
  BOOST_TEST(storage.bans(kNow).size() == 1000u);
  // In the place of another, or of one that is over, there is room.
  BOOST_TEST(refusal([&] { storage.ban(ban_of_range("10.0.0.0"), kNow); }) == "");
  BOOST_TEST(reloaded(storage).bans(kNow).size() == 1000u);
  BOOST_TEST(refusal([&] { storage.ban(ban_of_name("last"), kNow + 1h); }) == "");
  BOOST_TEST(storage.bans(kNow + 1h).size() == 1000u);
  // A file with more is refused.
  replace_file(file, storage.text(kNow + 1h));
  const auto more = folder.read("accounts.room") + "ban\tname\tone-more\t-\tann\t\n";
  BOOST_TEST(damage(more).ends_with(": there are 1000 bans already"));
}

BOOST_AUTO_TEST_CASE(texts_are_taken_up_to_their_bound) {
  RoomStorage storage;
  storage.set_topic(std::string(1000, 't'));
  storage.set_motd(std::string(1000, 'm'));
  Ban ban = ban_of_name("ben");
  ban.reason = std::string(200, 'r');
  storage.ban(ban, kNow);
  storage = reloaded(storage);
  BOOST_TEST(storage.topic() == std::string(1000, 't'));
  BOOST_TEST(storage.motd() == std::string(1000, 'm'));
  BOOST_TEST(storage.ban_of("ben", kNow)->reason == std::string(200, 'r'));
  BOOST_TEST(refusal([&] { storage.set_topic(std::string(1001, 't')); }) ==
             "the topic is longer than 1000 bytes");
  BOOST_TEST(refusal([&] { storage.set_motd(std::string(1001, 'm')); }) ==
             "the message of the day is longer than 1000 bytes");
  ban.reason += 'r';
  BOOST_TEST(refusal([&] { storage.ban(ban, kNow); }) == "the reason is longer than 200 bytes");
  BOOST_TEST(storage.topic() == std::string(1000, 't'));
  BOOST_TEST(storage.motd() == std::string(1000, 'm'));
}

BOOST_AUTO_TEST_CASE(what_is_not_one_harmless_line_is_refused_and_changes_nothing) {
  RoomStorage storage;
  storage.set_topic("topic");
  storage.set_motd("motd");
  storage.ban(ban_of_name("ben"), kNow);
  const std::string before = entries(storage);
  for (const std::string& text :
       {std::string("a\tb"), std::string("a\nb"), std::string("a\r"), std::string("a\0b", 3),
        std::string("\x1b[2J"), std::string("\x7f"), std::string("\xC2\x85"),
        std::string("\xE2\x80\xAE"), std::string("\xFF"), std::string("\xC3")}) {
    const std::string reason = " is not one line of UTF-8 without control characters";
    BOOST_TEST(refusal([&] { storage.set_topic(text); }) == "the topic" + reason);
    BOOST_TEST(refusal([&] { storage.set_motd(text); }) == "the message of the day" + reason);
    Ban ban = ban_of_name("ben");
    ban.reason = text;
    BOOST_TEST(refusal([&] { storage.ban(ban, kNow); }) == "the reason" + reason);
  }
  BOOST_TEST(entries(storage) == before);
}

BOOST_AUTO_TEST_CASE(a_ban_is_of_one_target_and_by_somebody) {
  RoomStorage storage;
  const std::string reason = "a ban is of a name or of a range of addresses";
  BOOST_TEST(refusal([&] { storage.ban(ban_of_name(""), kNow); }) == reason);
  Ban both = ban_of_range("::1");
  both.name = "ben";
  BOOST_TEST(refusal([&] { storage.ban(both, kNow); }) == reason);
  for (const char* name : {"-ben", "b n", "ben\t", "192.0.2.0/24", "ben\n"}) {
    BOOST_TEST(refusal([&] { storage.ban(ban_of_name(name), kNow); }) == "bad name");
    Ban ban = ban_of_name("ben");
    ban.by = name;
    BOOST_TEST(refusal([&] { storage.ban(ban, kNow); }) == "bad name");
  }
  BOOST_TEST(storage.bans(kNow).empty());
}

// Topic, message of the day, closed

BOOST_AUTO_TEST_CASE(topic_motd_and_closed_are_set_and_taken_back) {
  RoomStorage storage;
  BOOST_TEST(storage.topic() == "");
  BOOST_TEST(storage.motd() == "");
  BOOST_TEST(!storage.closed());
  storage.set_topic("topic");
  storage.set_motd("motd");
  storage.set_closed(true);
  BOOST_TEST(entries(storage) == "closed\ntopic\ttopic\nmotd\tmotd\n");
  storage.set_topic("");
  storage.set_motd("");
  storage.set_closed(false);
  BOOST_TEST(entries(storage) == "");
}

// The file

BOOST_AUTO_TEST_CASE(it_stands_beside_the_accounts) {
  BOOST_TEST(RoomStorage::file_beside("folder/accounts") == "folder/accounts.room");
}

BOOST_AUTO_TEST_CASE(a_missing_file_means_nothing_is_kept) {
  const auto storage = Stored<RoomStorage>::load(file);
  BOOST_TEST(folder.entries().empty());
  BOOST_TEST(entries(storage) == "");
}

BOOST_AUTO_TEST_CASE(everything_is_saved_one_entry_in_a_line_and_loaded) {
  const RoomStorage storage = full_storage();
  BOOST_TEST(entries(storage) == kFullEntries);
  BOOST_TEST(folder.read("accounts.room").starts_with("# "));
  const RoomStorage loaded = Stored<RoomStorage>::load(file);
  BOOST_TEST((loaded.bans(kNow) == storage.bans(kNow)));
  BOOST_TEST(loaded.bans(kNow).size() == 4u);
  BOOST_TEST(loaded.topic() == storage.topic());
  BOOST_TEST(loaded.motd() == storage.motd());
  BOOST_TEST(loaded.closed());
  BOOST_TEST(entries(loaded) == kFullEntries);
}

BOOST_AUTO_TEST_CASE(what_earlier_versions_kept_of_accounts_is_read_and_forgotten) {
  folder.write("accounts.room",
               "settings\tAnn\tquiet\ntopic\tcats\n"
               "settings\teve\tquiet\tignore\tben,cid\n");
  BOOST_TEST(entries(Stored<RoomStorage>::load(file)) == "topic\tcats\n");
}

BOOST_AUTO_TEST_CASE(it_is_a_value) {
  const RoomStorage storage = full_storage();
  RoomStorage copy = storage;
  copy.set_topic("another");
  copy.unban("ben");
  BOOST_TEST(entries(storage) == kFullEntries);
}

BOOST_AUTO_TEST_CASE(comments_an_empty_file_and_a_last_line_without_end_are_no_damage) {
  BOOST_TEST(damage("") == "");
  BOOST_TEST(damage("#") == "");
  BOOST_TEST(damage("# x\nclosed\n#\ty\ntopic\t# no comment") == "");
  BOOST_TEST(Stored<RoomStorage>::load(file).closed());
  BOOST_TEST(Stored<RoomStorage>::load(file).topic() == "# no comment");
}

BOOST_AUTO_TEST_CASE(bans_that_are_over_are_no_damage) {
  BOOST_TEST(damage("ban\tname\tben\t2026-11-25T11:59:59.999Z\tann\t\n") == "");
  BOOST_TEST(Stored<RoomStorage>::load(file).ban_of("ben", kNow) == nullptr);
  BOOST_TEST(Stored<RoomStorage>::load(file).ban_of("ben", kNow - 2ms) != nullptr);
}

BOOST_AUTO_TEST_CASE(damage_is_refused_with_file_and_line_number) {
  const std::string good = "# the room\n" + kFullEntries;  // eight lines
  const auto refused = [&](const std::string& line, const std::string& reason) {
    const std::string expected = file + " is damaged, line 9: " + reason;
    BOOST_TEST(damage(good + line + "\n") == expected);
    BOOST_TEST(damage(good + line + "\nban\tname\tzoe\t-\tann\t\n") == expected);
  };
  const std::string no_entry = "no entry of this file, or a second one of its kind";
  for (const char* line :
       {"", " ", "\t", "open", "closed", "Closed", "closed\t", "topic", "topic\tx", "topic\tx\ty",
        "motd", "motd\tx", "ban", "ban\tname\tzoe\t-\tann", "ban\tname\tzoe\t-\tann\tx\ty",
        "ban name zoe - ann x", "settings", "settings\tzoe", "name:hash"}) {
    refused(line, no_entry);
  }
  refused("ban\tName\tzoe\t-\tann\t", "a ban is of a name or of a range of addresses");
  refused("ban\tname\t\t-\tann\t", "a ban is of a name or of a range of addresses");
  refused("ban\tname\tz e\t-\tann\t", "bad name");
  refused("ban\tname\tzoe\t-\t\t", "bad name");
  refused("ban\tname\tzoe\t-\t-\t", "bad name");
  refused("ban\taddress\tzoe\t-\tann\t", "not an IPv4 or IPv6 address");
  refused("ban\taddress\t\t-\tann\t", "not an IPv4 or IPv6 address");
  refused("ban\taddress\t192.0.2.0/33\t-\tann\t",
          "behind the / of an address stands a whole number from 0 to 32");
  refused("ban\tname\tzoe\t-\tann\t\x1b[2J",
          "the reason is not one line of UTF-8 without control characters");
  refused("ban\tname\tzoe\t-\tann\tx\r",
          "the reason is not one line of UTF-8 without control characters");
  refused("ban\tname\tzoe\t-\tann\t" + std::string(201, 'x'),
          "the reason is longer than 200 bytes");
  refused("ban\tname\tB3n\t" + kNowText + "x\tann\t", "bad time");
  refused("ban\tname\tBEN\t-\tann\t", "a second ban of the same target");
  refused("ban\tname\tc1d\t-\tann\t", "a second ban of the same target");
  refused("ban\taddress\t192.0.2.9/24\t-\tann\t", "a second ban of the same target");
}

BOOST_AUTO_TEST_CASE(damage_does_not_repeat_what_the_line_holds) {
  for (const char* line : {"secret\x1b[2J", "ban\tname\tsecret\x1b[2J\t-\tann\t",
                           "ban\taddress\tsecret\x1b[2J\t-\tann\t"}) {
    const std::string reason = damage(line);
    BOOST_TEST(reason.starts_with(file + " is damaged, line 1: "));
    BOOST_TEST(reason.find("secret") == std::string::npos);
    BOOST_TEST(reason.find('\x1b') == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_time_is_written_in_one_way_alone_and_there_is_such_a_day) {
  const auto damage_of = [&](const std::string& time) {
    return damage("ban\tname\tzoe\t" + time + "\tann\t\n");
  };
  for (const char* time : {"2026-11-25T12:00:00.000Z", "2024-02-29T23:59:59.999Z",
                           "1970-01-01T00:00:00.000Z", "2262-01-01T00:00:00.000Z"}) {
    BOOST_TEST(damage_of(time) == "");
  }
  for (const char* time : {"",
                           "--",
                           "2026",
                           "2026-11-25",
                           "2026-11-25T12:00:00Z",
                           "2026-11-25T12:00:00.000",
                           "2026-11-25T12:00:00.000z",
                           "2026-11-25 12:00:00.000Z",
                           "2026-02-29T12:00:00.000Z",
                           "2026-13-01T12:00:00.000Z",
                           "2026-00-01T12:00:00.000Z",
                           "2026-11-31T12:00:00.000Z",
                           "2026-11-00T12:00:00.000Z",
                           "2026-11-25T24:00:00.000Z",
                           "2026-11-25T12:60:00.000Z",
                           "2026-11-25T12:00:60.000Z",
                           "2026-11-25T12:00:00.000Z ",
                           "2026-1-25T12:00:00.000Z",
                           "+026-11-25T12:00:00.000Z",
                           "2026-11-25T-1:00:00.000Z",
                           "9999-12-31T23:59:59.999Z",
                           "2262-12-31T23:59:59.999Z",
                           "0000-01-01T00:00:00.000Z",
                           "1600-01-01T00:00:00.000Z"}) {
    BOOST_TEST(damage_of(time) == file + " is damaged, line 1: bad time", time);
  }
}

BOOST_AUTO_TEST_CASE(the_file_is_saved_as_safely_as_the_accounts) {
  std::filesystem::create_directory(folder.file("etc"));
  std::filesystem::create_symlink("etc/room", file);
  folder.write("etc/room", "closed\n");
  const std::string target = folder.file("etc/room");
  std::filesystem::permissions(target, std::filesystem::perms::all);
  const bool root = ::geteuid() == 0;  // nobody else can give a file away
  if (root) BOOST_REQUIRE(::chown(target.c_str(), 4321, 4321) == 0);
  std::filesystem::create_hard_link(target, folder.file("old"));
  replace_file(file, full_storage().text(kNow));
  BOOST_TEST(std::filesystem::is_symlink(file));
  BOOST_TEST(Stored<RoomStorage>::load(file).topic() == full_storage().topic());
  BOOST_TEST(folder.read("old") == "closed\n");
  struct stat status {};
  BOOST_REQUIRE(::stat(target.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777) == 0600u);
  if (root) BOOST_TEST(status.st_uid == 4321u);
  BOOST_TEST((folder.entries() == std::set<std::string>{"accounts.room", "etc", "old"}));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_or_written_is_an_error_that_names_it) {
  std::filesystem::create_directory(file);
  const auto names_it = [&](const std::system_error& error) {
    return std::string(error.what()).find(file) != std::string::npos;
  };
  BOOST_CHECK_EXCEPTION(Stored<RoomStorage>::load(file), std::system_error, names_it);
  BOOST_CHECK_EXCEPTION(Stored<RoomStorage>::save(file, {}), std::system_error, names_it);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
