// A server that says and does what the test wants; and none at all.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "chat/base/descriptor.hpp"
#include "chat/net/listener.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"

class FakeServer {
 public:
  FakeServer() { listener_.emplace(std::move(chat::Listener::open("127.0.0.1", 0).front())); }

  std::uint16_t port() const { return listener_->port(); }

  // From here on nobody gets through to it.
  void stop_listening() { listener_.reset(); }

  Peer accept() {
    pollfd entry{listener_->descriptor().get(), POLLIN, 0};
    const int patience = static_cast<int>(std::chrono::milliseconds(kPatience).count());
    if (::poll(&entry, 1, patience) != 1) throw std::runtime_error("no client comes");
    chat::AcceptError error{};
    auto socket = listener_->accept(error);
    if (!socket) throw std::runtime_error("accept");
    return Peer(std::move(*socket));
  }

  // The connection of a client that registers as `name` and is let in; it is alone.
  Peer let_in(Program& client, const std::string& name) {
    client.type("register\n" + name + ",pw\n");
    Peer connection = accept();
    connection.read_until(name + ",pw");
    connection.say("* online (1): " + name);
    client.read_until("(1): " + name + "\n");
    return connection;
  }

 private:
  std::optional<chat::Listener> listener_;
};

// A port that is taken, so that no other test gets it, but where nobody listens. Full: somebody
// listens, and the kernel answers nobody any more, so that connecting takes for ever.
class DeafPort {
 public:
  explicit DeafPort(bool full = false) : fd_(open()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_.get(), generic, length) != 0 ||
        ::getsockname(fd_.get(), generic, &length) != 0) {
      throw std::runtime_error("bind");
    }
    port_ = ntohs(address.sin_port);
    if (!full) return;
    if (::listen(fd_.get(), 0) != 0) throw std::runtime_error("listen");
    for (chat::Descriptor& filler : fillers_) {
      filler = open();
      (void)::connect(filler.get(), generic, length);  // it stays under way
    }
  }

  std::uint16_t port() const { return port_; }

 private:
  static chat::Descriptor open() {
    return chat::Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  }

  chat::Descriptor fd_;
  chat::Descriptor fillers_[4];
  std::uint16_t port_ = 0;
};

// What a server might try on a user's terminal: clear it, name its window, colour it, go back in
// the line, ring, reorder what is read; and a byte that is no text.
inline constexpr std::string_view kHostile =
    "a\x1B[2J b\x1B]0;owned\x07 c\xC2\x9B"
    "31m d\rover e\bf \xE2\x80\xAE g\xE2\x81\xA6 \xE2\x80\xA8 \xFF.";
inline constexpr std::string_view kNeutralised =
    "a\xEF\xBF\xBD[2J b\xEF\xBF\xBD]0;owned\xEF\xBF\xBD c\xEF\xBF\xBD"
    "31m d\xEF\xBF\xBDover e\xEF\xBF\xBD"
    "f \xEF\xBF\xBD g\xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD.";
