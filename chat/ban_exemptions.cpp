#include "chat/ban_exemptions.hpp"

#include <algorithm>
#include <utility>

#include "chat/socket.hpp"

namespace chat {
namespace {

// All of loopback, and the address of those who have none.
std::vector<AddressRange> always_own() {
  return {AddressRange::parse("127.0.0.0/8"), AddressRange::parse("::/127")};
}

}  // namespace

BanExemptions::BanExemptions(const std::optional<AddressRange>& trusted_proxy)
    : trusted_proxy_(trusted_proxy), own_(always_own()) {
  refresh();
}

void BanExemptions::refresh() {
  const auto addresses = interface_addresses();
  if (addresses.empty()) return;
  auto own = always_own();
  for (const IpAddress& address : addresses) own.push_back(AddressRange::of(address));
  MutexLock lock(mutex_);
  own_ = std::move(own);
}

bool BanExemptions::contains(const IpAddress& address) const {
  if (trusted_proxy_ && trusted_proxy_->contains(address)) return true;
  MutexLock lock(mutex_);
  return std::any_of(own_.begin(), own_.end(),
                     [&](const AddressRange& range) { return range.contains(address); });
}

std::string_view BanExemptions::objection_to(const AddressRange& range) const {
  if (trusted_proxy_ && trusted_proxy_->overlaps(range)) return "that is the trusted proxy";
  MutexLock lock(mutex_);
  const bool own = std::any_of(own_.begin(), own_.end(),
                               [&](const AddressRange& one) { return one.overlaps(range); });
  return own ? "that is this machine" : "";
}

}  // namespace chat
