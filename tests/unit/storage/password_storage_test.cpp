#include "chat/storage/password_storage.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "chat/storage/password_hash.hpp"
#include "chat/storage/stored.hpp"
#include "tests/support/temporary_folder.hpp"

namespace chat {
namespace {

using Names = std::vector<std::string>;

// Well-formed, and of no password: most tests have no need of a real one.
const std::string kHash = "$y$j9T$saltsaltsalt$" + std::string(43, 'r');
const std::set<std::string> kFileAndLock{"accounts", "accounts.lock"};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

// Why the file cannot be loaded; empty if it can.
std::string damage(const TemporaryFolder& folder, const std::string& content) {
  folder.write("accounts", content);
  try {
    Stored<PasswordStorage>::load(folder.file("accounts"));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

struct Fixture {
  TemporaryFolder folder;
  std::string file = folder.file("accounts");

  void add(const std::string& name) {
    Stored<PasswordStorage>::update(file,
                                    [&](PasswordStorage& storage) { storage.add(name, kHash); });
  }
  Names names() { return Stored<PasswordStorage>::load(file).names(); }
  // Each must have one.
  std::string content_without_ids() {
    std::string content = folder.read("accounts");
    const std::size_t size = std::string(":id=").size() + 16;
    for (auto end = content.find('\n'); end != std::string::npos;
         end = content.find('\n', end + 1)) {
      const auto begin = end == 0 ? 0 : content.rfind('\n', end - 1) + 1;
      if (content[begin] == '#') continue;
      BOOST_REQUIRE(content.substr(end - size, 4) == ":id=");
      content.erase(end - size, size);
      end -= size;
    }
    return content;
  }
};

BOOST_FIXTURE_TEST_SUITE(password_storage, Fixture)

// Looking up

BOOST_AUTO_TEST_CASE(a_missing_file_means_no_login_users) {
  const auto storage = Stored<PasswordStorage>::load(file);
  BOOST_TEST(storage.login_users() == 0u);
  BOOST_TEST(!storage.contains("ann"));
  BOOST_TEST(folder.entries().empty());
}

BOOST_AUTO_TEST_CASE(names_are_equal_in_any_case_and_keep_the_case_they_were_added_in) {
  PasswordStorage storage;
  storage.add("Ann", kHash);
  for (const char* name : {"Ann", "ann", "ANN", "aNN"}) {
    BOOST_TEST(storage.contains(name));
    BOOST_TEST((storage.name_of(name) == "Ann"));
  }
  for (const char* name : {"", "an", "anna", "ben"}) {
    BOOST_TEST(!storage.contains(name));
    BOOST_TEST(!storage.name_of(name));
  }
}

BOOST_AUTO_TEST_CASE(login_users_is_how_many_accounts_there_are) {
  PasswordStorage storage;
  storage.add("ann", kHash);
  storage.add("ben", kHash);
  BOOST_TEST(storage.login_users() == 2u);
  BOOST_TEST(storage.remove("ANN"));
  BOOST_TEST(storage.login_users() == 1u);
  BOOST_TEST((storage.names() == Names{"ben"}));
}

BOOST_AUTO_TEST_CASE(an_unknown_name_cannot_be_removed) {
  PasswordStorage storage;
  storage.add("ann", kHash);
  BOOST_TEST(!storage.remove("ben"));
  BOOST_TEST(storage.login_users() == 1u);
}

BOOST_AUTO_TEST_CASE(what_load_would_refuse_cannot_be_added) {
  PasswordStorage storage;
  storage.add("Ann", kHash);
  for (const char* name : {"", "-ann", "a b", "a:b", "a\nb", "#ann", "Ann", "ANN"}) {
    BOOST_CHECK_THROW(storage.add(name, kHash), std::invalid_argument);
  }
  for (const std::string& hash : {std::string(), std::string("secret"), kHash + "\n"}) {
    BOOST_CHECK_THROW(storage.add("ben", hash), std::invalid_argument);
  }
  BOOST_TEST((storage.names() == Names{"Ann"}));
}

// Operators

BOOST_AUTO_TEST_CASE(operators_are_those_that_were_added_or_set_as_such) {
  PasswordStorage storage;
  storage.add("Ann", kHash, true);
  storage.add("ben", kHash);
  BOOST_TEST(storage.operators() == 1u);
  BOOST_TEST(storage.is_operator("aNN"));
  BOOST_TEST(!storage.is_operator("ben"));
  BOOST_TEST(!storage.is_operator("cid"));
  storage.set_operator("BEN", true);
  BOOST_TEST(storage.is_operator("ben"));
  BOOST_TEST(storage.operators() == 2u);
  storage.set_operator("ann", false);
  BOOST_TEST(!storage.is_operator("ann"));
  BOOST_TEST(storage.remove("ben"));
  BOOST_TEST(storage.operators() == 0u);
  BOOST_TEST(!storage.is_operator("ben"));
}

// Identities

BOOST_AUTO_TEST_CASE(an_account_that_is_added_again_is_another_one) {
  PasswordStorage storage;
  storage.add("Ann", kHash, true);
  const AccountId first = storage.id_of("aNN");
  BOOST_TEST(first != 0u);
  BOOST_TEST(storage.contains("ann", first));
  BOOST_TEST(storage.is_operator("ann", first));
  BOOST_TEST(!storage.contains("ann", 0));
  BOOST_TEST(!storage.contains("ben", 0));
  storage.remove("ann");
  BOOST_TEST(storage.id_of("ann") == 0u);
  BOOST_TEST(!storage.contains("ann", first));
  storage.add("Ann", kHash, true);
  BOOST_TEST(storage.id_of("ann") != first);
  BOOST_TEST(!storage.contains("ann", first));
  BOOST_TEST(!storage.is_operator("ann", first));
}

BOOST_AUTO_TEST_CASE(an_account_stays_the_same_one_by_another_password_and_in_its_file) {
  PasswordStorage storage;
  storage.add("ann", kHash);
  const AccountId id = storage.id_of("ann");
  storage.set_hash("ann", "$y$j9T$another$" + std::string(43, 's'));
  storage.set_operator("ann", true);
  Stored<PasswordStorage>::save(file, storage);
  BOOST_TEST(Stored<PasswordStorage>::load(file).id_of("ann") == id);
  add("ben");
  BOOST_TEST(Stored<PasswordStorage>::load(file).id_of("ann") == id);
  BOOST_TEST(Stored<PasswordStorage>::load(file).id_of("ben") != id);
}

BOOST_AUTO_TEST_CASE(an_account_of_an_earlier_versions_file_keeps_the_identity_it_gets) {
  const std::string other_hash = "$y$j9T$saltsaltsalt$" + std::string(43, 's');
  const auto id_of = [&](const std::string& line) {
    BOOST_REQUIRE(damage(folder, line) == "");
    return Stored<PasswordStorage>::load(file).id_of("ann");
  };
  const AccountId id = id_of("ann:" + kHash);
  BOOST_TEST(id != 0u);
  BOOST_TEST(id_of("ann:" + kHash + ":operator") == id);
  BOOST_TEST(id_of("ANN:" + kHash) == id);
  BOOST_TEST(id_of("ann:" + other_hash) != id);  // somebody else's, for all that can be known
  BOOST_TEST(id_of("ann:" + kHash) == id);
  add("ben");
  BOOST_TEST(Stored<PasswordStorage>::load(file).id_of("ann") == id);
  Stored<PasswordStorage>::update(file, [&](PasswordStorage& s) { s.set_hash("ann", other_hash); });
  BOOST_TEST(Stored<PasswordStorage>::load(file).id_of("ann") == id);
  BOOST_TEST(id_of("ann:" + kHash + ":id=00000000000000ab") == 0xABu);
  BOOST_TEST(id_of("ann:" + kHash + ":operator:id=ffffffffffffffff") == ~AccountId{0});
}

BOOST_AUTO_TEST_CASE(an_identity_cut_short_anywhere_is_refused) {
  const std::string id = ":id=0123456789abcdef";
  for (std::size_t size = 1; size < id.size(); ++size) {
    BOOST_TEST(damage(folder, "ann:" + kHash + id.substr(0, size)) != "", "cut after " << size);
  }
  BOOST_TEST(damage(folder, "ann:" + kHash + id) == "");
}

BOOST_AUTO_TEST_CASE(a_new_hash_is_a_new_password_and_changes_nothing_else) {
  PasswordStorage storage;
  storage.add("Ann", hash_password("old"), true);
  storage.add("ben", hash_password("old"));
  storage.set_hash("ann", hash_password("new"));
  BOOST_TEST((storage.verify("ann", "new") == "Ann"));
  BOOST_TEST(!storage.verify("ann", "old"));
  BOOST_TEST((storage.verify("ben", "old") == "ben"));
  BOOST_TEST(storage.is_operator("ann"));
}

BOOST_AUTO_TEST_CASE(what_is_no_account_and_no_hash_cannot_be_set) {
  PasswordStorage storage;
  storage.add("ann", kHash);
  BOOST_CHECK_THROW(storage.set_operator("ben", true), std::invalid_argument);
  BOOST_CHECK_THROW(storage.set_hash("ben", kHash), std::invalid_argument);
  BOOST_CHECK_THROW(storage.set_hash("ann", "secret"), std::invalid_argument);
  BOOST_TEST((storage.names() == Names{"ann"}));
  Stored<PasswordStorage>::save(file, storage);
  BOOST_TEST(content_without_ids().ends_with("\nann:" + kHash + "\n"));
}

// Verifying

BOOST_AUTO_TEST_CASE(the_right_password_gives_the_name_as_the_account_has_it) {
  PasswordStorage storage;
  storage.add("Ann", hash_password("secret"));
  BOOST_TEST((storage.verify("aNN", "secret") == "Ann"));
  BOOST_TEST(!storage.verify("Ann", "Secret"));
  BOOST_TEST(!storage.verify("Ann", ""));
}

BOOST_AUTO_TEST_CASE(each_account_has_its_own_password) {
  PasswordStorage storage;
  storage.add("ann", hash_password("first"));
  storage.add("ben", hash_password("second"));
  BOOST_TEST((storage.verify("ann", "first") == "ann"));
  BOOST_TEST((storage.verify("ben", "second") == "ben"));
  BOOST_TEST(!storage.verify("ann", "second"));
  BOOST_TEST(!storage.verify("ben", "first"));
}

BOOST_AUTO_TEST_CASE(an_unknown_name_never_verifies_whoever_has_that_password) {
  PasswordStorage storage;
  BOOST_TEST(!storage.verify("ben", "secret"));
  storage.add("ann", hash_password("secret"));
  for (const char* name : {"ben", "", "not a name"}) BOOST_TEST(!storage.verify(name, "secret"));
}

BOOST_AUTO_TEST_CASE(an_unknown_name_takes_as_much_work_as_a_known_one) {
  PasswordStorage empty;
  PasswordStorage storage;
  storage.add("ann", hash_password("secret"));
  // Seconds of the processor, which others that want it as well do not change.
  const auto work = [](const PasswordStorage& in, const char* name) {
    const auto now = [] {
      timespec time{};
      (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
      return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
    };
    const double begin = now();
    (void)in.verify(name, "wrong");
    return now() - begin;
  };
  const double known = work(storage, "ann");
  for (const double unknown : {work(storage, "ben"), work(empty, "ben")}) {
    // A wide margin, for caches that others use as well: without the work it is a thousandth.
    BOOST_TEST((unknown > known / 3 && unknown < known * 3));
  }
}

// The file: reading

BOOST_AUTO_TEST_CASE(what_was_saved_is_loaded) {
  PasswordStorage storage;
  for (const char* name : {"cid", "Ann", "ben"}) storage.add(name, kHash);
  Stored<PasswordStorage>::save(file, storage);
  const auto loaded = Stored<PasswordStorage>::load(file);
  BOOST_TEST((loaded.names() == Names{"Ann", "ben", "cid"}));
  Stored<PasswordStorage>::save(folder.file("copy"), loaded);
  BOOST_TEST(folder.read("copy") == folder.read("accounts"));
}

BOOST_AUTO_TEST_CASE(the_file_says_what_it_is_and_holds_one_account_in_a_line) {
  add("ann");
  BOOST_TEST(folder.read("accounts").starts_with("# "));
  BOOST_TEST(content_without_ids().ends_with("\nann:" + kHash + "\n"));
}

BOOST_AUTO_TEST_CASE(operators_are_saved_and_loaded_as_such) {
  PasswordStorage storage;
  storage.add("ann", kHash, true);
  storage.add("ben", kHash);
  Stored<PasswordStorage>::save(file, storage);
  BOOST_TEST(content_without_ids().ends_with("\nann:" + kHash + ":operator\nben:" + kHash + "\n"));
  const auto loaded = Stored<PasswordStorage>::load(file);
  BOOST_TEST(loaded.is_operator("ann"));
  BOOST_TEST(!loaded.is_operator("ben"));
  BOOST_TEST(loaded.operators() == 1u);
}

BOOST_AUTO_TEST_CASE(the_mark_of_an_operator_cut_short_anywhere_is_none_or_is_refused) {
  const std::string account = "ann:" + kHash;
  const std::string mark = ":operator";
  for (std::size_t size = 0; size <= mark.size(); ++size) {
    const std::string reason = damage(folder, account + mark.substr(0, size));
    BOOST_TEST((reason == "") == (size == 0 || size == mark.size()), "cut after " << size);
  }
}

BOOST_AUTO_TEST_CASE(comments_and_an_empty_file_are_no_damage) {
  BOOST_TEST(damage(folder, "") == "");
  BOOST_TEST(damage(folder, "#") == "");
  BOOST_TEST(damage(folder, "# ann:x\n#\nann:" + kHash + "\n# end\n") == "");
}

BOOST_AUTO_TEST_CASE(the_last_line_may_lack_its_end) {
  BOOST_TEST(damage(folder, "ann:" + kHash) == "");
  BOOST_TEST((names() == Names{"ann"}));
}

BOOST_AUTO_TEST_CASE(damage_is_refused_with_file_and_line_number) {
  const std::string good = "# accounts\nann:" + kHash + "\n";
  const auto refused = [&](const std::string& line, const std::string& reason) {
    const std::string expected = file + " is damaged, line 3: " + reason;
    BOOST_TEST(damage(folder, good + line + "\n") == expected);
    BOOST_TEST(damage(folder, good + line + "\nben:" + kHash + "\n") == expected);
  };
  refused("", "not name:hash");
  refused("ben", "not name:hash");
  refused(" # comment", "not name:hash");
  refused(kHash, "not name:hash");
  refused(":" + kHash, "bad name");
  refused("b n:" + kHash, "bad name");
  refused(" ben:" + kHash, "bad name");
  refused("-ben:" + kHash, "bad name");
  refused(std::string("b\0n:", 4) + kHash, "bad name");
  refused("b\xC3\xA9n:" + kHash, "bad name");
  refused(std::string(33, 'b') + ":" + kHash, "bad name");
  refused("ben:", "not a yescrypt hash");
  refused("ben:secret", "not a yescrypt hash");
  refused("ben: " + kHash, "not a yescrypt hash");
  refused("ben:" + kHash + " ", "not a yescrypt hash");
  refused("ben:" + kHash + "\r", "not a yescrypt hash");
  refused("ben:$6$salt$" + std::string(86, 'r'), "not a yescrypt hash");
  for (const char* third : {":",
                            ":Operator",
                            ":operators",
                            ": operator",
                            ":operator ",
                            ":operator\r",
                            ":operator:",
                            ":operator:quiet",
                            "::operator",
                            ":id=",
                            ":id=0000000000000000",
                            ":id=123",
                            ":id=00000000000000001",
                            ":id=00000000000000AB",
                            ":id=+000000000000001",
                            ":id=000000000000000g",
                            ":ID=0000000000000001",
                            ":id=0000000000000001:operator",
                            ":id=0000000000000001:",
                            ":operator:id=1",
                            ":id=0000000000000001 "}) {
    refused("ben:" + kHash + third,
            "after name:hash stands something else than :operator or :id=ID");
  }
  refused("ben:secret:operator", "not a yescrypt hash");
  refused("ben::operator", "not a yescrypt hash");
  refused(":" + kHash + ":operator", "bad name");
  refused("ann:" + kHash + ":operator", "there is an account ann already");
  refused("ann:" + kHash, "there is an account ann already");
  refused("ANN:" + kHash, "there is an account ann already");
}

BOOST_AUTO_TEST_CASE(a_file_cut_short_anywhere_holds_whole_accounts_or_is_refused) {
  const std::string comment = "# accounts\n";
  const std::string line = "ann:" + kHash;
  const std::string whole = comment + line + "\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::string reason = damage(folder, whole.substr(0, size));
    if (size <= comment.size() || size >= comment.size() + line.size()) {
      BOOST_TEST(reason == "", "cut after " << size << " bytes: " << reason);
    } else {
      BOOST_TEST(reason.starts_with(file + " is damaged, line 2: "), "cut after " << size);
    }
  }
}

BOOST_AUTO_TEST_CASE(damage_does_not_repeat_what_the_line_holds) {
  const std::string reason = damage(folder, "ann:secret\x1b[2J\n");
  BOOST_TEST(reason.find("secret") == std::string::npos);
  BOOST_TEST(reason.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_an_error_that_names_it) {
  std::filesystem::create_directory(file);
  try {
    Stored<PasswordStorage>::load(file);
    BOOST_ERROR("a folder was loaded");
  } catch (const std::system_error& error) {
    BOOST_TEST(error.code().value() == EISDIR);
    BOOST_TEST(std::string(error.what()).find("cannot read " + file) == 0u);
  }
}

// The file: writing

BOOST_AUTO_TEST_CASE(the_file_is_for_its_owner_alone_whatever_the_umask_or_the_old_mode) {
  const mode_t before = ::umask(0);
  add("ann");
  BOOST_TEST(mode_of(file) == 0600u);
  std::filesystem::permissions(file, std::filesystem::perms::all);
  add("ben");
  ::umask(before);
  BOOST_TEST(mode_of(file) == 0600u);
}

BOOST_AUTO_TEST_CASE(saving_leaves_nothing_but_the_file_and_its_lock) {
  add("ann");
  add("ben");
  BOOST_TEST((folder.entries() == kFileAndLock));
  BOOST_TEST(mode_of(file + ".lock") == 0600u);
}

BOOST_AUTO_TEST_CASE(saving_replaces_the_file_and_does_not_write_into_the_old_one) {
  add("ann");
  std::filesystem::create_hard_link(file, folder.file("old"));
  const std::string old = folder.read("old");
  add("ben");
  BOOST_TEST(folder.read("old") == old);
  BOOST_TEST((names() == Names{"ann", "ben"}));
}

BOOST_AUTO_TEST_CASE(saving_where_a_folder_stands_leaves_it_alone_and_no_temporary) {
  std::filesystem::create_directory(file);
  try {
    Stored<PasswordStorage>::save(file, PasswordStorage());
    BOOST_ERROR("a folder was replaced");
  } catch (const std::system_error& error) {
    BOOST_TEST(error.code().value() == EISDIR);
    BOOST_TEST(std::string(error.what()).find("cannot rename") == 0u);
  }
  BOOST_TEST((folder.entries() == std::set<std::string>{"accounts"}));
  BOOST_TEST(std::filesystem::is_directory(file));
}

BOOST_AUTO_TEST_CASE(saving_into_a_missing_folder_is_an_error_that_names_it) {
  const std::string missing = folder.file("missing");
  try {
    Stored<PasswordStorage>::save(missing + "/accounts", PasswordStorage());
    BOOST_ERROR("it was saved");
  } catch (const std::system_error& error) {
    BOOST_TEST(error.code().value() == ENOENT);
    BOOST_TEST(std::string(error.what()).find(missing) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(where_the_disk_takes_no_more_the_old_file_stays_and_no_temporary) {
  add("ann");
  const std::string old = folder.read("accounts");
  const pid_t child = ::fork();
  if (child == 0) {
    // The same error as on a full disk, from a limit on the size of files.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{100, 100};
    ::setrlimit(RLIMIT_FSIZE, &small);
    try {
      add("ben");
    } catch (const std::system_error& error) {
      const bool named = std::string(error.what()).find("cannot write " + file) == 0;
      ::_exit(named && error.code().value() == EFBIG ? 0 : 2);
    }
    ::_exit(1);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  BOOST_TEST(folder.read("accounts") == old);
  BOOST_TEST((folder.entries() == kFileAndLock));
}

BOOST_AUTO_TEST_CASE(a_change_that_throws_saves_nothing) {
  add("ann");
  const std::string old = folder.read("accounts");
  BOOST_CHECK_THROW(Stored<PasswordStorage>::update(file,
                                                    [](PasswordStorage& storage) {
                                                      storage.add("ben", kHash);
                                                      throw std::runtime_error("no");
                                                    }),
                    std::runtime_error);
  BOOST_TEST(folder.read("accounts") == old);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_not_saved_over) {
  folder.write("accounts", "damaged\n");
  BOOST_CHECK_THROW(add("ann"), std::runtime_error);
  BOOST_TEST(folder.read("accounts") == "damaged\n");
}

BOOST_AUTO_TEST_CASE(the_target_of_a_symbolic_link_is_replaced_not_the_link) {
  std::filesystem::create_directory(folder.file("etc"));
  std::filesystem::create_symlink("etc/second", file);  // relative to the link's folder
  std::filesystem::create_symlink("third", folder.file("etc/second"));
  add("ann");  // the target does not exist yet
  add("ben");
  BOOST_TEST(std::filesystem::is_symlink(file));
  BOOST_TEST(std::filesystem::is_symlink(folder.file("etc/second")));
  BOOST_TEST(std::filesystem::is_regular_file(folder.file("etc/third")));
  BOOST_TEST((names() == Names{"ann", "ben"}));
}

BOOST_AUTO_TEST_CASE(symbolic_links_in_a_circle_are_an_error) {
  std::filesystem::create_symlink("other", file);
  std::filesystem::create_symlink("accounts", folder.file("other"));
  BOOST_CHECK_THROW(add("ann"), std::system_error);
}

BOOST_AUTO_TEST_CASE(a_file_in_the_current_folder_needs_no_path) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.file(""));
  Stored<PasswordStorage>::update("accounts",
                                  [](PasswordStorage& storage) { storage.add("ann", kHash); });
  std::filesystem::current_path(before);
  BOOST_TEST((names() == Names{"ann"}));
}

BOOST_AUTO_TEST_CASE(the_file_keeps_its_owner) {
  if (::geteuid() != 0) return;  // nobody else can give a file away
  add("ann");
  BOOST_REQUIRE(::chown(file.c_str(), 4321, 4321) == 0);
  add("ben");
  struct stat status {};
  BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
  BOOST_TEST(status.st_uid == 4321u);
  BOOST_TEST(status.st_gid == 4321u);
}

BOOST_AUTO_TEST_CASE(a_new_file_that_root_makes_is_its_folders_owners) {
  if (::geteuid() != 0) return;
  BOOST_REQUIRE(::chown(folder.file("").c_str(), 4321, 4322) == 0);
  add("ann");
  struct stat status {};
  BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
  BOOST_TEST(status.st_uid == 4321u);
  BOOST_TEST(status.st_gid == 4322u);
}

BOOST_AUTO_TEST_CASE(processes_that_add_accounts_at_the_same_time_lose_none) {
  constexpr int kProcesses = 8;
  constexpr int kEach = 5;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        for (int i = 0; i < kEach; ++i) {
          add("user" + std::to_string(process) + "-" + std::to_string(i));
        }
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
  }
  BOOST_TEST(names().size() == static_cast<std::size_t>(kProcesses * kEach));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace chat
