#include "chat/client/conversation.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>

#include "chat/client/limits.hpp"

namespace chat {

BOOST_AUTO_TEST_SUITE(conversation)

// Commands do not come back, but are kept for another try as long as the user is not in.
BOOST_AUTO_TEST_CASE(lines_that_are_typed_on_the_way_in_are_bounded) {
  Conversation conversation;
  const std::string command = "/who " + std::string(1000, 'x');
  for (std::size_t bytes = 0; bytes < kMaxUnheard; bytes += command.size()) {
    BOOST_TEST(!conversation.is_full());
    conversation.type(command);
  }
  BOOST_TEST(conversation.is_full());
  BOOST_TEST(!conversation.takes_more());
  conversation.enter(std::chrono::seconds(60));
  BOOST_TEST(!conversation.is_full());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
