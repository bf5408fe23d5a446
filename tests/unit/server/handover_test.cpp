#include "chat/server/handover.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>

#include "chat/base/limits.hpp"

namespace chat {
namespace {

using What = Outbox::What;
using Phase = Session::Phase;
using namespace std::chrono_literals;

// Something else in each place.
Handover example() {
  Handover handover;
  handover.max_users = 1'000'000;
  handover.shutdown = {true, 60'000ms, 30'000ms, "ann", "upgrade"};
  handover.listeners = {3, 4};
  handover.log.lines = std::string("7\tone\n8\ttwo\0three\n", 18);
  handover.log.in_transcript = 7;
  handover.registry.mutes = {{"ann", 0, {}, WallTime(3s)},
                             {"cid", 7, {0x20, 1, 0xFF}, WallTime(4s)}};
  handover.registry.last_stay = 1'000'000'000'000;
  Session::State member;
  member.socket = 12;
  member.peer = {
      "[2001:db8::7]:51820", {0x20, 0x01, 0x0D, 0xB8, 0xFF}, {0x20, 0x01, 1}, true, true, 1000};
  member.phase = Phase::kIn;
  member.mode = protocol::Mode::kResume;
  member.member.rendering = Rendering::kTagged;
  member.member.spoke = WallTime(2s);
  member.input = {"half a l", true, 65'000};
  member.input_ended = true;
  member.login_left = std::chrono::milliseconds(86'399'999);
  member.lines_spent = std::chrono::milliseconds(1234);
  member.seat = {"ann",        ~std::uint64_t{0},    77, "secret", WallTime(1s), "lunch", 76, "dan",
                 WallTime(5s), "! you were kicked\n"};
  member.member.dismissed = true;
  member.member.unsent = {{What::kText, "ann: hello\n", {}},
                          {What::kTag, "-\t", {}},
                          {What::kReplay, {}, {1, ~std::uint64_t{0}}},
                          {What::kMissed, {}, {9, 10}}};
  Session::State newcomer;
  newcomer.socket = 13;
  newcomer.member.sent = Rendering::kTagged;
  handover.sessions = {member, newcomer};
  return handover;
}

void check_equal(const Outbox::Unsent& a, const Outbox::Unsent& b) {
  BOOST_TEST((a.what == b.what));
  BOOST_TEST(a.text == b.text);
  BOOST_TEST(a.lines.first == b.lines.first);
  BOOST_TEST(a.lines.last == b.lines.last);
}

void check_equal(const Session::State& a, const Session::State& b) {
  BOOST_TEST(a.socket == b.socket);
  BOOST_TEST(a.peer.text == b.peer.text);
  BOOST_TEST((a.peer.source == b.peer.source));
  BOOST_TEST((a.peer.address == b.peer.address));
  BOOST_TEST((a.peer.uid == b.peer.uid));
  BOOST_TEST(a.peer.loopback == b.peer.loopback);
  BOOST_TEST(a.peer.exempt == b.peer.exempt);
  BOOST_TEST((a.phase == b.phase));
  BOOST_TEST((a.mode == b.mode));
  BOOST_TEST((a.member.rendering == b.member.rendering));
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
  BOOST_TEST((a.seat.since == b.seat.since));
  BOOST_TEST((a.member.spoke == b.member.spoke));
  BOOST_TEST((a.seat.away == b.seat.away));
  BOOST_TEST(a.seat.last_to_write == b.seat.last_to_write);
  BOOST_TEST(a.seat.last_to_write_name == b.seat.last_to_write_name);
  BOOST_TEST((a.seat.muted_until == b.seat.muted_until));
  BOOST_TEST(a.seat.farewell == b.seat.farewell);
  BOOST_TEST(a.member.dismissed == b.member.dismissed);
  BOOST_TEST((a.member.sent == b.member.sent));
  BOOST_REQUIRE(a.member.unsent.size() == b.member.unsent.size());
  for (std::size_t i = 0; i < a.member.unsent.size(); ++i) {
    check_equal(a.member.unsent[i], b.member.unsent[i]);
  }
}

void check_equal(const Handover& a, const Handover& b) {
  BOOST_TEST(a.max_users == b.max_users);
  BOOST_TEST(a.shutdown.ordered == b.shutdown.ordered);
  BOOST_TEST((a.shutdown.left == b.shutdown.left));
  BOOST_TEST((a.shutdown.left_to_next == b.shutdown.left_to_next));
  BOOST_TEST(a.shutdown.by == b.shutdown.by);
  BOOST_TEST(a.shutdown.reason == b.shutdown.reason);
  BOOST_TEST(a.listeners == b.listeners, boost::test_tools::per_element());
  BOOST_TEST(a.log.lines == b.log.lines);
  BOOST_TEST(a.log.in_transcript == b.log.in_transcript);
  BOOST_TEST(a.registry.last_stay == b.registry.last_stay);
  BOOST_REQUIRE(a.registry.mutes.size() == b.registry.mutes.size());
  for (std::size_t i = 0; i < a.registry.mutes.size(); ++i) {
    BOOST_TEST(a.registry.mutes[i].name == b.registry.mutes[i].name);
    BOOST_TEST(a.registry.mutes[i].skeleton == b.registry.mutes[i].skeleton);
    BOOST_TEST(a.registry.mutes[i].account == b.registry.mutes[i].account);
    BOOST_TEST((a.registry.mutes[i].source == b.registry.mutes[i].source));
    BOOST_TEST((a.registry.mutes[i].until == b.registry.mutes[i].until));
  }
  BOOST_REQUIRE(a.sessions.size() == b.sessions.size());
  for (std::size_t i = 0; i < a.sessions.size(); ++i) {
    check_equal(a.sessions[i], b.sessions[i]);
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
  handover.log.lines.assign(4 * 1024 * 1024, 'x');
  handover.sessions.resize(10'000, handover.sessions.front());
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
