#include "chat/net/connecting.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "chat/base/limits.hpp"

namespace chat {
namespace {

class Race {
 public:
  Race(const std::vector<SocketAddress>& addresses, const ConnectLimits& limits)
      : addresses_(addresses), limits_(limits), end_(next_ + limits.all) {}

  // The index of the address that has answered; nothing: none does.
  std::optional<std::size_t> run() {
    while (Clock::now() < end_) {
      begin_what_is_due();
      give_up_what_took_too_long();
      if (!winner_ && tries_.empty() && begun_ < addresses_.size()) continue;
      if (winner_ || tries_.empty()) return winner_;
      wait();
      look();
    }
    error_ = ETIMEDOUT;
    return winner_;
  }

  Descriptor take() { return std::move(connection_); }
  int error() const { return error_; }

 private:
  struct Try {
    Descriptor fd;
    std::size_t index;
    Clock::time_point until;
  };

  void begin_what_is_due() {
    while (!winner_ && begun_ < addresses_.size() && (tries_.empty() || Clock::now() >= next_)) {
      begin(begun_++);
    }
  }

  void begin(std::size_t index) {
    const SocketAddress& address = addresses_[index];
    const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    Descriptor fd(::socket(address.storage.ss_family, type, 0));
    if (fd && ::connect(fd.get(), address.get(), address.size) == 0)
      return win(std::move(fd), index);
    if (!fd || errno != EINPROGRESS) {
      error_ = errno;
      return;
    }
    next_ = Clock::now() + limits_.lead;
    tries_.push_back({std::move(fd), index, Clock::now() + limits_.each});
  }

  void give_up_what_took_too_long() {
    const auto late = [](const Try& one) { return one.until <= Clock::now(); };
    if (std::erase_if(tries_, late) > 0) error_ = ETIMEDOUT;
  }

  void wait() {
    entries_.clear();
    auto due = begun_ < addresses_.size() ? std::min(next_, end_) : end_;
    for (const Try& one : tries_) {
      entries_.push_back({one.fd.get(), POLLOUT, 0});
      due = std::min(due, one.until);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()).count();
    (void)::poll(entries_.data(), entries_.size(), static_cast<int>(std::max<long>(left, 0)));
  }

  // The one that was begun first wins where several have answered.
  void look() {
    for (std::size_t i = 0; i < entries_.size() && !winner_; ++i) {
      if (entries_[i].revents == 0) continue;
      int error = 0;
      socklen_t size = sizeof error;
      Try& one = tries_[i];
      if (::getsockopt(one.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
      if (error == 0) return win(std::move(one.fd), one.index);
      error_ = error;
      one.fd.reset();
      next_ = Clock::now();
    }
    std::erase_if(tries_, [](const Try& one) { return !one.fd; });
  }

  void win(Descriptor fd, std::size_t index) {
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) {
      error_ = errno;
      return;
    }
    connection_ = std::move(fd);
    winner_ = index;
  }

  const std::vector<SocketAddress>& addresses_;
  const ConnectLimits limits_;
  std::vector<Try> tries_;       // under way
  std::vector<pollfd> entries_;  // of each of them
  std::size_t begun_ = 0;        // so many addresses
  Clock::time_point next_ = Clock::now();
  const Clock::time_point end_;
  Descriptor connection_;
  std::optional<std::size_t> winner_;
  int error_ = EADDRNOTAVAIL;
};

}  // namespace

std::vector<SocketAddress> in_turn(std::vector<SocketAddress> addresses,
                                   const SocketAddress& first) {
  std::vector<SocketAddress> ordered;
  const auto take = [&](auto which) {
    const auto found = std::find_if(addresses.begin(), addresses.end(), which);
    if (found == addresses.end()) return false;
    ordered.push_back(*found);
    addresses.erase(found);
    return true;
  };
  (void)take([&](const SocketAddress& one) { return first.size > 0 && one == first; });
  while (!addresses.empty()) {
    const auto other_family = [&](const SocketAddress& one) {
      return ordered.empty() || one.storage.ss_family != ordered.back().storage.ss_family;
    };
    if (!take(other_family)) (void)take([](const SocketAddress&) { return true; });
  }
  return ordered;
}

Descriptor connect_to_first(const std::vector<SocketAddress>& addresses, SocketAddress& answered,
                            const ConnectLimits& limits) {
  Race race(addresses, limits);
  const auto winner = race.run();
  if (!winner) throw std::system_error(race.error(), std::generic_category());
  answered = addresses[*winner];
  return race.take();
}

}  // namespace chat
