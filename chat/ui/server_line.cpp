#include "chat/ui/server_line.hpp"

#include <algorithm>

#include "chat/base/json.hpp"
#include "chat/base/text.hpp"
#include "chat/wire/line_format.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

// The name that ends at `mark`, taken off together with it; empty: that is no name.
std::string_view take_name(std::string_view& text, std::string_view mark) {
  const auto end = text.find(mark);
  if (end == std::string_view::npos || !is_name(text.substr(0, end))) return {};
  const std::string_view name = text.substr(0, end);
  text.remove_prefix(end + mark.size());
  return name;
}

// "2026-11-24T12:34:56Z "
std::optional<WallTime> take_time(std::string_view& text) {
  const auto end = text.find(' ');
  if (end == std::string_view::npos) return std::nullopt;
  const auto time = parse_utc(text.substr(0, end));
  if (time) text.remove_prefix(end + 1);
  return time;
}

// A tagged line, taken apart.
struct Tagged {
  std::uint64_t number = 0;
  WallTime time;
  std::string_view kind;
  bool known = true;
  bool replayed = false;
  std::string_view from;
  std::string_view text;
};

std::optional<Tagged> parse_tags(std::string_view line) {
  const auto fields = parse_tagged_line(line);
  const auto time = fields ? parse_time(fields->time) : std::nullopt;
  if (!time || fields->kind.empty()) return std::nullopt;
  Tagged tagged;
  tagged.time = *time;
  tagged.kind = fields->kind;
  tagged.replayed = tagged.kind.ends_with('+');
  if (tagged.replayed) tagged.kind.remove_suffix(1);
  tagged.from = fields->from;
  tagged.text = fields->text;
  if (fields->number == "-") return tagged;
  const auto number = parse_number(fields->number);
  if (!number || *number == 0) return std::nullopt;
  tagged.number = *number;
  tagged.known = kind_of(tagged.kind).has_value();
  if (tagged.known && !is_name(tagged.from)) return std::nullopt;
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
  if (protocol::is_online_line(text)) {
    line.kind = ServerLine::Kind::kOnline;
    return line;
  }
  std::string_view rest = text;
  const std::string_view name = take_name(rest, " ");
  if (rest == kEntered) line.kind = ServerLine::Kind::kEnter;
  if (rest == kLeft) line.kind = ServerLine::Kind::kLeave;
  if (line.kind == ServerLine::Kind::kNotice || name.empty())
    return {ServerLine::Kind::kNotice, {}, {}, line.text};
  line.from = name;
  line.text = rest;
  return line;
}

ServerLine parse_marked(std::string_view text) {
  if (take_prefix(text, "* ")) return parse_notice(text);
  ServerLine line;
  std::string_view rest = text;
  if (take_prefix(text, "! ")) {
    line.kind = ServerLine::Kind::kError;
  } else if (take_prefix(rest, "~ ")) {
    const auto doer = take_name(rest, " ");
    if (!doer.empty()) return {ServerLine::Kind::kMe, std::string(doer), {}, std::string(rest)};
  } else if (const auto from = take_name(rest, " -> "); !from.empty()) {
    if (const auto to = take_name(rest, ": "); !to.empty()) {
      return {ServerLine::Kind::kPrivate, std::string(from), std::string(to), std::string(rest)};
    }
  } else if (const auto talker = take_name(rest, ": "); !talker.empty()) {
    return {ServerLine::Kind::kSay, std::string(talker), {}, std::string(rest)};
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
  if (!tagged->known) line.kind = ServerLine::Kind::kUnknown;
  if (tagged->kind == "notice" && tagged->number > 0) {
    line.kind = ServerLine::Kind::kNotice;
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
  return "- " + utc_text(*line.time) + " " + line.plain;
}

std::string_view name_of(ServerLine::Kind kind) {
  switch (kind) {
    case ServerLine::Kind::kSay:
      return "say";
    case ServerLine::Kind::kMe:
      return "me";
    case ServerLine::Kind::kPrivate:
      return "private";
    case ServerLine::Kind::kEnter:
      return "enter";
    case ServerLine::Kind::kLeave:
      return "leave";
    case ServerLine::Kind::kOnline:
      return "online";
    case ServerLine::Kind::kError:
      return "error";
    case ServerLine::Kind::kUnknown:
      return "unknown";
    case ServerLine::Kind::kNotice:
      break;
  }
  return "notice";
}

std::string json_of(const ServerLine& line, WallTime now) {
  std::string json;
  const TimeText time = time_text(line.time.value_or(now));
  add_json(json, "time", {time.data(), time.size()});
  if (line.number > 0) json += ",\"number\":" + std::to_string(line.number);
  if (line.replayed) json += ",\"replayed\":true";
  add_json(json, "kind", name_of(line.kind));
  add_json(json, "from", line.from);
  if (line.kind == ServerLine::Kind::kPrivate) add_json(json, "to", line.to);
  add_json(json, "text", line.text);
  return json + "}\n";
}

}  // namespace chat
