#include "chat/storage/transcript.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace chat {
namespace {

std::string line_of(std::uint64_t number, const std::string& text = "hello") {
  return std::to_string(number) + "\t2026-11-24T12:34:56.789Z\tsay\tann\t" + text + "\n";
}

using Numbers = std::vector<std::uint64_t>;

// The number of the last line.
std::uint64_t last_in(const std::string& lines) {
  const auto end = lines.rfind('\n', lines.size() - 2);
  return std::stoull(lines.substr(end == std::string::npos ? 0 : end + 1));
}

bool write_to(Transcript& transcript, const std::string& lines) {
  const iovec piece{const_cast<char*>(lines.data()), lines.size()};
  return transcript.write({&piece, 1}, last_in(lines));
}

// The numbers that are read back.
Numbers numbers_in(Transcript& transcript) {
  Numbers all;
  transcript.read([&](const RoomLine& line) { all.push_back(line.number); });
  return all;
}

struct Books : TemporaryFolder {
  const std::string path = file("room");
  EventLog log{Descriptor(::open(file("log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600))};
  Transcript transcript{path, Transcript::Sync::kNever, log};

  bool write(const std::string& lines) { return write_to(transcript, lines); }
  Numbers numbers() { return numbers_in(transcript); }

  bool was_told(const std::string& what) { return read("log").find(what) != std::string::npos; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(transcript, Books)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  BOOST_TEST(numbers().empty());
  BOOST_TEST(Books::write(line_of(1) + line_of(2)));
  BOOST_TEST(Books::write(line_of(3)));
  BOOST_TEST((numbers() == Numbers{1, 2, 3}));
  BOOST_TEST(read("room") == line_of(1) + line_of(2) + line_of(3));
  BOOST_TEST(read("log") == "");
}

BOOST_AUTO_TEST_CASE(a_torn_last_line_is_cut_off_and_told) {
  const std::string last = line_of(2);
  for (std::size_t cut = 1; cut < last.size(); ++cut) {
    TemporaryFolder::write("room", line_of(1) + last.substr(0, cut));
    BOOST_TEST((numbers() == Numbers{1}));
    BOOST_TEST(read("room") == line_of(1));
    BOOST_TEST(was_told("a last line of " + std::to_string(cut) + " bytes"));
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_line_is_told_with_its_number_and_kept) {
  for (const std::string& damage :
       {std::string("\n"), std::string("rubbish\n"), line_of(1), line_of(0),
        std::string("3\tnow\tsay\tann\thi\n"), std::string(5000, '\0') + "\n"}) {
    const std::string whole = line_of(1) + line_of(2) + damage + line_of(4);
    TemporaryFolder::write("room", whole);
    TemporaryFolder::write("log", "");
    BOOST_TEST((numbers() == Numbers{1, 2, 4}));
    BOOST_TEST(read("room") == whole);
    BOOST_TEST(was_told("line 3 is damaged"));
    BOOST_TEST(!was_told("missing"));
  }
}

BOOST_AUTO_TEST_CASE(numbers_that_are_missing_are_told) {
  TemporaryFolder::write("room", line_of(17) + line_of(20));
  BOOST_TEST((numbers() == Numbers{17, 20}));
  BOOST_TEST(was_told("lines 18 to 19 are missing"));
}

BOOST_AUTO_TEST_CASE(a_file_has_one_writer) {
  BOOST_CHECK_THROW(Transcript(path, Transcript::Sync::kNever, log), std::runtime_error);
}

// The same error as on a full disk, from a limit on the size of files.
BOOST_AUTO_TEST_CASE(what_cannot_be_written_as_a_whole_leaves_nothing_and_is_told_once) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const std::string line = line_of(1, std::string(60, 'x'));
    const rlimit small{150, RLIM_INFINITY};
    const rlimit large{RLIM_INFINITY, RLIM_INFINITY};
    bool good = Books::write(line);
    ::setrlimit(RLIMIT_FSIZE, &small);
    good = good && !Books::write(line) && !Books::write(line);
    ::setrlimit(RLIMIT_FSIZE, &large);
    good = good && read("room") == line && Books::write(line) && read("room") == line + line;
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  const std::string told = read("log");
  const auto first = told.find("cannot be written: ");
  BOOST_REQUIRE(first != std::string::npos);
  BOOST_TEST(told.find("cannot be written", first + 1) == std::string::npos);
  BOOST_TEST(told.find("is written again") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(after_the_file_was_moved_away_it_goes_on_in_a_new_one) {
  BOOST_TEST(Books::write(line_of(1)));
  transcript.reopen();  // nobody has moved it
  BOOST_TEST(Books::write(line_of(2)));
  BOOST_REQUIRE(::rename(path.c_str(), file("old").c_str()) == 0);
  BOOST_TEST(Books::write(line_of(3)));
  transcript.reopen();
  BOOST_TEST(Books::write(line_of(4)));
  BOOST_TEST(read("old") == line_of(1) + line_of(2) + line_of(3));
  BOOST_TEST(read("room") == line_of(4));
}

BOOST_AUTO_TEST_CASE(it_is_made_durable_in_every_manner) {
  for (const auto sync : {Transcript::Sync::kAlways, Transcript::Sync::kSecond}) {
    const std::string name = file("other" + std::to_string(static_cast<int>(sync)));
    const std::string line = line_of(1);
    const iovec piece{const_cast<char*>(line.data()), line.size()};
    Transcript other(name, sync, log);
    BOOST_TEST(other.write({&piece, 1}, 0));
  }
  BOOST_TEST(read("log") == "");
}

BOOST_AUTO_TEST_CASE(a_reader_who_locks_the_file_does_not_keep_the_server_out) {
  const std::string name = file("read");
  TemporaryFolder::write("read", line_of(1));
  const Descriptor reader(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  BOOST_REQUIRE(::flock(reader.get(), LOCK_SH) == 0);
  Transcript other(name, Transcript::Sync::kNever, log);
  BOOST_TEST(write_to(other, line_of(2)));
  BOOST_CHECK_THROW(Transcript(name, Transcript::Sync::kNever, log), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(the_same_file_by_another_name_has_one_writer_too) {
  std::filesystem::create_symlink("room", file("link"));
  BOOST_CHECK_THROW(Transcript(file("link"), Transcript::Sync::kNever, log), std::runtime_error);
}

// Where no lock can be made beside it.
BOOST_AUTO_TEST_CASE(in_a_folder_that_may_not_be_written_to_a_file_has_one_writer_too) {
  if (::geteuid() != 0) return;  // who owns a folder may write to it again
  constexpr uid_t kOther = 4321;
  std::filesystem::permissions(file(""), std::filesystem::perms(0755));
  TemporaryFolder::write("theirs", line_of(1));
  BOOST_REQUIRE(::chown(file("theirs").c_str(), kOther, kOther) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setregid(kOther, kOther) != 0 || ::setreuid(kOther, kOther) != 0) ::_exit(9);
    try {
      Transcript other(file("theirs"), Transcript::Sync::kNever, log);
      if (!write_to(other, line_of(2))) ::_exit(2);
      try {
        const Transcript third(file("theirs"), Transcript::Sync::kNever, log);
      } catch (const std::runtime_error&) {
        ::_exit(0);
      }
      ::_exit(3);
    } catch (const std::exception&) {
      ::_exit(4);
    }
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(WEXITSTATUS(status) == 0);
  BOOST_TEST(read("theirs") == line_of(1) + line_of(2));
}

BOOST_AUTO_TEST_CASE(what_is_no_file_of_ones_own_is_refused, *boost::unit_test::timeout(60)) {
  const auto refused = [&](const std::string& name) {
    try {
      Transcript::check(file(name));
      const Transcript other(file(name), Transcript::Sync::kNever, log);
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  };
  BOOST_REQUIRE(::mkfifo(file("fifo").c_str(), 0600) == 0);
  std::filesystem::create_symlink("/dev/zero", file("device"));
  std::filesystem::create_directory(file("folder"));
  for (const std::string name : {"fifo", "device", "folder"}) BOOST_TEST(refused(name), name);
  TemporaryFolder::write("theirs", "");
  BOOST_REQUIRE(::chmod(file("theirs").c_str(), 0644) == 0);
  BOOST_TEST(!refused("theirs"));  // they may read it
  BOOST_REQUIRE(::chmod(file("theirs").c_str(), 0622) == 0);
  BOOST_TEST(refused("theirs"));
  if (::geteuid() != 0) return;
  BOOST_REQUIRE(::chmod(file("theirs").c_str(), 0600) == 0);
  BOOST_REQUIRE(::chown(file("theirs").c_str(), 4321, 4321) == 0);
  BOOST_TEST(refused("theirs"));
}

// Rotating

namespace {

// A transcript of its own with a maximum that holds four of its lines.
struct Rotated : Books {
  void begin(Transcript::Sync sync = Transcript::Sync::kNever, std::uint64_t most = 4) {
    rotated.reset();
    rotated.emplace(
        file("kept"), sync, log, [this](const std::string& news) { told = news; },
        most * line_of(1).size());
  }
  void write_lines(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t number = first; number <= last; ++number) {
      BOOST_TEST(write_to(*rotated, line_of(number)));
    }
  }
  std::string lines(std::uint64_t first, std::uint64_t last) const {
    std::string all;
    for (std::uint64_t number = first; number <= last; ++number) all += line_of(number);
    return all;
  }

  std::optional<Transcript> rotated;
  std::string told;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(before_it_grows_beyond_its_maximum_a_new_file_is_begun_and_one_kept,
                        Rotated) {
  for (const auto sync :
       {Transcript::Sync::kNever, Transcript::Sync::kSecond, Transcript::Sync::kAlways}) {
    std::filesystem::remove(file("kept"));
    std::filesystem::remove(file("kept.1"));
    begin(sync);
    write_lines(1, 4);
    BOOST_TEST(read("kept") == lines(1, 4));
    BOOST_TEST(entries().count("kept.1") == 0u);
    write_lines(5, 8);
    BOOST_TEST(read("kept.1") == lines(1, 4));
    BOOST_TEST(read("kept") == lines(5, 8));
    write_lines(9, 9);
    BOOST_TEST(read("kept.1") == lines(5, 8));
    BOOST_TEST(read("kept") == lines(9, 9));
  }
  BOOST_TEST(told == "");
}

BOOST_FIXTURE_TEST_CASE(lines_that_are_written_at_once_stay_together, Rotated) {
  begin();
  BOOST_TEST(write_to(*rotated, lines(1, 9)));  // more than it is to hold
  BOOST_TEST(read("kept") == lines(1, 9));
  BOOST_TEST(write_to(*rotated, lines(10, 12)));
  BOOST_TEST(read("kept.1") == lines(1, 9));
  BOOST_TEST(read("kept") == lines(10, 12));
}

BOOST_FIXTURE_TEST_CASE(a_new_start_reads_the_old_file_and_the_new_one, Rotated) {
  begin();
  write_lines(1, 6);
  begin();
  BOOST_TEST((numbers_in(*rotated) == Numbers{1, 2, 3, 4, 5, 6}));
  BOOST_TEST(read("log") == "");
  write_lines(7, 9);  // it counts what is there already
  BOOST_TEST(read("kept.1") == lines(5, 8));
  BOOST_TEST(read("kept") == lines(9, 9));
}

BOOST_FIXTURE_TEST_CASE(killed_between_any_two_steps_of_a_rotation_nothing_is_lost, Rotated) {
  // After it was renamed; and after the new one was made.
  for (const bool made : {false, true}) {
    std::filesystem::remove(file("kept"));
    TemporaryFolder::write("kept.1", lines(1, 4));
    if (made) TemporaryFolder::write("kept", "");
    begin();
    BOOST_TEST((numbers_in(*rotated) == Numbers{1, 2, 3, 4}));
    write_lines(5, 5);
    BOOST_TEST(read("kept") == lines(5, 5));
    BOOST_TEST(read("kept.1") == lines(1, 4));
  }
  BOOST_TEST(read("log") == "");
}

BOOST_FIXTURE_TEST_CASE(a_torn_line_at_the_end_of_the_old_file_is_left_out, Rotated) {
  TemporaryFolder::write("kept.1", lines(1, 3) + line_of(4).substr(0, 20));
  begin();
  BOOST_TEST((numbers_in(*rotated) == Numbers{1, 2, 3}));
  BOOST_TEST(was_told("kept.1 lacks its end"));
  BOOST_TEST(read("kept.1").size() > lines(1, 3).size());
}

// Such as one that was moved there by hand, before the room began anew.
BOOST_FIXTURE_TEST_CASE(an_old_file_that_does_not_go_before_the_new_one_is_left_out, Rotated) {
  TemporaryFolder::write("kept.1", lines(1, 9));
  TemporaryFolder::write("kept", lines(5, 7));
  begin();
  BOOST_TEST((numbers_in(*rotated) == Numbers{5, 6, 7}));
  BOOST_TEST(was_told("kept.1 does not end where"));
}

BOOST_FIXTURE_TEST_CASE(of_a_long_old_file_the_end_is_found, Rotated) {
  TemporaryFolder::write("kept.1", lines(1, 5000));
  TemporaryFolder::write("kept", lines(5001, 5002));
  begin();
  BOOST_TEST(numbers_in(*rotated).size() == 5002u);
  TemporaryFolder::write("kept", lines(5000, 5002));
  BOOST_TEST(numbers_in(*rotated).size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(an_old_file_that_cannot_be_read_is_told_and_left_out, Rotated,
                        *boost::unit_test::timeout(60)) {
  BOOST_REQUIRE(::mkfifo(file("kept.1").c_str(), 0600) == 0);
  TemporaryFolder::write("kept", lines(5, 7));
  begin();
  BOOST_TEST((numbers_in(*rotated) == Numbers{5, 6, 7}));
  BOOST_TEST(was_told("kept.1 is left out: "));
}

BOOST_FIXTURE_TEST_CASE(where_it_cannot_be_rotated_it_grows_and_that_is_told_once, Rotated) {
  std::filesystem::create_directory(file("kept.1"));
  begin();
  write_lines(1, 30);
  BOOST_TEST(read("kept") == lines(1, 30));
  BOOST_TEST(told.find("kept cannot be rotated: ") != std::string::npos, told);
  const std::string log_then = read("log");
  BOOST_TEST(log_then.find("cannot be rotated") == log_then.rfind("cannot be rotated"));
  std::filesystem::remove(file("kept.1"));
  write_lines(31, 35);
  BOOST_TEST(told.find("kept is rotated again") != std::string::npos, told);
  BOOST_TEST(read("kept.1") + read("kept") == lines(1, 35));
}

BOOST_FIXTURE_TEST_CASE(it_goes_on_where_a_rotation_has_failed_half_way, Rotated) {
  begin();
  write_lines(1, 4);
  // The new one cannot be made: somebody has put something there just then.
  BOOST_REQUIRE(::rename(file("kept").c_str(), file("kept.1").c_str()) == 0);
  std::filesystem::create_directory(file("kept"));
  write_lines(5, 8);
  BOOST_TEST(read("kept.1") == lines(1, 8));
  std::filesystem::remove(file("kept"));
  write_lines(9, 11);
  BOOST_TEST(read("kept.1") == lines(1, 8));
  BOOST_TEST(read("kept") == lines(9, 11));
}

BOOST_FIXTURE_TEST_CASE(by_hand_it_can_be_rotated_all_the_same, Rotated) {
  begin();
  write_lines(1, 3);
  BOOST_REQUIRE(::rename(file("kept").c_str(), file("by-hand").c_str()) == 0);
  rotated->reopen();
  write_lines(4, 8);
  BOOST_TEST(read("by-hand") == lines(1, 3));
  BOOST_TEST(read("kept.1") == lines(4, 7));
  BOOST_TEST(read("kept") == lines(8, 8));
}

BOOST_FIXTURE_TEST_CASE(what_a_symbolic_link_leads_to_is_rotated, Rotated) {
  std::filesystem::create_directory(file("logs"));
  std::filesystem::create_symlink("logs/target", file("kept"));
  begin();
  write_lines(1, 6);
  BOOST_TEST(std::filesystem::is_symlink(file("kept")));
  BOOST_TEST(read("logs/target.1") == lines(1, 4));
  BOOST_TEST(read("logs/target") == lines(5, 6));
  begin();
  BOOST_TEST((numbers_in(*rotated) == Numbers{1, 2, 3, 4, 5, 6}));
}

BOOST_FIXTURE_TEST_CASE(a_new_file_can_be_read_by_whom_the_old_one_could, Rotated) {
  TemporaryFolder::write("kept", "");
  BOOST_REQUIRE(::chmod(file("kept").c_str(), 0640) == 0);
  if (::geteuid() == 0) BOOST_REQUIRE(::chown(file("kept").c_str(), 0, 4321) == 0);
  begin();
  write_lines(1, 5);
  struct stat status {};
  BOOST_REQUIRE(::stat(file("kept").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777) == 0640u);
  if (::geteuid() == 0) BOOST_TEST(status.st_gid == 4321u);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_replaced_does_not_stay_open, Rotated) {
  begin();
  write_lines(1, 9);  // twice
  const auto deadline = Clock::now() + std::chrono::seconds(60);
  const auto deleted = [] {
    int open = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code none;
      const auto target = std::filesystem::read_symlink(entry.path(), none).string();
      if (target.find("kept.1 (deleted)") != std::string::npos) ++open;
    }
    return open;
  };
  while (deleted() > 0 && Clock::now() < deadline) std::this_thread::yield();
  BOOST_TEST(deleted() == 0);
}

BOOST_AUTO_TEST_CASE(a_file_says_which_log_it_is_and_what_was_before_it) {
  transcript.begin({"abc", 41, false});
  BOOST_TEST(write(line_of(42)));
  BOOST_TEST(read("room") == "# log abc after line 41\n" + line_of(42));
  const auto contents = transcript.read([](const RoomLine&) {});
  BOOST_TEST(contents.epoch == "abc");
  BOOST_TEST(contents.last == 42u);
  BOOST_TEST(contents.says_epoch);
}

BOOST_AUTO_TEST_CASE(a_file_from_before_is_read_and_says_it_from_then_on) {
  BOOST_TEST(write(line_of(1) + line_of(2)));
  const auto contents = transcript.read([](const RoomLine&) {});
  BOOST_TEST(contents.epoch == "");
  BOOST_TEST(contents.last == 2u);
  transcript.begin({"abc", contents.last, contents.says_epoch});
  BOOST_TEST(write(line_of(3)));
  BOOST_TEST(read("room") == line_of(1) + line_of(2) + "# log abc after line 2\n" + line_of(3));
  BOOST_TEST(numbers() == Numbers({1, 2, 3}));
  BOOST_TEST(transcript.read([](const RoomLine&) {}).epoch == "abc");
  BOOST_TEST(!was_told("damaged"));
}

BOOST_AUTO_TEST_CASE(each_file_that_is_begun_carries_epoch_and_number_on) {
  const std::string three = line_of(1) + line_of(2) + line_of(3);
  Transcript small(file("small"), Transcript::Sync::kNever, log, {}, three.size() + 40);
  small.begin({"abc", 0, false});
  BOOST_TEST(write_to(small, three));
  BOOST_TEST(write_to(small, line_of(4)));
  BOOST_TEST(read("small.1") == "# log abc after line 0\n" + three);
  BOOST_TEST(read("small") == "# log abc after line 3\n" + line_of(4));
  // More than the maximum at once goes into a file that is empty but for that.
  std::filesystem::rename(file("small"), file("away"));
  small.reopen();
  BOOST_TEST(read("small") == "# log abc after line 4\n");
  BOOST_TEST(write_to(small, line_of(5, std::string(1000, 'x'))));
  BOOST_TEST(read("small.1") == "# log abc after line 0\n" + three);
  BOOST_TEST(small.read([](const RoomLine&) {}).last == 5u);
}

BOOST_AUTO_TEST_CASE(an_old_file_of_another_log_is_left_out) {
  TemporaryFolder::write("room.1", "# log old after line 0\n" + line_of(1) + line_of(2));
  TemporaryFolder::write("room", "# log new after line 2\n" + line_of(3));
  BOOST_TEST(numbers() == Numbers{3});
  BOOST_TEST(was_told("is left out"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
