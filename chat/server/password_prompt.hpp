// Asking a person, or a program on a pipe, for a new password. The terminal it belongs to is the
// process's own standard input, so only one thread may ask at a time.
#pragma once

#include <string>

namespace chat {

// Reads the password from standard input, twice. On a terminal it prompts for it on standard error
// and what is typed is not shown; the terminal is as before afterwards, also when Ctrl+C ends the
// process. From anything else it takes two lines. Throws std::runtime_error that says why there is
// no password: not a valid one, two different ones, the end of input.
std::string ask_new_password();

}  // namespace chat
