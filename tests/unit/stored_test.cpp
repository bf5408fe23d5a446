#include "chat/stored.hpp"

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

#include "chat/room_storage.hpp"
#include "tests/support/temporary_folder.hpp"

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
  BOOST_TEST(RoomStorage::load(path).motd() == "dogs");
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
  others.save(path);
  BOOST_CHECK_THROW(stored.reload([](const RoomStorage&) { throw std::runtime_error("no"); }),
                    std::runtime_error);
  BOOST_TEST(stored.current()->topic() == "");
  stored.reload([](const RoomStorage&) {});
  BOOST_TEST(stored.current()->topic() == "birds");
}

BOOST_AUTO_TEST_CASE(of_changes_at_the_same_time_none_is_lost) {
  const TemporaryFolder folder;
  Stored<RoomStorage> stored(folder.file("room"));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&stored, i] {
      for (int k = 0; k < 10; ++k) {
        const std::string name = "n" + std::to_string(10 * i + k);
        stored.change([&](RoomStorage& storage) { storage.set_settings(name, {true, {}}); });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < 40; ++i) {
    BOOST_TEST(stored.current()->settings_of("n" + std::to_string(i)).quiet);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
