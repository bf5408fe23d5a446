// Waiting for several descriptors, and for other threads: what epoll and eventfd offer.
//
// Errors: what fails throws std::system_error that names the operation.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "chat/base/descriptor.hpp"

namespace chat {

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

}  // namespace chat
