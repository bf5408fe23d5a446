#include "chat/base/event_log.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/support/stopwatch.hpp"
#include "tests/support/threads.hpp"

namespace chat {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    out = Descriptor(ends[0]);
    in = Descriptor(ends[1]);
    (void)::fcntl(in.get(), F_SETFL, 0);  // as standard error is: a write waits
  }
  std::string read() const {
    std::string all;
    std::array<char, 4096> part{};
    ssize_t n = 0;
    while ((n = ::read(out.get(), part.data(), part.size())) > 0) {
      all.append(part.data(), static_cast<std::size_t>(n));
    }
    return all;
  }
  Descriptor out;
  Descriptor in;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  BOOST_TEST(lines.back() == "");
  lines.pop_back();
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_log)

BOOST_AUTO_TEST_CASE(a_line_is_time_in_utc_event_who_name_and_more) {
  Pipe pipe;
  EventLog log(std::move(pipe.in));
  log.write("came-in", "192.0.2.7:51820", "ann", "login");
  log.write("stopped", "SIGTERM");
  const auto lines = lines_of(pipe.read());
  BOOST_REQUIRE(lines.size() == 2u);
  for (const auto& line : lines) {
    std::string shape = line.substr(0, 20);
    for (char& c : shape) c = c >= '0' && c <= '9' ? '9' : c;
    BOOST_TEST(shape == "9999-99-99T99:99:99Z");
  }
  BOOST_TEST(lines[0].substr(20) == " came-in 192.0.2.7:51820 ann login");
  BOOST_TEST(lines[1].substr(20) == " stopped - - SIGTERM");
}

BOOST_AUTO_TEST_CASE(an_event_is_one_line_without_control_characters_whatever_is_in_it) {
  Pipe pipe;
  EventLog log(std::move(pipe.in));
  log.write("came-in", "a\nb", "\x1b]0;title\x07",
            "\xE2\x80\xAE over\rride" + std::string(5000, 'x'));
  const std::string text = pipe.read();
  BOOST_TEST(lines_of(text).size() == 1u);
  BOOST_TEST(text.size() <= 1100u);
  for (const char c : text.substr(0, text.size() - 1)) {
    BOOST_TEST(static_cast<unsigned char>(c) >= 0x20);
  }
  BOOST_TEST(text.find("\xE2\x80\xAE") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(many_threads_write_whole_lines) {
  Pipe pipe;
  EventLog log(std::move(pipe.in));
  Threads threads;
  for (int i = 0; i < 4; ++i) {
    threads.start([&log, i] {
      for (int n = 0; n < 50; ++n) log.write("event", "-", "u" + std::to_string(i), "whole");
    });
  }
  threads.join();
  const auto lines = lines_of(pipe.read());
  BOOST_TEST(lines.size() == 200u);
  for (const auto& line : lines) BOOST_TEST(line.ends_with(" whole"));
}

BOOST_AUTO_TEST_CASE(a_pipe_that_nobody_empties_holds_nobody_up_and_it_is_told_what_was_left_out) {
  Pipe pipe;
  EventLog log(std::move(pipe.in));
  const Stopwatch stopwatch;
  for (int i = 0; i < 20'000; ++i) log.write("event", std::to_string(i));
  BOOST_TEST((stopwatch.elapsed() < std::chrono::seconds(10)));
  const auto before = lines_of(pipe.read());
  log.write("event", "after");
  const auto after = lines_of(pipe.read());
  BOOST_REQUIRE(after.size() == 2u);
  BOOST_TEST(
      after[0].ends_with("left-out - - " + std::to_string(20'000 - before.size()) + " events"));
  BOOST_TEST(after[1].ends_with("event - - after"));
}

BOOST_AUTO_TEST_CASE(a_pipe_without_a_reader_a_full_disk_and_no_descriptor_are_no_obstacle) {
  (void)::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.out.reset();
  EventLog closed(std::move(pipe.in));
  EventLog full(Descriptor(::open("/dev/full", O_WRONLY | O_CLOEXEC)));
  EventLog none;
  for (EventLog* log : {&closed, &full, &none}) {
    for (int i = 0; i < 10; ++i) log->write("event", "into nothing");
  }
  (void)::signal(SIGPIPE, SIG_DFL);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
