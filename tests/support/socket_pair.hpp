// A connection within the test: one end for what is tested, and one that the test holds.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "chat/base/descriptor.hpp"
#include "chat/net/socket.hpp"

struct SocketPair {
  SocketPair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    near = chat::Socket(chat::Descriptor(ends[0]));
    far = chat::Socket(chat::Descriptor(ends[1]));
  }

  chat::Socket near;
  chat::Socket far;
};
