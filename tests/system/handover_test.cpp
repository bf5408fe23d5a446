// SIGUSR2: the server becomes its new binary, and nobody in the room notices.
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "chat/storage/password_hash.hpp"
#include "chat/storage/stored.hpp"
#include "chat/wire/line_format.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/served.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/threads.hpp"

namespace {

using Words = std::vector<std::string>;

Words options(const Words& more = {}) {
  Words all{"--max-users", "100", "--rate", "0"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// Waits for the new program, which says the same as the one before it.
void hand_over(Program& program, const std::string& line) {
  program.signal(SIGUSR2);
  BOOST_TEST(program.read_until("\n") == line);
}
void hand_over(Served& room) { hand_over(room.program, room.line); }

std::string not_handed_over(Served& room) {
  room.program.signal(SIGUSR2);
  (void)room.program.read_errors_until(" not-handed-over ");
  return room.program.read_errors_until("\n");
}

// Comes in with lines of this form, and has read up to its own arrival. `slow`: its kernel takes
// little for it.
Peer come_in(std::uint16_t port, const std::string& name, bool as_tagged, bool slow = false) {
  chat::Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int small = 16 * 1024;
  if (slow) (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in room{};
  room.sin_family = AF_INET;
  room.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  room.sin_port = htons(port);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&room), sizeof room) != 0) {
    throw std::runtime_error("cannot connect");
  }
  Peer peer{chat::Socket(std::move(fd))};
  peer.send(std::string(as_tagged ? "/tagged\n" : "") + "register\n" + name + ",pw\n");
  const std::string arrival =
      (as_tagged ? "\tenter\t" + name + "\t" : "* " + name + " ") + "has entered the chat";
  while (!peer.read_line().ends_with(arrival)) {
  }
  return peer;
}
Peer tagged(std::uint16_t port, const std::string& name) { return come_in(port, name, true); }
Peer slow(std::uint16_t port, const std::string& name) { return come_in(port, name, false, true); }
Peer slow_tagged(std::uint16_t port, const std::string& name) {
  return come_in(port, name, true, true);
}

// So many lines of a KiB, of which each begins with its number; it has heard them.
void say_lines(Peer& talker, int first, int count) {
  const std::string padding(1000, 'x');
  for (int i = first; i < first + count; ++i) {
    talker.say(std::to_string(i) + " " + padding);
    const bool pauses = i % 20 == 19 || i == first + count - 1;
    if (pauses) talker.read_until("talker: " + std::to_string(i) + " ");
  }
}

// Follows the room by what one member reads: each line is the next one, but for those that a notice
// says it has missed.
class Follower {
 public:
  // The text of a line that somebody says, with the name in front; or nothing.
  std::string take(const std::string& line) {
    if (const auto missed = line.find("* you missed lines "); missed != std::string::npos) {
      throw std::runtime_error("plain among tagged lines: " + line);
    }
    if (const auto missed = line.find("you missed lines "); missed != std::string::npos) {
      skip(line.substr(missed + 17));
      return {};
    }
    const auto parsed = chat::parse_room_line(line);
    if (!parsed) return {};
    if (last_ != 0 && parsed->number != last_ + 1) {
      throw std::runtime_error("not the one after " + std::to_string(last_) + ": " +
                               line.substr(0, 100));
    }
    last_ = parsed->number;
    if (parsed->kind != chat::Kind::kSay) return {};
    return std::string(parsed->from) + ": " + std::string(parsed->text);
  }

  void read_until(Peer& peer, const std::string& said) {
    while (!take(peer.read_line()).starts_with(said)) {
    }
  }

  std::uint64_t last() const { return last_; }
  int notices() const { return notices_; }

 private:
  void skip(const std::string& lines) {
    std::size_t digits = 0;
    const auto first = std::stoull(lines, &digits);
    if (first != last_ + 1) throw std::runtime_error("it has not missed " + lines);
    last_ = std::stoull(lines.substr(digits + 4));
    ++notices_;
  }

