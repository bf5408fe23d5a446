#include "chat/base/event_log.hpp"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <ctime>
#include <new>
#include <string>

#include "chat/base/json.hpp"
#include "chat/base/text.hpp"

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

EventLog::Level level_of(std::string_view event) {
  if (event == "not-handed-over" || event == "transcript") return EventLog::Level::kError;
  for (const std::string_view warning : {"refused", "not-reloaded", "not-stored", "left-out"}) {
    if (event == warning) return EventLog::Level::kWarning;
  }
  return EventLog::Level::kInfo;
}

std::string_view word_of(EventLog::Level level) {
  if (level == EventLog::Level::kError) return "error";
  return level == EventLog::Level::kWarning ? "warning" : "info";
}

}  // namespace

// One line, whatever it holds.
std::string EventLog::line_of(std::string_view event, std::string_view who, std::string_view name,
                              std::string_view more) const {
  const Level level = level_of(event);
  std::string line;
  if (style_.json) {
    add_json(line, "time", utc_now());
    add_json(line, "level", word_of(level));
    add_json(line, "event", neutralised(event));
    add_json(line, "who", neutralised(who));
    add_json(line, "name", neutralised(name));
    add_json(line, "more", neutralised(more.substr(0, kMaxEvent / 2)));
    line += '}';
  } else {
    line = utc_now();
    for (const std::string_view word : {event, who, name, more}) {
      if (!word.empty()) line.append(" ").append(neutralised(word));
    }
    line.resize(std::min(line.size(), kMaxEvent));
  }
  if (style_.priorities) line.insert(0, "<" + std::to_string(static_cast<int>(level)) + ">");
  return line + '\n';
}

void EventLog::write(std::string_view event, std::string_view who, std::string_view name,
                     std::string_view more) {
  if (level_of(event) > style_.least) return;
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
