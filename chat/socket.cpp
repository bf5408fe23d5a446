#include "chat/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "chat/connecting.hpp"

namespace chat {
namespace {

constexpr std::size_t kMaxEvents = 64;  // of one wait for several descriptors

[[noreturn]] void throw_errno(const std::string& operation) {
  throw std::system_error(errno, std::generic_category(), operation);
}

// Repeats a system call that a signal interrupted.
template <typename Call>
auto retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

IoResult receive_result(ssize_t n) {
  if (n > 0) return {Io::kDone, static_cast<std::size_t>(n)};
  if (n == 0) return {Io::kEnd};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {Io::kWouldBlock};
  return {Io::kFailed};
}

// poll() until `deadline`, or until a signal was handled. Rounded up, so that it does not return a
// moment too early and spin.
int poll_until(pollfd& entry, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return ::poll(&entry, 1, static_cast<int>(std::clamp<long>(left, 0, 3'600'000)));
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

// The addresses of `host` (empty: all of this machine, for listening).
Addresses resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (host.empty() ? AI_PASSIVE : 0);
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                  std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    throw std::runtime_error("cannot find the address of " + host + ": " +
                             (error == EAI_SYSTEM ? std::generic_category().message(errno)
                                                  : std::string(::gai_strerror(error))));
  }
  return {found, &::freeaddrinfo};
}

constexpr std::string_view kUnix = "unix:";

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    throw std::runtime_error("a Unix socket's path is 1 to " +
                             std::to_string(sizeof address.sun_path - 1) + " bytes: " + path);
  }
  path.copy(address.sun_path, path.size());
  return address;
}

// By a Unix socket: who it is instead of where from.
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

std::string numeric(const sockaddr* address, socklen_t length) {
  if (address->sa_family == AF_UNIX) {
    const char* const path = reinterpret_cast<const sockaddr_un*>(address)->sun_path;
    return std::string(kUnix) + path;
  }
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(address, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
    return "unknown";
  }
  const std::string result(text.data());
  // An IPv4 peer of a socket that serves both families.
  const std::string mapped = "::ffff:";
  return result.starts_with(mapped) ? result.substr(mapped.size()) : result;
}

void set_option(int fd, int level, int name, int value) {
  (void)::setsockopt(fd, level, name, &value, sizeof value);  // best effort
}

std::uint16_t local_port(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw_errno("getsockname");
  }
  if (address.ss_family == AF_UNIX) return 0;
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

PeerAddress peer_address4(std::uint32_t number, const std::string& host, std::uint16_t port) {
  PeerAddress peer;
  peer.text = host + ":" + std::to_string(port);
  peer.loopback = (number >> 24) == 127;
  peer.address = ipv4_address(number);
  peer.source = peer.address;
  return peer;
}

// What a socket that serves both families says of IPv4 is IPv4.
PeerAddress peer_address(const sockaddr_storage& address, socklen_t length) {
  PeerAddress peer;
  const std::string host = numeric(reinterpret_cast<const sockaddr*>(&address), length);
  if (address.ss_family == AF_INET) {
    const auto& ip = reinterpret_cast<const sockaddr_in&>(address);
    return peer_address4(ntohl(ip.sin_addr.s_addr), host, ntohs(ip.sin_port));
  }
  if (address.ss_family != AF_INET6) return peer;
  const auto& ip = reinterpret_cast<const sockaddr_in6&>(address);
  if (IN6_IS_ADDR_V4MAPPED(&ip.sin6_addr)) {
    std::uint32_t number = 0;
    std::memcpy(&number, ip.sin6_addr.s6_addr + 12, sizeof number);
    return peer_address4(ntohl(number), host, ntohs(ip.sin6_port));
  }
  peer.text = "[" + host + "]:" + std::to_string(ntohs(ip.sin6_port));
  peer.loopback = IN6_IS_ADDR_LOOPBACK(&ip.sin6_addr);
  std::copy_n(ip.sin6_addr.s6_addr, peer.address.size(), peer.address.begin());
  std::copy_n(ip.sin6_addr.s6_addr, 8, peer.source.begin());
  return peer;
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

bool is_loopback_address(const sockaddr* any) {
  if (any->sa_family == AF_UNIX) return true;
  if (any->sa_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(any)->sin6_addr);
  }
  const auto address = ntohl(reinterpret_cast<const sockaddr_in*>(any)->sin_addr.s_addr);
  return (address >> 24) == 127;
}

}  // namespace

