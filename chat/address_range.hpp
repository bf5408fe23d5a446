// IP addresses, and the ranges of them that share their first bits: 192.0.2.0/24, 2001:db8::/32,
// or one address alone. Pure, and thread safe.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace chat {

// In network order; an IPv4 address as IPv6 writes it: ::ffff:192.0.2.7.
using IpAddress = std::array<std::uint8_t, 16>;

IpAddress ipv4_address(std::uint32_t number);
bool is_ipv4(const IpAddress& address);

class AddressRange {
 public:
  // ADDRESS or ADDRESS/BITS. What `text` says behind the first BITS is passed over, and what is
  // IPv4 written as IPv6 (::ffff:192.0.2.0/120) is the same range as 192.0.2.0/24. Throws
  // std::invalid_argument that says why not, without repeating `text`.
  static AddressRange parse(std::string_view text);

  // As parse() takes it, and the same for equal ranges.
  std::string text() const;

  // A range of IPv6 contains no IPv4 address, however wide it is.
  bool contains(const IpAddress& address) const;

  auto operator<=>(const AddressRange&) const = default;

 private:
  AddressRange(const IpAddress& address, unsigned bits);

  IpAddress first_;
  unsigned bits_;  // of the 128, also for IPv4
};

}  // namespace chat
