#include "chat/base/time_format.hpp"

#include <algorithm>
#include <string_view>

#include "chat/base/text.hpp"

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

std::optional<WallTime> parse_time(std::string_view text) {
  using std::chrono::milliseconds;
  const auto number = [&](std::size_t at, std::size_t size) {
    return parse_number(text.substr(std::min(at, text.size()), size)).value_or(0);
  };
  const auto part = [&](std::size_t at) { return static_cast<unsigned>(number(at, 2)); };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(number(0, 4))),
                                         std::chrono::month(part(5)), std::chrono::day(part(8))};
  if (!date.ok()) return std::nullopt;
  const auto time = std::chrono::sys_days(date) + std::chrono::hours(part(11)) +
                    std::chrono::minutes(part(14)) + std::chrono::seconds(part(17)) +
                    milliseconds(number(20, 3));
  // WallTime counts nanoseconds, which reach for the years 1678 to 2261, and not to 9999.
  if (time <= std::chrono::floor<milliseconds>(WallTime::min()) ||
      time > std::chrono::floor<milliseconds>(WallTime::max())) {
    return std::nullopt;
  }
  const TimeText same = time_text(time);
  if (text != std::string_view(same.data(), same.size())) return std::nullopt;
  return time;
}

std::string utc_text(WallTime time) {
  const TimeText text = time_text(time);
  const std::string_view milliseconds = ".000Z";
  return std::string(text.data(), text.size() - milliseconds.size()) + "Z";
}

std::optional<WallTime> parse_utc(std::string_view text) {
  if (!text.ends_with('Z')) return std::nullopt;
  return parse_time(std::string(text.substr(0, text.size() - 1)) + ".000Z");
}

std::string duration_text(std::chrono::system_clock::duration time) {
  const auto seconds = std::max<long>(std::chrono::floor<std::chrono::seconds>(time).count(), 0);
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 60 * 60) return std::to_string(seconds / 60) + " min";
  if (seconds < 24 * 60 * 60) return std::to_string(seconds / 60 / 60) + " h";
  return std::to_string(seconds / 60 / 60 / 24) + " d";
}

}  // namespace chat
