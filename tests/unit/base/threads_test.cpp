// The tests' own threads: what fails in one of them is its test's failure, and nothing more.
#include "tests/support/threads.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <thread>

namespace {

BOOST_AUTO_TEST_SUITE(threads)

BOOST_AUTO_TEST_CASE(what_the_first_to_fail_throws_is_thrown_where_they_are_joined) {
  Threads threads;
  threads.start([] { throw std::out_of_range("first"); });
  threads.start([&] {  // which ends because of it
    while (!threads.stopping()) std::this_thread::yield();
    throw std::length_error("second");
  });
  BOOST_CHECK_THROW(threads.join(), std::out_of_range);
  threads.join();  // and it is thrown once
}

BOOST_AUTO_TEST_CASE(where_a_test_is_left_its_threads_are_made_to_end) {
  std::atomic<bool> over{false};
  std::atomic<int> ended{0};
  BOOST_CHECK_THROW(
      [&] {
        Threads threads([&] { over = true; });
        threads.start([&] {
          while (!threads.stopping()) std::this_thread::yield();
          ++ended;
        });
        threads.start([&] {
          while (!over) std::this_thread::yield();
          ++ended;
        });
        throw std::runtime_error("a check has failed");
      }(),
      std::runtime_error);
  BOOST_TEST(ended == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
