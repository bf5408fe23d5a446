#include "chat/base/time_format.hpp"

#include <algorithm>
#include <string_view>

namespace chat {
namespace {

// `value` in decimal, in front of `end`, with as many digits as there are between.
void put_digits(char* begin, char* end, unsigned value) {
  while (end != begin) {
    *--end = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

TimeText time_text(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  const auto number = [](auto count) { return static_cast<unsigned>(count); };
  TimeText text = {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
                   '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
  char* const at = text.data();
  put_digits(at, at + 4, number(static_cast<int>(date.year())));
  put_digits(at + 5, at + 7, static_cast<unsigned>(date.month()));
  put_digits(at + 8, at + 10, static_cast<unsigned>(date.day()));
  put_digits(at + 11, at + 13, number(clock.hours().count()));
  put_digits(at + 14, at + 16, number(clock.minutes().count()));
  put_digits(at + 17, at + 19, number(clock.seconds().count()));
  put_digits(at + 20, at + 23, number(clock.subseconds().count()));
  return text;
}

std::string utc_text(WallTime time) {
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
