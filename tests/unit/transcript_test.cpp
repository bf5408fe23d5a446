#include "chat/transcript.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace chat {
namespace {

std::string line_of(std::uint64_t number, const std::string& text = "hello") {
  return std::to_string(number) + "\t2026-11-24T12:34:56.789Z\tsay\tann\t" + text + "\n";
}

struct Books : TemporaryFolder {
  const std::string path = file("room");
  EventLog log{Descriptor(::open(file("log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600))};
  Transcript transcript{path, Transcript::Sync::kNever, log};

  bool write(const std::string& lines) {
    const iovec piece{const_cast<char*>(lines.data()), lines.size()};
    return transcript.write({&piece, 1});
  }

  // The numbers that are read back.
  std::vector<std::uint64_t> numbers() {
    std::vector<std::uint64_t> all;
    transcript.read([&](const RoomLine& line) { all.push_back(line.number); });
    return all;
  }

  bool was_told(const std::string& what) { return read("log").find(what) != std::string::npos; }
};

using Numbers = std::vector<std::uint64_t>;

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
    BOOST_TEST(other.write({&piece, 1}));
  }
  BOOST_TEST(read("log") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
