#include "chat/net/socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "chat/base/deadline.hpp"
#include "chat/base/system_call.hpp"
#include "chat/net/connecting.hpp"
#include "chat/net/limits.hpp"

namespace chat {
namespace {

IoResult receive_result(ssize_t n) {
  if (n > 0) return {Io::kDone, static_cast<std::size_t>(n)};
  if (n == 0) return {Io::kEnd};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {Io::kWouldBlock};
  return {Io::kFailed};
}

IoResult send_result(ssize_t n) {
  if (n >= 0) return {Io::kDone, static_cast<std::size_t>(n)};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM) {
    return {Io::kWouldBlock};
  }
  return {Io::kFailed};
}

// poll() until `deadline`, or until a signal was handled.
int poll_until(pollfd& entry, Clock::time_point deadline) {
  return ::poll(&entry, 1, poll_timeout_until(deadline));
}

// See kKeepaliveIdle. Which nanosecond it is, is as good as chance.
void notice_a_silent_end(int fd) {
  const auto more = Clock::now().time_since_epoch().count() % (kKeepaliveSpread.count() + 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(kKeepaliveIdle.count() + more));
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(kKeepaliveInterval.count()));
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(kUserTimeout.count()));
}

}  // namespace

Socket Socket::connect(const std::string& host, std::uint16_t port) {
  SocketAddress answered;
  return connect(host, port, answered);
}

Socket Socket::connect(const std::string& host, std::uint16_t port, SocketAddress& answered) {
  if (host.starts_with(kUnix)) return connect_unix(host.substr(kUnix.size()));
  const std::vector<SocketAddress> addresses = resolve(host, port);
  try {
    Descriptor fd = connect_to_first(in_turn(addresses, answered), answered);
    set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    notice_a_silent_end(fd.get());
    return Socket(std::move(fd));
  } catch (const std::system_error& error) {
    throw std::runtime_error("cannot connect to " + host + " port " + std::to_string(port) + ": " +
                             error.code().message());
  }
}

Socket Socket::connect_unix(const std::string& path) {
  const SocketAddress address = unix_address(path);
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), address.get(), address.size) != 0) {
    throw std::runtime_error("cannot connect to unix:" + path + ": " +
                             std::generic_category().message(errno));
  }
  return Socket(std::move(fd));
}

IoResult Socket::receive(std::span<char> into) {
  return receive_result(::recv(fd_.get(), into.data(), into.size(), 0));
}

IoResult Socket::receive_until(std::span<char> into, Clock::time_point deadline) {
  pollfd entry{fd_.get(), POLLIN, 0};
  if (poll_until(entry, deadline) <= 0) return {Io::kWouldBlock};
  return receive_result(::recv(fd_.get(), into.data(), into.size(), MSG_DONTWAIT));
}

// The shorter way through the kernel, where there is one piece.
IoResult Sender::send_some(std::string_view bytes) const {
  return send_result(
      retry([&] { return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL); }));
}

IoResult Sender::send_some(std::span<const iovec> pieces) const {
  if (pieces.size() == 1) {
    return send_some({static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len});
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg does not write to them
  message.msg_iovlen = pieces.size();
  return send_result(retry([&] { return ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL); }));
}

bool Socket::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n =
        retry([&] { return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool Socket::wait_while_open(Clock::time_point deadline) {
  // No event asked for: poll() still reports an error and a connection shut down both ways.
  pollfd entry{fd_.get(), 0, 0};
  return poll_until(entry, deadline) <= 0;
}

bool Socket::wait_for_input(Clock::time_point deadline) {
  pollfd entry{fd_.get(), POLLIN, 0};
  return poll_until(entry, deadline) > 0;
}

bool Socket::wait_while_peer_stays(Clock::time_point deadline) {
  pollfd entry{fd_.get(), POLLRDHUP, 0};
  return poll_until(entry, deadline) <= 0;
}

bool Socket::has_input() const {
  pollfd entry{fd_.get(), POLLIN, 0};
  return retry([&] { return ::poll(&entry, 1, 0); }) == 1;
}

void Socket::shutdown_write() { (void)::shutdown(fd_.get(), SHUT_WR); }  // the peer may be gone

void Socket::shutdown() { (void)::shutdown(fd_.get(), SHUT_RDWR); }  // the peer may be gone

void Socket::configure_accepted() {
  set_option(fd_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  // Left alone, the kernel lets the send buffer of a peer who does not read grow to megabytes.
  set_option(fd_.get(), SOL_SOCKET, SO_SNDBUF, kSendBuffer);
  notice_a_silent_end(fd_.get());
}

}  // namespace chat
