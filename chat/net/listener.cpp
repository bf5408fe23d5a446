#include "chat/net/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "chat/base/system_call.hpp"
#include "chat/net/limits.hpp"

namespace chat {
namespace {

Descriptor new_socket(int family) {
  return Descriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

// A port that the kernel has chosen for one family may be taken in the other: then another one.
std::vector<Listener> Listener::open(const std::string& address, std::uint16_t port) {
  for (int tries = port == 0 ? kPortTries : 1;; --tries) {
    try {
      return open_once(address, port);
    } catch (const std::system_error& error) {
      if (tries == 1 || error.code() != std::errc::address_in_use) throw;
    }
  }
}

std::vector<Listener> Listener::open_once(const std::string& address, std::uint16_t port) {
  std::vector<Listener> listeners;
  const std::vector<SocketAddress> addresses = resolve(address, port);
  for (const int family : {AF_INET6, AF_INET}) {
    for (SocketAddress one : addresses) {
      if (one.family() != family) continue;
      const std::string operation =
          "cannot listen on address " + one.text() + " port " + std::to_string(port);
      Descriptor fd = new_socket(family);
      if (!fd && errno == EAFNOSUPPORT) continue;  // a kernel without IPv6
      if (!fd) throw_errno(operation);
      // Connections of a server that has just ended linger in TIME_WAIT; they are no obstacle.
      set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
      if (family == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
      // All listeners have one port: the one that the kernel chose for the first.
      if (!listeners.empty()) one.set_port(listeners.front().port());
      if (::bind(fd.get(), one.get(), one.size) != 0) {
        if (errno == EADDRNOTAVAIL && address.empty()) continue;  // IPv6 switched off
        throw_errno(operation);
      }
      if (::listen(fd.get(), SOMAXCONN) != 0) throw_errno(operation);
      listeners.push_back(Listener(std::move(fd)));
    }
  }
  if (listeners.empty())
    throw std::runtime_error("there is no address to listen on: give --bind ADDRESS");
  return listeners;
}

Listener Listener::open_unix(const std::string& path) {
  const SocketAddress address = unix_address(path);
  const std::string operation = "cannot listen on unix:" + path;
  Descriptor fd = new_socket(AF_UNIX);
  if (!fd) throw_errno(operation);
  // Nobody answers: it is a leftover.
  if (::connect(fd.get(), address.get(), address.size) != 0 && errno == ECONNREFUSED) {
    (void)::unlink(path.c_str());
  }
  fd = new_socket(AF_UNIX);
  constexpr mode_t kEverybody = 0666;
  if (!fd || ::bind(fd.get(), address.get(), address.size) != 0 ||
      ::chmod(path.c_str(), kEverybody) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) {
    throw_errno(operation);
  }
  return Listener(std::move(fd));
}

Listener Listener::adopt(Descriptor fd) {
  outlive_execution(fd.get(), false);
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) throw_errno("fcntl");
  return Listener(std::move(fd));
}

Listener::Listener(Descriptor fd) : fd_(std::move(fd)), bound_(local_address(fd_.get())) {}

void remove_unix_socket(const std::string& path) { (void)::unlink(path.c_str()); }

std::optional<Socket> Listener::accept(AcceptError& error, PeerAddress* peer) {
  SocketAddress address;
  Descriptor fd(retry([&] {
    address.size = sizeof address.storage;
    auto* const any = reinterpret_cast<sockaddr*>(&address.storage);
    return ::accept4(fd_.get(), any, &address.size, SOCK_CLOEXEC);
  }));
  if (fd) {
    if (peer != nullptr) {
      *peer = address.family() == AF_UNIX ? peer_user(fd.get()) : peer_of(address);
    }
    return Socket(std::move(fd));
  }
  switch (errno) {
    case EAGAIN:
      error = AcceptError::kNone;
      break;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      error = AcceptError::kOutOfResources;
      break;
    default:  // what accept(2) lists as errors of the network: this connection is gone, others come
      error = AcceptError::kPeerGone;
  }
  return std::nullopt;
}

SpareDescriptor::SpareDescriptor() { reserve(); }

void SpareDescriptor::reserve() { fd_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool SpareDescriptor::refuse_one(Listener& listener, std::string_view line, PeerAddress* peer) {
  fd_.reset();
  AcceptError error{};
  auto client = listener.accept(error, peer);
  if (client) (void)client->send_some(line);  // best effort: this one is refused anyhow
  const bool refused = client.has_value();
  client.reset();
  reserve();
  return refused;
}

}  // namespace chat
