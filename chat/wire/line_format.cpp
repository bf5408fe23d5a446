#include "chat/wire/line_format.hpp"

#include <cstddef>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/wire/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

constexpr std::array<std::string_view, 5> kWords = {"say", "me", "enter", "leave", "notice"};

constexpr std::string_view kLogBegins = "# log ";
constexpr std::string_view kAfterLine = " after line ";

// Takes what stands before the first TAB off `line`. False: there is none.
bool take_field(std::string_view& line, std::string_view& field) {
  const auto tab = line.find('\t');
  if (tab == std::string_view::npos) return false;
  field = line.substr(0, tab);
  line.remove_prefix(tab + 1);
  return true;
}

// Whether it has the form of a time: to look at more would cost a replay too much.
bool is_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == '0' ? !digit : text[i] != kForm[i]) return false;
  }
  return true;
}

bool is_text_of(Kind kind, std::string_view text) {
  if (kind == Kind::kEnter) return text == kEntered;
  if (kind == Kind::kLeave) return text == kLeft;
  return text.size() <= 3 * kMaxLine && !needs_neutralising(text);
}

std::string_view own_kind(std::string_view plain) {
  if (plain.starts_with("! ")) return "error";
  if (!plain.starts_with("* ")) return "private";
  return protocol::is_online_line(plain.substr(2)) ? "online" : "notice";
}

}  // namespace

std::string_view word_of(Kind kind) { return kWords[static_cast<std::size_t>(kind)]; }

std::optional<Kind> kind_of(std::string_view word) {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i] == word) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

std::optional<TaggedLine> parse_tagged_line(std::string_view line) {
  TaggedLine parsed;
  if (!take_field(line, parsed.number) || !take_field(line, parsed.time) ||
      !take_field(line, parsed.kind) || !take_field(line, parsed.from)) {
    return std::nullopt;
  }
  parsed.text = line;
  return parsed;
}

std::optional<RoomLine> parse_room_line(std::string_view line) {
  const auto fields = parse_tagged_line(line);
  if (!fields) return std::nullopt;
  const auto number = parse_number(fields->number);
  const auto kind = kind_of(fields->kind);
  if (!number || *number == 0 || fields->number.front() == '0' || !is_time(fields->time) || !kind ||
      !is_name(fields->from) || !is_text_of(*kind, fields->text)) {
    return std::nullopt;
  }
  return RoomLine{*number, fields->time, *kind, fields->from, fields->text};
}

std::string log_beginning(std::string_view epoch, std::uint64_t after) {
  return std::string(kLogBegins).append(epoch).append(kAfterLine) + std::to_string(after) + "\n";
}

std::optional<LogBeginning> parse_log_beginning(std::string_view line) {
  if (!line.starts_with(kLogBegins)) return std::nullopt;
  line.remove_prefix(kLogBegins.size());
  const auto size = line.find(kAfterLine);
  if (size == std::string_view::npos || !is_name(line.substr(0, size))) return std::nullopt;
  const auto after = parse_number(line.substr(size + kAfterLine.size()));
  if (!after) return std::nullopt;
  return LogBeginning{line.substr(0, size), *after};
}

std::array<std::string_view, 5> plain_pieces(Kind kind, std::string_view from,
                                             std::string_view text) {
  if (kind == Kind::kSay) return {from, ": ", text, "\n", {}};
  if (kind == Kind::kMe) return {"~ ", from, " ", text, "\n"};
  return {"* ", from, " ", text, "\n"};
}

void append_replayed(std::string& to, const RoomLine& line, Rendering rendering) {
  if (rendering == Rendering::kTagged) {
    to += std::to_string(line.number);
    to += '\t';
    to += line.time;
    to += '\t';
    to += word_of(line.kind);
    to += "+\t";
    to += line.from;
    to += '\t';
    to += line.text;
    to += '\n';
    return;
  }
  to += "- ";
  to += line.time.substr(0, line.time.size() - std::string_view(".000Z").size());
  to += "Z ";
  for (const std::string_view piece : plain_pieces(line.kind, line.from, line.text)) to += piece;
}

std::string rendered(std::string lines, Rendering rendering, WallTime now) {
  if (rendering == Rendering::kPlain) return lines;
  const TimeText time = time_text(now);
  std::string tagged;
  for (std::string_view rest = lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    tagged += "-\t";
    tagged.append(time.data(), time.size());
    tagged += '\t';
    tagged += own_kind(line);
    tagged += "\t-\t";
    tagged += line.substr(own_kind(line) == "private" ? 0 : 2);  // without its mark
  }
  return tagged;
}

std::string tag_answer(std::string_view epoch, WallTime now) {
  std::string answer = rendered(std::string(protocol::kTagged), Rendering::kTagged, now);
  constexpr std::string_view kNobody = "\t-\t";
  return answer.replace(answer.find(kNobody) + 1, 1, epoch);
}

}  // namespace chat
