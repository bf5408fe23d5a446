#include "chat/client/client_options.hpp"

#include <boost/test/unit_test.hpp>

#include "chat/wire/limits.hpp"

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

BOOST_AUTO_TEST_CASE(a_host_may_have_a_name_and_a_port) {
  struct Case {
    std::string argument, name, host;
    int port;
  };
  for (const auto& [argument, name, host, port] :
       {Case{"example.org:4000", "", "example.org", 4000}, Case{"ann@h", "ann", "h", 3490},
        Case{"ann@h:1", "ann", "h", 1}, Case{"[::1]", "", "::1", 3490},
        Case{"[::1]:4000", "", "::1", 4000}, Case{"ann@[fe80::1%lo]:5", "ann", "fe80::1%lo", 5},
        Case{"fe80::1", "", "fe80::1", 3490}, Case{"unix:/a@b:1", "", "unix:/a@b:1", 3490}}) {
    const auto options = parse_client_options({argument});
    BOOST_TEST(options.error == "");
    BOOST_TEST(options.name == name);
    BOOST_TEST(options.host == host);
    BOOST_TEST(options.port == port);
  }
  BOOST_TEST(parse_client_options({"h:x"}).error == "HOST:PORT takes 1 to 65535, not 'x'");
  BOOST_TEST(parse_client_options({"h:"}).error == "HOST:PORT takes 1 to 65535, not ''");
  BOOST_TEST(parse_client_options({"[::1"}).error == "HOST has no ] at its end");
  BOOST_TEST(parse_client_options({"a b@h"}).error == "NAME@HOST takes a username, not 'a b'");
  BOOST_TEST(parse_client_options({"ann@"}).error == "HOST is empty");
  for (const std::vector<std::string>& two :
       {std::vector<std::string>{"ann@h", "--login", "ben"}, {"--login", "ben", "ann@h"}}) {
    BOOST_TEST(parse_client_options(two).error != "");
  }
  BOOST_TEST(parse_client_options({"Ann@h", "--login", "ann"}).error == "");
  BOOST_TEST(parse_client_options({"-p", "4000", "h"}).port == 4000);
  BOOST_TEST(parse_client_options({"-h"}).help);
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_named_in_the_error) {
  BOOST_TEST(parse_client_options({"a", "--prot", "1"}).error == "unknown option --prot");
  BOOST_TEST(parse_client_options({"-x"}).error == "unknown option -x");
}

BOOST_AUTO_TEST_CASE(login_and_register_name_who_comes_in) {
  const auto options = parse_client_options({"a", "--login", "ann"});
  BOOST_TEST((options.mode == protocol::Mode::kLogin));
  BOOST_TEST(options.name == "ann");
  BOOST_TEST((parse_client_options({"a", "--register=ben"}).mode == protocol::Mode::kRegister));
  BOOST_TEST(parse_client_options({"a", "--login", "a b"}).error ==
             "--login takes a username, not 'a b'");
  BOOST_TEST(parse_client_options({"a", "--login", "ann", "--register", "ben"}).error ==
             "--register is one too many: one of --login and --register");
  BOOST_TEST(parse_client_options({"a", "--login"}).error == "--login needs a username");
  BOOST_TEST(parse_client_options({"a", "--login", "ann", "--take-over"}).take_over);
  BOOST_TEST(parse_client_options({"a", "--register", "ann", "--take-over"}).error ==
             "--take-over needs --login");
}

BOOST_AUTO_TEST_CASE(what_needs_a_name_says_so) {
  BOOST_TEST(parse_client_options({"a", "--password-file", "f"}).error ==
             "--password-file needs --login or --register");
  BOOST_TEST(parse_client_options({"a", "--send", "x"}).error ==
             "--send needs --login or --register");
  BOOST_TEST(parse_client_options({"h", "--listen"}).error ==
             "--listen needs --login or --register");
  BOOST_TEST(parse_client_options({"h", "--timeout", "5"}).error ==
             "--timeout needs --login or --register");
  BOOST_TEST(parse_client_options({"h", "--login", "a", "--timeout", "0"}).error ==
             "--timeout takes seconds, not '0'");
  BOOST_TEST(parse_client_options({"h", "--login", "a", "--msg", "ben"}).error ==
             "--msg and --me say how: they need --send");
  BOOST_TEST(parse_client_options({"h", "--login", "a", "--send", "x", "--listen"}).error ==
             "--send or --listen: one of them");
  BOOST_TEST(parse_client_options({"h", "--login", "a", "--send", "x", "--send", "-"}).error ==
             "--send -: nothing else besides");
  BOOST_TEST(parse_client_options({"a", "--login", "b", "--password-file", "-"}).password_file ==
             "-");
}

