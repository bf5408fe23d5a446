// The promise of the numbered room under everything that breaks connections: clients, each behind a
// proxy that delays, cuts, stalls, half-closes and resets at random, talk while the server is
// killed, started again, and made to hand over to a new process. In the end every client has shown
// the same gapless sequence of lines, with each line said exactly once; and so says the transcript.
//
// A server without a transcript is another log after each kill. Then every client has shown a
// gapless sequence of each, and all the same whole last one, in which no line is said twice.
//
//   chaos CLIENTS LINES [SEED [forgetful]]
//
// says what it counted; status 1 where the promise does not hold
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chat/wire/line_format.hpp"
#include "tests/support/held_port.hpp"
#include "tests/support/program.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/threads.hpp"

namespace {

using std::chrono::milliseconds;
using Random = std::mt19937;

std::uint32_t below(Random& random, std::uint32_t end) {
  return std::uniform_int_distribution<std::uint32_t>(0, end - 1)(random);
}

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

// What is said last, where nobody knows how many lines there are.
constexpr const char* kEnd = "this is the end";

// The value of `key` in one of the client's JSON lines; empty: it has none.
std::string value_of(const std::string& json, const std::string& key) {
  const auto at = json.find("\"" + key + "\":");
  if (at == std::string::npos) return {};
  auto begin = at + key.size() + 3;
  if (json[begin] != '"') return json.substr(begin, json.find_first_of(",}", begin) - begin);
  ++begin;
  return json.substr(begin, json.find('"', begin) - begin);
}

// What a client has shown of the room: number, kind, name and text.
std::vector<std::string> room_lines_of(const std::string& output) {
  std::vector<std::string> lines;
  std::istringstream in(output);
  for (std::string json; std::getline(in, json);) {
    const std::string number = value_of(json, "number");
    if (number.empty()) continue;
    lines.push_back(number + " " + value_of(json, "kind") + " " + value_of(json, "from") + " " +
                    value_of(json, "text"));
  }
  return lines;
}

// A real server, killed and started again on the same port, or replaced while it runs.
class Mortal {
 public:
  explicit Mortal(bool forgetful) : forgetful_(forgetful) { start(); }

  std::uint16_t port() const { return port_.number(); }
  void kill_and_start() {
    program_->signal(SIGKILL);
    (void)program_->status();
    start();
  }
  void hand_over() {
    program_->signal(SIGUSR2);
    (void)program_->read_until("\n");
  }
  std::vector<std::string> transcript() const {
    std::vector<std::string> lines;
    std::istringstream in(folder_.read("room"));
    for (std::string line; std::getline(in, line);) {
      if (chat::parse_log_beginning(line)) continue;
      const auto parsed = chat::parse_room_line(line);
      require(parsed.has_value(), "damaged: " + line);
      lines.push_back(std::to_string(parsed->number) + " " +
                      std::string(chat::word_of(parsed->kind)) + " " + std::string(parsed->from) +
                      " " + std::string(parsed->text));
    }
    return lines;
  }

 private:
  void start() {
    std::vector<std::string> arguments{"--bind",      "127.0.0.1", "--port", port_.text(),
                                       "--max-users", "1000",      "--rate", "0"};
    if (!forgetful_) arguments.insert(arguments.end(), {"--transcript", folder_.file("room")});
    program_ =
        std::make_unique<Program>("server", arguments, Program::On::kPipes, folder_.file(""));
    (void)program_->read_until("\n");
  }

  const bool forgetful_;
  TemporaryFolder folder_;
  std::unique_ptr<Program> program_;
  const HeldPort port_;
};

// A real client behind a proxy of its own. It says its lines, and listens until it has shown
// everybody's.
class Talker {
 public:
  Talker(std::uint16_t port, std::size_t index, const std::string& folder)
      : name_("c" + std::to_string(index)),
        proxy_(port),
        program_("client", {"127.0.0.1", "--port", std::to_string(proxy_.port()), "--register",
                            name_, "--password-file", folder + "/password", "--json"}) {}

