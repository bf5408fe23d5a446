// IP addresses, and the ranges of them that share their first bits: 192.0.2.0/24, 2001:db8::/32,
// or one address alone. Pure, and thread safe.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

// In network order; an IPv4 address as IPv6 writes it: ::ffff:192.0.2.7.
using IpAddress = std::array<std::uint8_t, 16>;

IpAddress ipv4_address(std::uint32_t number);
bool is_ipv4(const IpAddress& address);

// Whether `text` can only have been meant as an address or a range, right or wrong: 192.0.2,
// 192.0.2.70-80, 192.0.2.*, 192.0.2.x, and whatever holds a colon, a slash or a bracket.
bool looks_like_address(std::string_view text);

// The address in what an operator types or pastes, see AddressRange::parse_typed(). Nothing: there
// is none.
std::optional<IpAddress> typed_address(std::string_view text);

class AddressRange {
 public:
  // ADDRESS or ADDRESS/BITS. What `text` says behind the first BITS is passed over, and what is
  // IPv4 written as IPv6 (::ffff:192.0.2.0/120) is the same range as 192.0.2.0/24. Throws
  // std::invalid_argument that says why not, without repeating `text`.
  static AddressRange parse(std::string_view text);

  // The same, of what an operator types or pastes: also [ADDRESS], and with a port behind it
  // (192.0.2.7:51820, [2001:db8::7]:51820) or a zone (fe80::7%eth0), which are passed over. An IPv6
  // address without BITS is its network, /64.
  static AddressRange parse_typed(std::string_view text);

  // One address.
  static AddressRange of(const IpAddress& address);

  // As parse() takes it, and the same for equal ranges.
  std::string text() const;

  // A range of IPv6 contains no IPv4 address, however wide it is.
  bool contains(const IpAddress& address) const;
  bool overlaps(const AddressRange& other) const;

  auto operator<=>(const AddressRange&) const = default;

 private:
  AddressRange(const IpAddress& address, unsigned bits);

  IpAddress first_;
  unsigned bits_;  // of the 128, also for IPv4
};

}  // namespace chat
