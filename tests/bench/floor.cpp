#include "tests/bench/floor.hpp"

#include <sys/socket.h>

#include <array>
#include <list>
#include <stdexcept>
#include <string>
#include <string_view>

#include "chat/base/poller.hpp"

namespace bench {

void run_floor(chat::Listener listener) {
  chat::raise_descriptor_limit();
  chat::Poller poller;
  poller.add_readable(listener.descriptor(), nullptr);
  std::list<chat::Socket> members;
  std::string round;  // all that came since the last round of sends
  std::array<char, 65'536> bytes;
  const auto send = [](const chat::Socket& to, std::string_view what) {
    const int fd = to.descriptor().get();
    const ssize_t n = ::send(fd, what.data(), what.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n != static_cast<ssize_t>(what.size())) throw std::runtime_error("floor: a full socket");
  };
  while (true) {
    round.clear();
    for (void* tag : poller.wait(std::nullopt)) {
      if (tag != nullptr) {
        const auto received = static_cast<chat::Socket*>(tag)->receive(bytes);
        if (received.io != chat::Io::kDone) throw std::runtime_error("floor: a member has gone");
        round.append(bytes.data(), received.bytes);
        continue;
      }
      chat::AcceptError error{};
      auto accepted = listener.accept(error);
      if (!accepted) continue;
      accepted->configure_accepted();
      members.push_back(std::move(*accepted));
      poller.add_readable(members.back().descriptor(), &members.back());
      send(members.back(), "in\n");
    }
    if (round.empty()) continue;
    for (const chat::Socket& member : members) send(member, round);
  }
}

}  // namespace bench
