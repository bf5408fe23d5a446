// Addresses that no ban reaches, so that no operator can lock out the room: this machine's own,
// where a TLS proxy or an ssh server may run through which everyone comes, and those of the proxy
// that the server trusts. Nor does a ban reach a connection that has no address, as by a Unix
// socket.
//
// Thread safe.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "chat/base/mutex.hpp"
#include "chat/net/address_range.hpp"

namespace chat {

class BanExemptions {
 public:
  explicit BanExemptions(const std::optional<AddressRange>& trusted_proxy);

  // Reads this machine's addresses anew. Where that is not possible, those known before stay.
  void refresh();

  bool contains(const IpAddress& address) const;

  // Why no ban can be of `range`, which was typed as `address` and bits; empty: one can be. A range
  // may hold addresses of this machine's interfaces among its neighbours': it does not reach them.
  std::string_view objection_to(const AddressRange& range, const IpAddress& address) const;

 private:
  const std::optional<AddressRange> trusted_proxy_;
  mutable Mutex mutex_;
  std::vector<IpAddress> interfaces_ GUARDED_BY(mutex_);
};

}  // namespace chat
