// The networks around a source. One customer has many addresses of IPv6, so a limit for one source
// holds, with a larger allowance, for the networks around it as well: of IPv6 the /64 (level 0),
// the /56 (1) and the /48 (2). Any other source, such as an IPv4 address, stands alone. Pure.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "chat/net/address.hpp"
#include "chat/net/address_range.hpp"

namespace chat {

inline constexpr std::size_t kNetworkLevels = 3;

struct Network {
  std::size_t level = 0;
  Source source{};
  auto operator<=>(const Network&) const = default;
};

// How many levels there are around `source`. A user of a Unix socket has its last byte set.
inline std::size_t levels_of(const Source& source) {
  return is_ipv4(source) || source.back() != 0 ? 1 : kNetworkLevels;
}

// The network of that level; a source that stands alone is its own.
inline Network network_of(Source source, std::size_t level) {
  if (levels_of(source) == 1) return {0, source};
  const auto kept = static_cast<std::ptrdiff_t>(8 - level);
  std::fill(source.begin() + kept, source.end(), std::uint8_t{0});
  return {level, source};
}

}  // namespace chat
