// The server as a process: from its options to the signal that ends it.
//
// For the main thread, which no other thread has been made by yet.
#pragma once

#include "chat/server/server_options.hpp"

namespace chat {

// Serves until SIGINT or SIGTERM, or the terminal is gone that it was started in (unless by nohup).
// Otherwise SIGHUP opens the transcript anew, SIGUSR2 hands over to the
// program as it is by then, which then is this process. `argv` is main()'s. Throws what a server
// cannot start by.
void serve(ServerOptions options, char* const* argv);

// Whether such a server could start: throws where not. Where a server asks that is to be followed,
// it is answered.
void check(const ServerOptions& options);

}  // namespace chat
