// A port of loopback that no other program gets while the object lives, so that servers can come
// and go there.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "chat/base/descriptor.hpp"

class HeldPort {
 public:
  HeldPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int yes = 1;  // bound, not listening: so it is in no server's way
    (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_.get(), generic, length) != 0 ||
        ::getsockname(fd_.get(), generic, &length) != 0) {
      throw std::runtime_error("bind");
    }
    number_ = ntohs(address.sin_port);
  }

  std::uint16_t number() const { return number_; }
  std::string text() const { return std::to_string(number_); }

 private:
  chat::Descriptor fd_;
  std::uint16_t number_ = 0;
};
