// The room's figures for a monitoring system: text at /metrics, by HTTP, on an address or Unix
// socket of its own. One thread of its own answers all requests, and waits for nobody in
// particular; all it takes of the room is a look at its counters.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <thread>

#include "chat/base/limits.hpp"
#include "chat/base/poller.hpp"
#include "chat/net/listener.hpp"
#include "chat/net/socket.hpp"
#include "chat/server/limits.hpp"
#include "chat/session/room.hpp"

namespace chat {

// OpenMetrics, unless the one who asks accepts other text only, or just anything, as curl does:
// then the older form, which promtool and the like read. No text is right in both, since they
// differ in what a counter's family is called.
enum class MetricsForm { kPrometheus, kOpenMetrics };

// Thread safe.
std::string metrics_text(Room& room, MetricsForm form);

class MetricsServer {
 public:
  // `where` is ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH; `text` is called for each request, by the
  // thread that is made here. Throws where that is not to be had.
  using Text = std::function<std::string(MetricsForm)>;
  MetricsServer(const std::string& where, Text text);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  std::uint16_t port() const { return listener_.port(); }  // 0: a Unix socket

 private:
  // One who asks.
  struct Scraper {
    Socket socket;
    Clock::time_point deadline = Clock::now() + kMetricsPatience;
    std::string request;  // what has come of it
    bool done = false;
  };

  void run();
  void let_go();
  void wait();
  void accept();
  void hear(Scraper& scraper) const;
  std::string answer_to(std::string_view request) const;

  const std::string unix_path_;  // empty: it is none
  Listener listener_;
  const Text text_;
  std::atomic<bool> stopping_{false};
  WakeEvent wake_;
  Poller poller_;
  std::list<Scraper> scrapers_;  // the thread's; the oldest first
  std::thread thread_;
};

}  // namespace chat
