// Connected stream sockets: sending, receiving, waiting, shutting down, with EINTR, SIGPIPE,
// close-on-exec and error texts handled in one place each.
//
// Errors: what fails at start-up throws std::system_error that names the operation; what a peer can
// cause is a returned value.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "chat/base/descriptor.hpp"
#include "chat/base/limits.hpp"
#include "chat/net/address.hpp"

namespace chat {

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

// A Socket's sending side, without owning it: valid as long as the Socket is.
class Sender {
 public:
  Sender() = default;
  explicit Sender(const Descriptor& fd) : fd_(fd.get()) {}

  // Sends what fits without waiting; may take a part.
  IoResult send_some(std::span<const iovec> pieces) const;
  IoResult send_some(std::string_view bytes) const;

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
  IoResult send_some(std::string_view bytes) { return sender().send_some(bytes); }
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

}  // namespace chat
