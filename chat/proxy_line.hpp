// The line with which a proxy says for whom it connects: version 1 of HAProxy's PROXY protocol,
//
//   PROXY TCP4 192.0.2.7 198.51.100.1 51820 3490
//
// Pure, and thread safe.
#pragma once

#include <string_view>

#include "chat/socket.hpp"

namespace chat {

// `line` comes without its end. False: it is none. Otherwise `peer` is the one it names, or, where
// it says UNKNOWN, stays as it is.
bool take_proxy_line(std::string_view line, PeerAddress& peer);

}  // namespace chat
