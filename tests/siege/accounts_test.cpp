// Changing the accounts while everything that can fail does: killed at any system call, a disk that
// is full or broken, a folder that may not be written to. The file is the old one or the new one;
// what was acknowledged is in it.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/baseline.hpp"
#include "tests/support/mounted.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace utf = boost::unit_test;
using Words = std::vector<std::string>;

constexpr const char* kStrace = "/usr/bin/strace";
constexpr const char* kUser = "61234";
// Well-formed, and of no password.
const std::string kHash = "$y$j9T$saltsaltsalt$" + std::string(43, 'r');

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

boost::test_tools::assertion_result can_inject(utf::test_unit_id) {
  boost::test_tools::assertion_result result(std::filesystem::exists(kStrace) && !kSanitized);
  if (!result) result.message() << "it takes strace, and a server without a sanitizer";
  return result;
}

boost::test_tools::assertion_result as_root(utf::test_unit_id) {
  boost::test_tools::assertion_result result(::geteuid() == 0);
  if (!result) result.message() << "only root can do this";
  return result;
}

struct Outcome {
  int status;
  std::string output;
  std::string errors;
};

// Runs the server's `arguments` on the accounts in `folder`, through another program or not. The
// password, where it asks for one, comes twice.
Outcome run(const TemporaryFolder& folder, const Words& arguments, const Words& through = {}) {
  Words words = through.empty() ? Words{} : Words(through.begin() + 1, through.end());
  if (!through.empty()) words.push_back(Program::path_of("server"));
  words.insert(words.end(), arguments.begin(), arguments.end());
  Program program(through.empty() ? "server" : through.front(), words, Program::On::kPipes,
                  folder.file(""));
  try {
    program.type("secret\nsecret\n");
  } catch (const std::runtime_error&) {  // it has ended before
  }
  program.end_input();
  Outcome outcome;
  outcome.output = program.read_all();
  outcome.errors = program.read_errors();
  outcome.status = program.status();
  return outcome;
}

std::string accounts_in(const TemporaryFolder& folder) {
  const Outcome outcome = run(folder, {"--list-accounts"});
  BOOST_TEST(outcome.status == 0);
  return outcome.output;
}

Words strace(const std::string& injection) {
  return {kStrace, "-f", "-o", "/dev/null", "-e", "inject=" + injection};
}

// A change of a file with the accounts ann and Ben in it.
struct Change {
  Words arguments;
  std::string before;        // what --list-accounts says
  std::string after;         // and afterwards
  std::string acknowledged;  // what the change says once it is done
};

const Change kChanges[] = {
    {{"--add-account", "cid"}, "ann\nBen\n", "ann\nBen\ncid\n", "added account cid\n"},
    {{"--remove-account", "ben"}, "ann\nBen\n", "ann\n", "removed account Ben\n"}};

void write_accounts(const TemporaryFolder& folder) {
  folder.write("password_storage", "# accounts\nann:" + kHash + "\nBen:" + kHash + "\n");
}

// A system call that a change makes, and which of those of its name: so strace counts. What comes
// before the first one that has to do with the file is the loader's.
struct Call {
  std::string name;
  int number;
};

// How the accounts come to be where they are: as a file of its folder, or as a mount point of their
// own, which a change writes in place.
enum class Place { kFolder, kMountPoint };

std::unique_ptr<Mounted> accounts_at(Place place, const TemporaryFolder& folder) {
  write_accounts(folder);
  if (place == Place::kFolder) return nullptr;
  const std::string file = folder.file("password_storage");
  return std::unique_ptr<Mounted>(new Mounted(Mounted::bound(file, file)));
}

