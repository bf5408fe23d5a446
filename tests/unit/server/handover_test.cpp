#include "chat/server/handover.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>

namespace chat {
namespace {

using What = Handover::Unsent::What;
using Phase = Handover::Phase;
using namespace std::chrono_literals;

// Something else in each place.
Handover example() {
  Handover handover;
  handover.max_users = 1'000'000;
  handover.shutdown = {true, 60'000ms, 30'000ms, "ann", "upgrade"};
  handover.listeners = {3, 4};
  handover.lines = std::string("7\tone\n8\ttwo\0three\n", 18);
  handover.in_transcript = 7;
  handover.mutes = {{"ann", 0, {}, WallTime(3s)}, {"cid", 7, {0x20, 1, 0xFF}, WallTime(4s)}};
  handover.last_stay = 1'000'000'000'000;
  Handover::Connection member;
  member.socket = 12;
  member.peer = {
      "[2001:db8::7]:51820", {0x20, 0x01, 0x0D, 0xB8, 0xFF}, {0x20, 0x01, 1}, true, true, 1000};
  member.phase = Phase::kIn;
  member.mode = protocol::Mode::kResume;
  member.rendering = Rendering::kTagged;
  member.input = {"half a l", true, 65'000};
  member.input_ended = true;
  member.login_left = std::chrono::milliseconds(86'399'999);
  member.lines_spent = std::chrono::milliseconds(1234);
  member.seat = {
      "ann",        ~std::uint64_t{0},    77,      "secret", {"ann", {"ben", "cid"}, true},
      WallTime(1s), WallTime(2s),         "lunch", 76,       "dan",
      WallTime(5s), "! you were kicked\n"};
  member.question = Handover::Question::kNewPassword;
  member.asked_about = "ann";
  member.dismissed = true;
  member.unsent = {{What::kText, "ann: hello\n", 1, 0},
                   {What::kTag, "-\t", 1, 0},
                   {What::kReplay, {}, 1, ~std::uint64_t{0}},
                   {What::kMissed, {}, 9, 10}};
  Handover::Connection newcomer;
  newcomer.socket = 13;
  newcomer.sent = Rendering::kTagged;
  handover.connections = {member, newcomer};
  return handover;
}

void check_equal(const Handover::Unsent& a, const Handover::Unsent& b) {
  BOOST_TEST((a.what == b.what));
  BOOST_TEST(a.text == b.text);
  BOOST_TEST(a.first == b.first);
  BOOST_TEST(a.last == b.last);
}

void check_equal(const Handover::Connection& a, const Handover::Connection& b) {
  BOOST_TEST(a.socket == b.socket);
  BOOST_TEST(a.peer.text == b.peer.text);
  BOOST_TEST((a.peer.source == b.peer.source));
  BOOST_TEST((a.peer.address == b.peer.address));
  BOOST_TEST((a.peer.uid == b.peer.uid));
  BOOST_TEST(a.peer.loopback == b.peer.loopback);
  BOOST_TEST(a.peer.exempt == b.peer.exempt);
  BOOST_TEST((a.phase == b.phase));
  BOOST_TEST((a.mode == b.mode));
  BOOST_TEST((a.rendering == b.rendering));
  BOOST_TEST(a.input.bytes == b.input.bytes);
  BOOST_TEST(a.input.discarding == b.input.discarding);
  BOOST_TEST(a.input.unterminated == b.input.unterminated);
  BOOST_TEST(a.input_ended == b.input_ended);
  BOOST_TEST((a.login_left == b.login_left));
  BOOST_TEST((a.lines_spent == b.lines_spent));
  BOOST_TEST(a.seat.name == b.seat.name);
  BOOST_TEST(a.seat.account == b.seat.account);
  BOOST_TEST(a.seat.stay == b.seat.stay);
  BOOST_TEST(a.seat.password == b.seat.password);
  BOOST_TEST(a.seat.filter.own_name == b.seat.filter.own_name);
  BOOST_TEST((a.seat.filter.ignored == b.seat.filter.ignored));
  BOOST_TEST(a.seat.filter.quiet == b.seat.filter.quiet);
  BOOST_TEST((a.seat.since == b.seat.since));
  BOOST_TEST((a.seat.spoke == b.seat.spoke));
  BOOST_TEST((a.seat.away == b.seat.away));
  BOOST_TEST(a.seat.last_to_write == b.seat.last_to_write);
  BOOST_TEST(a.seat.last_to_write_name == b.seat.last_to_write_name);
  BOOST_TEST((a.seat.muted_until == b.seat.muted_until));
  BOOST_TEST(a.seat.farewell == b.seat.farewell);
  BOOST_TEST((a.question == b.question));
  BOOST_TEST(a.asked_about == b.asked_about);
  BOOST_TEST(a.dismissed == b.dismissed);
  BOOST_TEST((a.sent == b.sent));
  BOOST_REQUIRE(a.unsent.size() == b.unsent.size());
  for (std::size_t i = 0; i < a.unsent.size(); ++i) check_equal(a.unsent[i], b.unsent[i]);
}

void check_equal(const Handover& a, const Handover& b) {
  BOOST_TEST(a.max_users == b.max_users);
  BOOST_TEST(a.shutdown.ordered == b.shutdown.ordered);
  BOOST_TEST((a.shutdown.left == b.shutdown.left));
  BOOST_TEST((a.shutdown.left_to_next == b.shutdown.left_to_next));
  BOOST_TEST(a.shutdown.by == b.shutdown.by);
  BOOST_TEST(a.shutdown.reason == b.shutdown.reason);
  BOOST_TEST(a.listeners == b.listeners, boost::test_tools::per_element());
  BOOST_TEST(a.lines == b.lines);
  BOOST_TEST(a.in_transcript == b.in_transcript);
  BOOST_TEST(a.last_stay == b.last_stay);
  BOOST_REQUIRE(a.mutes.size() == b.mutes.size());
  for (std::size_t i = 0; i < a.mutes.size(); ++i) {
    BOOST_TEST(a.mutes[i].name == b.mutes[i].name);
    BOOST_TEST(a.mutes[i].account == b.mutes[i].account);
    BOOST_TEST((a.mutes[i].source == b.mutes[i].source));
    BOOST_TEST((a.mutes[i].until == b.mutes[i].until));
  }
  BOOST_REQUIRE(a.connections.size() == b.connections.size());
  for (std::size_t i = 0; i < a.connections.size(); ++i) {
    check_equal(a.connections[i], b.connections[i]);
  }
}

off_t size_of(const Descriptor& file) {
  struct stat status {};
  BOOST_REQUIRE(::fstat(file.get(), &status) == 0);
  return status.st_size;
}

void change_form(const Descriptor& file) { BOOST_REQUIRE(::pwrite(file.get(), "X", 1, 0) == 1); }

BOOST_AUTO_TEST_SUITE(handover)

BOOST_AUTO_TEST_CASE(what_is_written_is_what_is_read) {
  check_equal(Handover::read(example().write()), example());
  check_equal(Handover::read(Handover{}.write()), Handover{});
}

BOOST_AUTO_TEST_CASE(it_can_be_much) {
  Handover handover = example();
  handover.lines.assign(4 * 1024 * 1024, 'x');
  handover.connections.resize(10'000, handover.connections.front());
  check_equal(Handover::read(handover.write()), handover);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_off_anywhere_is_refused) {
  const Descriptor file = example().write();
  for (off_t size = size_of(file) - 1; size >= 0; --size) {
    BOOST_REQUIRE(::ftruncate(file.get(), size) == 0);
    BOOST_CHECK_THROW((void)Handover::read(file), std::runtime_error);
  }
}

BOOST_AUTO_TEST_CASE(another_form_is_refused) {
  const Descriptor file = example().write();
  change_form(file);
  BOOST_CHECK_THROW((void)Handover::read(file), std::runtime_error);
  BOOST_CHECK_THROW((void)Handover::read(Descriptor()), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(the_file_is_closed_when_a_program_is_executed) {
  for (const Descriptor& file : {example().write(), ask_whether_ready(7)}) {
    BOOST_TEST((::fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

BOOST_AUTO_TEST_CASE(who_is_asked_is_ready_when_it_says_so) {
  for (const std::size_t max_users : {std::size_t{0}, std::size_t{7}, kMaxUsersLimit}) {
    const Descriptor question = ask_whether_ready(max_users);
    BOOST_TEST(max_users_asked(question) == max_users);
    BOOST_TEST(!is_ready(question));
    answer_ready(question);
    BOOST_TEST(is_ready(question));
  }
}

BOOST_AUTO_TEST_CASE(a_question_in_another_form_is_refused) {
  const Descriptor question = ask_whether_ready(7);
  answer_ready(question);
  change_form(question);
  BOOST_CHECK_THROW((void)max_users_asked(question), std::runtime_error);
  BOOST_CHECK_THROW((void)is_ready(question), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace chat
