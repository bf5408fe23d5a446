#include "chat/storage/stored.hpp"

#include <sys/stat.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "chat/storage/room_storage.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/threads.hpp"

namespace chat {

BOOST_AUTO_TEST_SUITE(stored)

BOOST_AUTO_TEST_CASE(a_change_is_one_step_in_the_file_and_for_everyone) {
  const TemporaryFolder folder;
  const std::string path = folder.file("room");
  Stored<RoomStorage> one(path);
  Stored<RoomStorage> other(path);
  const auto before = one.current();
  one.change([](RoomStorage& storage) { storage.set_topic("cats"); });
  BOOST_TEST(before->topic() == "");
  BOOST_TEST(one.current()->topic() == "cats");
  // It begins with what is in the file by now.
  other.change([](RoomStorage& storage) { storage.set_motd("dogs"); });
  BOOST_TEST(other.current()->topic() == "cats");
  BOOST_TEST(Stored<RoomStorage>::load(path).motd() == "dogs");
}

BOOST_AUTO_TEST_CASE(what_is_refused_changes_nothing) {
  const TemporaryFolder folder;
  const std::string path = folder.file("room");
  Stored<RoomStorage> stored(path);
  const auto refuse = [](RoomStorage& storage) {
    storage.set_topic("cats");
    throw std::runtime_error("no");
  };
  BOOST_CHECK_THROW(stored.change(refuse), std::runtime_error);
  BOOST_TEST(stored.current()->topic() == "");
  RoomStorage others;
  others.set_topic("birds");
  Stored<RoomStorage>::save(path, others);
  BOOST_CHECK_THROW(stored.reload([](const RoomStorage&) { throw std::runtime_error("no"); }),
                    std::runtime_error);
  BOOST_TEST(stored.current()->topic() == "");
  stored.reload([](const RoomStorage&) {});
  BOOST_TEST(stored.current()->topic() == "birds");
}

BOOST_AUTO_TEST_CASE(what_is_applied_is_valid_though_it_cannot_be_stored) {
  const TemporaryFolder folder;
  const std::string path = folder.file("room");
  Stored<RoomStorage> stored(path);
  {
    const FileLock held(path);  // by somebody else
    const auto now = Clock::now();
    BOOST_TEST(stored.apply([](RoomStorage& storage) { storage.set_topic("cats"); }, now) != "");
    BOOST_TEST(stored.apply([](RoomStorage& storage) { storage.set_closed(true); }, now) != "");
    BOOST_CHECK_THROW(stored.apply([](RoomStorage&) { throw std::runtime_error("no"); }, now),
                      std::runtime_error);
    stored.reload([](const RoomStorage&) {});
    BOOST_TEST(stored.current()->topic() == "cats");
    BOOST_TEST(stored.store(now) != "");
    BOOST_TEST(stored.is_unstored());
  }
  RoomStorage others;
  others.set_motd("dogs");
  Stored<RoomStorage>::save(path, others);
  BOOST_TEST(stored.store() == "");
  BOOST_TEST(!stored.is_unstored());
  const RoomStorage file = Stored<RoomStorage>::load(path);
  BOOST_TEST(file.topic() == "cats");
  BOOST_TEST(file.closed());
  BOOST_TEST(file.motd() == "dogs");
}

BOOST_AUTO_TEST_CASE(what_is_valid_in_the_end_is_told_also_where_nothing_has_changed) {
  Stored<RoomStorage> stored(RoomStorage{});
  std::vector<std::string> topics;
  const auto settle = [&](const RoomStorage& storage) { topics.push_back(storage.topic()); };
  const auto refuse = [](RoomStorage& storage) {
    storage.set_topic("dogs");
    throw std::runtime_error("no");
  };
  stored.change([](RoomStorage& storage) { storage.set_topic("cats"); }, settle);
  BOOST_CHECK_THROW(stored.change(refuse, settle), std::runtime_error);
  stored.reload(refuse, settle);  // there is no file
  BOOST_TEST(topics == std::vector<std::string>(3, "cats"));
}

// Otherwise what was valid before could be taken for the last.
BOOST_AUTO_TEST_CASE(no_change_begins_before_the_one_before_it_is_told) {
  Stored<RoomStorage> stored(RoomStorage{});
  std::atomic<int> under_way = 0;
  std::atomic<bool> one_at_a_time = true;
  Threads threads;
  for (int i = 0; i < 4; ++i) {
    threads.start([&] {
      for (int k = 0; k < 200; ++k) {
        stored.change(
            [&](RoomStorage& storage) {
              if (++under_way > 1) one_at_a_time = false;
              storage.set_topic(storage.topic() + "x");
            },
            [&](const RoomStorage&) {
              std::this_thread::yield();  // the others may try
              --under_way;
            });
      }
    });
  }
  threads.join();
  BOOST_TEST(one_at_a_time);
  BOOST_TEST(stored.current()->topic().size() == 800u);
}

BOOST_AUTO_TEST_CASE(of_changes_at_the_same_time_none_is_lost) {
  const TemporaryFolder folder;
  Stored<RoomStorage> stored(folder.file("room"));
  Threads threads;
  for (int i = 0; i < 4; ++i) {
    threads.start([&stored, i] {
      for (int k = 0; k < 10; ++k) {
        const std::string name = "n" + std::to_string(10 * i + k);
        stored.change([&](RoomStorage& storage) {
          storage.ban({name, std::nullopt, std::nullopt, "ann", ""}, WallTime());
        });
      }
    });
  }
  threads.join();
  for (int i = 0; i < 40; ++i) {
    BOOST_TEST(stored.current()->ban_of("n" + std::to_string(i), WallTime()) != nullptr);
  }
}

// The smallest kind of storage.
struct Count {
  static constexpr Others kOthers = Others::kMayRead;
  int count = 0;
  void take(std::string_view line) {
    if (line != "one") throw std::invalid_argument("not one");
    ++count;
  }
  std::string text() const {
    std::string content = "# ones\n";
    for (int i = 0; i < count; ++i) content += "one\n";
    return content;
  }
};

BOOST_AUTO_TEST_CASE(another_storage_is_a_class_that_parses_and_formats) {
  const TemporaryFolder folder;
  const std::string path = folder.file("count");
  Stored<Count> stored(path);
  BOOST_TEST(stored.current()->count == 0);
  stored.change([](Count& value) { value.count += 2; });
  BOOST_TEST(folder.read("count") == "# ones\none\none\n");
  folder.write("count", "one\none\none");
  stored.reload([](const Count&) {});
  BOOST_TEST(stored.current()->count == 3);
  folder.write("count", "one\n# two\ntwo\n");
  const auto is_damage = [&](const std::runtime_error& error) {
    return error.what() == path + " is damaged, line 3: not one";
  };
  BOOST_CHECK_EXCEPTION(Stored<Count>{path}, std::runtime_error, is_damage);
  BOOST_CHECK_EXCEPTION(stored.reload([](const Count&) {}), std::runtime_error, is_damage);
  BOOST_CHECK_EXCEPTION(stored.change([](Count& value) { value.count = 0; }), std::runtime_error,
                        is_damage);
  BOOST_TEST(stored.current()->count == 3);
  BOOST_TEST(folder.read("count") == "one\n# two\ntwo\n");
}

// Otherwise the next command of an operator would adopt it, and make it look fit.
BOOST_AUTO_TEST_CASE(no_change_begins_with_a_file_that_others_can_write) {
  const TemporaryFolder folder;
  const std::string path = folder.file("count");
  folder.write("count", "one\n");
  Stored<Count> stored(path);
  folder.write("count", "one\none\none\n");
  BOOST_REQUIRE(::chmod(path.c_str(), 0660) == 0);
  const auto is_told = [&](const std::runtime_error& error) {
    return std::string(error.what()).ends_with(": chmod go-w " + path);
  };
  const auto double_it = [](Count& value) { value.count *= 2; };
  BOOST_CHECK_EXCEPTION(Stored<Count>{path}, std::runtime_error, is_told);
  BOOST_CHECK_EXCEPTION(stored.reload([](const Count&) {}), std::runtime_error, is_told);
  BOOST_CHECK_EXCEPTION(stored.change(double_it), std::runtime_error, is_told);
  BOOST_TEST(stored.current()->count == 1);
  BOOST_TEST(stored.apply(double_it).ends_with(": chmod go-w " + path));
  BOOST_TEST(stored.current()->count == 2);
  BOOST_TEST(folder.read("count") == "one\none\none\n");
  Stored<Count>::update(path, [](Count& value) { value.count = 4; });  // on the command line
  BOOST_TEST(stored.store() == "");
  BOOST_TEST(folder.read("count") == "# ones\none\none\none\none\none\none\none\none\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