std::vector<Call> calls_of(const Change& change, Place place) {
  const TemporaryFolder folder;
  const auto mounted = accounts_at(place, folder);
  const std::string trace = folder.file("trace");
  BOOST_REQUIRE(run(folder, change.arguments, {kStrace, "-f", "-o", trace}).status == 0);
  std::vector<Call> calls;
  std::map<std::string, int> numbers;
  std::istringstream lines(folder.read("trace"));
  for (std::string process, call; lines >> process && std::getline(lines >> std::ws, call);) {
    const auto end = call.find('(');
    if (end == std::string::npos || call.starts_with("exec") || call.starts_with('+')) continue;
    const std::string name = call.substr(0, end);
    ++numbers[name];
    if (!calls.empty() || has(call, "password_storage")) calls.push_back({name, numbers[name]});
  }
  return calls;
}

// Whether the change was killed there, rather than came to its end before.
bool kill_at(const Change& change, const Call& call, Place place) {
  const TemporaryFolder folder;
  const auto mounted = accounts_at(place, folder);
  const Outcome killed =
      run(folder, change.arguments,
          strace(call.name + ":signal=KILL:when=" + std::to_string(call.number)));
  BOOST_TEST_CONTEXT("killed at " << call.name << " number " << call.number) {
    const std::string accounts = accounts_in(folder);
    BOOST_TEST((accounts == change.before || accounts == change.after));
    if (killed.output == change.acknowledged) BOOST_TEST(accounts == change.after);
    // What it has left behind is not in the way of the next change.
    if (folder.entries().size() > 1) {
      BOOST_TEST(run(folder, {"--add-account", "dot"}).status == 0);
      BOOST_TEST(has(accounts_in(folder), "dot\n"));
    }
  }
  return killed.status == 128 + SIGKILL;
}

