#include "chat/proxy_line.hpp"

#include <array>
#include <limits>
#include <optional>
#include <string>

#include "chat/protocol.hpp"

namespace chat {
namespace {

constexpr std::size_t kMaxProxyLine = 107;  // what the protocol allows

// A port in decimal.
std::optional<std::uint16_t> port_of(std::string_view text) {
  const auto number = protocol::parse_number(text);
  if (!number || *number > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

}  // namespace

bool take_proxy_line(std::string_view line, PeerAddress& peer) {
  if (line.size() > kMaxProxyLine) return false;
  std::array<std::string_view, 6> words;
  std::size_t count = 0;
  for (std::string_view rest = line; !rest.empty() && count < words.size(); ++count) {
    words[count] = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), words[count].size() + 1));
  }
  if (words[0] != "PROXY") return false;
  if (words[1] == "UNKNOWN") return true;
  if (count != words.size() || (words[1] != "TCP4" && words[1] != "TCP6")) return false;
  const auto port = port_of(words[4]);
  if (!port || !port_of(words[5])) return false;
  const auto named = peer_at(std::string(words[2]), *port);
  if (!named || !peer_at(std::string(words[3]), 0)) return false;
  peer = *named;
  return true;
}

}  // namespace chat
