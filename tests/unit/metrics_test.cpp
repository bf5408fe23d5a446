#include "chat/metrics.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/support/house.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/temporary_folder.hpp"

namespace chat {
namespace {

std::string answer_to(const std::string& host, std::uint16_t port, const std::string& request) {
  Peer peer(port, host);
  peer.send(request);
  std::string all;
  for (const std::string& line : peer.read_all()) all += line + "\n";
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(the_text_begins_with_the_members_and_has_its_end) {
  House house(PasswordStorage{}, 3);
  house.room.refused.add("max chat users");
  const std::string text = metrics_text(house.room);
  BOOST_TEST(text.starts_with("# TYPE chatroom_members gauge\n"));
  BOOST_TEST(text.find("\nchatroom_members 0\n") != std::string::npos);
  BOOST_TEST(text.find("\nchatroom_seats{kind=\"registered\"} 3\n") != std::string::npos);
  BOOST_TEST(text.find("\nchatroom_refused_total{reason=\"max chat users\"} 1\n") !=
             std::string::npos);
  BOOST_TEST(text.find("_bucket{le=\"+Inf\"} 0\n") != std::string::npos);
  BOOST_TEST(text.ends_with("\n# EOF\n"));
}

BOOST_AUTO_TEST_CASE(it_is_served_at_its_path_only) {
  const TemporaryFolder folder;
  const std::string by_path = "unix:" + folder.file("m");
  for (const std::string& where : {std::string("127.0.0.1:0"), by_path}) {
    MetricsServer server(where, [] { return std::string("figures\n"); });
    const std::string host = where == by_path ? by_path : "127.0.0.1";
    const std::string good = answer_to(host, server.port(), "GET /metrics HTTP/1.1\r\n\r\n");
    BOOST_TEST(good.starts_with("HTTP/1.1 200 OK\r\n"));
    BOOST_TEST(good.ends_with("\r\nfigures\n"));
    BOOST_TEST(
        answer_to(host, server.port(), "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
    BOOST_TEST(answer_to(host, server.port(), "POST /metrics HTTP/1.1\r\n\r\n")
                   .starts_with("HTTP/1.1 405"));
    BOOST_TEST(answer_to(host, server.port(), std::string(20000, 'x')).empty());
  }
}

BOOST_AUTO_TEST_CASE(where_it_is_to_be_has_to_make_sense) {
  for (const char* where : {"", "9100", "127.0.0.1:x", "127.0.0.1:70000"}) {
    BOOST_CHECK_THROW(MetricsServer(where, [] { return std::string(); }), std::exception);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