// The change has failed, said why, and left everything as it was.
void check_failure(const TemporaryFolder& folder, const Outcome& outcome, const std::string& old,
                   const std::string& reason) {
  BOOST_TEST_CONTEXT("it said: " << outcome.errors) {
    BOOST_TEST(outcome.status == 1);
    BOOST_TEST(outcome.output == "");
    BOOST_TEST(outcome.errors.starts_with("server: "));
    BOOST_TEST(std::count(outcome.errors.begin(), outcome.errors.end(), '\n') == 1);
    BOOST_TEST(has(outcome.errors, reason));
    BOOST_TEST(folder.read("password_storage") == old);
    for (const std::string& entry : folder.entries()) {
      const bool known = entry == "password_storage" || entry == "password_storage.lock" ||
                         entry == "filler" || entry == "server";
      BOOST_TEST(known, entry);  // no temporary is left
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accounts)

namespace {

void kill_everywhere(Place place) {
  for (const Change& change : kChanges) {
    int killed = 0;
    const auto calls = calls_of(change, place);
    for (const Call& call : calls) killed += kill_at(change, call, place) ? 1 : 0;
    BOOST_TEST_MESSAGE(change.arguments[0] << ": killed at " << killed << " of " << calls.size()
                                           << " system calls");
    BOOST_TEST(killed > 20);
    // Memory lies elsewhere in each process, so one or the other may take a call less.
    BOOST_TEST(killed + 5 >= static_cast<int>(calls.size()));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(killed_at_any_system_call_a_change_leaves_the_old_file_or_the_new_one,
                     *utf::precondition(can_inject)) {
  kill_everywhere(Place::kFolder);
}

BOOST_AUTO_TEST_CASE(killed_at_any_system_call_a_change_in_place_leaves_the_old_content_or_the_new,
                     *utf::precondition(can_inject) * utf::precondition(as_root)) {
  {
    const TemporaryFolder folder;
    if (!accounts_at(Place::kMountPoint, folder)->made()) return;
  }
  kill_everywhere(Place::kMountPoint);
}

BOOST_AUTO_TEST_CASE(what_is_acknowledged_is_on_the_disk, *utf::precondition(can_inject)) {
  const TemporaryFolder folder;
  write_accounts(folder);
  const std::string trace = folder.file("trace");
  const Outcome outcome =
      run(folder, {"--add-account", "cid"},
          {kStrace, "-f", "-y", "-o", trace, "-e", "trace=write,fsync,fdatasync,rename"});
  BOOST_TEST(outcome.status == 0);
  // Content, then name, then the word that it is done, each of them only once the one before is
  // safe from a power cut.
  const std::string calls = folder.read("trace");
  std::size_t at = 0;
  for (const char* next : {"write(", "fsync(", "rename(", "fsync(", "added account cid"}) {
    at = calls.find(next, at);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, next << " is missing in: " << calls);
    ++at;
  }
}

BOOST_AUTO_TEST_CASE(a_disk_that_fails_is_told_and_leaves_the_old_file,
                     *utf::precondition(can_inject)) {
  for (const Change& change : kChanges) {
    for (const auto& [injection, reason] :
         {std::pair{"write:error=ENOSPC:when=1", "No space left on device"},
          std::pair{"write:error=EIO:when=1", "Input/output error"},
          std::pair{"fsync:error=EIO:when=1", "Input/output error"},
          std::pair{"rename:error=EIO:when=1", "Input/output error"},
          std::pair{"flock:error=ENOLCK:when=1", "No locks available"}}) {
      const TemporaryFolder folder;
      write_accounts(folder);
      const std::string old = folder.read("password_storage");
      check_failure(folder, run(folder, change.arguments, strace(injection)), old, reason);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_told_and_left_alone,
                     *utf::precondition(can_inject)) {
  for (const Change& change : kChanges) {
    const TemporaryFolder folder;
    write_accounts(folder);
    Words through = strace("read:error=EIO");
    through.insert(through.end(), {"-P", folder.file("password_storage")});
    check_failure(folder, run(folder, change.arguments, through), folder.read("password_storage"),
                  "Input/output error");
  }
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_told_and_leaves_the_old_file, *utf::precondition(as_root)) {
  const TemporaryFolder folder;
  const auto disk = Mounted::small_disk(folder.file(""));
  if (!disk.made()) return;
  write_accounts(folder);
  const std::string old = folder.read("password_storage");
  fill_the_disk(folder.file("filler"));
  check_failure(folder, run(folder, {"--add-account", "cid"}), old, "No space left on device");
  check_failure(folder, run(folder, {"--remove-account", "ben"}), old, "No space left on device");
  std::filesystem::remove(folder.file("filler"));
  BOOST_TEST(run(folder, {"--add-account", "cid"}).status == 0);
  BOOST_TEST(accounts_in(folder) == "ann\nBen\ncid\n");
}

BOOST_AUTO_TEST_CASE(a_folder_that_may_not_be_written_to_is_told_and_left_alone,
                     *utf::precondition(as_root)) {
  const TemporaryFolder folder;
  write_accounts(folder);
  std::filesystem::copy(Program::path_of("server"), folder.file("copy"));
  std::filesystem::rename(folder.file("copy"),
                          folder.file("server"));  // where that user reaches it
  BOOST_REQUIRE(::chmod(folder.file("").c_str(), 0555) == 0);
  BOOST_REQUIRE(::chmod(folder.file("password_storage").c_str(), 0644) == 0);
  const std::string old = folder.read("password_storage");
  for (const Change& change : kChanges) {
    Words words{"--reuid", kUser, "--clear-groups", folder.file("server")};
    words.insert(words.end(), change.arguments.begin(), change.arguments.end());
    Program program("/usr/bin/setpriv", words, Program::On::kPipes, folder.file(""));
    try {
      program.type("secret\nsecret\n");
    } catch (const std::runtime_error&) {  // it has ended before
    }
    Outcome outcome;
    outcome.output = program.read_all();
    outcome.errors = program.read_errors();
    outcome.status = program.status();
    check_failure(folder, outcome, old, "Permission denied");
  }
}

BOOST_AUTO_TEST_SUITE_END()
