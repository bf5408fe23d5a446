#include "chat/base/safe_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/mounted.hpp"
#include "tests/support/temporary_folder.hpp"

namespace chat {
namespace {

namespace utf = boost::unit_test;
using namespace std::chrono_literals;

constexpr unsigned kNotOurs = 4321;

boost::test_tools::assertion_result as_root(utf::test_unit_id) {
  boost::test_tools::assertion_result result(::geteuid() == 0);
  if (!result) result.message() << "only root can give a file away, or mount one";
  return result;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

struct Fixture {
  TemporaryFolder folder;
  const std::string file = folder.file("file");

  // Why it is not opened; empty: it is.
  std::string refusal(Others others, int flags = O_RDONLY) {
    return message_of([&] { (void)open_regular(file, flags, others); });
  }
  std::string content() {
    std::string lines;
    read_entries(file, Others::kAnything,
                 [&](std::string_view line) { lines.append(line).append("\n"); });
    return lines;
  }
  ino_t inode() {
    struct stat status {};
    BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_ino;
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A socket that is open is one more kind of file that cannot be read.
Descriptor bound_socket(const std::string& path) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(safe_file, Fixture)

// What a file may be

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_refused_and_never_waited_for, *utf::timeout(30)) {
  constexpr int kAppend = O_WRONLY | O_APPEND | O_CREAT;
  BOOST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  for (const int flags : {O_RDONLY, kAppend}) {
    BOOST_TEST(refusal(Others::kAnything, flags) == file + " is not a regular file");
  }
  {
    const Descriptor reader(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    BOOST_TEST(refusal(Others::kAnything, kAppend) == file + " is not a regular file");
  }
  std::filesystem::remove(file);
  {
    const Descriptor socket = bound_socket(file);
    for (const int flags : {O_RDONLY, kAppend}) {
      BOOST_TEST(refusal(Others::kAnything, flags) == file + " is not a regular file");
    }
  }
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  BOOST_TEST(refusal(Others::kAnything) == "cannot read " + file + ": Is a directory");
  BOOST_TEST(refusal(Others::kAnything, kAppend) == "cannot open " + file + ": Is a directory");
  std::filesystem::remove(file);
  std::filesystem::create_symlink("/dev/zero", file);
  for (const int flags : {O_RDONLY, kAppend}) {
    BOOST_TEST(refusal(Others::kAnything, flags) == file + " is not a regular file");
  }
}

BOOST_AUTO_TEST_CASE(what_others_may_write_or_read_is_refused_and_how_to_change_that_is_said) {
  folder.write("file", "");
  const auto refusal_of = [&](mode_t mode, Others others) {
    BOOST_REQUIRE(::chmod(file.c_str(), mode) == 0);
    return refusal(others);
  };
  for (const mode_t mode : {0600u, 0400u, 0700u}) {
    for (const Others others : {Others::kAnything, Others::kMayRead, Others::kNothing}) {
      BOOST_TEST(refusal_of(mode, others) == "");
    }
  }
  for (const mode_t mode : {0640u, 0604u, 0644u, 0610u, 0601u}) {
    BOOST_TEST(refusal_of(mode, Others::kMayRead) == "");
    BOOST_TEST(has(refusal_of(mode, Others::kNothing), ": chmod 600 " + file));
  }
  for (const mode_t mode : {0620u, 0602u, 0660u, 0666u, 0777u}) {
    BOOST_TEST(refusal_of(mode, Others::kAnything) == "");
    BOOST_TEST(has(refusal_of(mode, Others::kMayRead), ": chmod go-w " + file));
    BOOST_TEST(has(refusal_of(mode, Others::kNothing), ": chmod 600 " + file));
  }
  BOOST_TEST(refusal_of(0666, Others::kNothing) ==
             file + " can be written by others than its owner (mode 0666): chmod 600 " + file);
}

BOOST_AUTO_TEST_CASE(what_another_user_owns_is_refused, *utf::precondition(as_root)) {
  folder.write("file", "");
  BOOST_REQUIRE(::chown(file.c_str(), kNotOurs, 0) == 0);
  BOOST_TEST(refusal(Others::kAnything) == "");
  for (const Others others : {Others::kMayRead, Others::kNothing}) {
    BOOST_TEST(refusal(others) == file +
                                      " belongs to user 4321, neither to the one who runs this "
                                      "(0) nor to root: run it as that user, or chown 0 " +
                                      file);
  }
}

// As a service that does not run as root.
BOOST_AUTO_TEST_CASE(a_file_of_roots_may_be_readable_for_its_group, *utf::precondition(as_root)) {
  std::filesystem::permissions(folder.file(""), std::filesystem::perms(0755));
  folder.write("file", "x\n");
  BOOST_REQUIRE(::chown(file.c_str(), 0, kNotOurs) == 0);
  const auto status_as_other = [&](mode_t mode) {
    BOOST_REQUIRE(::chmod(file.c_str(), mode) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setregid(kNotOurs, kNotOurs) != 0 || ::setreuid(kNotOurs, kNotOurs) != 0) ::_exit(9);
      ::_exit(refusal(Others::kNothing).empty() ? 0 : 1);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    return WEXITSTATUS(status);
  };
  BOOST_TEST(status_as_other(0640) == 0);
  BOOST_TEST(status_as_other(0644) == 1);
  BOOST_TEST(status_as_other(0660) == 1);
}

// The lock

BOOST_AUTO_TEST_CASE(only_the_lock_beside_the_file_is_waited_for_and_not_for_ever,
                     *utf::timeout(60)) {
  folder.write("file", "x\n");
  // What everybody who may read file or folder can do.
  const Descriptor on_file(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const Descriptor on_folder(::open(folder.file("").c_str(), O_RDONLY | O_CLOEXEC));
  BOOST_REQUIRE(::flock(on_file.get(), LOCK_EX) == 0);
  BOOST_REQUIRE(::flock(on_folder.get(), LOCK_EX) == 0);
  const FileLock held(file);
  const auto start = Clock::now();
  const std::string refused = message_of([&] { FileLock(file, start + 200ms); });
  BOOST_TEST((Clock::now() - start >= 200ms));
  BOOST_TEST(has(refused, file + ".lock is locked by "), refused);
  BOOST_TEST(content() == "x\n");  // reading takes none
}

BOOST_AUTO_TEST_CASE(who_holds_the_lock_is_said) {
  const FileLock held(file);
  const std::string refused = message_of([&] { FileLock(file, Clock::now()); });
  // Where the kernel calls the file's device the same in both places.
  const std::string process = "process " + std::to_string(::getpid());
  const bool said = has(refused, process) || has(refused, "another process");
  BOOST_TEST(said, refused);
}

BOOST_AUTO_TEST_CASE(the_lock_is_had_as_soon_as_it_is_free) {
  std::optional<FileLock> held(file);
  std::thread other([&] { const FileLock lock(file, Clock::now() + 60s); });
  held.reset();
  other.join();
  BOOST_TEST((folder.entries() == std::set<std::string>{"file.lock"}));
}

BOOST_AUTO_TEST_CASE(a_lock_that_others_could_hold_is_refused, *utf::timeout(30)) {
  const std::string lock = file + ".lock";
  const auto refused = [&] { return message_of([&] { FileLock(file, Clock::now()); }); };
  folder.write("file.lock", "");
  BOOST_TEST(refused() == "");
  BOOST_REQUIRE(::chmod(lock.c_str(), 0644) == 0);
  BOOST_TEST(has(refused(), "chmod 600 " + lock));
  std::filesystem::remove(lock);
  std::filesystem::create_symlink("elsewhere", lock);
  BOOST_TEST(has(refused(), "cannot open " + lock));
  std::filesystem::remove(lock);
  BOOST_REQUIRE(::mkfifo(lock.c_str(), 0600) == 0);
  BOOST_TEST(refused() == lock + " is not a regular file");
  BOOST_TEST((folder.entries() == std::set<std::string>{"file.lock"}));
}

BOOST_AUTO_TEST_CASE(a_lock_of_another_users_is_refused_but_roots_is_the_files_owners,
                     *utf::precondition(as_root)) {
  const std::string lock = file + ".lock";
  folder.write("file", "");
  folder.write("file.lock", "");
  BOOST_REQUIRE(::chown(lock.c_str(), kNotOurs, 0) == 0);
  BOOST_TEST(has(message_of([&] { FileLock(file, Clock::now()); }), "belongs to user 4321"));
  BOOST_REQUIRE(::chown(file.c_str(), kNotOurs, kNotOurs) == 0);
  BOOST_TEST(message_of([&] { FileLock(file, Clock::now()); }) == "");
  std::filesystem::remove(lock);
  BOOST_TEST(message_of([&] { FileLock(file, Clock::now()); }) == "");
  struct stat status {};
  BOOST_REQUIRE(::stat(lock.c_str(), &status) == 0);
  BOOST_TEST(status.st_uid == kNotOurs);
  BOOST_TEST((status.st_mode & 07777) == 0600u);
}

// A file that is a mount point

BOOST_AUTO_TEST_CASE(a_file_that_is_a_mount_point_is_written_in_place,
                     *utf::precondition(as_root)) {
  folder.write("file", "");
  folder.write("given", "a long content, long before\n");
  const auto mounted = Mounted::bound(folder.file("given"), file);
  if (!mounted.made()) return;
  const ino_t before = inode();
  {
    const FileLock lock(file);
    replace_file(file, "new\n");
  }
  BOOST_TEST(content() == "new\n");
  BOOST_TEST(folder.read("given") == "new\n");
  BOOST_TEST(inode() == before);
  BOOST_TEST((folder.entries() == std::set<std::string>{"file", "file.lock", "given"}));
}

BOOST_AUTO_TEST_CASE(a_write_in_place_that_was_interrupted_is_read_as_done_and_finished) {
  for (const std::string torn : {"", "old\n", "new\nha", "new\nhalf\nand more\n"}) {
    folder.write("file", torn);
    folder.write("file.unfinished", "new\nhalf\n");
    const ino_t before = inode();
    BOOST_TEST(content() == "new\nhalf\n");
    BOOST_TEST(folder.read("file") == torn);  // who reads writes nothing
    { const FileLock lock(file); }
    BOOST_TEST(folder.read("file") == "new\nhalf\n");
    BOOST_TEST(inode() == before);
    BOOST_TEST((folder.entries() == std::set<std::string>{"file", "file.lock"}));
  }
}

BOOST_AUTO_TEST_CASE(it_is_finished_without_a_wait_where_nobody_else_is_at_it, *utf::timeout(60)) {
  folder.write("file", "ne");
  folder.write("file.unfinished", "new\n");
  {
    const FileLock lock(folder.file("other"));
    finish_interrupted_write(file);
    BOOST_TEST(folder.read("file") == "new\n");
  }
  const FileLock lock(file);
  folder.write("file.unfinished", "newer\n");
  finish_interrupted_write(file);
  BOOST_TEST(folder.read("file") == "new\n");
  BOOST_TEST(content() == "newer\n");
}

// Somebody else could have put it there.
BOOST_AUTO_TEST_CASE(what_another_user_has_left_beside_a_file_is_not_written_into_it,
                     *utf::precondition(as_root)) {
  folder.write("file", "ours\n");
  folder.write("file.unfinished", "theirs\n");
  BOOST_REQUIRE(::chown(folder.file("file.unfinished").c_str(), kNotOurs, 0) == 0);
  BOOST_TEST(has(message_of([&] { FileLock{file}; }), "belongs to user 4321"));
  BOOST_TEST(folder.read("file") == "ours\n");
  const std::string refused =
      message_of([&] { read_entries(file, Others::kMayRead, [](std::string_view) {}); });
  BOOST_TEST(has(refused, "file.unfinished belongs to user 4321"), refused);
}

BOOST_AUTO_TEST_CASE(on_a_full_disk_a_file_that_is_a_mount_point_keeps_what_it_holds,
                     *utf::precondition(as_root)) {
  folder.write("file", "");
  std::filesystem::create_directory(folder.file("disk"));
  const auto disk = Mounted::small_disk(folder.file("disk"));
  if (!disk.made()) return;
  folder.write("disk/given", "old\n");
  const auto mounted = Mounted::bound(folder.file("disk/given"), file);
  if (!mounted.made()) return;
  fill_the_disk(folder.file("disk/filler"));
  const std::string more(20'000, 'x');
  BOOST_TEST(has(message_of([&] { replace_file(file, more); }), "No space left on device"));
  BOOST_TEST(folder.read("disk/given") == "old\n");
  BOOST_TEST((folder.entries() == std::set<std::string>{"disk", "file"}));
}

// A line out of a file that a user names

BOOST_AUTO_TEST_CASE(the_first_line_may_come_from_a_pipe_whose_writer_takes_its_time,
                     *utf::timeout(60)) {
  BOOST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  std::thread writer([&] {
    const Descriptor to(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    for (const std::string part : {"sec", "ret\r\nmore\n"}) {
      (void)!::write(to.get(), part.data(), part.size());
    }
  });
  BOOST_TEST(first_line_of(file, 100, 60s) == "secret");
  writer.join();
}

BOOST_AUTO_TEST_CASE(a_pipe_to_which_nobody_writes_is_given_up, *utf::timeout(60)) {
  BOOST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  BOOST_TEST(message_of([&] { (void)first_line_of(file, 100, 50ms); }) ==
             "there is no line in " + file);
}

BOOST_AUTO_TEST_CASE(of_a_first_line_without_end_no_more_than_was_asked_for_is_read,
                     *utf::timeout(60)) {
  BOOST_TEST(first_line_of("/dev/zero", 5, 0s) == std::string(5, '\0'));
  folder.write("file", "last");
  BOOST_TEST(first_line_of(file, 100, 0s) == "last");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
