#include "chat/ui/server_line.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "chat/base/json.hpp"
#include "chat/base/text.hpp"

namespace chat {
namespace {

using Kind = ServerLine::Kind;
using SystemTime = std::chrono::system_clock::time_point;

// The name that ends at `mark`, taken off together with it; empty: that is no name.
std::string_view take_name(std::string_view& text, std::string_view mark) {
  const auto end = text.find(mark);
  if (end == std::string_view::npos || !is_name(text.substr(0, end))) return {};
  const std::string_view name = text.substr(0, end);
  text.remove_prefix(end + mark.size());
  return name;
}

// "2026-11-24T12:34:56Z "
std::optional<SystemTime> take_time(std::string_view& text) {
  const auto end = text.find(' ');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string word(text.substr(0, end));
  std::tm parts{};
  const char* stopped = ::strptime(word.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (stopped == nullptr || *stopped != '\0') return std::nullopt;
  text.remove_prefix(end + 1);
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

constexpr std::array<std::string_view, 5> kRoomKinds = {"say", "me", "enter", "leave", "notice"};

// A tagged line, cut into its fields (PROTOCOL.md).
struct Tagged {
  std::uint64_t number = 0;
  SystemTime time;
  std::string_view kind;
  bool known = true;
  bool replayed = false;
  std::string_view from;
  std::string_view text;
};

std::string_view take_field(std::string_view& line) {
  const auto tab = std::min(line.find('\t'), line.size());
  const std::string_view field = line.substr(0, tab);
  line.remove_prefix(std::min(tab + 1, line.size()));
  return field;
}

// "2026-11-24T12:34:56.789Z"
std::optional<SystemTime> parse_tag_time(std::string_view text) {
  constexpr std::size_t kSeconds = 19;
  if (text.size() != kSeconds + 5 || text[kSeconds] != '.') return std::nullopt;
  const auto milliseconds = parse_number(text.substr(kSeconds + 1, 3));
  std::string whole = std::string(text.substr(0, kSeconds)) + "Z ";
  std::string_view rest = whole;
  const auto time = take_time(rest);
  if (!time || !milliseconds || text.back() != 'Z') return std::nullopt;
  return *time + std::chrono::milliseconds(*milliseconds);
}

std::optional<Tagged> parse_tags(std::string_view line) {
  const std::string_view number = take_field(line);
  const auto time = parse_tag_time(take_field(line));
  if (!time) return std::nullopt;
  Tagged tagged;
  tagged.time = *time;
  tagged.kind = take_field(line);
  tagged.replayed = tagged.kind.ends_with('+');
  if (tagged.replayed) tagged.kind.remove_suffix(1);
  tagged.from = take_field(line);
  tagged.text = line;
  if (number == "-") return tagged;
  const auto value = parse_number(number);
  if (!value || *value == 0) return std::nullopt;
  const bool known =
      std::find(kRoomKinds.begin(), kRoomKinds.end(), tagged.kind) != kRoomKinds.end();
  if (tagged.kind.empty() || (known && !is_name(tagged.from))) return std::nullopt;
  tagged.known = known;
  tagged.number = *value;
  return tagged;
}

std::string without_tags(const Tagged& tagged) {
  const std::string from(tagged.from);
  const std::string text(tagged.text);
  if (tagged.kind == "say") return from + ": " + text;
  if (tagged.kind == "me") return "~ " + from + " " + text;
  if (tagged.kind == "error") return "! " + text;
  if (tagged.kind == "private") return text;
  return tagged.number == 0 ? "* " + text : "* " + from + " " + text;
}

ServerLine parse_notice(std::string_view text) {
  ServerLine line;
  line.text = text;
  if (text.starts_with("online (")) {
    line.kind = Kind::kOnline;
    return line;
  }
  std::string_view rest = text;
  const std::string_view name = take_name(rest, " ");
  if (rest == "has entered the chat") line.kind = Kind::kEnter;
  if (rest == "has left the chat") line.kind = Kind::kLeave;
  if (line.kind == Kind::kNotice || name.empty()) return {Kind::kNotice, {}, {}, line.text};
  line.from = name;
  line.text = rest;
  return line;
}

std::string utc(SystemTime time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const auto left = std::chrono::floor<std::chrono::milliseconds>(since - seconds);
  const std::time_t whole = seconds.count();
  std::tm parts{};
  (void)::gmtime_r(&whole, &parts);  // it cannot fail within 64 bits of seconds of a clock
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string milliseconds = std::to_string(1000 + left.count());
  milliseconds.front() = '.';
  return std::string(text.data(), size) + milliseconds + "Z";
}

ServerLine parse_marked(std::string_view text) {
  if (take_prefix(text, "* ")) return parse_notice(text);
  ServerLine line;
  std::string_view rest = text;
  if (take_prefix(text, "! ")) {
    line.kind = Kind::kError;
  } else if (take_prefix(rest, "~ ")) {
    const auto doer = take_name(rest, " ");
    if (!doer.empty()) return {Kind::kMe, std::string(doer), {}, std::string(rest)};
  } else if (const auto from = take_name(rest, " -> "); !from.empty()) {
    if (const auto to = take_name(rest, ": "); !to.empty()) {
      return {Kind::kPrivate, std::string(from), std::string(to), std::string(rest)};
    }
  } else if (const auto talker = take_name(rest, ": "); !talker.empty()) {
    return {Kind::kSay, std::string(talker), {}, std::string(rest)};
  }
  line.text = text;
  return line;
}

ServerLine parse_plain(std::string_view text) {
  std::string_view rest = text;
  const auto time = take_prefix(rest, "- ") ? take_time(rest) : std::nullopt;
  if (time) text = rest;
  ServerLine line = parse_marked(text);
  line.time = time;
  line.replayed = time.has_value();
  line.plain = text;
  return line;
}

}  // namespace

ServerLine parse_server_line(std::string_view text) {
  const auto tagged = parse_tags(text);
  if (!tagged) return parse_plain(text);
  ServerLine line = parse_plain(tagged->known ? without_tags(*tagged) : "");
  if (!tagged->known) line.kind = Kind::kUnknown;
  if (tagged->kind == "notice" && tagged->number > 0) {
    line.kind = Kind::kNotice;
    line.from = tagged->from;
    line.text = tagged->text;
  }
  if (tagged->kind == "notice" && tagged->number == 0 && is_name(tagged->from)) {
    line.epoch = tagged->from;
  }
  line.time = tagged->time;
  line.replayed = tagged->replayed;
  line.number = tagged->number;
  return line;
}

bool is_tagged(std::string_view text) { return parse_tags(text).has_value(); }

std::string plain_line(const ServerLine& line) {
  if (!line.replayed || !line.time) return line.plain;
  constexpr std::string_view kSeconds = "0000-00-00T00:00:00";
  return "- " + utc(*line.time).substr(0, kSeconds.size()) + "Z " + line.plain;
}

std::string_view name_of(ServerLine::Kind kind) {
  switch (kind) {
    case Kind::kSay:
      return "say";
    case Kind::kMe:
      return "me";
    case Kind::kPrivate:
      return "private";
    case Kind::kEnter:
      return "enter";
    case Kind::kLeave:
      return "leave";
    case Kind::kOnline:
      return "online";
    case Kind::kError:
      return "error";
    case Kind::kUnknown:
      return "unknown";
    case Kind::kNotice:
      break;
  }
  return "notice";
}

std::string json_of(const ServerLine& line, SystemTime now) {
  std::string json;
  add_json(json, "time", utc(line.time.value_or(now)));
  if (line.number > 0) json += ",\"number\":" + std::to_string(line.number);
  if (line.replayed) json += ",\"replayed\":true";
  add_json(json, "kind", name_of(line.kind));
  add_json(json, "from", line.from);
  if (line.kind == Kind::kPrivate) add_json(json, "to", line.to);
  add_json(json, "text", line.text);
  return json + "}\n";
}

}  // namespace chat