std::optional<PeerAddress> peer_at(const std::string& address, std::uint16_t port) {
  sockaddr_storage storage{};
  auto& four = reinterpret_cast<sockaddr_in&>(storage);
  auto& six = reinterpret_cast<sockaddr_in6&>(storage);
  if (::inet_pton(AF_INET, address.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    return peer_address(storage, sizeof four);
  }
  if (::inet_pton(AF_INET6, address.c_str(), &six.sin6_addr) != 1) return std::nullopt;
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  return peer_address(storage, sizeof six);
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

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

void outlive_execution(int fd, bool outlives) {
  if (::fcntl(fd, F_SETFD, outlives ? 0 : FD_CLOEXEC) != 0) throw_errno("fcntl");
}

int Descriptor::release() noexcept { return std::exchange(fd_, -1); }

void Descriptor::reset() noexcept {
  const int fd = release();
  if (fd >= 0) (void)::close(fd);  // Linux frees the descriptor whatever close() answers
}

Socket Socket::connect(const std::string& host, std::uint16_t port) {
  SocketAddress answered;
  return connect(host, port, answered);
}

Socket Socket::connect(const std::string& host, std::uint16_t port, SocketAddress& answered) {
  if (host.starts_with(kUnix)) return connect_unix(host.substr(kUnix.size()));
  const Addresses found = resolve(host, port);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* info = found.get(); info != nullptr; info = info->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.size = info->ai_addrlen;
  }
  try {
    Descriptor fd = connect_to_first(in_turn(std::move(addresses), answered), answered);
    set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    notice_a_silent_end(fd.get());
    return Socket(std::move(fd));
  } catch (const std::system_error& error) {
    throw std::runtime_error("cannot connect to " + host + " port " + std::to_string(port) + ": " +
                             error.code().message());
  }
}

Socket Socket::connect_unix(const std::string& path) {
  const sockaddr_un address = unix_address(path);
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
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

IoResult Sender::send_some(std::span<const iovec> pieces) const {
  const ssize_t n = retry([&] {
    // send() is the shorter way through the kernel, and one piece is the rule.
    if (pieces.size() == 1) {
      return ::send(fd_, pieces[0].iov_base, pieces[0].iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg does not write to them
    message.msg_iovlen = pieces.size();
    return ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  });
  if (n >= 0) return {Io::kDone, static_cast<std::size_t>(n)};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM) {
    return {Io::kWouldBlock};
  }
  return {Io::kFailed};
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
  const Addresses addresses = resolve(address, port);
  for (const int family : {AF_INET6, AF_INET}) {
    for (const addrinfo* info = addresses.get(); info != nullptr; info = info->ai_next) {
      if (info->ai_family != family) continue;
      Listener listener;
      listener.address_ = numeric(info->ai_addr, info->ai_addrlen);
      listener.loopback_ = is_loopback_address(info->ai_addr);
      const std::string operation =
          "cannot listen on address " + listener.address_ + " port " + std::to_string(port);
      listener.fd_ = Descriptor(
          ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, info->ai_protocol));
      if (!listener.fd_ && errno == EAFNOSUPPORT) continue;  // a kernel without IPv6
      if (!listener.fd_) throw_errno(operation);
      const int fd = listener.fd_.get();
      // Connections of a server that has just ended linger in TIME_WAIT; they are no obstacle.
      set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      if (family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
      // All listeners have one port: the one that the kernel chose for the first.
      if (!listeners.empty()) {
        const std::uint16_t chosen = htons(listeners.front().port_);
        if (family == AF_INET6) reinterpret_cast<sockaddr_in6*>(info->ai_addr)->sin6_port = chosen;
        if (family == AF_INET) reinterpret_cast<sockaddr_in*>(info->ai_addr)->sin_port = chosen;
      }
      if (::bind(fd, info->ai_addr, info->ai_addrlen) != 0) {
        if (errno == EADDRNOTAVAIL && address.empty()) continue;  // IPv6 switched off
        throw_errno(operation);
      }
      if (::listen(fd, SOMAXCONN) != 0) throw_errno(operation);
      listener.port_ = local_port(fd);
      listeners.push_back(std::move(listener));
    }
  }
  if (listeners.empty()) throw std::runtime_error("there is no address to listen on");
  return listeners;
}

Listener Listener::open_unix(const std::string& path) {
  const sockaddr_un address = unix_address(path);
  const auto* const any = reinterpret_cast<const sockaddr*>(&address);
  const std::string operation = "cannot listen on unix:" + path;
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) throw_errno(operation);
  // Nobody answers: it is a leftover.
  if (::connect(fd.get(), any, sizeof address) != 0 && errno == ECONNREFUSED) {
    (void)::unlink(path.c_str());
  }
  fd = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  constexpr mode_t kEverybody = 0666;
  if (!fd || ::bind(fd.get(), any, sizeof address) != 0 || ::chmod(path.c_str(), kEverybody) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    throw_errno(operation);
  }
  return adopt(std::move(fd));
}

Listener Listener::adopt(Descriptor fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(fd.get(), any, &length) != 0) throw_errno("getsockname");
  outlive_execution(fd.get(), false);
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) throw_errno("fcntl");
  Listener listener;
  listener.fd_ = std::move(fd);
  listener.address_ = numeric(any, length);
  listener.port_ = local_port(listener.fd_.get());
  listener.loopback_ = is_loopback_address(any);
  return listener;
}

