#include "chat/server/metrics.hpp"

#include <array>
#include <charconv>
#include <exception>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/base/text.hpp"
#include "chat/server/limits.hpp"

namespace chat {
namespace {

constexpr std::string_view kOpenMetrics = "application/openmetrics-text";

std::string_view content_type(MetricsForm form) {
  return form == MetricsForm::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

// As OpenMetrics wants bounds to be written: 0.0001, 1.0.
std::string decimal(double value) {
  std::array<char, 64> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  const std::string result(text.data(), end);
  return result.find('.') == std::string::npos ? result + ".0" : result;
}

// Writes the text, a family of samples after the other.
class Families {
 public:
  explicit Families(MetricsForm form) : open_(form == MetricsForm::kOpenMetrics) {}

  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "chatroom_" + std::string(name);
    text_.append("# HELP ").append(name_).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name_).append(" ").append(type).append("\n");
  }
  // Its samples are called NAME_total; only in OpenMetrics the family is not.
  void begin_counter(const std::string& name, std::string_view help) {
    begin(open_ ? name : name + "_total", "counter", help);
  }
  // `labels` come with their braces.
  void sample(std::string_view suffix, std::string_view labels, const std::string& value) {
    text_.append(name_).append(suffix).append(labels).append(" ").append(value).append("\n");
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    begin(name, "gauge", help);
    sample("", "", std::to_string(value));
  }
  void counter(const std::string& name, std::string_view help, std::uint64_t value) {
    begin_counter(name, help);
    counter_sample("", value);
  }
  void counter_sample(std::string_view labels, std::uint64_t value) {
    sample(open_ ? "_total" : "", labels, std::to_string(value));
  }
  // In the older form that is a comment.
  std::string end() { return std::move(text_) + "# EOF\n"; }

 private:
  const bool open_;
  std::string name_;
  std::string text_;
};

// No reason holds a quote, a backslash or a line end.
std::string label(std::string_view name, std::string_view value) {
  return "{" + std::string(name) + "=\"" + std::string(value) + "\"}";
}

void add_histogram(Families& families, const Histogram& histogram) {
  families.begin("publish_to_kernel_seconds", "histogram",
                 "From a line being said to its being handed to the kernel for all who read");
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    count += histogram.counts[i];
    const bool last = i == Histogram::kBounds.size();
    families.sample("_bucket", label("le", last ? "+Inf" : decimal(Histogram::kBounds[i])),
                    std::to_string(count));
  }
  families.sample("_count", "", std::to_string(count));
  families.sample("_sum", "", decimal(histogram.sum));
}

// Of unix:PATH; of anything else nothing.
std::string unix_path_in(const std::string& where) {
  return where.starts_with(kUnix) ? where.substr(kUnix.size()) : "";
}

Listener listener_at(const std::string& where) {
  const std::string path = unix_path_in(where);
  if (!path.empty()) return Listener::open_unix(path);
  const auto colon = where.rfind(':');
  const auto port =
      colon == std::string::npos ? std::nullopt : parse_number(where.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max()) {
    throw std::runtime_error("--metrics is ADDRESS:PORT or unix:PATH");
  }
  std::string address = where.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  return std::move(Listener::open(address, static_cast<std::uint16_t>(*port)).front());
}

std::string response(std::string_view status, std::string_view type, const std::string& body) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
         body;
}

bool is_whole(const std::string& request) {
  return request.find("\r\n\r\n") != std::string::npos || request.find("\n\n") != std::string::npos;
}

// OpenMetrics, but for who says what it accepts, in the line Accept, and does not name that.
MetricsForm form_wanted(std::string_view request) {
  const std::string lines = lowercase(request);
  const auto accept = lines.find("\naccept:");
  if (accept == std::string::npos) return MetricsForm::kOpenMetrics;
  const bool named = lines.find(kOpenMetrics, accept) < lines.find('\n', accept + 1);
  return named ? MetricsForm::kOpenMetrics : MetricsForm::kPrometheus;
}

}  // namespace

