#include "chat/net/proxy_line.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

#include "chat/base/text.hpp"

namespace chat {
namespace {

constexpr std::size_t kMaxProxyLine = 107;  // what the protocol allows

// A port in decimal.
std::optional<std::uint16_t> port_of(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

// A user's number. That of nobody is none: (uid_t)-1.
std::optional<std::uint32_t> uid_of(std::string_view text) {
  const auto number = parse_number(text);
  if (!number) return user_id(std::string(text));
  if (*number >= std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

}  // namespace

TrustedProxy TrustedProxy::parse(std::string_view text) {
  if (!text.starts_with(kUnix)) return TrustedProxy(AddressRange::parse(text));
  const auto uid = uid_of(text.substr(kUnix.size()));
  if (!uid) throw std::invalid_argument("behind unix: stands a user of this machine");
  return TrustedProxy(*uid);
}

bool TrustedProxy::is(const PeerAddress& peer) const {
  if (const auto* const user = std::get_if<User>(&who_)) return peer.uid == *user;
  return !peer.uid && std::get<AddressRange>(who_).contains(peer.address);
}

std::optional<AddressRange> TrustedProxy::range() const {
  const auto* const range = std::get_if<AddressRange>(&who_);
  return range == nullptr ? std::nullopt : std::optional(*range);
}

bool take_proxy_line(std::string_view line, PeerAddress& peer) {
  if (line.size() > kMaxProxyLine) return false;
  std::array<std::string_view, 6> words;
  std::size_t count = 0;
  for (std::string_view rest = line; !rest.empty() && count < words.size(); ++count) {
    words[count] = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), words[count].size() + 1));
  }
  if (words[0] != "PROXY") return false;
  if (words[1] == "UNKNOWN") {
    peer.uid.reset();  // that is the proxy's
    return true;
  }
  if (count != words.size() || (words[1] != "TCP4" && words[1] != "TCP6")) return false;
  const auto port = port_of(words[4]);
  if (!port || !port_of(words[5])) return false;
  const auto named = peer_at(std::string(words[2]), *port);
  if (!named || !peer_at(std::string(words[3]), 0)) return false;
  peer = *named;
  return true;
}

}  // namespace chat