  void wait_until_in() { program_.read_until("\"kind\":\"enter\",\"from\":\"" + name_ + "\""); }
  // At a person's uneven pace: with all at once there would be nothing left to break.
  void talk(int lines, std::uint32_t seed) {
    Random random(seed);
    for (int i = 0; i < lines; ++i) {
      program_.type("line " + std::to_string(i) + " of " + name_ + "\n");
      std::this_thread::sleep_for(milliseconds(below(random, 20)));
    }
  }
  void end_talk() { program_.type(std::string(kEnd) + "\n"); }
  // Until so many lines with this mark were shown.
  void listen(const std::string& mark, std::size_t said) {
    std::size_t seen = 0;
    for (std::size_t at = 0; seen < said;) {
      const auto found = program_.output().find(mark, at);
      if (found != std::string::npos) {
        at = found + mark.size();
        ++seen;
      } else {
        require(has_more(), name_ + " heard nothing for too long");
      }
    }
    program_.end_input();
    (void)program_.read_all();  // others may go on
    require(program_.status() == 0, name_ + " has failed: " + program_.read_errors());
  }
  // The promise is broken, and nobody is waited for any longer.
  void give_up() { program_.signal(SIGKILL); }
  // What is stalled is cut the next time.
  void disturb(Random& random) {
    if (std::exchange(stalled_, false)) return proxy_.cut_after_sent(0);
    switch (below(random, 6)) {
      case 0:
        return proxy_.cut_after_sent(below(random, 200));
      case 1:
        return proxy_.cut_after_received(below(random, 5000));
      case 2:
        stalled_ = true;
        return proxy_.stall();
      case 3:
        return proxy_.half_close_at_line_end();
      case 4:
        return proxy_.delay(milliseconds(below(random, 50)));
      default:
        return proxy_.cut_after_sent(0);
    }
  }
  void leave_in_peace() {
    if (std::exchange(stalled_, false)) proxy_.cut_after_sent(0);
  }

  const std::string& name() const { return name_; }
  std::size_t connections() const { return proxy_.connections(); }
  std::vector<std::string> shown() const { return room_lines_of(program_.output()); }

 private:
  // It may wait for half a minute before it tries once more to come back.
  bool has_more() {
    for (int i = 0; i < 5; ++i) {
      try {
        if (!program_.read_more().empty()) return true;
      } catch (const std::exception&) {  // nothing came for a while
        continue;
      }
      throw std::runtime_error(name_ + " has ended: " + program_.read_errors());
    }
    return false;
  }

  const std::string name_;
  Proxy proxy_;
  Program program_;
  bool stalled_ = false;
};

class Chaos {
 public:
  Chaos(std::size_t clients, int lines, std::uint32_t seed, bool forgetful)
      : lines_(lines), random_(seed), forgetful_(forgetful), server_(forgetful) {
    folder_.write("password", "pw\n");
    for (std::size_t i = 0; i < clients; ++i) {
      talkers_.push_back(std::make_unique<Talker>(server_.port(), i, folder_.file("")));
    }
    for (const auto& talker : talkers_) talker->wait_until_in();  // then nobody misses a line
  }

  void run() {
    std::atomic<std::size_t> left{talkers_.size()};
    std::atomic<std::size_t> talking{talkers_.size()};
    Threads threads([this] {
      for (const auto& talker : talkers_) talker->give_up();
    });
    for (const auto& talker : talkers_) {
      threads.start([&, seed = static_cast<std::uint32_t>(random_())] {
        talker->talk(lines_, seed);
        --talking;
      });
      threads.start([&] {
        if (forgetful_) {
          talker->listen(kEnd, 1);
        } else {
          talker->listen("\"kind\":\"say\"", talkers_.size() * static_cast<std::size_t>(lines_));
        }
        --left;
      });
    }
    // One blow about every tenth of a second, until all has been typed; what is stalled then is
    // freed.
    const auto peace = chat::Clock::now() + milliseconds(lines_ * 10);
    while (left > 0 && !threads.stopping()) {
      std::this_thread::sleep_for(milliseconds(50 + below(random_, 100)));
      Talker& talker = *talkers_[below(random_, static_cast<std::uint32_t>(talkers_.size()))];
      if (chat::Clock::now() > peace && (!forgetful_ || talking == 0)) {
        if (forgetful_ && !std::exchange(ended_, true)) talkers_.front()->end_talk();
        for (const auto& other : talkers_) other->leave_in_peace();
      } else if (const auto blow = below(random_, 25); blow == 0) {
        server_.kill_and_start();
        ++kills_;
      } else if (blow <= 2) {
        server_.hand_over();
        ++handovers_;
      } else {
        talker.disturb(random_);
      }
    }
    threads.join();
  }

  void check() { forgetful_ ? check_logs() : check_log(); }