std::string metrics_text(Room& room, MetricsForm form) {
  const Registry::Seats seats = room.registry.seats();
  const Broadcast::Figures figures = room.broadcast.figures();
  Families families(form);
  families.gauge("members", "Users in the room", seats.logged_in + seats.registered);
  families.begin("seats", "gauge", "Users that the room can have, by how they come in");
  families.sample("", label("kind", "account"), std::to_string(seats.accounts));
  families.sample("", label("kind", "registered"),
                  std::to_string(seats.max_users - seats.accounts));
  families.begin("seats_taken", "gauge", "Of these, who is in");
  families.sample("", label("kind", "account"), std::to_string(seats.logged_in));
  families.sample("", label("kind", "registered"), std::to_string(seats.registered));
  families.gauge("pending", "Connections that are not in yet", room.lobby.pending());
  families.gauge("hash_queue", "Of these, who waits for a password to be looked at",
                 room.hash_gate.waiting());
  families.counter("joins", "Users that came in", room.joins);
  families.begin_counter("refused", "Connections that did not come in, by reason");
  for (const auto& [reason, count] : room.refused.all()) {
    families.counter_sample(label("reason", reason), count);
  }
  families.counter("lines", "Lines of the room", figures.last_number);
  families.counter("delivered_lines", "Lines handed to the kernel, for each member",
                   figures.delivered_lines);
  families.counter("sent_bytes", "Bytes handed to the kernel for members", figures.sent_bytes);
  families.gauge("slow_members", "Members whose sockets are full", figures.slow);
  families.gauge("queue_lag_bytes", "How far behind the slowest of them is", figures.lag);
  families.counter("skipped", "Times that a member was skipped forward", figures.skipped);
  families.counter("dropped", "Members that took nothing for too long", figures.dropped);
  add_histogram(families, figures.to_kernel);
  return families.end();
}

MetricsServer::MetricsServer(const std::string& where, Text text)
    : unix_path_(unix_path_in(where)), listener_(listener_at(where)), text_(std::move(text)) {
  poller_.add_readable(listener_.descriptor(), &listener_);
  poller_.add_event(wake_, nullptr);
  thread_ = std::thread([this] { run(); });
}

MetricsServer::~MetricsServer() {
  stopping_ = true;
  wake_.signal();
  thread_.join();
  if (!unix_path_.empty()) remove_unix_socket(unix_path_);
}

void MetricsServer::run() {
  while (!stopping_) {
    try {
      let_go();
      wait();
    } catch (const std::exception&) {  // out of memory: whoever it was asks again
    }
  }
}

// Whoever is answered, or dawdles.
void MetricsServer::let_go() {
  const auto now = Clock::now();
  for (Scraper& scraper : scrapers_) {
    if (now >= scraper.deadline) scraper.done = true;
    if (scraper.done) poller_.remove(scraper.socket.descriptor());
  }
  scrapers_.remove_if([](const Scraper& scraper) { return scraper.done; });
}

void MetricsServer::wait() {
  std::optional<std::chrono::milliseconds> left;
  if (!scrapers_.empty()) {
    left = std::chrono::ceil<std::chrono::milliseconds>(scrapers_.front().deadline - Clock::now());
  }
  bool somebody_comes = false;
  for (void* tag : poller_.wait(left)) {
    if (tag == &listener_) {
      somebody_comes = true;
    } else if (tag != nullptr) {
      hear(*static_cast<Scraper*>(tag));
    }
  }
  if (somebody_comes) accept();
}

void MetricsServer::accept() {
  AcceptError error = AcceptError::kNone;
  auto client = listener_.accept(error);
  const bool too_many = client && scrapers_.size() == kMaxScrapers;
  if (!scrapers_.empty() && (too_many || error == AcceptError::kOutOfResources)) {
    poller_.remove(scrapers_.front().socket.descriptor());  // the oldest makes room
    scrapers_.pop_front();
  } else if (error == AcceptError::kOutOfResources) {
    poller_.remove(listener_.descriptor());  // a short rest instead of a spin
    (void)poller_.wait(kAcceptPause);
    poller_.add_readable(listener_.descriptor(), &listener_);
  }
  if (!client) return;
  client->configure_accepted();
  Scraper& scraper = scrapers_.emplace_back();
  scraper.socket = std::move(*client);
  poller_.add_readable(scraper.socket.descriptor(), &scraper);
}

// Takes what has come of a request, and answers it when it is whole. A new connection's buffer
// holds the answer; so nobody is waited for.
void MetricsServer::hear(Scraper& scraper) const {
  std::array<char, 1024> part;
  const IoResult received = scraper.socket.receive_until(part, Clock::now());
  if (received.io == Io::kWouldBlock) return;
  scraper.done = true;
  if (received.io != Io::kDone || scraper.request.size() > kMaxMetricsRequest) return;
  scraper.request.append(part.data(), received.bytes);
  if (is_whole(scraper.request)) {
    (void)scraper.socket.send_some(answer_to(scraper.request));
  } else {
    scraper.done = false;
  }
}

std::string MetricsServer::answer_to(std::string_view request) const {
  const std::string_view line = request.substr(0, request.find_first_of("\r\n"));
  if (!line.starts_with("GET ")) return response("405 Method Not Allowed", "text/plain", "");
  const std::string_view path = line.substr(4, line.substr(4).find_first_of(" ?"));
  if (path != "/metrics") return response("404 Not Found", "text/plain", "see /metrics\n");
  const MetricsForm form = form_wanted(request);
  return response("200 OK", content_type(form), text_(form));
}

}  // namespace chat
