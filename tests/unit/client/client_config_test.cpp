#include "chat/client/client_config.hpp"

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "chat/wire/limits.hpp"
#include "tests/support/temporary_folder.hpp"

namespace chat {
namespace {

using Words = std::vector<std::string>;

struct Fixture {
  ClientConfig with(const std::string& content) const {
    folder.write("config", content);
    return ClientConfig::load(file);
  }
  std::string damage(const std::string& content) const {
    try {
      (void)with(content);
    } catch (const std::runtime_error& error) {
      const std::string text = error.what();
      return text.substr(text.find("line "));
    }
    return "";
  }

  TemporaryFolder folder;
  std::string file = folder.file("config");
};

const std::string kTwoRooms =
    "# mine\n"
    "bell all\n"
    "\n"
    "[work]\n"
    "host chat.example\n"
    "port 99\n"
    "login ann\n"
    "no-time on\n"
    "\n"
    "[home]\n"
    "  host   [::1]:7  \n"
    "bell never\n"
    "no-time off\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_config, Fixture)

BOOST_AUTO_TEST_CASE(a_room_is_its_settings_and_those_for_all_rooms) {
  const ClientConfig config = with(kTwoRooms);
  const ClientOptions work = config.options({"work"}, "");
  BOOST_TEST(work.error == "");
  BOOST_TEST(work.host == "chat.example");
  BOOST_TEST(work.port == 99);
  BOOST_TEST(work.name == "ann");
  BOOST_TEST(!work.time);
  BOOST_TEST((work.bell == Bell::kAll));
  BOOST_TEST(work.room == "work");
  const ClientOptions home = config.options({"home"}, "work");
  BOOST_TEST(home.host == "::1");
  BOOST_TEST(home.port == 7);
  BOOST_TEST(home.time);
  BOOST_TEST((home.bell == Bell::kNever));
}

BOOST_AUTO_TEST_CASE(what_stands_on_the_command_line_wins) {
  const ClientConfig config = with(kTwoRooms);
  const ClientOptions options =
      config.options({"--register", "eve", "work", "--port=7", "--bell", "mention"}, "");
  BOOST_TEST(options.error == "");
  BOOST_TEST(options.host == "chat.example");
  BOOST_TEST(options.port == 7);
  BOOST_TEST(options.name == "eve");
  BOOST_TEST((options.mode == protocol::Mode::kRegister));
  BOOST_TEST((options.bell == Bell::kMention));
  BOOST_TEST(config.options({"work", "--login", "work"}, "").name == "work");
  const ClientOptions other = config.options({"work.example"}, "work");
  BOOST_TEST(other.host == "work.example");
  BOOST_TEST(other.port == kDefaultPort);
  BOOST_TEST(other.room == "");
  BOOST_TEST((other.bell == Bell::kAll));
  BOOST_TEST(config.options({"--ssh", "gate"}, "work").ssh == "gate");
}

BOOST_AUTO_TEST_CASE(without_a_host_it_is_the_room_that_was_used_last_or_the_only_one) {
  const ClientConfig two = with(kTwoRooms);
  BOOST_TEST(two.options({"--no-status"}, "home").host == "::1");
  BOOST_TEST(two.options({}, "").error == "HOST is missing");
  BOOST_TEST(two.options({}, "gone").error == "HOST is missing");
  const ClientConfig one = with("[work]\nhost chat.example\n");
  BOOST_TEST(one.options({}, "").host == "chat.example");
  BOOST_TEST(ClientConfig::load(folder.file("none")).options({}, "").error == "HOST is missing");
}

BOOST_AUTO_TEST_CASE(a_wrong_line_is_told_with_its_number) {
  BOOST_TEST(damage("[work]\nhots x\n") == "line 2: there is no setting 'hots'");
  BOOST_TEST(damage("port 0\n").starts_with("line 1: port takes 1 to 65535"));
  BOOST_TEST(damage("\n\nno-time maybe\n") == "line 3: no-time takes on or off, not 'maybe'");
  BOOST_TEST(damage("[a b]\n") == "line 1: that is no name of a room");
  BOOST_TEST(damage("[a]\n[a]\n") == "line 2: a second room of that name");
  BOOST_TEST(damage("send hello\n") == "line 1: send is for the command line");
  BOOST_TEST(damage("[a]\npassword secret\n").find("password-file or password-command") !=
             std::string::npos);
  BOOST_TEST(damage("[a]\npassword secret\n").find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_saved_takes_the_place_of_its_room_and_leaves_the_rest) {
  folder.write("config", kTwoRooms);
  const Words arguments{"chat.test",   "-p",     "5", "--login", "bob",
                        "--no-status", "--send", "x", "--save",  "work"};
  const ClientConfig config = ClientConfig::load(file);
  save_room(file, config.to_save(config.options(arguments, "")));
  const std::string saved = folder.read("config");
  BOOST_TEST(
      saved.starts_with("# mine\nbell all\n\n[work]\nhost chat.test\nport 5\nlogin bob\n"
                        "no-status on\n[home]\n"));
  const ClientOptions options = ClientConfig::load(file).options({"work"}, "");
  BOOST_TEST(options.port == 5);
  BOOST_TEST(!options.status);
  BOOST_TEST(options.time);
}

BOOST_AUTO_TEST_CASE(a_room_can_be_saved_anew_with_something_more) {
  folder.write("config", kTwoRooms);
  const ClientConfig config = ClientConfig::load(file);
  save_room(file, config.to_save(config.options({"work", "--port", "7", "--save", "copy"}, "")));
  const ClientOptions copy = ClientConfig::load(file).options({"copy"}, "");
  BOOST_TEST(copy.host == "chat.example");
  BOOST_TEST(copy.port == 7);
  BOOST_TEST(copy.name == "ann");
  BOOST_TEST(ClientConfig::load(file).options({"work"}, "").port == 99);
}

BOOST_AUTO_TEST_CASE(the_first_one_makes_the_file) {
  const std::string deep = folder.file("a/b/config");
  save_room(deep, {"work", {{"host", "x"}}});
  BOOST_TEST(folder.read("a/b/config") == "[work]\nhost x\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