 private:
  // Each time the numbers begin anew it is another log.
  static std::vector<std::vector<std::string>> logs_of(const Talker& talker) {
    std::vector<std::vector<std::string>> logs;
    std::uint64_t last = 0;
    for (const std::string& line : talker.shown()) {
      const std::uint64_t number = std::stoull(line);
      if (logs.empty() || number <= last) {
        require(logs.empty() || number == 1, talker.name() + " begins a log with " + line);
        logs.emplace_back();
      } else {
        require(number == last + 1, talker.name() + " has shown a gap before " + line);
      }
      last = number;
      logs.back().push_back(line);
    }
    return logs;
  }

  void check_logs() {
    const auto all = logs_of(*talkers_.front()).back();
    std::map<std::string, int> said;
    for (const std::string& line : all) ++said[line.substr(line.find(' '))];
    for (const auto& talker : talkers_) {
      const auto logs = logs_of(*talker);
      const auto& last = logs.back();
      require(last.front().starts_with("1 "), talker->name() + " lacks the last log's beginning");
      for (std::size_t i = 0; i < std::min(last.size(), all.size()); ++i) {
        require(last[i] == all[i], talker->name() + " has shown " + last[i] + " and not " + all[i]);
      }
      std::set<std::string> own;
      for (const auto& log : logs) {
        for (const std::string& line : log) own.insert(line.substr(line.find(' ')));
      }
      for (int i = 0; i < lines_; ++i) {
        const std::string line =
            " say " + talker->name() + " line " + std::to_string(i) + " of " + talker->name();
        require(said[line] <= 1, std::to_string(said[line]) + " times" + line);
        require(own.contains(line), "lost:" + line);
      }
      connections_ += talker->connections();
    }
    std::cout << talkers_.size() << " clients, " << kills_ + 1 << " logs, " << all.size()
              << " lines in the last one, " << connections_ << " connections, " << handovers_
              << " handovers" << std::endl;
  }

  void check_log() {
    const std::vector<std::string> all = server_.transcript();
    std::map<std::string, int> said;
    for (std::size_t i = 0; i < all.size(); ++i) {
      require(all[i].starts_with(std::to_string(i + 1) + " "), "a gap at " + all[i]);
      if (all[i].find(" say ") != std::string::npos) ++said[all[i].substr(all[i].find(" say "))];
    }
    for (const auto& talker : talkers_) {
      for (int i = 0; i < lines_; ++i) {
        const std::string line =
            " say " + talker->name() + " line " + std::to_string(i) + " of " + talker->name();
        require(said[line] == 1, std::to_string(said[line]) + " times" + line);
      }
      const auto shown = talker->shown();
      require(!shown.empty(), talker->name() + " has shown nothing");
      const std::size_t first = std::stoull(shown.front());
      require(first + shown.size() - 1 <= all.size(), talker->name() + " has shown too much");
      for (std::size_t i = 0; i < shown.size(); ++i) {
        require(shown[i] == all[first - 1 + i],
                talker->name() + " has shown " + shown[i] + " and not " + all[first - 1 + i]);
      }
      connections_ += talker->connections();
    }
    std::cout << talkers_.size() << " clients, " << said.size() << " lines said once each, "
              << all.size() << " lines in all, " << connections_ << " connections, " << kills_
              << " kills of the server, " << handovers_ << " handovers" << std::endl;
  }

  const int lines_;
  Random random_;
  const bool forgetful_;
  bool ended_ = false;
  TemporaryFolder folder_;
  Mortal server_;
  std::vector<std::unique_ptr<Talker>> talkers_;
  int kills_ = 0;
  int handovers_ = 0;
  std::size_t connections_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const bool forgetful = argc == 5 && std::string(argv[4]) == "forgetful";
  if (argc < 3 || argc > 5 || (argc == 5 && !forgetful)) {
    std::cerr << "usage: chaos CLIENTS LINES [SEED [forgetful]]\n";
    return 2;
  }
  const auto seed =
      argc >= 4 ? static_cast<std::uint32_t>(std::stoul(argv[3])) : std::random_device{}();
  std::cout << "seed " << seed << ": " << std::flush;
  (void)::signal(SIGPIPE, SIG_IGN);
  try {
    Chaos chaos(std::stoul(argv[1]), std::stoi(argv[2]), seed, forgetful);
    chaos.run();
    chaos.check();
    return 0;
  } catch (const std::exception& error) {
    std::cout << "FAILED: " << std::string(error.what()).substr(0, 1000) << std::endl;
    return 1;
  }
}
