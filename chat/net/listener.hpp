// Listening sockets, and how to refuse a connection when descriptors run out.
//
// Errors: what fails at start-up throws std::system_error, or std::runtime_error, that names the
// operation; what a peer can cause is a returned value. NOT thread safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "chat/net/address.hpp"
#include "chat/net/socket.hpp"

namespace chat {

// Why accept() gave no connection.
enum class AcceptError {
  kNone,           // nobody is waiting
  kPeerGone,       // that one left before it was accepted: try the next
  kOutOfResources  // descriptors or memory: refuse one, pause
};

// A listening socket, non-blocking.
class Listener {
 public:
  // Every address that `address` stands for; an empty one means all, IPv4 and IPv6. Port 0 lets the
  // kernel choose. Throws std::system_error or std::runtime_error naming address and port.
  static std::vector<Listener> open(const std::string& address, std::uint16_t port);

  // Listens on a Unix socket. Every user who can reach the path can connect. A socket that a dead
  // server left there is replaced. Throws std::system_error.
  static Listener open_unix(const std::string& path);

  // Takes over a socket that listens already. Throws std::system_error.
  static Listener adopt(Descriptor fd);

  // `peer`, where it is given, becomes where the connection comes from.
  std::optional<Socket> accept(AcceptError& error, PeerAddress* peer = nullptr);

  std::string address() const { return bound_.text(); }  // numeric, or unix:PATH
  std::uint16_t port() const { return bound_.port(); }   // 0: a Unix socket
  bool is_loopback() const { return bound_.is_loopback(); }
  const Descriptor& descriptor() const { return fd_; }

 private:
  explicit Listener(Descriptor fd);

  static std::vector<Listener> open_once(const std::string& address, std::uint16_t port);

  Descriptor fd_;
  SocketAddress bound_;
};

// So that nobody finds what open_unix() has made and nobody serves any more. Best effort.
void remove_unix_socket(const std::string& path);

// A descriptor held back, so that there is one left to refuse a client with when all are used up.
class SpareDescriptor {
 public:
  SpareDescriptor();
  // Gives the spare up, accepts one client with it, `peer`, tells it `line`, closes it, takes the
  // spare back. False: that did not work out, and nobody was refused.
  bool refuse_one(Listener& listener, std::string_view line, PeerAddress* peer = nullptr);

 private:
  void reserve();
  Descriptor fd_;
};

}  // namespace chat
