#include "chat/server/service_manager.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <stdexcept>

#include "chat/base/descriptor.hpp"
#include "chat/base/text.hpp"

namespace chat {
namespace {

constexpr int kFirstPassed = 3;  // SD_LISTEN_FDS_START

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Nothing where it is not there, or meant for another process.
std::optional<std::uint64_t> number_for_this_process(const char* name, const char* pid_name) {
  const std::string text = variable(name);
  const std::string pid = variable(pid_name);
  if (text.empty() || (!pid.empty() && pid != std::to_string(::getpid()))) return std::nullopt;
  const auto number = parse_number(text);
  if (!number) throw std::runtime_error(std::string(name) + " is not a number");
  return number;
}

}  // namespace

ServiceManager::ServiceManager() : socket_(variable("NOTIFY_SOCKET")) {
  if (const auto time = number_for_this_process("WATCHDOG_USEC", "WATCHDOG_PID")) {
    watchdog_ = std::chrono::milliseconds(*time / 1000);
  }
}

std::vector<int> ServiceManager::take_listeners() {
  std::vector<int> listeners;
  if (!variable("LISTEN_PID").empty()) {
    const auto count = number_for_this_process("LISTEN_FDS", "LISTEN_PID");
    for (std::uint64_t i = 0; i < count.value_or(0); ++i) {
      listeners.push_back(kFirstPassed + static_cast<int>(i));
    }
  }
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) (void)::unsetenv(name);
  return listeners;
}

void ServiceManager::tell(std::string_view state) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const Descriptor fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  (void)::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&address), length);
}

bool logs_to_journal() {
  struct stat status {};
  if (::fstat(STDERR_FILENO, &status) != 0) return false;
  return variable("JOURNAL_STREAM") ==
         std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

}  // namespace chat