void remove_unix_socket(const std::string& path) { (void)::unlink(path.c_str()); }

std::optional<Socket> Listener::accept(AcceptError& error, PeerAddress* peer) {
  sockaddr_storage address{};
  socklen_t length = 0;
  Descriptor fd(retry([&] {
    length = sizeof address;
    return ::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_CLOEXEC);
  }));
  if (fd) {
    if (peer != nullptr) {
      *peer = address.ss_family == AF_UNIX ? peer_user(fd.get()) : peer_address(address, length);
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

WakeEvent::WakeEvent() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) throw_errno("eventfd");
}

void WakeEvent::signal() {
  const std::uint64_t one = 1;
  // It fails only when 2^64 - 2 signals have gathered: then there is one, which is enough.
  (void)!::write(fd_.get(), &one, sizeof one);
}

Poller::Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!fd_) throw_errno("epoll_create1");
  ready_.reserve(kMaxEvents);  // so that waiting never runs out of memory
}

void Poller::add_readable(const Descriptor& fd, void* tag) { add(fd, EPOLLIN, tag); }
void Poller::add_writable(const Descriptor& fd, void* tag) { add(fd, EPOLLOUT, tag); }

// Edge-triggered, so that nobody has to read the counter down to be able to wait again.
void Poller::add_event(const WakeEvent& event, void* tag) {
  add(event.descriptor(), EPOLLIN | EPOLLET, tag);
}

void Poller::add(const Descriptor& fd, std::uint32_t events, void* tag) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = tag;
  if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) throw_errno("epoll_ctl");
}

void Poller::remove(const Descriptor& fd) {
  (void)::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd.get(), nullptr);  // it cannot be missing
}

const std::vector<void*>& Poller::wait(std::optional<std::chrono::milliseconds> timeout) {
  std::array<epoll_event, kMaxEvents> events;
  const int milliseconds =
      timeout ? static_cast<int>(std::clamp<long>(timeout->count(), 0, 3'600'000)) : -1;
  const int n = retry([&] {
    return ::epoll_wait(fd_.get(), events.data(), static_cast<int>(events.size()), milliseconds);
  });
  if (n < 0) throw_errno("epoll_wait");
  ready_.clear();
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    void* const tag = events[i].data.ptr;  // a copy: the event is packed, and its parts unaligned
    ready_.push_back(tag);
  }
  return ready_;
}

Descriptor standard_error() { return Descriptor(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)); }

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) throw_errno("getrlimit");
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) throw_errno("setrlimit");
  }
  return limit.rlim_cur;
}

SpareDescriptor::SpareDescriptor() { reserve(); }

void SpareDescriptor::reserve() { fd_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool SpareDescriptor::refuse_one(Listener& listener, std::string_view line, PeerAddress* peer) {
  fd_.reset();
  AcceptError error{};
  auto client = listener.accept(error, peer);
  if (client) {
    const iovec piece{const_cast<char*>(line.data()), line.size()};
    (void)client->send_some({&piece, 1});  // best effort: this one is refused anyhow
  }
  const bool refused = client.has_value();
  client.reset();
  reserve();
  return refused;
}

}  // namespace chat
