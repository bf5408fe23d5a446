// The systems that are compared, each started as a process of its own on a free loopback port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/process.hpp"
#include "tests/bench/protocols.hpp"

namespace bench {

// A server that listens.
struct Running {
  Child child;
  std::uint16_t port;
  chat::Descriptor output{};  // what it prints, where that was needed; kept open for its sake
};

struct System {
  std::string key;   // as in --only
  std::string name;  // as in the tables
  std::shared_ptr<const Protocol> protocol;
  std::size_t max_members = SIZE_MAX;  // more are not measured
  bool must_end_well = false;          // SIGTERM ends it with status 0, or the run has failed
  bool joins_slowly = false;           // coming into a large room takes minutes
  std::size_t join_at_a_time = 128;    // so many come in at the same time
  std::function<Running(std::size_t members)> start;
};

// The floor, the room, and those peers that are installed. `folder`: for their files and what they
// print.
std::vector<System> systems(const std::string& server, const std::string& folder);

}  // namespace bench
