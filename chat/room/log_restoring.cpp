#include "chat/room/log_restoring.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <string_view>

#include "chat/room/limits.hpp"
#include "chat/wire/line_format.hpp"

namespace chat {
namespace {

std::string new_epoch() {
  std::random_device random;
  std::array<char, 17> text{};
  (void)std::snprintf(text.data(), text.size(), "%08x%08x", random(), random());
  return text.data();
}

// A log that is being filled.
struct Filling {
  MessageLog& log;
  MessageLog::Place floor;

  void add(const RoomLine& line) {
    go_on_after(line.number - 1);
    TimeText time{};
    std::copy(line.time.begin(), line.time.end(), time.begin());
    log.append(line.kind, line.from, line.text, time);
    floor = log.advanced(floor, log.end());
  }

  // Lines up to this number are lost, where there are no others.
  void go_on_after(std::uint64_t number) {
    if (number <= log.end().number) return;
    const bool far = number + 1 - log.end().number > kKeptLines;
    log.skip_to(number + 1);
    if (far) floor = log.end();
    floor = log.advanced(floor, log.end());
  }
};

Transcript::Contents fill(Filling& filling, const LogState& taken_over) {
  Transcript::Contents contents;
  std::string_view lines = taken_over.lines;
  while (!lines.empty()) {
    const std::size_t length = lines.find('\n');
    const std::string_view text = lines.substr(0, length);
    if (const auto line = parse_room_line(text)) filling.add(*line);
    if (const auto beginning = parse_log_beginning(text)) {
      contents.epoch = beginning->epoch;
      filling.go_on_after(beginning->after);
    }
    lines.remove_prefix(length + 1);
  }
  contents.says_epoch = !contents.epoch.empty();
  contents.last = taken_over.in_transcript;
  return contents;
}

}  // namespace

RestoredLog restore_log(MessageLog& log, Transcript* transcript, const LogState* taken_over) {
  Filling filling{log, {}};
  Transcript::Contents contents;
  if (taken_over != nullptr) {
    contents = fill(filling, *taken_over);
  } else if (transcript != nullptr) {
    contents = transcript->read([&](const RoomLine& line) { filling.add(line); });
    filling.go_on_after(contents.last);
  }
  if (contents.epoch.empty()) contents.epoch = new_epoch();
  if (transcript != nullptr) transcript->begin(contents);
  const MessageLog::Place end = log.end();
  return {contents.epoch, filling.floor,
          taken_over == nullptr ? end : log.after(taken_over->in_transcript, end)};
}

}  // namespace chat
