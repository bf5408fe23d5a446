#include "chat/net/address_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace chat {
namespace {

constexpr unsigned kBits = 128;
constexpr unsigned kNetworkBits = 64;  // of IPv6: one customer has all addresses in there
constexpr unsigned kMappedBits = 96;   // in front of an IPv4 address written as IPv6
constexpr IpAddress kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

// `address` with all but its first `bits` bits cleared.
IpAddress masked(IpAddress address, unsigned bits) {
  for (std::uint8_t& byte : address) {
    const unsigned kept = std::min(bits, 8u);
    byte = static_cast<std::uint8_t>(byte & (0xFF00u >> kept));
    bits -= kept;
  }
  return address;
}

std::optional<IpAddress> address_of(const std::string& text, int family) {
  IpAddress address = kMapped;
  void* const into = address.data() + (family == AF_INET ? kMappedBits / 8 : 0);
  if (::inet_pton(family, text.c_str(), into) != 1) return std::nullopt;
  return address;
}

// Throws std::invalid_argument.
unsigned parse_bits(std::string_view text, unsigned most) {
  unsigned bits = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, bits);
  if (error != std::errc{} || stop != end || bits > most) {
    throw std::invalid_argument("behind the / of an address stands a whole number from 0 to " +
                                std::to_string(most));
  }
  return bits;
}

// A decimal port, which is passed over.
bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && stop == end;
}

// `host` without brackets, port and zone. What is none of these is left for others to refuse.
std::string_view bare_host(std::string_view host) {
  const auto last_colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  const bool one_colon = last_colon != std::string_view::npos && host.find(':') == last_colon;
  const bool behind_bracket = bracket != std::string_view::npos && last_colon == bracket + 1;
  if ((one_colon || behind_bracket) && is_port(host.substr(last_colon + 1))) {
    host = host.substr(0, last_colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto zone = host.find('%');
  if (zone != std::string_view::npos && zone + 1 < host.size()) host = host.substr(0, zone);
  return host;
}

}  // namespace

bool looks_like_address(std::string_view text) {
  if (text.find_first_of(":/[]*%") != std::string_view::npos) return true;
  // Two numbers with a dot between them, and either a dot behind them or nothing but more of those.
  constexpr std::string_view kDigits = "0123456789";
  const auto dot = text.find_first_not_of(kDigits);
  if (dot == 0 || dot == std::string_view::npos || text[dot] != '.') return false;
  const auto end = text.find_first_not_of(kDigits, dot + 1);
  if (end == std::string_view::npos) return dot + 1 < text.size();
  return text.find_first_not_of("0123456789.-") == std::string_view::npos ||
         (end > dot + 1 && text[end] == '.');
}

IpAddress ipv4_address(std::uint32_t number) {
  IpAddress address = kMapped;
  for (auto byte = address.rbegin(); byte != address.rbegin() + 4; ++byte, number >>= 8) {
    *byte = static_cast<std::uint8_t>(number);
  }
  return address;
}

bool is_ipv4(const IpAddress& address) {
  return std::equal(address.begin(), address.begin() + kMappedBits / 8, kMapped.begin());
}

AddressRange::AddressRange(const IpAddress& address, unsigned bits)
    : first_(masked(address, bits)), bits_(bits) {}

AddressRange AddressRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string host(text.substr(0, slash));
  const auto ipv4 = address_of(host, AF_INET);
  const auto address = ipv4 ? ipv4 : address_of(host, AF_INET6);
  // inet_pton() would stop at a NUL.
  if (!address || host.find('\0') != std::string::npos) {
    throw std::invalid_argument("not an IPv4 or IPv6 address");
  }
  const unsigned before = ipv4 ? kMappedBits : 0;
  if (slash == std::string_view::npos) return {*address, kBits};
  return {*address, before + parse_bits(text.substr(slash + 1), kBits - before)};
}

std::optional<IpAddress> typed_address(std::string_view text) {
  const std::string host(bare_host(text.substr(0, text.find('/'))));
  if (host.find('\0') != std::string::npos) return std::nullopt;
  const auto ipv4 = address_of(host, AF_INET);
  return ipv4 ? ipv4 : address_of(host, AF_INET6);
}

AddressRange AddressRange::parse_typed(std::string_view text) {
  const auto slash = text.find('/');
  std::string plain(bare_host(text.substr(0, slash)));
  if (slash != std::string_view::npos) return parse(plain.append(text.substr(slash)));
  const AddressRange range = parse(plain);
  return is_ipv4(range.first_) ? range : AddressRange(range.first_, kNetworkBits);
}

AddressRange AddressRange::of(const IpAddress& address) { return {address, kBits}; }

std::string AddressRange::text() const {
  const bool ipv4 = is_ipv4(first_);
  const unsigned before = ipv4 ? kMappedBits : 0;
  std::array<char, INET6_ADDRSTRLEN> host{};
  (void)::inet_ntop(ipv4 ? AF_INET : AF_INET6, first_.data() + before / 8, host.data(),
                    host.size());  // there is room for any address
  if (bits_ == kBits) return host.data();
  return std::string(host.data()) + "/" + std::to_string(bits_ - before);
}

bool AddressRange::contains(const IpAddress& address) const {
  return is_ipv4(address) == is_ipv4(first_) && masked(address, bits_) == first_;
}

bool AddressRange::overlaps(const AddressRange& other) const {
  return contains(other.first_) || other.contains(first_);
}

}  // namespace chat
