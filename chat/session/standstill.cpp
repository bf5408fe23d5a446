#include "chat/session/standstill.hpp"

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <system_error>

namespace chat {

Standstill::Standstill() {
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  // Without SA_RESTART: that the call is interrupted is what it is for.
  if (::sigaction(SIGUSR1, &nothing, nullptr) != 0) {
    throw std::system_error(errno, std::generic_category(), "sigaction");
  }
}

Standstill::Aside::Aside(Standstill& standstill, Standing& standing)
    : standstill_(standstill), standing_(standing) {
  MutexLock lock(standstill_.mutex_);
  standing_ = true;
  ++standstill_.standing_;
  standstill_.changed_.notify_one();
}

Standstill::Aside::~Aside() {
  MutexLock lock(standstill_.mutex_);
  while (standstill_.is_wanted()) standstill_.ended_.wait(lock);
  standing_ = false;
  --standstill_.standing_;
}

void Standstill::want() {
  MutexLock lock(mutex_);
  wanted_ = true;
}

void Standstill::end() {
  MutexLock lock(mutex_);
  wanted_ = false;
  ended_.notify_all();
}

std::size_t Standstill::standing(std::size_t before, Clock::time_point deadline) {
  MutexLock lock(mutex_);
  while (standing_ <= before && changed_.wait_until(lock, deadline)) {
  }
  return standing_;
}

void Standstill::nudge(std::thread& worker) {
  (void)::pthread_kill(worker.native_handle(), SIGUSR1);
}

}  // namespace chat