  std::uint64_t last_ = 0;
  int notices_ = 0;
};

// The number with which a line of say_lines() begins, whatever its form; -1: it is another.
int index_of(const std::string& line) {
  for (const std::string beginning : {"talker: ", "say\ttalker\t", "say+\ttalker\t"}) {
    const auto at = line.find(beginning);
    if (at == std::string::npos) continue;
    int index = -1;
    (void)std::from_chars(line.data() + at + beginning.size(), line.data() + line.size(), index);
    return index;
  }
  return -1;
}

// Reads them from `first` to `last`, each once and in order.
void read_lines(Peer& peer, int first, int last) {
  for (int expected = first; expected <= last;) {
    const std::string line = peer.read_line();
    BOOST_REQUIRE(line.find("you missed") == std::string::npos);
    const int index = index_of(line);
    if (index < 0) continue;
    BOOST_REQUIRE(index == expected);
    ++expected;
  }
}

// The server's program in a folder of its own, where another can be put in its place.
struct Installed {
  Installed() { install_server(); }

  void install_server() {
    std::filesystem::copy_file(Program::path_of("server"), folder.file("new"));
    move_there();
  }
  void install(const std::string& text, bool executable) {
    folder.write("new", text);
    if (executable) std::filesystem::permissions(folder.file("new"), std::filesystem::perms(0755));
    move_there();
  }
  void move_there() { std::filesystem::rename(folder.file("new"), path()); }
  std::string path() const { return folder.file("server"); }

