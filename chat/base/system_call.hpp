// Helpers for system calls: throw an exception that names the failed operation, repeat a call that
// a signal interrupted, set a socket option. Thread safe.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace chat {

// Throws std::system_error with errno.
[[noreturn]] inline void throw_errno(const std::string& operation) {
  throw std::system_error(errno, std::generic_category(), operation);
}

// Calls until it is not interrupted; gives what it returned.
template <typename Call>
auto retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// Best effort.
inline void set_option(int fd, int level, int name, int value) {
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

}  // namespace chat
