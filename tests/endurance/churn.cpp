// Churn: members come in, talk, stall, leave and reset at random, and others guess passwords, while
// the server is stopped and started under them. In each of its lives one pair sees that nothing is
// lost, doubled or reordered; in the end nothing is left of all that. Meant to run under a
// sanitizer.
// usage: churn SECONDS RESTARTS [SEED]
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/support/baseline.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/threads.hpp"

namespace {

using std::chrono::milliseconds;

constexpr int kVisitors = 50;
constexpr int kGuessers = 4;
constexpr const char* kOwner = "owner";
constexpr const char* kPassword = "right";
constexpr const char* kGoodbye = "* the server is shutting down";

// The room has broken a promise; anything else that goes wrong may be what the churn itself does.
struct Violation : std::logic_error {
  using std::logic_error::logic_error;
};

struct Counts {
  std::atomic<long> restarts{0};
  std::atomic<long> arrivals{0};
  std::atomic<long> logins{0};
  std::atomic<long> lines{0};
  std::atomic<long> quits{0};
  std::atomic<long> half_closes{0};
  std::atomic<long> resets{0};
  std::atomic<long> stalls{0};
  std::atomic<long> guesses{0};
};

std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  return out << counts.restarts << " restarts, " << counts.arrivals << " arrivals, "
             << counts.logins << " logins, " << counts.lines << " lines, " << counts.quits
             << " quits, " << counts.half_closes << " half-closes, " << counts.resets << " resets, "
             << counts.stalls << " stalls, " << counts.guesses << " guesses";
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  unsigned below(unsigned bound) { return static_cast<unsigned>(engine_() % bound); }
  bool once_in(unsigned times) { return below(times) == 0; }

 private:
  std::mt19937 engine_;
};

// What the threads of the churn share.
struct Churn {
  std::atomic<bool> stop{false};
  std::atomic<std::uint16_t> port{0};  // 0: there is no server now
  std::atomic<int> life{0};            // of the server; counted up before it stops
  Counts counts;

  std::mutex at_length;  // of the one who talks at length

  void fail(const std::string& what) {
    const std::lock_guard lock(mutex);
    if (!failure) failure = what.substr(0, 1000);
    stop = true;
  }

  std::mutex mutex;
  std::optional<std::string> failure;
};

// What somebody does over and over; `work` gets the port.
template <typename Work>
void repeat(Churn& churn, Work work) {
  while (!churn.stop) {
    const std::uint16_t port = churn.port;
    if (port == 0) {
      std::this_thread::sleep_for(milliseconds(1));
      continue;
    }
    try {
      work(port);
    } catch (const Violation& violation) {
      churn.fail(violation.what());
    } catch (const std::runtime_error&) {
      // The name is still in use by the visit before, or the server has stopped: once more.
    }
  }
}

class Visitor {
 public:
  Visitor(Churn& churn, int number, unsigned seed)
      : churn_(churn), name_("u" + std::to_string(number)), random_(seed) {}

  void run() {
    repeat(churn_, [this](std::uint16_t port) { visit(port); });
  }

 private:
  void visit(std::uint16_t port) {
    const int life = churn_.life;
    Peer peer(port);
    if (random_.once_in(20)) return leave_early(peer);
    const bool login = random_.once_in(20);
    const std::string name = login ? kOwner : name_;
    peer.send(login ? std::string("login\n") + kOwner + "," + kPassword + "\n"
                    : "register\n" + name + ",pw\n");
    peer.read_until("* " + name + " has entered");
    ++(login ? churn_.counts.logins : churn_.counts.arrivals);
    talk(peer, name);
    if (random_.once_in(10)) stall(peer);
    leave(peer, name, life);
  }

  // Gone in the middle of coming in.
  void leave_early(Peer& peer) {
    peer.send("register\n" + name_);
    if (random_.once_in(2)) peer.reset();
  }

  void talk(Peer& peer, const std::string& name) {
    if (random_.once_in(30)) talk_at_length(peer, name);
    const unsigned lines = random_.below(20);
    for (unsigned i = 0; i < lines; ++i) {
      peer.say(std::to_string(i));
      ++churn_.counts.lines;
      if (random_.once_in(3)) peer.read_until(name + ": " + std::to_string(i));
      if (random_.once_in(10)) peer.say("/who");
    }
  }

