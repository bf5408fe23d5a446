// The only owner of a raw descriptor on the network side: what POSIX sockets, epoll and eventfd
// offer, with EINTR, SIGPIPE, close-on-exec and error texts handled in one place each.
//
// Ownership: every object here closes its descriptor when it goes; all are movable, none copyable.
// Errors: what fails at start-up throws std::system_error that names the operation; what a peer can
// cause is a returned value.
#pragma once

#include <sys/uio.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/address_range.hpp"
#include "chat/limits.hpp"

namespace chat {

// What is counted as one origin of connections: an IPv4 address, or the network (/64) of an IPv6
// address, of which a single customer has them all.
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

// The name of user `uid`; nothing: it has none. And the other way round. May take long: names may
// be kept on other machines.
std::optional<std::string> user_name(std::uint32_t uid);
std::optional<std::uint32_t> user_id(const std::string& name);

// One that is at an IP address, in numbers; nothing: that is none.
std::optional<PeerAddress> peer_at(const std::string& address, std::uint16_t port);

// The addresses of this machine's network interfaces. Empty: the kernel does not say.
std::vector<IpAddress> interface_addresses();

// A descriptor and its close().
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() noexcept;
  void reset() noexcept;

 private:
  int fd_ = -1;
};

// Whether a program that this one executes has descriptor `fd` as well. Throws std::system_error.
void outlive_execution(int fd, bool outlives);

// What became of one attempt to send or receive.
enum class Io {
  kDone,        // `bytes` were moved, at least one
  kWouldBlock,  // nothing now: the buffer is full (send), empty (receive), the deadline has passed,
                // or a signal was handled
  kEnd,         // receive only: the peer has finished sending (half-close or close)
  kFailed,      // the connection is gone
};

struct IoResult {
  Io io;
  std::size_t bytes = 0;
};

struct SocketAddress;  // see connecting.hpp

// A Socket's sending side, without owning it: valid as long as the Socket is.
class Sender {
 public:
  Sender() = default;
  explicit Sender(const Descriptor& fd) : fd_(fd.get()) {}

  // Sends what fits without waiting; may take a part.
  IoResult send_some(std::span<const iovec> pieces) const;

 private:
  int fd_ = -1;
};

// A connected stream socket.
//
// Threads: one may receive while another sends and a third shuts down. The descriptor is closed by
// the destructor only, so that its number can not come to mean another connection while a thread
// still uses it: shut down to wake the threads, let them go, then destroy.
class Socket {
 public:
  Socket() = default;
  explicit Socket(Descriptor fd) : fd_(std::move(fd)) {}

  // Connects to the first address of `host` that answers (see connecting.hpp), or to the Unix
  // socket that it names: unix:PATH. Where `answered` is the address that did so before, it is
  // tried first; it becomes the one that does now. Throws std::runtime_error that says why not.
  static Socket connect(const std::string& host, std::uint16_t port, SocketAddress& answered);
  static Socket connect(const std::string& host, std::uint16_t port);

  // Blocks until something comes.
  IoResult receive(std::span<char> into);
  // The same, but not beyond `deadline` (kWouldBlock).
  IoResult receive_until(std::span<char> into, Clock::time_point deadline);

  // Blocks until receive() would return at once. False, as soon as a signal was handled or once
  // `deadline` has passed: it would not yet.
  bool wait_for_input(Clock::time_point deadline);

  // See Sender.
  IoResult send_some(std::span<const iovec> pieces) { return sender().send_some(pieces); }
  // Sends all, waiting as long as it takes. False once the connection is gone.
  bool send_all(std::string_view bytes);

  // Lets time pass, unless a signal is handled. False, and at once: the connection has died (reset,
  // or shut down both ways).
  bool wait_while_open(Clock::time_point deadline);

  // End of our output: the peer reads end of file after what was sent.
  void shutdown_write();
  // Both ways: wakes whoever blocks on this socket. What was sent still reaches the peer.
  void shutdown();

  // The same, but false as soon as the peer has finished sending, too.
  bool wait_while_peer_stays(Clock::time_point deadline);

  // Whether receive() would return at once.
  bool has_input() const;

  // The server's settings for a connection it accepted. Best effort.
  void configure_accepted();

  Sender sender() const { return Sender(fd_); }
  const Descriptor& descriptor() const { return fd_; }
  explicit operator bool() const { return static_cast<bool>(fd_); }

 private:
  static Socket connect_unix(const std::string& path);

  Descriptor fd_;
};

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

  // A Unix socket, which everybody on this machine can connect to who gets at the path. What a
  // server that is gone has left there is replaced. Throws std::system_error.
  static Listener open_unix(const std::string& path);

  // One that was opened before. Throws std::system_error.
  static Listener adopt(Descriptor fd);

  // `peer`, where it is given, becomes where the connection comes from.
  std::optional<Socket> accept(AcceptError& error, PeerAddress* peer = nullptr);

  const std::string& address() const { return address_; }  // numeric, or unix:PATH
  std::uint16_t port() const { return port_; }             // 0: a Unix socket
  bool is_loopback() const { return loopback_; }
  const Descriptor& descriptor() const { return fd_; }

 private:
  static std::vector<Listener> open_once(const std::string& address, std::uint16_t port);

  Descriptor fd_;
  std::string address_;
  std::uint16_t port_ = 0;
  bool loopback_ = false;
};

// So that nobody finds what open_unix() has made and nobody serves any more. Best effort.
void remove_unix_socket(const std::string& path);

// Something one thread can wait for in a Poller and any other can signal.
class WakeEvent {
 public:
  WakeEvent();
  void signal();  // thread safe
  const Descriptor& descriptor() const { return fd_; }

 private:
  Descriptor fd_;
};

// Waits for several descriptors at once (epoll). One thread waits; others may add and remove
// meanwhile.
class Poller {
 public:
  Poller();

  // `tag` comes back from wait(). Readable: as long as there is something to read. Writable: as
  // long as there is room. Signalled: once for each WakeEvent::signal() (several may fold into
  // one).
  void add_readable(const Descriptor& fd, void* tag);
  void add_writable(const Descriptor& fd, void* tag);
  void add_event(const WakeEvent& event, void* tag);
  void remove(const Descriptor& fd);

  // Blocks until something is ready or `timeout` has passed (none: for ever). Gives the tags.
  const std::vector<void*>& wait(std::optional<std::chrono::milliseconds> timeout);

 private:
  void add(const Descriptor& fd, std::uint32_t events, void* tag);

  Descriptor fd_;
  std::vector<void*> ready_;
};

// A copy of this program's standard error. Empty where it is closed.
Descriptor standard_error();

// Raises the soft descriptor limit to the hard one, and says how many that is.
std::size_t raise_descriptor_limit();

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
