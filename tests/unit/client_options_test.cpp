#include "chat/client_options.hpp"

#include <boost/test/unit_test.hpp>

namespace chat {

BOOST_AUTO_TEST_SUITE(client_options)

BOOST_AUTO_TEST_CASE(a_host_alone_means_the_default_port) {
  const auto options = parse_client_options({"localhost"});
  BOOST_TEST(options.error == "");
  BOOST_TEST(options.host == "localhost");
  BOOST_TEST(options.port == 3490);
  BOOST_TEST(!options.help);
}

BOOST_AUTO_TEST_CASE(the_port_may_stand_before_or_after_the_host) {
  BOOST_TEST(parse_client_options({"--port", "4000", "::1"}).port == 4000);
  BOOST_TEST(parse_client_options({"::1", "--port", "65535"}).port == 65535);
  BOOST_TEST(parse_client_options({"::1", "--port=1"}).port == 1);
  BOOST_TEST(parse_client_options({"--port", "4000", "::1"}).host == "::1");
}

BOOST_AUTO_TEST_CASE(a_port_that_is_none_is_named_in_the_error) {
  for (const std::string port : {"", "0", "65536", "-1", "+1", "12x", " 12", "many"}) {
    BOOST_TEST(parse_client_options({"a", "--port", port}).error ==
               "--port takes 1 to 65535, not '" + port + "'");
    BOOST_TEST(parse_client_options({"a", "--port=" + port}).error ==
               "--port takes 1 to 65535, not '" + port + "'");
  }
  BOOST_TEST(parse_client_options({"a", "--port"}).error == "--port needs a number");
}

BOOST_AUTO_TEST_CASE(exactly_one_host_is_needed) {
  BOOST_TEST(parse_client_options({}).error == "HOST is missing");
  BOOST_TEST(parse_client_options({"--port", "4000"}).error == "HOST is missing");
  BOOST_TEST(parse_client_options({""}).error == "HOST is empty");
  BOOST_TEST(parse_client_options({"a", "b"}).error == "one HOST only, not also 'b'");
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_named_in_the_error) {
  BOOST_TEST(parse_client_options({"a", "--prot", "1"}).error == "unknown option --prot");
  BOOST_TEST(parse_client_options({"-p"}).error == "unknown option -p");
}

BOOST_AUTO_TEST_CASE(help_needs_no_host) {
  const auto options = parse_client_options({"--help"});
  BOOST_TEST(options.help);
  BOOST_TEST(options.error == "");
}

BOOST_AUTO_TEST_CASE(the_usage_names_every_option) {
  for (const auto* word : {"HOST", "--port N", "--help"}) {
    BOOST_TEST(client_usage().find(word) != std::string_view::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