  // So that who stalls falls behind. One after the other, with a rest in between: others must find
  // the time to read all that, on a machine as busy as this, or they are rightly dropped.
  void talk_at_length(Peer& peer, const std::string& name) {
    const std::unique_lock turn(churn_.at_length, std::try_to_lock);
    if (!turn) return;
    for (unsigned i = 0; i < 40; ++i) {
      const std::string text = std::to_string(i) + std::string(3000, 'x');
      peer.say(text);
      ++churn_.counts.lines;
      peer.read_until(name + ": " + text);
    }
    std::this_thread::sleep_for(milliseconds(100));
  }

  void stall(Peer& peer) {
    ++churn_.counts.stalls;
    const int small = 4096;
    (void)::setsockopt(peer.socket().descriptor().get(), SOL_SOCKET, SO_RCVBUF, &small,
                       sizeof small);
    std::this_thread::sleep_for(milliseconds(random_.below(500)));
  }

  void leave(Peer& peer, const std::string& name, int life) {
    switch (random_.below(5)) {
      case 0:
        ++churn_.counts.resets;
        return peer.reset();
      case 1:
        return peer.close();
      case 2:
        peer.send("half a li");  // and nothing more of it
        ++churn_.counts.resets;
        return peer.reset();
      case 3:
        ++churn_.counts.quits;
        peer.say("/quit");
        (void)peer.read_all();
        return;
      default:
        return half_close(peer, name, life);
    }
  }

  // Whatever was said before a half-close comes back, the line without an end too.
  void half_close(Peer& peer, const std::string& name, int life) {
    ++churn_.counts.half_closes;
    const unsigned lines = random_.below(50);
    for (unsigned i = 0; i < lines; ++i) peer.say("last " + std::to_string(i));
    peer.send("the end");
    peer.half_close();
    const auto heard = peer.read_all();
    churn_.counts.lines += lines + 1;
    if (churn_.life != life) return;  // the server was stopped meanwhile
    unsigned next = 0;
    for (const auto& line : heard) next += line == name + ": last " + std::to_string(next) ? 1 : 0;
    const bool all =
        next == lines && std::count(heard.begin(), heard.end(), name + ": the end") == 1;
    // One who had stalled may have been dropped for it, and then has not heard of its own leaving.
    const bool left =
        std::count(heard.begin(), heard.end(), "* " + name + " has left the chat") == 1;
    if (left && !all) throw Violation(name + " lost a line before a half-close");
  }

  Churn& churn_;
  const std::string name_;
  Random random_;
};

// From many addresses: each has a few tries, and then has to wait.
void guess(Churn& churn, unsigned seed) {
  Random random(seed);
  repeat(churn, [&](std::uint16_t port) {
    Peer peer = Peer::from("127.0." + std::to_string(1 + random.below(200)) + ".1", port);
    peer.send(std::string("login\n") + (random.once_in(2) ? kOwner : "nobody") + ",guess" +
              std::to_string(random.below(1000)) + "\n");
    ++churn.counts.guesses;
    if (random.once_in(3)) return peer.reset();
    for (const auto& line : peer.read_all()) {
      if (line.starts_with("* hello")) throw Violation("a wrong password has come in");
    }
  });
}

// Two members in one of the server's lives: one talks, and both hear the same, up to the goodbye.
class Pair {
 public:
  Pair(Churn& churn, std::uint16_t port)
      : churn_(churn),
        talker_(Peer::registered(port, "talker")),
        watcher_(Peer::registered(port, "watcher")) {
    for (const auto part : {&Pair::talk, &Pair::watch}) {
      threads_.start([this, part] { guarded([this, part] { (this->*part)(); }); });
    }
  }

  // When the server has stopped.
  void end(const chat::Descriptor& log) {
    threads_.join();
    if (said_ != seen_) {
      churn_.fail("the talker heard " + std::to_string(said_) + " lines, the watcher " +
                  std::to_string(seen_));
    }
    if (churn_.failure) explain(log);
  }

 private:
  template <typename Work>
  void guarded(Work work) {
    try {
      work();
    } catch (const std::exception& error) {
      churn_.fail(error.what());
    }
  }

  void talk() {
    while (true) {
      const std::string text = std::to_string(said_);
      talker_.say(text);
      while (true) {
        const std::string line = talker_.read_line();
        if (line == kGoodbye) return check_end(talker_);
        if (line == "talker: " + text) break;
        if (line.starts_with("talker: ")) throw Violation("the talker heard " + line);
      }
      ++said_;
      ++churn_.counts.lines;
    }
  }

