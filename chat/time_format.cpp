#include "chat/time_format.hpp"

#include "chat/line_format.hpp"

namespace chat {

std::string utc_text(std::chrono::system_clock::time_point time) {
  const TimeText text = time_text(time);
  const std::string_view milliseconds = ".000Z";
  return std::string(text.data(), text.size() - milliseconds.size()) + "Z";
}

std::string duration_text(std::chrono::system_clock::duration time) {
  const auto seconds = std::max<long>(std::chrono::floor<std::chrono::seconds>(time).count(), 0);
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 60 * 60) return std::to_string(seconds / 60) + " min";
  if (seconds < 24 * 60 * 60) return std::to_string(seconds / 60 / 60) + " h";
  return std::to_string(seconds / 60 / 60 / 24) + " d";
}

}  // namespace chat
