#include "chat/client/hiding.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.hpp"

namespace chat {
namespace {

using Words = std::vector<std::string>;
using Kind = ServerLine::Kind;

bool hides(const Hiding& hiding, const std::string& line) {
  return hiding.hides(parse_server_line(line), "ann");
}

std::string answer(Hiding& hiding, const std::string& line) {
  const Words lines = hiding.take(line, "ann");
  BOOST_REQUIRE(lines.size() == 1u);
  return lines.front();
}

struct Fixture {
  TemporaryFolder folder;
  std::string file = folder.file("state/chatroom/settings");
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hiding, Fixture)

BOOST_AUTO_TEST_CASE(of_who_is_ignored_what_is_said_done_and_whispered_is_hidden_and_no_more) {
  Hiding hiding("");
  BOOST_TEST(answer(hiding, "/ignore BEN") == "* you ignore ben");
  for (const char* line :
       {"ben: hi", "Ben: hi", "~ ben waves", "ben -> ann: psst", "- 2026-11-24T12:34:56Z ben: hi",
        "7\t2026-11-24T12:34:56.789Z\tsay\tben\thi",
        "8\t2026-11-24T12:34:56.789Z\tnotice\tben\tcorrects 7: ho",
        "9\t2026-11-24T12:34:56.789Z\tnotice\tben\ttakes back 7"}) {
    BOOST_TEST(hides(hiding, line), line);
  }
  for (const char* line : {"cid: ben", "ann -> ben: psst", "* ben has entered the chat",
                           "* ben has left the chat", "* ben has set the topic: x",
                           "9\t2026-11-24T12:34:56.789Z\tnotice\tben\thas set the topic: x",
                           "* online (2): ann, ben", "! ben is not here"}) {
    BOOST_TEST(!hides(hiding, line), line);
  }
  BOOST_TEST(answer(hiding, "/unignore ben") == "* you ignore ben no more");
  BOOST_TEST(!hides(hiding, "ben: hi"));
}

BOOST_AUTO_TEST_CASE(quiet_hides_who_comes_and_goes_but_not_oneself) {
  Hiding hiding("");
  BOOST_TEST(answer(hiding, "/quiet") == "* you do not see who comes and goes");
  for (const char* line : {" has entered the chat", " has left the chat"}) {
    BOOST_TEST(hides(hiding, std::string("* ben") + line));
    BOOST_TEST(!hides(hiding, std::string("* ANN") + line));
  }
  BOOST_TEST(!hides(hiding, "ben: hi"));
  BOOST_TEST(answer(hiding, "/quiet OFF") == "* you see who comes and goes");
  BOOST_TEST(!hides(hiding, "* ben has left the chat"));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_command_is_told_and_other_lines_are_left_alone) {
  Hiding hiding("");
  BOOST_TEST(answer(hiding, "/ignore") == "* you ignore nobody");
  BOOST_TEST(answer(hiding, "/ignore a b") == "! that is no name");
  BOOST_TEST(answer(hiding, "/ignore Ann") == "! that is you");
  BOOST_TEST(answer(hiding, "/unignore") == "! it is /unignore NAME");
  BOOST_TEST(answer(hiding, "/unignore ben") == "! you do not ignore ben");
  BOOST_TEST(answer(hiding, "/quiet please") == "! it is /quiet or /quiet off");
  for (const char* line : {"hello", "//ignore ben", "/ignored ben", "/who", "ignore ben", ""}) {
    BOOST_TEST(hiding.take(line, "ann").empty(), line);
  }
  BOOST_TEST(hiding.summary().empty());
  for (int i = 0; i < 100; ++i) (void)answer(hiding, "/ignore b" + std::to_string(i));
  BOOST_TEST(answer(hiding, "/ignore one-more") == "! you ignore 100 already");
  BOOST_TEST(answer(hiding, "/ignore B7") == "* you ignore b7");
}

BOOST_AUTO_TEST_CASE(it_is_kept_for_the_next_time_and_nobody_else_can_read_it) {
  {
    Hiding hiding(file);
    (void)answer(hiding, "/ignore Ben");
    (void)answer(hiding, "/ignore cid");
    (void)answer(hiding, "/quiet");
  }
  BOOST_TEST(folder.read("state/chatroom/settings") == "ignore ben\nignore cid\nquiet on\n");
  struct stat status {};
  BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600u);
  const Hiding again(file);
  BOOST_TEST(hides(again, "ben: hi"));
  BOOST_TEST(hides(again, "* dan has left the chat"));
  BOOST_TEST(
      again.summary() == (Words{"* you ignore ben, cid", "* you do not see who comes and goes"}),
      boost::test_tools::per_element());
}

// Of a later version, or by hand.
BOOST_AUTO_TEST_CASE(other_settings_in_the_file_stay) {
  Hiding hiding(file);
  (void)answer(hiding, "/quiet");
  folder.write("state/chatroom/settings", "quiet off\nbell on\nignore Dan\n");
  (void)answer(hiding, "/ignore ben");
  BOOST_TEST(folder.read("state/chatroom/settings") == "bell on\nignore ben\nignore dan\n");
}

BOOST_AUTO_TEST_CASE(two_clients_of_one_user_keep_what_each_has_set) {
  Hiding one(file);
  Hiding other(file);
  (void)answer(one, "/ignore ben");
  (void)answer(other, "/ignore cid");
  const Hiding third(file);
  BOOST_TEST(hides(third, "ben: hi"));
  BOOST_TEST(hides(third, "cid: hi"));
}

BOOST_AUTO_TEST_CASE(a_wrong_setting_is_told_with_its_line) {
  Hiding hiding(file);
  (void)answer(hiding, "/quiet");
  for (const char* bad : {"ignore a b", "ignore ", "quiet maybe"}) {
    folder.write("state/chatroom/settings", std::string("quiet on\n") + bad + "\n");
    try {
      const Hiding again(file);
      BOOST_ERROR("no error");
    } catch (const std::runtime_error& error) {
      BOOST_TEST(std::string(error.what()).find("line 2: ") != std::string::npos, error.what());
    }
  }
}

BOOST_AUTO_TEST_CASE(where_it_cannot_be_kept_it_holds_and_the_user_is_told) {
  folder.write("state", "no folder");
  Hiding hiding(file);
  const Words lines = hiding.take("/ignore ben", "ann");
  BOOST_REQUIRE(lines.size() == 2u);
  BOOST_TEST(lines.front() == "* you ignore ben");
  BOOST_TEST(lines.back().starts_with("! it lasts until you leave: "));
  BOOST_TEST(hides(hiding, "ben: hi"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
