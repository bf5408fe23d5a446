// How often a test repeats what may go wrong only now and then: a few times in the suite, or as
// often as it takes to be sure, with THOROUGH=1 in the environment.
#pragma once

#include <cstdlib>

inline int rounds(int few, int many) { return std::getenv("THOROUGH") != nullptr ? many : few; }
