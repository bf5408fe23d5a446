#include "chat/room/countdown.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace chat {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(countdown)

BOOST_AUTO_TEST_CASE(everyone_is_told_on_the_way_and_then_it_is_the_end) {
  WakeEvent changed;
  Countdown countdown(changed);
  BOOST_TEST(!countdown.due().has_value());
  BOOST_TEST(!countdown.step(Clock::now()).end);
  countdown.begin("ann", 90s, "upgrade");
  std::vector<std::string> told;
  while (true) {
    const auto due = countdown.due().value();
    BOOST_TEST(countdown.step(due - 1ms).text.empty());
    const Countdown::Step step = countdown.step(due);
    BOOST_TEST(step.by == "ann");
    told.push_back(step.text);
    if (step.end) break;
  }
  const std::vector<std::string> expected{
      "stops the server in 90 seconds: upgrade", "stops the server in 1 minute: upgrade",
      "stops the server in 30 seconds: upgrade", "stops the server in 10 seconds: upgrade",
      "stops the server now: upgrade"};
  BOOST_TEST(told == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(it_can_be_called_off) {
  WakeEvent changed;
  Countdown countdown(changed);
  BOOST_TEST(!countdown.cancel());
  countdown.begin("ann", 0s, "");
  BOOST_TEST(countdown.cancel());
  BOOST_TEST(!countdown.due().has_value());
  BOOST_TEST(!countdown.step(Clock::now() + 1h).end);
}

BOOST_AUTO_TEST_CASE(another_goes_on_with_what_is_left) {
  WakeEvent changed;
  Countdown first(changed), second(changed);
  second.restore(first.state(Clock::now()));
  BOOST_TEST(!second.due().has_value());
  first.begin("ann", 600s, "x");
  (void)first.step(first.due().value());
  second.restore(first.state(Clock::now()));
  const auto apart = second.due().value() - first.due().value();
  BOOST_TEST((apart < 1s && apart > -1s));
  BOOST_TEST(second.step(second.due().value()).text == "stops the server in 5 minutes: x");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