  // Arrivals and departures alternate for each name, the talker's lines come complete and in order,
  // and nothing of half a line comes at all.
  void watch() {
    std::set<std::string> online;
    while (true) {
      const std::string line = watcher_.read_line();
      if (line == kGoodbye) return check_end(watcher_);
      const std::string name = line.substr(2, line.find(' ', 2) - 2);
      if (line.starts_with("talker: ")) {
        if (line != "talker: " + std::to_string(seen_++)) throw Violation("order: " + line);
      } else if (line.ends_with(" has entered the chat")) {
        if (!online.insert(name).second) throw Violation("in twice: " + line);
      } else if (line.ends_with(" has left the chat")) {
        if (online.erase(name) == 0) throw Violation("left without having been in: " + line);
      } else if (line.ends_with("half a li")) {
        throw Violation("half a line came: " + line);
      }
    }
  }

  // What the room's log says of the two.
  static void explain(const chat::Descriptor& log) {
    std::string text(static_cast<std::size_t>(::lseek(log.get(), 0, SEEK_END)), '\0');
    (void)!::pread(log.get(), text.data(), text.size(), 0);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const bool theirs =
          line.find(" talker ") != std::string::npos || line.find(" watcher ") != std::string::npos;
      if (theirs) std::cout << line << '\n';
    }
  }

  static void check_end(Peer& peer) {
    if (!peer.ends()) throw Violation("something came after the goodbye");
  }

  Churn& churn_;
  Peer talker_;
  Peer watcher_;
  long said_ = 0;
  long seen_ = 0;
  Threads threads_{[this] {
    for (Peer* peer : {&talker_, &watcher_}) peer->socket().shutdown();
  }};
};

// One life of the server. How long its end took.
std::chrono::nanoseconds live(Churn& churn, std::chrono::nanoseconds how_long) {
  const auto end = chat::Clock::now() + how_long;
  const chat::Descriptor log(::memfd_create("log", MFD_CLOEXEC));
  RunningRoom room(RunningRoom::config_of(2 * kVisitors), {{kOwner, kPassword}},
                   chat::Descriptor(::fcntl(log.get(), F_DUPFD_CLOEXEC, 0)));
  Pair pair(churn, room.port());
  churn.port = room.port();
  while (!churn.stop && chat::Clock::now() < end) std::this_thread::sleep_for(milliseconds(1));
  churn.port = 0;
  ++churn.life;
  const auto start = chat::Clock::now();
  room.stop();
  pair.end(log);
  return chat::Clock::now() - start;
}

void live_and_restart(Churn& churn, std::chrono::seconds all, long restarts, unsigned seed) {
  Random random(seed);
  const auto start = chat::Clock::now();
  const std::size_t threads = threads_of();
  auto progress = start;
  std::chrono::nanoseconds ends{0};
  while (!churn.stop && churn.counts.restarts <= restarts) {
    const long lives = restarts - churn.counts.restarts + 1;
    const auto average_end = ends / std::max(churn.counts.restarts.load(), 1L);
    const auto left = start + all - chat::Clock::now() - average_end * lives;
    ends += live(churn, left / lives * random.below(200) / 100);
    if (threads_of() != threads) churn.fail("a stopped server has left threads");
    ++churn.counts.restarts;
    if (chat::Clock::now() < progress) continue;
    progress += std::chrono::seconds(10);
    std::cout
        << std::chrono::duration_cast<std::chrono::seconds>(chat::Clock::now() - start).count()
        << " s: " << churn.counts << std::endl;
  }
  --churn.counts.restarts;  // the last one was an end
}

void churn_for(std::chrono::seconds seconds, long restarts, unsigned seed) {
  std::cout << "seed " << seed << std::endl;
  const Baseline baseline;
  Churn churn;
  Threads crowd([&churn] { churn.stop = true; });
  for (int i = 0; i < kVisitors; ++i) {
    crowd.start([&churn, i, seed] { Visitor(churn, i, seed + unsigned(i) + 1).run(); });
  }
  for (unsigned i = 0; i < kGuessers; ++i) {
    crowd.start([&churn, i, seed] { guess(churn, seed + kVisitors + i + 1); });
  }
  live_and_restart(churn, seconds, restarts, seed);
  churn.stop = true;
  crowd.join();
  std::cout << "seed " << seed << ": " << churn.counts << std::endl;
  if (churn.failure) throw std::runtime_error(*churn.failure);
  const std::string missing = baseline.missing();
  if (!missing.empty()) throw std::runtime_error("not given back: " + missing);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 3) throw std::runtime_error("usage: churn SECONDS RESTARTS [SEED]");
    const auto seed = argc > 3 ? static_cast<unsigned>(std::atol(argv[3])) : std::random_device()();
    churn_for(std::chrono::seconds(std::atol(argv[1])), std::atol(argv[2]), seed);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "churn: " << error.what() << '\n';
    return 1;
  }
}
