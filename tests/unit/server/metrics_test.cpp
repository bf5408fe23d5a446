#include "chat/server/metrics.hpp"

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "chat/server/limits.hpp"
#include "tests/support/house.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/stopwatch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace chat {
namespace {

constexpr auto kForms = {MetricsForm::kPrometheus, MetricsForm::kOpenMetrics};

// What promtool, and OpenMetrics of whoever speaks it, would have to say of the text: a family is
// introduced once, by its HELP and its TYPE, and holds the samples that its type has.
class Checked {
 public:
  Checked(const std::string& text, MetricsForm form) : form_(form) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) take(line);
    finish();
  }

  // In their order.
  const std::vector<std::string>& families() const { return families_; }
  std::size_t samples() const { return samples_.size(); }

 private:
  void take(const std::string& line) {
    BOOST_TEST(!ended_, line);
    std::istringstream words(line);
    std::string mark, what, name, rest;
    words >> mark >> what >> name >> rest;
    if (line == "# EOF") {
      ended_ = true;
    } else if (line.starts_with("# HELP ")) {
      finish();
      family_ = name;
      families_.push_back(name);
      BOOST_TEST(name.starts_with("chatroom_"), line);
      BOOST_TEST(seen_.insert(name).second, line);
      BOOST_TEST(!rest.empty(), line);
    } else if (line.starts_with("# TYPE ")) {
      BOOST_TEST(name == family_, line);
      BOOST_TEST(type_.empty(), line);
      type_ = rest;
      check_family(line);
    } else {
      take_sample(line);
    }
  }

  void check_family(const std::string& line) const {
    const bool total = family_.ends_with("_total");
    BOOST_TEST(total == (type_ == "counter" && form_ == MetricsForm::kPrometheus), line);
    for (const char* reserved : {"_bucket", "_count", "_sum", "_created", "_info"}) {
      BOOST_TEST(!family_.ends_with(reserved), line);
    }
  }

  void take_sample(const std::string& line) {
    BOOST_TEST(samples_.insert(line.substr(0, line.rfind(' '))).second, line);
    const std::string name = line.substr(0, line.find_first_of("{ "));
    BOOST_REQUIRE_MESSAGE(name.starts_with(family_), line);
    const std::string suffix = name.substr(family_.size());
    if (type_ == "histogram") {
      const std::set<std::string> all = {"_bucket", "_count", "_sum"};
      BOOST_TEST(all.contains(suffix), line);
    } else {
      const bool counts = type_ == "counter" && form_ == MetricsForm::kOpenMetrics;
      BOOST_TEST(suffix == (counts ? "_total" : ""), line);
    }
    const std::string value = line.substr(line.rfind(' ') + 1);
    std::size_t digits = 0;
    BOOST_TEST(std::stod(value, &digits) >= 0, line);
    BOOST_TEST(digits == value.size(), line);
  }

  void finish() {
    if (!family_.empty()) BOOST_TEST(!type_.empty(), family_);
    type_.clear();
  }

  const MetricsForm form_;
  std::string family_, type_;
  std::vector<std::string> families_;
  std::set<std::string> seen_, samples_;
  bool ended_ = false;
};

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
  for (const MetricsForm form : kForms) {
    const std::string text = metrics_text(house.room, form);
    BOOST_TEST(text.find("\nchatroom_members 0\n") != std::string::npos);
    BOOST_TEST(text.find("\nchatroom_seats{kind=\"registered\"} 3\n") != std::string::npos);
    BOOST_TEST(text.find("\nchatroom_refused_total{reason=\"max chat users\"} 1\n") !=
               std::string::npos);
    BOOST_TEST(text.find("_bucket{le=\"0.0001\"} 0\n") != std::string::npos);
    BOOST_TEST(text.find("_bucket{le=\"1.0\"} 0\n") != std::string::npos);
    BOOST_TEST(text.find("_bucket{le=\"+Inf\"} 0\n") != std::string::npos);
    BOOST_TEST(text.ends_with("\n# EOF\n"));
  }
}

BOOST_AUTO_TEST_CASE(it_is_made_as_promtool_and_open_metrics_want_it) {
  House house(PasswordStorage{}, 3);
  for (const MetricsForm form : kForms) {
    for (const char* reason : {"max chat users", "out of threads"}) {
      house.room.refused.add(reason);
      const Checked checked(metrics_text(house.room, form), form);
      BOOST_TEST(checked.families().front() == "chatroom_members");
      BOOST_TEST(checked.families().size() == 15);
      BOOST_TEST(checked.samples() > checked.families().size());
    }
  }
}

BOOST_AUTO_TEST_CASE(it_is_served_at_its_path_only) {
  const TemporaryFolder folder;
  const auto text = [](MetricsForm) { return std::string("figures\n"); };
  const std::string by_path = "unix:" + folder.file("m");
  for (const std::string& where : {std::string("127.0.0.1:0"), by_path}) {
    MetricsServer server(where, text);
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

BOOST_AUTO_TEST_CASE(open_metrics_is_not_for_who_accepts_something_else) {
  const auto text = [](MetricsForm form) {
    return std::string(form == MetricsForm::kOpenMetrics ? "open\n" : "old\n");
  };
  MetricsServer server("127.0.0.1:0", text);
  const auto answer = [&](const std::string& lines) {
    return answer_to("127.0.0.1", server.port(), "GET /metrics HTTP/1.1\r\n" + lines + "\r\n");
  };
  for (const char* lines :
       {"Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n", "",
        "X-Accept: text/plain\r\n",
        "Host: here\r\naccept:text/plain,Application/OpenMetrics-Text\r\nX: y\r\n"}) {
    const std::string open = answer(lines);
    BOOST_TEST(open.find("\r\nContent-Type: application/openmetrics-text; version=1.0.0; ") !=
               std::string::npos);
    BOOST_TEST(open.ends_with("\r\nopen\n"));
  }
  for (const char* lines : {"Accept: */*\r\n", "Accept: text/plain;version=0.0.4\r\n",
                            "Accept: */*\r\nX: application/openmetrics-text\r\n"}) {
    const std::string old = answer(lines);
    BOOST_TEST(old.find("\r\nContent-Type: text/plain; version=0.0.4; ") != std::string::npos);
    BOOST_TEST(old.ends_with("\r\nold\n"));
  }
}

BOOST_AUTO_TEST_CASE(one_more_than_there_may_be_takes_the_place_of_the_oldest) {
  MetricsServer server("127.0.0.1:0", [](MetricsForm) { return std::string("figures\n"); });
  const Stopwatch stopwatch;
  std::vector<Peer> silent;
  for (std::size_t i = 0; i <= kMaxScrapers; ++i) silent.emplace_back(server.port());
  BOOST_TEST(silent.front().ends());
  BOOST_TEST((stopwatch.elapsed() < kMetricsPatience / 2));
  silent.back().send("GET /metrics HTTP/1.1\r\n\r\n");
  BOOST_TEST(silent.back().read_line() == "HTTP/1.1 200 OK\r");
}

BOOST_AUTO_TEST_CASE(where_it_is_to_be_has_to_make_sense) {
  for (const char* where : {"", "9100", "127.0.0.1:x", "127.0.0.1:70000"}) {
    BOOST_CHECK_THROW(MetricsServer(where, [](MetricsForm) { return std::string(); }),
                      std::exception);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
