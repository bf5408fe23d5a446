// The floor: what broadcasting costs where nothing is done but send(). It has no names and reads no
// lines; what came in goes out to everyone. No server that sends over TCP can be expected below it.
#pragma once

#include "chat/net/listener.hpp"

namespace bench {

// Serves until the process is ended. Throws when a socket does not take all at once: a load that
// does not let that happen is the caller's part.
[[noreturn]] void run_floor(chat::Listener listener);

}  // namespace bench
