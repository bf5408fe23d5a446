// The figures that --metrics gives, and that whoever asks for them delays nobody; with the real
// server.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/room/limits.hpp"
#include "chat/server/limits.hpp"
#include "tests/support/baseline.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/served.hpp"
#include "tests/support/stopwatch.hpp"

namespace {

// A server that gives its figures at a Unix socket.
struct Measured {
  explicit Measured(const Served::Words& more = {}) : served(with_figures(more)) {}

  Peer scraper(std::string_view request) const {
    Peer peer(0, "unix:" + served.folder.file("figures"));
    peer.send(request);
    return peer;
  }

  std::string text() const {
    std::string all;
    for (const auto& line : scraper("GET /metrics HTTP/1.1\r\n\r\n").read_all()) all += line + "\n";
    return all;
  }

  // Without "chatroom_", with its labels.
  double figure(const std::string& name) const { return figure_in(text(), name); }

  static double figure_in(const std::string& text, const std::string& name) {
    const std::string line = "\nchatroom_" + name + " ";
    const auto at = text.find(line);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, name + " in " + text);
    return std::stod(text.substr(at + line.size()));
  }

  // Whoever hears a line may do so before the round that brought it is over, and counted.
  bool becomes(const std::string& name, double value) const {
    const auto deadline = chat::Clock::now() + kPatience;
    while (figure(name) != value) {
      if (chat::Clock::now() >= deadline) return false;
    }
    return true;
  }

  Served served;

 private:
  static Served::Words with_figures(Served::Words more) {
    const Served::Words all = {"--max-users", "3", "--rate", "0", "--metrics", "unix:figures"};
    more.insert(more.end(), all.begin(), all.end());
    return more;
  }
};

// Talks until that figure is so high: somebody reads nothing.
void talk_until(const Measured& room, Peer& talker, const std::string& name, double value) {
  const std::string text(4000, 'x');
  const auto deadline = chat::Clock::now() + kPatience;
  while (room.figure(name) < value) {
    BOOST_REQUIRE(chat::Clock::now() < deadline);
    talker.say(text);
    talker.read_until("talker: x");
  }
}

