// Connecting to one of several addresses, the first that answers, as RFC 8305 ("Happy Eyeballs")
// describes: the families take turns, each address gets a moment's lead on the next one, and none
// that is dead keeps the others waiting. By the calling thread alone. Thread safe.
#pragma once

#include <chrono>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "chat/net/address.hpp"
#include "chat/net/limits.hpp"

namespace chat {

struct ConnectLimits {
  std::chrono::milliseconds lead = kConnectLead;  // before the next address is tried, too
  std::chrono::milliseconds each = kConnectTry;
  std::chrono::milliseconds all = kConnectWait;
};

// The order to try them in: `first`, if it is among them, and then one of each family in turn.
std::vector<SocketAddress> in_turn(std::vector<SocketAddress> addresses,
                                   const SocketAddress& first);

// A connection, blocking, to the first of `addresses` that answers, which `answered` becomes.
// Throws std::system_error that says why the last one to fail did.
Descriptor connect_to_first(const std::vector<SocketAddress>& addresses, SocketAddress& answered,
                            const ConnectLimits& limits = {});

}  // namespace chat
