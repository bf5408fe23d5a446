// Addresses of both ends of a connection: parsed, resolved, printed.
//
// Errors: what is no address throws std::runtime_error that says so. Thread safe.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/net/address_range.hpp"

namespace chat {

// The prefix of a host that is a Unix socket; the path follows.
inline constexpr std::string_view kUnix = "unix:";

// An address as the kernel takes it: IPv4, IPv6, or the path of a Unix socket.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;  // 0: it is none

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  std::string text() const;    // numeric, without the port; or unix:PATH
  std::uint16_t port() const;  // 0: a Unix socket
  void set_port(std::uint16_t port);
  bool is_loopback() const;  // this machine
  bool operator==(const SocketAddress& other) const;
};

// The addresses of `host`; an empty one means all of this machine, for listening. May take long.
std::vector<SocketAddress> resolve(const std::string& host, std::uint16_t port);

SocketAddress unix_address(const std::string& path);

// The one that socket `fd` is bound to. Throws std::system_error.
SocketAddress local_address(int fd);

// The origin that limits count connections by: an IPv4 address, or the /64 network of an IPv6
// address, which usually belongs to one customer.
using Source = std::array<std::uint8_t, 16>;

// Where a connection comes from.
struct PeerAddress {
  std::string text = "unknown";  // numeric, with the port: 192.0.2.7:51820, [2001:db8::7]:51820
  Source source{};
  IpAddress address{};
  bool loopback = false;                  // this machine
  bool exempt = false;                    // no ban reaches it (see ban_exemptions.hpp)
  std::optional<std::uint32_t> uid = {};  // of a peer on a Unix socket, as the kernel says
};

// Returns the peer at `address`; or the user at the other end of Unix socket `fd`.
PeerAddress peer_of(const SocketAddress& address);
PeerAddress peer_user(int fd);

// The name of user `uid`; nothing: it has none. And the other way round. May take long: names may
// be kept on other machines.
std::optional<std::string> user_name(std::uint32_t uid);
std::optional<std::uint32_t> user_id(const std::string& name);

// Parses a numeric IP address. Returns nothing where `address` is none.
std::optional<PeerAddress> peer_at(const std::string& address, std::uint16_t port);

// The addresses of this machine's network interfaces. Empty: the kernel does not say.
std::vector<IpAddress> interface_addresses();

}  // namespace chat
