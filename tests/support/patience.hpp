// How long a test waits for what comes at once unless something is broken: far more than that takes
// on a busy machine and with a sanitizer, since nobody waits once it has come.
#pragma once

#include <chrono>

inline constexpr std::chrono::seconds kPatience{50};
