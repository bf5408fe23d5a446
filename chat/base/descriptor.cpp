#include "chat/base/descriptor.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "chat/base/system_call.hpp"

namespace chat {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() noexcept { return std::exchange(fd_, -1); }

void Descriptor::reset() noexcept {
  const int fd = release();
  if (fd >= 0) (void)::close(fd);  // Linux frees the descriptor whatever close() answers
}

void outlive_execution(int fd, bool outlives) {
  if (::fcntl(fd, F_SETFD, outlives ? 0 : FD_CLOEXEC) != 0) throw_errno("fcntl");
}

void reserve_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // open() gives the lowest number that is free. Read-only: writing there fails, as it should.
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
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

}  // namespace chat