  TemporaryFolder folder;
};

void check_they_talk(Peer& one, const std::string& name, Peer& other, const std::string& text) {
  one.say(text);
  for (Peer* peer : {&one, &other}) BOOST_TEST(peer->read_until(name) == name + ": " + text);
}

void add_accounts(const std::string& path, const std::string& name, int count,
                  const std::string& hash) {
  chat::PasswordStorage accounts;
  for (int i = 0; i < count; ++i) accounts.add(name + std::to_string(i), hash);
  chat::Stored<chat::PasswordStorage>::save(path, accounts);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(handover)

BOOST_AUTO_TEST_CASE(whoever_is_in_stays_and_goes_on_where_they_were) {
  TemporaryFolder folder;
  chat::Stored<chat::PasswordStorage>::save(folder.file("accounts"),
                                            accounts_of({{"ann", "secret"}}));
  Served room({"--max-users", "4", "--rate", "0", "--accounts", folder.file("accounts")});
  Peer ann = Peer::logged_in(room.port, "ann", "secret");
  Peer ben = Peer::registered(room.port, "ben");
  Peer cid = tagged(room.port, "cid");
  Follower follower;
  ben.send("one\nhalf a ");  // what was read with the line before is the server's, not the kernel's
  follower.read_until(cid, "ben: one");
  hand_over(room);
  ben.say("line");
  follower.read_until(cid, "ben: half a line");
  hand_over(room);
  ann.say("two");
  follower.read_until(cid, "ann: two");
  BOOST_TEST(ben.read_until("ben: one") == "ben: one");
  BOOST_TEST(ben.read_line() == "ben: half a line");
  BOOST_TEST(ben.read_line() == "ann: two");
  ben.say("/who");
  BOOST_TEST(ben.read_line() == "* online (3): ann, ben, cid");
}

BOOST_AUTO_TEST_CASE(names_seats_and_passwords_are_kept) {
  TemporaryFolder folder;
  chat::Stored<chat::PasswordStorage>::save(folder.file("accounts"),
                                            accounts_of({{"ann", "secret"}, {"abe", "secret"}}));
  Served room({"--max-users", "4", "--rate", "0", "--accounts", folder.file("accounts")});
  Peer ann = Peer::logged_in(room.port, "ann", "secret");
  Peer ben = Peer::registered(room.port, "ben");
  Peer cid = Peer::registered(room.port, "cid");
  hand_over(room);
  BOOST_TEST(Peer::answer_to(room.port, "register", "BEN,pw") == "! username is already used");
  BOOST_TEST(Peer::answer_to(room.port, "register", "dan,pw") == "! max chat users");
  BOOST_TEST(Peer::answer_to(room.port, "login", "ann,secret") == "! password already used");
  BOOST_TEST(Peer::answer_to(room.port, "resume", "ben,no") == "! wrong username or password");
  Peer again(room.port);
  BOOST_TEST(again.answer("resume", "ben,pw") == "* hello ben");
  ben.read_until("! your session goes on in another connection");
  BOOST_TEST(ben.ends());
  hand_over(room);
  check_they_talk(again, "ben", ann, "here");
  again.half_close();
  BOOST_TEST(ann.read_line() == "* ben has left the chat");
  Peer dan = Peer::registered(room.port, "dan");
  Peer abe = Peer::logged_in(room.port, "abe", "secret");
}

// What comes with a line that is answered has been read by the server: it is handed over.
BOOST_AUTO_TEST_CASE(who_is_on_the_way_in_goes_on_from_the_same_step) {
  Served room(options());
  Peer silent(room.port);
  silent.read_until("* Welcome");
  Peer half_mode(room.port);
  half_mode.send("/tagged\nregi");
  half_mode.read_until("-\t");
  Peer asked(room.port);
  asked.send("register\n");
  asked.read_until("* user,password?");
  Peer half_name(room.port);
  half_name.send("register\ndi");
  half_name.read_until("* user,password?");
  Peer resumes(room.port);
  resumes.send("resume\n");
  resumes.read_until("* user,password?");
  Peer too_long(room.port);
  too_long.send("register\n" + std::string(5000, 'x'));
  too_long.read_until("* user,password?");
  for (int i = 0; i < 3; ++i) hand_over(room);
  silent.send("register\nann,pw\n");
  silent.read_until("* ann has entered");
  half_mode.send("ster\nben,pw\n");
  BOOST_TEST(half_mode.read_until("2\t").ends_with("enter\tben\thas entered the chat"));
  asked.send("cid,pw\n");
  asked.read_until("* cid has entered");
  half_name.send("a,pw\n");
  half_name.read_until("* dia has entered");
  resumes.send("eve,pw\n");
  resumes.read_until("* eve has entered");
  too_long.send("x\n");
  too_long.read_until("! wrong format: the line is too long");
  BOOST_TEST(too_long.ends());
}

BOOST_AUTO_TEST_CASE(newcomers_get_in_at_any_moment) {
  Served room(options());
  int came = 0;
  Threads coming;
  coming.start([&] {
    for (; !coming.stopping(); ++came) {
      Peer peer = Peer::registered(room.port, "new" + std::to_string(came));
      peer.say("/quit");
      (void)peer.read_all();
    }
  });
  for (int i = 0; i < 10; ++i) hand_over(room);
  coming.stop();
  BOOST_TEST(came > 0);
}

BOOST_AUTO_TEST_CASE(who_does_not_read_meanwhile_gets_all_of_it) {
  Served room(options());
  Peer talker = Peer::registered(room.port, "talker");
  Peer plain = slow(room.port, "plain");
  Peer numbered = slow_tagged(room.port, "numbered");
  say_lines(talker, 0, 400);
  hand_over(room);
  say_lines(talker, 400, 50);
  hand_over(room);
  say_lines(talker, 450, 50);
  read_lines(plain, 0, 499);
  Follower follower;
  follower.read_until(numbered, "talker: 499");
  BOOST_TEST(follower.notices() == 0);
}

// Each notice names what is missing, and nothing else. In the room from different lines on, so that
// their sockets fill up at different places.
BOOST_AUTO_TEST_CASE(who_was_skipped_forward_is_still_told_so) {
  Served room(options({"--history", "0"}));
  Peer talker = Peer::registered(room.port, "talker");
  std::vector<Peer> readers;
  int said = 0;
  for (; readers.size() < 10; said += 25) {
    readers.push_back(slow_tagged(room.port, "reader" + std::to_string(readers.size())));
    say_lines(talker, said, 25);
  }
  for (const int count : {700, 100, 700, 100, 300, 20}) {
    say_lines(talker, said, count);
    said += count;
    hand_over(room);
  }
  for (Peer& reader : readers) {
    Follower follower;
    follower.read_until(reader, "talker: " + std::to_string(said - 1));
    BOOST_TEST(follower.notices() >= 2);
  }
}

BOOST_AUTO_TEST_CASE(a_replay_goes_on_where_it_was) {
  for (const bool as_tagged : {false, true}) {
    Served room(options({"--history", "0"}));
    Peer talker = Peer::registered(room.port, "talker");
    say_lines(talker, 0, 900);
    Peer reader = come_in(room.port, "reader", as_tagged, true);
    reader.say("/since 0");
    while (index_of(reader.read_line()) != 0) {
    }
    say_lines(talker, 900, 20);
    hand_over(room);
    say_lines(talker, 920, 20);
    read_lines(reader, 1, 100);
    hand_over(room);
    read_lines(reader, 101, 939);
  }
}

// From no plain lines unread to many.
BOOST_AUTO_TEST_CASE(who_has_changed_to_tagged_lines_behind_unread_plain_ones_gets_both) {
  Served room(options({"--history", "0"}));
  Peer talker = Peer::registered(room.port, "talker");
  std::vector<std::pair<int, Peer>> readers;
  int said = 0;
  for (; readers.size() < 12; said += 30) {
    const std::string name = "reader" + std::to_string(readers.size());
    readers.emplace_back(said, slow(room.port, name));
    say_lines(talker, said, 30);
  }
  for (auto& [first, reader] : readers) reader.say("/tagged");
  say_lines(talker, said, 20);
  hand_over(room);
  say_lines(talker, said + 20, 20);
  for (auto& [first, reader] : readers) {
    bool is_tagged = false;
    for (int expected = first; expected < said + 40 || !is_tagged;) {
      const std::string line = reader.read_line();
      const bool answer = line.starts_with("-\t");
      BOOST_REQUIRE((!answer || !is_tagged));
      is_tagged = is_tagged || answer;
      BOOST_REQUIRE((line.find("\tsay\t") != std::string::npos ||
                     line.find("\tenter\t") != std::string::npos || answer) == is_tagged);
      const int index = index_of(line);
      if (index < 0) continue;
      BOOST_REQUIRE(index == expected);
      ++expected;
    }
  }
}

BOOST_AUTO_TEST_CASE(who_has_half_closed_gets_all_up_to_its_own_departure) {
  Served room(options({"--history", "0"}));
  Peer talker = Peer::registered(room.port, "talker");
  std::vector<Peer> readers;
  for (int said = 0; readers.size() < 12; said += 30) {
    readers.push_back(slow_tagged(room.port, "reader" + std::to_string(readers.size())));
    say_lines(talker, said, 30);
  }
  for (Peer& reader : readers) {
    reader.send("last words");
    reader.half_close();
  }
  hand_over(room);
  for (std::size_t i = 0; i < readers.size(); ++i) {
    const std::string name = "reader" + std::to_string(i);
    Follower follower;
    int words = 0;
    const Words lines = readers[i].read_all();
    for (const std::string& line : lines) {
      if (follower.take(line) == name + ": last words") ++words;
    }
    BOOST_TEST(words == 1);
    BOOST_TEST(follower.notices() == 0);
    BOOST_REQUIRE(!lines.empty());
    BOOST_TEST(lines.back().ends_with("\tleave\t" + name + "\thas left the chat"));
  }
}

BOOST_AUTO_TEST_CASE(whose_place_was_taken_still_gets_its_farewell) {
  Served room(options({"--history", "0"}));
  Peer talker = Peer::registered(room.port, "talker");
  Peer old = slow(room.port, "ann");
  say_lines(talker, 0, 400);
  Peer again(room.port);
  BOOST_TEST(again.answer("resume", "ann,pw") == "* hello ann");
  hand_over(room);
  say_lines(talker, 400, 1);
  again.read_until("talker: 400");
  read_lines(old, 0, 399);
  BOOST_TEST(old.read_line() == "! your session goes on in another connection");
  BOOST_TEST(old.ends());
  check_they_talk(again, "ann", talker, "here");
}

BOOST_AUTO_TEST_CASE(who_was_sent_away_and_does_not_read_still_has_to_leave) {
  TemporaryFolder folder;
  chat::PasswordStorage accounts = accounts_of({{"talker", "pw"}});
  accounts.set_operator("talker", true);
  chat::Stored<chat::PasswordStorage>::save(folder.file("accounts"), accounts);
  Served room(options({"--history", "0", "--accounts", folder.file("accounts")}));
  Peer talker = Peer::logged_in(room.port, "talker", "pw");
  Peer ben = slow(room.port, "ben");
  say_lines(talker, 0, 400);
  talker.say("/kick ben spam");
  talker.read_until("* ben has to leave");
  hand_over(room);
  read_lines(ben, 0, 399);
  BOOST_TEST(ben.read_line() == "* talker has kicked ben: spam");
  BOOST_TEST(ben.read_line() == "! you were kicked by talker: spam");
  BOOST_TEST(ben.ends());
  ben.close();
  talker.read_until("* ben has left the chat");
}

BOOST_AUTO_TEST_CASE(of_what_thirty_say_meanwhile_nothing_is_lost_or_doubled) {
  constexpr std::size_t kTalkers = 30;
  Served room(options({"--history", "0"}));
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < kTalkers; ++i) {
    peers.push_back(tagged(room.port, "t" + std::to_string(i)));
  }
  std::vector<std::map<std::uint64_t, std::string>> all_heard(kTalkers);
  Threads talking;
  const auto talk = [&](std::size_t number) {
    Peer& peer = peers[number];
    const std::string name = "t" + std::to_string(number);
    Follower follower;
    std::map<std::string, int> next;  // by talker
    std::size_t ended = 0;
    auto& heard = all_heard[number];
    // Says a line, or nothing, and reads on until it has come and `ends` talkers are done.
    const auto talk_on = [&](const std::string& said, std::size_t ends) {
      bool come = said.empty();
      if (!come) peer.say(said);
      while (!come || ended < ends) {
        const std::string line = follower.take(peer.read_line());
        if (line.empty()) continue;
        heard[follower.last()] = line;
        come = come || line == name + ": " + said;
        const auto colon = line.find(": ");
        if (line.ends_with(": the end")) {
          ++ended;
        } else if (std::stoi(line.substr(colon + 2)) != next[line.substr(0, colon)]++) {
          throw std::runtime_error(name + " heard out of order: " + line);
        }
      }
    };
    for (int i = 0; !talking.stopping(); ++i) talk_on(std::to_string(i), 0);
    talk_on("the end", kTalkers);
  };
  for (std::size_t i = 0; i < kTalkers; ++i) talking.start([&talk, i] { talk(i); });
  for (int i = 0; i < 20; ++i) hand_over(room);
  talking.stop();
  BOOST_TEST(all_heard.front().size() > kTalkers * 20);
  for (const auto& heard : all_heard) BOOST_TEST((heard == all_heard.front()));
}

BOOST_AUTO_TEST_CASE(who_sends_faster_than_the_rate_loses_nothing) {
  Served room({"--max-users", "100"});
  std::vector<Peer> talkers;
  for (int i = 0; i < 5; ++i) {
    talkers.push_back(Peer::registered(room.port, "t" + std::to_string(i)));
  }
  Peer watcher = Peer::registered(room.port, "watcher");
  std::string lines;
  for (int i = 0; i < 60; ++i) lines += std::to_string(i) + "\n";
  for (Peer& talker : talkers) talker.send(lines);
  std::map<std::string, int> next;
  int heard = 0;
  while (heard < 5 * 60) {
    const std::string line = watcher.read_line();
    const auto colon = line.find(": ");
    BOOST_REQUIRE(colon != std::string::npos);
    BOOST_REQUIRE(line ==
                  line.substr(0, colon + 2) + std::to_string(next[line.substr(0, colon)]++));
    ++heard;
    if (heard % 55 == 54) hand_over(room);  // all have had their burst, and wait
  }
}

BOOST_AUTO_TEST_CASE(who_waits_for_its_password_to_be_looked_at_gets_in) {
  TemporaryFolder folder;
  add_accounts(folder.file("accounts"), "u", 24, chat::hash_password("secret"));
  Served room(options({"--accounts", folder.file("accounts"), "--history", "0"}));
  std::vector<Peer> peers;
  for (int i = 0; i < 24; ++i) {
    Peer& peer = peers.emplace_back(room.port);
    const std::string name = "u" + std::to_string(i);
    // With a line behind it, without a line end, and as the last words of one who leaves then.
    if (i % 3 == 0) peer.send("login\n" + name + ",secret\nhello\n");
    if (i % 3 == 1) peer.send("resume\n" + name + ",secret\n");
    if (i % 3 == 2) peer.send("login\n" + name + ",secret");
    if (i % 3 == 2) peer.half_close();
  }
  for (Peer& peer : peers) peer.read_until("* user,password?");
  hand_over(room);
  for (int i = 0; i < 24; ++i) {
    const std::string name = "u" + std::to_string(i);
    Peer& peer = peers[static_cast<std::size_t>(i)];
    BOOST_TEST(peer.read_line() == "* hello " + name);
    if (i % 3 == 0) peer.read_until(name + ": hello");
    if (i % 3 == 2) BOOST_TEST(peer.read_all().back() == "* " + name + " has left the chat");
  }
}

BOOST_AUTO_TEST_CASE(a_program_that_cannot_take_over_leaves_all_as_it_is) {
  Installed installed;
  const std::string& path = installed.path();
  Served room({"--max-users", "3", "--rate", "0"}, {path});
  Peer ann = Peer::registered(room.port, "ann");
  Peer ben = tagged(room.port, "ben");
  Follower follower;
  const auto check_not = [&](const std::string& reason) {
    BOOST_TEST_CONTEXT(reason) {
      const std::string line = not_handed_over(room);
      BOOST_TEST(line.find(reason) != std::string::npos, line);
      ann.say("still here");
      follower.read_until(ben, "ann: still here");
      BOOST_TEST(ann.read_until("ann: ") == "ann: still here");
    }
  };
  std::filesystem::remove(path);
  check_not("No such file or directory");
  installed.install("no program", false);
  check_not("Permission denied");
  installed.install("no program", true);
  check_not("");
  installed.install("#!/bin/sh\nexit 1\n", true);
  check_not("the new program could not start");
  installed.install("#!/bin/sh\nkill -9 $$\n", true);
  check_not("the new program could not start");
  installed.install("#!/bin/sh\nexit 0\n", true);
  check_not("the new program could not start");
  std::filesystem::copy_file("/bin/true", installed.folder.file("new"));
  installed.move_there();
  check_not("the new program could not start");
  // It says that it is ready, but is gone when it comes to it.
  installed.install(
      "#!/bin/sh\nrm '" + path + "'\nexec '" + Program::path_of("server") + "' \"$@\"\n", true);
  check_not("No such file or directory");
  installed.install_server();
  const auto password_storage = room.folder.file("password_storage");
  add_accounts(password_storage, "account", 4, cheap_hash("secret"));
  check_not("the new program could not start");
  std::filesystem::remove(password_storage);
  hand_over(room);
  ann.say("here");
  follower.read_until(ben, "ann: here");
}

// Neither in a program that took over, nor in one that was to be left and stayed.
BOOST_AUTO_TEST_CASE(the_program_that_is_asked_does_not_get_the_connections) {
  Installed installed;
  Served room(options(), {installed.path()});
  Peer ann = Peer::registered(room.port, "ann");
  Peer waiting(room.port);
  waiting.read_until("* Welcome");
  const std::string lists =
      "#!/bin/sh\nls -l /proc/self/fd >'" + room.folder.file("list") + "'\nexit 1\n";
  const auto check_list = [&] {
    installed.install(lists, true);
    (void)not_handed_over(room);
    BOOST_TEST(room.folder.read("list").find("null") != std::string::npos);
    BOOST_TEST(room.folder.read("list").find("socket:") == std::string::npos);
  };
  hand_over(room);
  check_list();
  installed.install("#!/bin/sh\nrm '" + installed.path() + "'\nexec '" +
                        Program::path_of("server") + "' \"$@\"\n",
                    true);
  (void)not_handed_over(room);
  check_list();
}

BOOST_AUTO_TEST_CASE(the_maximum_that_was_asked_for_is_not_asked_for_again) {
  TemporaryFolder folder;
  Program server("server", Served::with_defaults({}), Program::On::kPipes, folder.file(""));
  server.read_until("Maximum number of users: ");
  server.type("2\n");
  const std::string line = server.read_until("\n");
  Peer ann = Peer::registered(port_in(line), "ann");
  for (int i = 0; i < 2; ++i) hand_over(server, line);
  Peer ben = Peer::registered(port_in(line), "ben");
  BOOST_TEST(Peer::answer_to(port_in(line), "register", "cid,pw") == "! max chat users");
}

BOOST_AUTO_TEST_CASE(numbers_history_and_transcript_go_on) {
  for (const bool transcript : {false, true}) {
    TemporaryFolder folder;
    Words words = options({"--history", "0"});
    if (transcript) words.insert(words.end(), {"--transcript", folder.file("room")});
    Served room(words);
    Peer talker = Peer::registered(room.port, "talker");
    for (int i = 0; i < 5; ++i) {
      say_lines(talker, 10 * i, 10);
      hand_over(room);
    }
    Peer late = tagged(room.port, "late");
    late.say("/since 0");
    BOOST_TEST(late.read_until("1\t").ends_with("\tenter+\ttalker\thas entered the chat"));
    for (int i = 0; i < 50; ++i) {
      const std::string line = late.read_line();
      BOOST_TEST(line.starts_with(std::to_string(i + 2) + "\t"));
      BOOST_TEST(index_of(line) == i);
    }
    BOOST_TEST(late.read_line().starts_with("52\t"));
    if (!transcript) continue;
    std::string file = folder.read("room");
    BOOST_REQUIRE(file.starts_with("# log "));
    file.erase(0, file.find('\n') + 1);
    std::uint64_t number = 0;
    for (; !file.empty(); file.erase(0, file.find('\n') + 1)) {
      const auto line = chat::parse_room_line(file.substr(0, file.find('\n')));
      BOOST_REQUIRE(line.has_value());
      BOOST_TEST(line->number == ++number);
    }
    BOOST_TEST(number == 52u);
  }
}

BOOST_AUTO_TEST_CASE(where_the_transcript_cannot_be_opened_any_more_the_old_program_stays) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("logs"));
  Served room(options({"--transcript", folder.file("logs/room")}));
  Peer ann = Peer::registered(room.port, "ann");
  Peer ben = Peer::registered(room.port, "ben");
  std::filesystem::remove_all(folder.file("logs"));
  BOOST_TEST(not_handed_over(room).find("the new program could not start") != std::string::npos);
  check_they_talk(ann, "ann", ben, "still here");
  std::filesystem::create_directory(folder.file("logs"));
  hand_over(room);
  check_they_talk(ann, "ann", ben, "here");
}

BOOST_AUTO_TEST_CASE(a_signal_to_end_that_comes_right_behind_is_not_lost) {
  for (int i = 0; i < 2; ++i) {
    Served room(options());
    Peer ann = Peer::registered(room.port, "ann");
    room.program.signal(SIGUSR2);
    room.program.signal(SIGTERM);
    BOOST_TEST(room.program.status() == 0);
    BOOST_TEST(ann.read_line() == "* the server is shutting down");
    BOOST_TEST(ann.ends());
  }
}

BOOST_AUTO_TEST_SUITE_END()
