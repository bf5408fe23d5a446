#include "chat/base/poller.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "chat/base/deadline.hpp"
#include "chat/base/system_call.hpp"

namespace chat {
namespace {

constexpr std::size_t kMaxEvents = 64;  // of one wait

}  // namespace

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
  const int n = retry([&] {
    return ::epoll_wait(fd_.get(), events.data(), static_cast<int>(events.size()),
                        poll_timeout(timeout));
  });
  if (n < 0) throw_errno("epoll_wait");
  ready_.clear();
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    void* const tag = events[i].data.ptr;  // a copy: the event is packed, and its parts unaligned
    ready_.push_back(tag);
  }
  return ready_;
}

}  // namespace chat
