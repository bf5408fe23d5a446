#include "chat/net/address.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "chat/base/system_call.hpp"

namespace chat {
namespace {

SocketAddress address_from(const sockaddr* address, socklen_t size) {
  SocketAddress result;
  std::memcpy(&result.storage, address, size);
  result.size = size;
  return result;
}

const sockaddr_in& as_ipv4(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr_in&>(address.storage);
}
const sockaddr_in6& as_ipv6(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr_in6&>(address.storage);
}

PeerAddress ipv4_peer(std::uint32_t number, const std::string& host, std::uint16_t port) {
  PeerAddress peer;
  peer.text = host + ":" + std::to_string(port);
  peer.loopback = (number >> 24) == 127;
  peer.address = ipv4_address(number);
  peer.source = peer.address;
  return peer;
}

}  // namespace

std::string SocketAddress::text() const {
  if (family() == AF_UNIX) {
    return std::string(kUnix) + reinterpret_cast<const sockaddr_un&>(storage).sun_path;
  }
  std::array<char, NI_MAXHOST> host{};
  if (::getnameinfo(get(), size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
    return "unknown";
  }
  const std::string result(host.data());
  // An IPv4 peer of a socket that serves both families.
  const std::string mapped = "::ffff:";
  return result.starts_with(mapped) ? result.substr(mapped.size()) : result;
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_UNIX) return 0;
  return ntohs(family() == AF_INET6 ? as_ipv6(*this).sin6_port : as_ipv4(*this).sin_port);
}

void SocketAddress::set_port(std::uint16_t port) {
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6&>(storage).sin6_port = htons(port);
  if (family() == AF_INET) reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(port);
}

bool SocketAddress::is_loopback() const {
  if (family() == AF_UNIX) return true;
  if (family() == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&as_ipv6(*this).sin6_addr);
  return (ntohl(as_ipv4(*this).sin_addr.s_addr) >> 24) == 127;
}

bool SocketAddress::operator==(const SocketAddress& other) const {
  return size == other.size && std::memcmp(&storage, &other.storage, size) == 0;
}

std::vector<SocketAddress> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (host.empty() ? AI_PASSIVE : 0);
  addrinfo* first = nullptr;
  const int error = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                  std::to_string(port).c_str(), &hints, &first);
  if (error != 0) {
    throw std::runtime_error("cannot find the address of " + host + ": " +
                             (error == EAI_SYSTEM ? std::generic_category().message(errno)
                                                  : std::string(::gai_strerror(error))));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(first, &::freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* info = first; info != nullptr; info = info->ai_next) {
    addresses.push_back(address_from(info->ai_addr, info->ai_addrlen));
  }
  return addresses;
}

SocketAddress unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    throw std::runtime_error("a Unix socket's path is 1 to " +
                             std::to_string(sizeof address.sun_path - 1) + " bytes: " + path);
  }
  path.copy(address.sun_path, path.size());
  return address_from(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

SocketAddress local_address(int fd) {
  SocketAddress address;
  address.size = sizeof address.storage;
  auto* const any = reinterpret_cast<sockaddr*>(&address.storage);
  if (::getsockname(fd, any, &address.size) != 0) throw_errno("getsockname");
  return address;
}

// A socket that serves both families reports an IPv4 peer as an IPv6 address: it is unwrapped.
PeerAddress peer_of(const SocketAddress& address) {
  const std::string host = address.text();
  if (address.family() == AF_INET) {
    return ipv4_peer(ntohl(as_ipv4(address).sin_addr.s_addr), host, address.port());
  }
  PeerAddress peer;
  if (address.family() != AF_INET6) return peer;
  const in6_addr& ip = as_ipv6(address).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&ip)) {
    std::uint32_t number = 0;
    std::memcpy(&number, ip.s6_addr + 12, sizeof number);
    return ipv4_peer(ntohl(number), host, address.port());
  }
  peer.text = "[" + host + "]:" + std::to_string(address.port());
  peer.loopback = address.is_loopback();
  std::copy_n(ip.s6_addr, peer.address.size(), peer.address.begin());
  std::copy_n(ip.s6_addr, 8, peer.source.begin());
  return peer;
}

PeerAddress peer_user(int fd) {
  PeerAddress peer;
  peer.loopback = true;
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return peer;
  peer.uid = credentials.uid;
  peer.text = std::string(kUnix) + std::to_string(credentials.uid);
  std::memcpy(peer.source.data(), &credentials.uid, sizeof credentials.uid);
  peer.source.back() = 1;  // so that it is no network of IPv6
  return peer;
}

std::optional<PeerAddress> peer_at(const std::string& address, std::uint16_t port) {
  SocketAddress result;
  auto& four = reinterpret_cast<sockaddr_in&>(result.storage);
  auto& six = reinterpret_cast<sockaddr_in6&>(result.storage);
  if (::inet_pton(AF_INET, address.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    result.size = sizeof four;
  } else if (::inet_pton(AF_INET6, address.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    result.size = sizeof six;
  } else {
    return std::nullopt;
  }
  result.set_port(port);
  return peer_of(result);
}

std::optional<std::string> user_name(std::uint32_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> texts{};
  (void)::getpwuid_r(uid, &entry, texts.data(), texts.size(), &found);
  if (found == nullptr) return std::nullopt;
  return found->pw_name;
}

std::optional<std::uint32_t> user_id(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> texts{};
  (void)::getpwnam_r(name.c_str(), &entry, texts.data(), texts.size(), &found);
  if (found == nullptr) return std::nullopt;
  return found->pw_uid;
}

std::vector<IpAddress> interface_addresses() {
  std::vector<IpAddress> addresses;
  ifaddrs* found = nullptr;
  if (::getifaddrs(&found) != 0) return addresses;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(found, &::freeifaddrs);
  for (const ifaddrs* one = found; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (one->ifa_addr->sa_family == AF_INET) {
      const auto& ip = *reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
      addresses.push_back(ipv4_address(ntohl(ip.sin_addr.s_addr)));
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      const auto& ip = *reinterpret_cast<const sockaddr_in6*>(one->ifa_addr);
      IpAddress& address = addresses.emplace_back();
      std::copy_n(ip.sin6_addr.s6_addr, address.size(), address.begin());
    }
  }
  return addresses;
}

}  // namespace chat
