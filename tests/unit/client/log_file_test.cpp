#include "chat/client/log_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace chat {
namespace {

using Lines = std::vector<std::string>;

const auto kNow = std::chrono::system_clock::from_time_t(1'795'555'805);  // 2026-11-24 21:30:05

struct Utc {
  Utc() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(log_file, Utc)

BOOST_AUTO_TEST_CASE(each_line_has_its_date_and_time_and_is_there_at_once) {
  const TemporaryFolder folder;
  LogFile log_file(folder.file("log"));
  log_file.append(Lines{"ann: hello", "* ben has left the chat"}, kNow);
  BOOST_TEST(folder.read("log") ==
             "2026-11-24 21:30:05 ann: hello\n"
             "2026-11-24 21:30:05 * ben has left the chat\n");
  log_file.append(Lines{}, kNow);
  log_file.append(Lines{""}, kNow + std::chrono::hours(3));
  BOOST_TEST(folder.read("log").ends_with("left the chat\n2026-11-25 00:30:05 \n"));
}

BOOST_AUTO_TEST_CASE(each_day_can_have_a_file_of_its_own) {
  const TemporaryFolder folder;
  LogFile log_file(folder.file("%F-room-%F.log"));
  log_file.append(Lines{"late"}, kNow);
  log_file.append(Lines{"early"}, kNow + std::chrono::hours(3));
  BOOST_TEST(folder.read("2026-11-24-room-2026-11-24.log") == "2026-11-24 21:30:05 late\n");
  BOOST_TEST(folder.read("2026-11-25-room-2026-11-25.log") == "2026-11-25 00:30:05 early\n");
}

BOOST_AUTO_TEST_CASE(what_was_there_stays) {
  const TemporaryFolder folder;
  folder.write("log", "before\n");
  LogFile(folder.file("log")).append(Lines{"ann: hello"}, kNow);
  LogFile(folder.file("log")).append(Lines{"ann: again"}, kNow);
  BOOST_TEST(folder.read("log") ==
             "before\n2026-11-24 21:30:05 ann: hello\n2026-11-24 21:30:05 ann: again\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_moved_away_or_deleted_is_opened_anew) {
  const TemporaryFolder folder;
  LogFile log_file(folder.file("log"));
  log_file.append(Lines{"ann: one"}, kNow);
  std::filesystem::rename(folder.file("log"), folder.file("log.1"));
  log_file.append(Lines{"ann: two"}, kNow);
  BOOST_TEST(folder.read("log.1") == "2026-11-24 21:30:05 ann: one\n");
  BOOST_TEST(folder.read("log") == "2026-11-24 21:30:05 ann: two\n");
  std::filesystem::remove(folder.file("log"));
  log_file.append(Lines{"ann: three"}, kNow);
  BOOST_TEST(folder.read("log") == "2026-11-24 21:30:05 ann: three\n");
}

BOOST_AUTO_TEST_CASE(a_new_file_is_its_owners_only) {
  const TemporaryFolder folder;
  const mode_t before = ::umask(0);
  const LogFile log_file(folder.file("log"));
  (void)::umask(before);
  struct stat status {};
  BOOST_REQUIRE(::stat(folder.file("log").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_opened_or_written_is_named) {
  const TemporaryFolder folder;
  const auto names = [](const std::string& file) {
    return [file](const std::system_error& error) {
      return std::string(error.what()).find(file) != std::string::npos;
    };
  };
  const std::string missing = folder.file("none/log");
  BOOST_CHECK_EXCEPTION(LogFile{missing}, std::system_error, names(missing));
  LogFile full("/dev/full");
  BOOST_CHECK_EXCEPTION(full.append(Lines{"x"}, kNow), std::system_error, names("/dev/full"));
}

BOOST_AUTO_TEST_CASE(a_pipe_will_do_but_one_that_nobody_reads_is_not_waited_for,
                     *boost::unit_test::timeout(60)) {
  const TemporaryFolder folder;
  BOOST_REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  BOOST_CHECK_THROW(LogFile(folder.file("pipe")), std::system_error);
  const Descriptor reader(::open(folder.file("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  LogFile log_file(folder.file("pipe"));
  log_file.append(Lines{"ann: hello"}, kNow);
  char bytes[100];
  BOOST_TEST(::read(reader.get(), bytes, sizeof bytes) == 31);
  // It waits for a reader who is slow, as everything does that writes to a pipe.
  std::thread slow([&] {
    (void)::fcntl(reader.get(), F_SETFL, 0);
    std::size_t left = 100'000;
    std::vector<char> some(4096);
    while (left > 0)
      left -=
          static_cast<std::size_t>(::read(reader.get(), some.data(), std::min(left, some.size())));
  });
  log_file.append(Lines{std::string(100'000 - 21, 'x')}, kNow);
  slow.join();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
