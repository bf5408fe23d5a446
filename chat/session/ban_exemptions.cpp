#include "chat/session/ban_exemptions.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "chat/net/address.hpp"

namespace chat {
namespace {

// All of loopback, and the address of those who have none.
bool overlaps_always_own(const AddressRange& range) {
  static const std::array always{AddressRange::parse("127.0.0.0/8"), AddressRange::parse("::/127")};
  return std::any_of(always.begin(), always.end(),
                     [&](const AddressRange& own) { return own.overlaps(range); });
}

}  // namespace

BanExemptions::BanExemptions(const std::optional<AddressRange>& trusted_proxy)
    : trusted_proxy_(trusted_proxy) {
  refresh();
}

void BanExemptions::refresh() {
  auto addresses = interface_addresses();
  if (addresses.empty()) return;
  MutexLock lock(mutex_);
  interfaces_ = std::move(addresses);
}

bool BanExemptions::contains(const IpAddress& address) const {
  if (overlaps_always_own(AddressRange::of(address))) return true;
  if (trusted_proxy_ && trusted_proxy_->contains(address)) return true;
  MutexLock lock(mutex_);
  return std::find(interfaces_.begin(), interfaces_.end(), address) != interfaces_.end();
}

std::string_view BanExemptions::objection_to(const AddressRange& range,
                                             const IpAddress& address) const {
  if (trusted_proxy_ && trusted_proxy_->overlaps(range)) return "that is the trusted proxy";
  return overlaps_always_own(range) || contains(address) ? "that is this machine" : "";
}

}  // namespace chat
