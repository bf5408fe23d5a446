#include "chat/client/liveness.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "chat/client/limits.hpp"

namespace chat {

using Act = Liveness::Act;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(liveness)

BOOST_AUTO_TEST_CASE(it_asks_after_a_silence_and_gives_up_when_nothing_comes) {
  Liveness liveness;
  const Clock::time_point start{};
  BOOST_TEST(!liveness.due());
  liveness.begin(start, kSilence);
  BOOST_TEST((liveness.act(start + seconds(59)) == Act::kNothing));
  BOOST_TEST((liveness.due() == start + seconds(60)));
  BOOST_TEST((liveness.act(start + seconds(60)) == Act::kAsk));
  BOOST_TEST(liveness.waits_for_answer());
  BOOST_TEST((liveness.act(start + seconds(69)) == Act::kNothing));
  BOOST_TEST((liveness.act(start + seconds(70)) == Act::kLost));
  liveness.end();
  BOOST_TEST(!liveness.due());
}

BOOST_AUTO_TEST_CASE(it_asks_earlier_where_what_was_said_does_not_come_back) {
  Liveness liveness;
  const Clock::time_point start{};
  liveness.begin(start, kSilence);
  liveness.said(start + seconds(5));
  liveness.said(start + seconds(8));  // the first one counts
  BOOST_TEST((liveness.due() == start + seconds(15)));
  liveness.heard(start + seconds(12));  // others still come
  BOOST_TEST((liveness.due() == start + seconds(22)));
  liveness.heard_all();
  BOOST_TEST((liveness.due() == start + seconds(72)));
}

BOOST_AUTO_TEST_CASE(any_answer_is_a_sign_of_life) {
  Liveness liveness;
  const Clock::time_point start{};
  liveness.begin(start, kSilence);
  BOOST_TEST((liveness.act(start + seconds(60)) == Act::kAsk));
  liveness.heard(start + seconds(69));
  BOOST_TEST(!liveness.waits_for_answer());
  BOOST_TEST((liveness.act(start + seconds(70)) == Act::kNothing));
  liveness.begin(start + seconds(100), kSilence);  // a new connection
  BOOST_TEST((liveness.due() == start + seconds(160)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
