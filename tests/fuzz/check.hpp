// What the fuzz targets state. One that is not so ends the program, which is how a fuzzer, and the
// replay of the corpus, learn of it.
#pragma once

#include <cstdio>
#include <cstdlib>

inline void check(bool so, const char* statement) {
  if (so) return;
  std::fprintf(stderr, "not so: %s\n", statement);
  std::abort();
}
