// Bounds of connections.
#pragma once

#include <chrono>

namespace chat {

inline constexpr int kSendBuffer = 128 * 1024;  // bytes that the kernel keeps (SO_SNDBUF)

inline constexpr int kPortTries = 10;  // where the kernel chooses a port for two families

// A peer that vanished without a word (see Socket::configure_accepted): a connection on which
// nothing came is asked after kKeepaliveIdle whether it is still there, and given up after so many
// unanswered questions; one on which something was sent is given up when so long nothing was
// acknowledged.
//
// Everybody hears the last line at the same moment. So that thousands are not asked at one moment
// as well, which is more than a network card's queue holds, each connection has an idle time of its
// own, up to kKeepaliveSpread longer.
inline constexpr std::chrono::seconds kKeepaliveIdle{20};
inline constexpr std::chrono::seconds kKeepaliveSpread{25};
inline constexpr std::chrono::seconds kKeepaliveInterval{10};
inline constexpr int kKeepaliveProbes = 3;
inline constexpr std::chrono::milliseconds kUserTimeout{60'000};

// Connecting, to all addresses that a name has.
inline constexpr std::chrono::milliseconds kConnectLead{250};     // of an address on the next one
inline constexpr std::chrono::milliseconds kConnectTry{10'000};   // of each of them
inline constexpr std::chrono::milliseconds kConnectWait{15'000};  // of all of them

}  // namespace chat