std::size_t entries(const Program& program, const std::string& name, const std::string& kind) {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(program.pid()) + "/" + name)) {
    std::error_code none;
    count += kind.empty() || std::filesystem::read_symlink(entry, none).string().starts_with(kind);
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(without_being_asked_for_there_are_neither_thread_nor_socket) {
  const Served plain({"--max-users", "3"});
  const Measured measured;
  const Program& one = plain.program;
  const Program& other = measured.served.program;
  BOOST_TEST(entries(one, "fd", "socket:") + 1 == entries(other, "fd", "socket:"));
  BOOST_TEST(entries(one, "task", "") + 1 == entries(other, "task", ""));
}

BOOST_AUTO_TEST_CASE(they_count_who_is_in_who_came_in_and_who_did_not) {
  const Measured room;
  const std::uint16_t port = room.served.port;
  BOOST_TEST(room.figure("members") == 0);
  const Peer ann = Peer::registered(port, "ann");
  Peer ben = Peer::registered(port, "ben");
  ben.half_close();
  BOOST_TEST(ben.read_until("* ben has left") == "* ben has left the chat");
  ben = Peer::registered(port, "ben");
  const Peer cid = Peer::registered(port, "cid");
  (void)Peer::answer_to(port, "register", "dan,pw");
  (void)Peer::answer_to(port, "dance", "dan,pw");
  (void)Peer::answer_to(port, "dance", "dan,pw");
  (void)Peer::answer_to(port, "login", "dan,pw");
  const std::string text = room.text();
  const auto figure = [&](const std::string& name) { return Measured::figure_in(text, name); };
  BOOST_TEST(figure("members") == 3);
  BOOST_TEST(figure("seats{kind=\"registered\"}") == 3);
  BOOST_TEST(figure("seats_taken{kind=\"registered\"}") == 3);
  BOOST_TEST(figure("seats_taken{kind=\"account\"}") == 0);
  BOOST_TEST(figure("joins_total") == 4);
  BOOST_TEST(figure("refused_total{reason=\"max chat users\"}") == 1);
  BOOST_TEST(figure("refused_total{reason=\"expected login, register or resume\"}") == 2);
  BOOST_TEST(figure("refused_total{reason=\"wrong username or password\"}") == 1);
}

BOOST_AUTO_TEST_CASE(each_line_is_counted_for_each_who_gets_it_as_soon_as_it_is_sent) {
  const Measured room;
  Peer ann = Peer::registered(room.served.port, "ann");
  Peer ben = Peer::registered(room.served.port, "ben");
  ann.read_until("* ben has entered");
  BOOST_TEST(room.becomes("delivered_lines_total", 3));
  const double bytes = room.figure("sent_bytes_total");
  constexpr int kLines = 10;
  for (int i = 1; i <= kLines; ++i) {
    ann.say("hello");
    for (Peer* peer : {&ann, &ben}) peer->read_until("ann: hello");
    BOOST_TEST(room.becomes("delivered_lines_total", 3 + 2 * i));
    BOOST_TEST(room.figure("lines_total") == 2 + i);
    BOOST_TEST(room.figure("publish_to_kernel_seconds_count") == 2 + i);
    BOOST_TEST(room.figure("publish_to_kernel_seconds_bucket{le=\"+Inf\"}") == 2 + i);
    BOOST_TEST(room.figure("sent_bytes_total") == bytes + 2 * i * 11);
  }
  BOOST_TEST(room.figure("publish_to_kernel_seconds_sum") > 0);
}

BOOST_AUTO_TEST_CASE(who_does_not_read_is_seen_for_as_long_as_that_lasts) {
  const Measured room;
  Peer stalled = Peer::registered(room.served.port, "stalled");
  Peer talker = Peer::registered(room.served.port, "talker");
  BOOST_TEST(room.figure("queue_lag_bytes") == 0);
  talk_until(room, talker, "queue_lag_bytes", chat::kMaxLag / 2);
  BOOST_TEST(room.figure("slow_members") == 1);
  BOOST_TEST(room.figure("skipped_total") == 0);
  talk_until(room, talker, "skipped_total", 1);
  BOOST_TEST(room.figure("skipped_total") == 1);
  talker.say("enough");
  talker.read_until("talker: enough");
  stalled.read_until("* you missed lines ");
  stalled.read_until("talker: enough");
  // And nobody says anything more.
  BOOST_TEST(room.becomes("slow_members", 0));
  BOOST_TEST(room.becomes("queue_lag_bytes", 0));
  BOOST_TEST(room.figure("dropped_total") == 0);
}

BOOST_AUTO_TEST_CASE(who_takes_nothing_for_too_long_is_counted_as_dropped) {
  const Measured room({"--stall-timeout", "1"});
  const Peer stalled = Peer::registered(room.served.port, "stalled");
  Peer talker = Peer::registered(room.served.port, "talker");
  talk_until(room, talker, "dropped_total", 1);
  BOOST_TEST(room.figure("dropped_total") == 1);
  BOOST_TEST(room.becomes("slow_members", 0));
  BOOST_TEST(room.becomes("members", 1));
}

BOOST_AUTO_TEST_CASE(who_dawdles_delays_neither_room_nor_others_nor_the_end) {
  Measured room;
  Peer ann = Peer::registered(room.served.port, "ann");
  Peer ben = Peer::registered(room.served.port, "ben");
  const auto dawdlers = [&] {
    std::vector<Peer> all;
    for (std::size_t i = 0; i < 20; ++i) {
      const std::string whole = "GET /metrics HTTP/1.1\r\n\r\n";
      all.push_back(room.scraper(whole.substr(0, i % 3 * whole.size() / 2)));
    }
    return all;
  };
  const auto start = chat::Clock::now();
  auto first = dawdlers();
  const Stopwatch asked(room.served.program.pid());
  ann.say("hello");
  ben.read_until("ann: hello");
  BOOST_TEST(room.figure("members") == 2);
  BOOST_TEST((asked.elapsed() < chat::kMetricsPatience / 2));
  BOOST_TEST(first[18].ends());  // it has sent nothing
  BOOST_TEST(first[19].ends());  // and this one a part
  BOOST_TEST((chat::Clock::now() - start > chat::kMetricsPatience / 2));
  const auto second = dawdlers();
  ann.close();
  ben.close();
  const Stopwatch signalled(room.served.program.pid());
  room.served.program.signal(SIGTERM);
  BOOST_TEST(room.served.program.status() == 0);
  if (!kSanitized) BOOST_TEST((signalled.elapsed() < chat::kMetricsPatience / 2));
}

BOOST_AUTO_TEST_SUITE_END()
