// Stands between a client and a server, and breaks their connection when the test says so.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <thread>
#include <utility>

#include "chat/base/poller.hpp"
#include "chat/net/listener.hpp"
#include "chat/net/socket.hpp"
#include "tests/support/threads.hpp"

class Proxy {
 public:
  static constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

  // To the server at `port`. It passes one connection at a time on; the next one, after that.
  explicit Proxy(std::uint16_t port)
      : port_(port), listener_(std::move(chat::Listener::open("127.0.0.1", 0).front())) {
    thread_.start([this] { run(); });
  }

  std::uint16_t port() const { return listener_.port(); }
  std::size_t connections() const { return connections_; }

  // Resets both sides, once so many more bytes have gone to the server, or to the client: 0 is now.
  void cut_after_sent(std::size_t bytes) { order(to_server_, bytes); }
  void cut_after_received(std::size_t bytes) { order(to_client_, bytes); }

  // Finishes sending to the server, as if the client had, at the next end of a line; what the
  // server still says is passed on.
  void half_close_at_line_end() { half_closing_ = true; }

  // Keeps back for so long what comes from now on.
  void delay(std::chrono::milliseconds time) { delay_ = time; }

  // Whether who comes from now on is reset at once, instead of led to the server.
  void refuse(bool refuses) { refusing_ = refuses; }

  // Passes nothing on, either way, until the connection is cut.
  void stall() {
    stalled_ = true;
    wake_.signal();
  }

 private:
  void order(std::atomic<std::size_t>& left, std::size_t bytes) {
    left = bytes;
    if (bytes == 0) stalled_ = false;  // where nothing is connected, the next one is not stalled
    wake_.signal();
  }

  void run() {
    while (!thread_.stopping()) {
      if (!wait(listener_.descriptor().get(), -1)) continue;
      chat::AcceptError error{};
      auto client = listener_.accept(error);
      if (!client) continue;
      if (refusing_) {
        reset(*client);
        continue;
      }
      ++connections_;
      try {
        chat::Socket server = chat::Socket::connect("127.0.0.1", port_);
        pass(*client, server);
        reset(server);
      } catch (const std::exception&) {  // the server is down
      }
      reset(*client);
      to_server_ = to_client_ = kNever;
      stalled_ = half_closing_ = false;
      delay_ = std::chrono::milliseconds(0);
    }
  }

  // Whether either can be read; not where somebody has said something meanwhile.
  bool wait(int one, int other) {
    pollfd entries[3] = {
        {one, POLLIN, 0}, {other, POLLIN, 0}, {wake_.descriptor().get(), POLLIN, 0}};
    (void)::poll(entries, 3, -1);
    std::uint64_t count = 0;
    if (entries[2].revents != 0) (void)!::read(wake_.descriptor().get(), &count, sizeof count);
    return (entries[0].revents | entries[1].revents) != 0;
  }

  void pass(chat::Socket& client, chat::Socket& server) {
    while (!thread_.stopping() && to_server_ > 0 && to_client_ > 0) {
      const bool stalled = stalled_;
      const bool ready =
          wait(stalled ? -1 : client.descriptor().get(), stalled ? -1 : server.descriptor().get());
      if (!ready || stalled_) continue;
      std::this_thread::sleep_for(delay_.load());
      if (!move(client, server, to_server_) || !move(server, client, to_client_)) return;
      if (half_closed_) {
        server.shutdown_write();
        half_closed_ = false;
        drain(server, client);
        return;
      }
    }
  }

  bool move(chat::Socket& from, chat::Socket& to, std::atomic<std::size_t>& left) {
    if (!from.has_input()) return true;
    char bytes[4096];
    const std::size_t most = std::min<std::size_t>(sizeof bytes, left);
    if (most == 0) return true;  // the order came just now
    const auto received = from.receive({bytes, most});
    if (received.io == chat::Io::kEnd) to.shutdown_write();
    if (received.io != chat::Io::kDone) {
      // The end of one direction is passed on; the other goes on until it ends, too.
      return received.io == chat::Io::kEnd && drain(to, from);
    }
    if (!to.send_all({bytes, received.bytes})) return false;
    const bool line_end = bytes[received.bytes - 1] == '\n';
    half_closed_ = half_closed_ || (&left == &to_server_ && half_closing_ && line_end);
    // The order may have come meanwhile.
    if (left != kNever) left -= std::min<std::size_t>(left, received.bytes);
    return true;
  }

  static bool drain(chat::Socket& from, chat::Socket& to) {
    char bytes[4096];
    while (true) {
      const auto received = from.receive_until(bytes, chat::Clock::now() + std::chrono::seconds(5));
      if (received.io != chat::Io::kDone) break;
      if (!to.send_all({bytes, received.bytes})) break;
    }
    to.shutdown_write();
    return false;
  }

  static void reset(chat::Socket& socket) {
    const linger now{1, 0};
    (void)::setsockopt(socket.descriptor().get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket = {};
  }

  const std::uint16_t port_;
  chat::Listener listener_;
  chat::WakeEvent wake_;
  std::atomic<bool> refusing_ = false;
  std::atomic<bool> stalled_ = false;
  std::atomic<bool> half_closing_ = false;
  bool half_closed_ = false;  // the thread's
  std::atomic<std::chrono::milliseconds> delay_{};
  std::atomic<std::size_t> to_server_ = kNever;
  std::atomic<std::size_t> to_client_ = kNever;
  std::atomic<std::size_t> connections_ = 0;
  Threads thread_{[this] { wake_.signal(); }};
};
