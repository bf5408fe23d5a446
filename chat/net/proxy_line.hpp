// The line with which a proxy says for whom it connects: version 1 of HAProxy's PROXY protocol,
//
//   PROXY TCP4 192.0.2.7 198.51.100.1 51820 3490
//
// Thread safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "chat/net/address.hpp"
#include "chat/net/address_range.hpp"

namespace chat {

// The peers that are believed when they send such a line.
class TrustedProxy {
 public:
  // ADDRESS[/BITS], or unix:USER for the Unix socket, with a user's name or number. Throws
  // std::invalid_argument that says why not, without repeating `text`. May take long, as user_id()
  // does.
  static TrustedProxy parse(std::string_view text);

  bool is(const PeerAddress& peer) const;
  std::optional<AddressRange> range() const;  // nothing: it is a user of this machine

  bool operator==(const TrustedProxy&) const = default;

 private:
  using User = std::uint32_t;
  explicit TrustedProxy(std::variant<AddressRange, User> who) : who_(who) {}

  std::variant<AddressRange, User> who_;
};

// `line` comes without its end. False: it is none. Otherwise `peer` is the one it names, or, where
// it says UNKNOWN, stays as it is, but is no user of this machine.
bool take_proxy_line(std::string_view line, PeerAddress& peer);

}  // namespace chat
