#include "chat/event_log.hpp"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <new>
#include <string>

#include "chat/text.hpp"

namespace chat {
namespace {

// Below PIPE_BUF: such a write to a pipe is whole or none at all.
constexpr std::size_t kMaxEvent = 1024;

std::string utc_now() {
  const std::time_t now = ::time(nullptr);
  tm fields{};
  (void)::gmtime_r(&now, &fields);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields);
  return {text.data(), length};
}

// Makes one line of it, whatever it holds.
std::string line_of(std::string_view event, std::string_view who, std::string_view name,
                    std::string_view more) {
  std::string line = utc_now();
  for (const std::string_view word : {event, who, name, more}) {
    if (word.empty()) continue;
    line += ' ';
    line += neutralised(word);
  }
  line.resize(std::min(line.size(), kMaxEvent));
  return line + '\n';
}

}  // namespace

void EventLog::write(std::string_view event, std::string_view who, std::string_view name,
                     std::string_view more) {
  std::string line;
  try {
    line = line_of(event, who, name, more);
  } catch (const std::bad_alloc&) {  // counts as left out
  }
  MutexLock lock(mutex_);
  try {
    if (left_out_ > 0 && !line.empty() &&
        put(line_of("left-out", "-", "-", std::to_string(left_out_) + " events"))) {
      left_out_ = 0;
    }
  } catch (const std::bad_alloc&) {  // another time
  }
  if (line.empty() || !put(line)) ++left_out_;
}

// A pipe or a terminal that is ready for writing takes a short line without waiting.
bool EventLog::put(std::string_view line) {
  pollfd entry{to_.get(), POLLOUT, 0};
  if (!to_ || ::poll(&entry, 1, 0) != 1 || (entry.revents & POLLOUT) == 0) return false;
  return ::write(to_.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace chat