BOOST_AUTO_TEST_CASE(a_text_to_send_may_be_several_lines) {
  using Lines = std::vector<std::string>;
  const auto sent = [](const std::string& text) {
    return parse_client_options({"a", "--login", "b", "--send", text});
  };
  BOOST_TEST(sent("one\n\ntwo\r\n").send == Lines({"one", "two"}));
  BOOST_TEST(sent("-x").send == Lines{"-x"});
  BOOST_TEST(sent(std::string(kMaxLine, 'x')).error == "");
  BOOST_TEST(sent("\n").error == "--send takes a text");
  BOOST_TEST(sent(std::string(kMaxLine + 1, 'x')).error ==
             "--send takes lines of at most 4096 bytes");
  BOOST_TEST(sent("/" + std::string(kMaxLine - 1, 'x')).error != "");
  BOOST_TEST(sent("\xFF").error == "--send takes UTF-8 only");
}

BOOST_AUTO_TEST_CASE(a_log_is_a_file) {
  BOOST_TEST(parse_client_options({"a"}).log == "");
  BOOST_TEST(parse_client_options({"a", "--log", "f"}).log == "f");
  BOOST_TEST(parse_client_options({"a", "--log="}).error == "--log takes a file");
  BOOST_TEST(parse_client_options({"a", "--log"}).error == "--log needs a file");
}

BOOST_AUTO_TEST_CASE(how_it_looks_and_sounds_can_be_chosen) {
  const auto options = parse_client_options({"a"});
  BOOST_TEST((options.time && options.status && !options.json && !options.color));
  BOOST_TEST((options.bell == Bell::kMention));
  BOOST_TEST(!parse_client_options({"a", "--no-time"}).time);
  BOOST_TEST(!parse_client_options({"a", "--no-status"}).status);
  BOOST_TEST(parse_client_options({"a", "--json"}).json);
  BOOST_TEST((parse_client_options({"a", "--bell", "all"}).bell == Bell::kAll));
  BOOST_TEST((parse_client_options({"a", "--bell=never"}).bell == Bell::kNever));
  BOOST_TEST(options.notify);
  BOOST_TEST(!parse_client_options({"a", "--notify", "never"}).notify);
  BOOST_TEST(parse_client_options({"a", "--notify", "all"}).error ==
             "--notify takes mention or never, not 'all'");
  BOOST_TEST(parse_client_options({"a", "--bell", "x"}).error ==
             "--bell takes mention, all or never, not 'x'");
  BOOST_TEST((parse_client_options({"a", "--color", "always"}).color == true));
  BOOST_TEST((parse_client_options({"a", "--color", "never"}).color == false));
  BOOST_TEST(!parse_client_options({"a", "--color=auto"}).color);
  BOOST_TEST(parse_client_options({"a", "--color", "x"}).error ==
             "--color takes auto, always or never, not 'x'");
  BOOST_TEST(parse_client_options({"a", "--json=x"}).error == "unknown option --json=x");
}

BOOST_AUTO_TEST_CASE(help_needs_no_host) {
  const auto options = parse_client_options({"--help"});
  BOOST_TEST(options.help);
  BOOST_TEST(options.error == "");
}

BOOST_AUTO_TEST_CASE(the_version_needs_no_host) {
  const auto options = parse_client_options({"--version"});
  BOOST_TEST(options.version);
  BOOST_TEST(options.error == "");
  BOOST_TEST(!parse_client_options({"a"}).version);
  BOOST_TEST(parse_client_options({"--version=1"}).error == "unknown option --version=1");
}

BOOST_AUTO_TEST_CASE(the_usage_names_every_option) {
  for (const auto* word :
       {"HOST", "--port N", "--login NAME", "--register NAME", "--password-file FILE",
        "--send TEXT", "--log FILE", "--json", "--bell WHEN", "--notify WHEN", "--color WHEN", "--no-time",
        "--no-status", "--version", "--help"}) {
    BOOST_TEST(client_usage().find(word) != std::string_view::npos);
  }
}

BOOST_AUTO_TEST_CASE(the_way_may_be_a_program) {
  const auto by_ssh = parse_client_options({"--ssh", "ann@example.org", "--port", "4000"});
  BOOST_TEST(by_ssh.error == "");
  BOOST_TEST(by_ssh.host == "ann@example.org");
  BOOST_TEST(by_ssh.proxy_command ==
             "exec ssh -o BatchMode=yes -o ServerAliveInterval=15 -o ServerAliveCountMax=3 "
             "-W localhost:4000 -- 'ann@example.org'");
  const auto by_program = parse_client_options({"--proxy-command", "nc example.org 3490"});
  BOOST_TEST(by_program.error == "");
  BOOST_TEST(by_program.host == "nc");
  BOOST_TEST(parse_client_options({"--ssh", "it's"}).proxy_command.ends_with("'it'\\''s'"));
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--ssh", "a", "b"},
                                                {"--ssh", "a", "--proxy-command", "b"},
                                                {"--ssh", "-oProxyCommand=x"},
                                                {"--ssh"},
                                                {"--proxy-command", ""}}) {
    BOOST_TEST(parse_client_options(wrong).error != "");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
