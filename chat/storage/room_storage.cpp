#include "chat/storage/room_storage.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/storage/limits.hpp"

namespace chat {
namespace {

constexpr std::string_view kHeader =
    "# What the chatroom keeps beside its accounts. The room writes it anew whenever that "
    "changes,\n"
    "# without other comments; change it by hand only where no server runs, or let the server "
    "read\n"
    "# it again (SIGHUP). Fields are separated by TAB.\n";
constexpr std::string_view kNoEnd = "-";

void check_text(const std::string& what, std::string_view text, std::size_t most) {
  if (text.size() > most) {
    throw std::invalid_argument(what + " is longer than " + std::to_string(most) + " bytes");
  }
  if (text.find('\t') != std::string_view::npos || needs_neutralising(text)) {
    throw std::invalid_argument(what + " is not one line of UTF-8 without control characters");
  }
}

void check_name(std::string_view name) {
  if (!is_name(name)) throw std::invalid_argument("bad name");
}

void check_ban(const Ban& ban) {
  if (ban.range.has_value() == !ban.name.empty()) {
    throw std::invalid_argument("a ban is of a name or of a range of addresses");
  }
  if (!ban.range) check_name(ban.name);
  check_name(ban.by);
  check_text("the reason", ban.reason, kMaxReason);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (auto end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

WallTime time_of(std::string_view text) {
  const auto time = parse_time(text);
  if (!time) throw std::invalid_argument("bad time");
  return *time;
}

void append_line(std::string& to, std::initializer_list<std::string_view> fields) {
  const char* separator = "";
  for (const std::string_view field : fields) {
    to.append(separator).append(field);
    separator = "\t";
  }
  to += '\n';
}

void append_ban(std::string& to, const Ban& ban) {
  const TimeText time = ban.until ? time_text(*ban.until) : TimeText{};
  append_line(
      to, {"ban", ban.range ? "address" : "name", ban.target(),
           ban.until ? std::string_view(time.data(), time.size()) : kNoEnd, ban.by, ban.reason});
}

}  // namespace

std::string RoomStorage::file_beside(const std::string& accounts_file) {
  return accounts_file + ".room";
}

std::string RoomStorage::text(WallTime now) const {
  std::string content(kHeader);
  if (closed_) append_line(content, {"closed"});
  if (!topic_.empty()) append_line(content, {"topic", topic_});
  if (!motd_.empty()) append_line(content, {"motd", motd_});
  for (const Ban& ban : bans(now)) append_ban(content, ban);
  return content;
}

const Ban* RoomStorage::ban_of(std::string_view name, WallTime now) const {
  const auto found = name_bans_.find(name_skeleton(name));
  return found == name_bans_.end() || found->second.is_over(now) ? nullptr : &found->second;
}

const Ban* RoomStorage::ban_of(const PeerAddress& peer, WallTime now) const {
  if (peer.exempt) return nullptr;
  for (const auto& [range, ban] : address_bans_) {
    if (range.contains(peer.address) && !ban.is_over(now)) return &ban;
  }
  return nullptr;
}

std::vector<Ban> RoomStorage::bans(WallTime now) const {
  std::vector<Ban> bans;
  const auto append = [&](const auto& all) {
    for (const auto& [target, ban] : all) {
      if (!ban.is_over(now)) bans.push_back(ban);
    }
  };
  append(name_bans_);
  append(address_bans_);
  return bans;
}

void RoomStorage::ban(Ban ban, WallTime now) {
  check_ban(ban);
  const auto is_over = [&](const auto& entry) { return entry.second.is_over(now); };
  std::erase_if(name_bans_, is_over);
  std::erase_if(address_bans_, is_over);
  if (ban.range) {
    address_bans_.erase(*ban.range);
  } else {
    name_bans_.erase(name_skeleton(ban.name));
  }
  (void)add_ban(std::move(ban));  // true: it has none any more
}

bool RoomStorage::add_ban(Ban ban) {
  check_ban(ban);
  if (name_bans_.size() + address_bans_.size() >= kMaxBans) {
    throw std::invalid_argument("there are " + std::to_string(kMaxBans) + " bans already");
  }
  if (ban.until) ban.until = std::chrono::floor<std::chrono::milliseconds>(*ban.until);
  if (ban.range) return address_bans_.try_emplace(*ban.range, ban).second;
  return name_bans_.try_emplace(name_skeleton(ban.name), ban).second;
}

std::vector<Ban> RoomStorage::unban(std::string_view target) {
  std::vector<Ban> lifted;
  const auto lift = [&](auto& bans, const auto& key) {
    const auto found = bans.find(key);
    if (found == bans.end()) return;
    lifted.push_back(std::move(found->second));
    bans.erase(found);
  };
  if (is_name(target)) lift(name_bans_, name_skeleton(target));
  // An address of IPv6 is banned as its network, or, in a file written by hand, alone.
  for (const auto parse : {&AddressRange::parse, &AddressRange::parse_typed}) {
    try {
      lift(address_bans_, parse(target));
    } catch (const std::invalid_argument&) {  // it is none
    }
  }
  return lifted;
}

void RoomStorage::set_topic(const std::string& topic) {
  check_text("the topic", topic, kMaxRoomText);
  topic_ = topic;
}

void RoomStorage::set_motd(const std::string& motd) {
  check_text("the message of the day", motd, kMaxRoomText);
  motd_ = motd;
}

void RoomStorage::take(std::string_view line) {
  const Fields fields = split(line, '\t');
  const std::string_view word = fields.front();
  if (word == "closed" && fields.size() == 1 && !closed_) return set_closed(true);
  if (word == "topic" && fields.size() == 2 && topic_.empty()) {
    return set_topic(std::string(fields[1]));
  }
  if (word == "motd" && fields.size() == 2 && motd_.empty()) {
    return set_motd(std::string(fields[1]));
  }
  if (word == "ban" && fields.size() == 6) return take_ban(fields);
  if (word == "settings" && fields.size() >= 3) return;
  throw std::invalid_argument("no entry of this file, or a second one of its kind");
}

void RoomStorage::take_ban(const Fields& fields) {
  Ban ban;
  if (fields[1] == "name") ban.name = fields[2];
  if (fields[1] == "address") ban.range = AddressRange::parse(fields[2]);
  if (fields[3] != kNoEnd) ban.until = time_of(fields[3]);
  ban.by = fields[4];
  ban.reason = fields[5];
  if (!add_ban(std::move(ban))) throw std::invalid_argument("a second ban of the same target");
}

}  // namespace chat
