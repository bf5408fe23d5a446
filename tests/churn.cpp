// Churn: members join, talk, leave and reset at random for so many seconds while one pair watches
// that nothing is lost, doubled or reordered. Meant to run under a sanitizer.
// usage: churn SECONDS [SEED]
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"

namespace {

constexpr int kMembers = 50;

struct Counts {
  std::atomic<long> arrivals{0};
  std::atomic<long> lines{0};
  std::atomic<long> resets{0};
};

// One visit after the other, each ending in its own way.
void visit(std::uint16_t port, int number, unsigned seed, const std::atomic<bool>& stop,
           Counts& counts) {
  std::mt19937 random(seed);
  const auto chance = [&](unsigned of) { return static_cast<unsigned>(random() % of); };
  const std::string name = "u" + std::to_string(number);
  while (!stop) {
    try {
      Peer peer(port);
      if (chance(20) == 0) {  // gone in the middle of coming in
        peer.send("register\n" + name);
        if (chance(2) == 0) peer.reset();
        continue;
      }
      peer.send("register\n" + name + ",pw\n");
      peer.read_until("* " + name + " has entered");
      ++counts.arrivals;
      const unsigned lines = chance(20);
      for (unsigned i = 0; i < lines; ++i) {
        peer.say(name + " says " + std::to_string(i));
        ++counts.lines;
        if (chance(3) == 0) peer.read_until(name + ": " + name + " says " + std::to_string(i));
        if (chance(10) == 0) peer.say("/who");
      }
      switch (chance(4)) {
        case 0:
          peer.reset();
          ++counts.resets;
          break;
        case 1:
          peer.close();
          break;
        case 2:
          peer.say("/quit");
          peer.read_all();
          break;
        default:
          peer.half_close();
          peer.read_all();
      }
    } catch (const std::runtime_error&) {
      // The name is still in use by the visit before: once more.
    }
  }
}

// Sees that arrivals and departures alternate for each name, and that the talker's lines come
// complete and in order.
void watch(Peer& watcher) {
  std::set<std::string> online;
  long next = 0;
  while (true) {
    const std::string line = watcher.read_line();
    if (line == "talker: end") return;
    if (line.starts_with("talker: ")) {
      if (line != "talker: " + std::to_string(next++)) throw std::runtime_error("order: " + line);
    } else if (line.ends_with(" has entered the chat")) {
      if (!online.insert(line.substr(2, line.find(' ', 2) - 2)).second) {
        throw std::runtime_error("in twice: " + line);
      }
    } else if (line.ends_with(" has left the chat")) {
      if (online.erase(line.substr(2, line.find(' ', 2) - 2)) == 0) {
        throw std::runtime_error("left without having been in: " + line);
      }
    }
  }
}

int churn(int seconds, unsigned seed) {
  RunningRoom room(2 * kMembers);
  Peer talker = Peer::registered(room.port(), "talker");
  Peer watcher = Peer::registered(room.port(), "watcher");
  std::exception_ptr failure;
  std::thread watching([&] {
    try {
      watch(watcher);
    } catch (...) {
      failure = std::current_exception();
    }
  });
  Counts counts;
  std::atomic<bool> stop{false};
  std::vector<std::thread> visitors;
  for (int i = 0; i < kMembers; ++i) {
    visitors.emplace_back(visit, room.port(), i, seed + static_cast<unsigned>(i), std::cref(stop),
                          std::ref(counts));
  }
  const auto end = chat::Clock::now() + std::chrono::seconds(seconds);
  long said = 0;
  while (chat::Clock::now() < end) {
    talker.say(std::to_string(said));
    talker.read_until("talker: " + std::to_string(said++));
  }
  stop = true;
  for (auto& visitor : visitors) visitor.join();
  talker.say("end");
  watching.join();
  room.stop();
  std::cout << "seed " << seed << ": " << counts.arrivals << " arrivals, " << counts.resets
            << " resets, " << counts.lines + said << " lines\n";
  if (failure) std::rethrow_exception(failure);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw std::runtime_error("usage: churn SECONDS [SEED]");
    return churn(std::atoi(argv[1]),
                 argc > 2 ? static_cast<unsigned>(std::atol(argv[2])) : std::random_device()());
  } catch (const std::exception& error) {
    std::cerr << "churn: " << error.what() << '\n';
    return 1;
  }
}
