// Measures the room beside a bare loop of send() and what people would use instead, each under the
// same load, and checks every line that is delivered. --help lists the options.
#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/load.hpp"
#include "tests/bench/report.hpp"
#include "tests/bench/systems.hpp"

namespace bench {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kManyUnderWay = 64;
constexpr std::size_t kOwnDescriptors = 200;  // of the load, besides one for each member
constexpr std::size_t kSlowMembers = 100;     // more make a slow system's large room
constexpr std::size_t kBurstMembers = 1000;   // more, and a burst may take minutes
constexpr milliseconds kAfterwards{50};       // listening for what nobody said

constexpr char kUsage[] =
    "usage: bench [OPTION]...\n"
    "  --quick            up to 1,000 members, once, briefly\n"
    "  --runs N           how often all is measured; the median counts (default 3)\n"
    "  --members N,N,...  how large the rooms are (default 1,10,100,1000,10000)\n"
    "  --only NAME,...    of floor, room, redis, inspircd, ngircd (default: those installed)\n"
    "  --crowd N          one more room of the largest size there is; 0: none (default 19000)\n"
    "  --server FILE      the room's server (default ./server)\n"
    "  --folder FOLDER    for logs and the peers' files (default build/bench)\n"
    "  --svg FILE         where the picture goes (default build/bench.svg)\n";

struct Options {
  int runs = 3;
  std::vector<std::size_t> members{1, 10, 100, 1000, 10'000};
  std::vector<std::string> only;
  int slow_runs = 1;  // with large rooms of systems that take minutes to let everyone in
  std::size_t crowd = 19'000;
  milliseconds window{2000};
  milliseconds idle{10'000};
  std::string server = "./server";
  std::string folder = "build/bench";
  std::string svg = "build/bench.svg";
  bool help = false;
};

std::size_t parse_number(const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::invalid_argument(text + " is not a number");
  }
  return number;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

Options parse(int argc, char** argv) {
  enum : int { kQuick = 1, kRuns, kMembers, kOnly, kCrowd, kServer, kFolder, kSvg, kHelp };
  const option known[] = {{"quick", no_argument, nullptr, kQuick},
                          {"runs", required_argument, nullptr, kRuns},
                          {"members", required_argument, nullptr, kMembers},
                          {"only", required_argument, nullptr, kOnly},
                          {"crowd", required_argument, nullptr, kCrowd},
                          {"server", required_argument, nullptr, kServer},
                          {"folder", required_argument, nullptr, kFolder},
                          {"svg", required_argument, nullptr, kSvg},
                          {"help", no_argument, nullptr, kHelp},
                          {nullptr, 0, nullptr, 0}};
  Options options;
  for (int c = 0; (c = ::getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    const std::string value = optarg == nullptr ? "" : optarg;
    if (c == kQuick) {
      options.runs = 1;
      options.members = {1, 10, 100, 1000};
      options.slow_runs = 0;
      options.crowd = 0;
      options.window = milliseconds(500);
      options.idle = milliseconds(2000);
    } else if (c == kRuns) {
      options.runs = static_cast<int>(parse_number(value));
    } else if (c == kMembers) {
      options.members.clear();
      for (const auto& part : split(value)) options.members.push_back(parse_number(part));
    } else if (c == kOnly) {
      options.only = split(value);
    } else if (c == kCrowd) {
      options.crowd = parse_number(value);
    } else if (c == kServer) {
      options.server = value;
    } else if (c == kFolder) {
      options.folder = value;
    } else if (c == kSvg) {
      options.svg = value;
    } else if (c == kHelp) {
      options.help = true;
    } else {
      throw std::invalid_argument("see --help");
    }
  }
  if (optind < argc) throw std::invalid_argument(argv[optind] + std::string(" is no option"));
  return options;
}

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)) {
    std::filesystem::create_directories(options_.folder);
    descriptors_ = chat::raise_descriptor_limit();
    report_.runs = options_.runs;
    for (System& system : systems(std::filesystem::absolute(options_.server).string(),
                                  std::filesystem::absolute(options_.folder).string())) {
      if (!options_.only.empty() && std::find(options_.only.begin(), options_.only.end(),
                                              system.key) == options_.only.end()) {
        continue;
      }
      report_.systems.push_back(system.name);
      systems_.push_back(std::move(system));
    }
    if (systems_.empty()) throw std::invalid_argument("none of these systems is installed");
    plan();
  }

  bool run() {
    for (const Step& step : plan_) {
      ++begun_;
      show_progress("run " + std::to_string(step.run + 1) + " of " + std::to_string(options_.runs) +
                    ": " + step.system->name + ", " + std::to_string(step.members) + " members");
      try {
        measure(step);
      } catch (const std::exception& error) {
        failed_ = true;
        report_.notes.push_back("FAILED: " + step.system->name + ", " +
                                std::to_string(step.members) + " members: " + error.what());
      }
    }
    if (::isatty(STDERR_FILENO) == 1) std::cerr << "\r\033[K";
    add_growth();
    print_report(std::cout, report_);
    std::ofstream picture(options_.svg);
    draw(picture, report_, kManyUnderWay);
    picture.close();
    if (!picture) throw std::runtime_error("cannot write " + options_.svg);
    return !failed_;
  }

 private:
  struct Step {
    int run;
    const System* system;
    std::size_t members;
    std::vector<std::size_t> loads;  // lines under way
    bool burst;                      // and then a burst
    // Beside what all are measured for: looking at it idle; or nothing but that all are in and
    // hear.
    enum class Kind { kPlain, kAlsoIdle, kCrowd } kind;
  };

  // Systems that are compared with each other come right after one another.
  void plan() {
    std::sort(options_.members.begin(), options_.members.end());
    for (int run = 0; run < options_.runs; ++run) {
      for (const std::size_t members : options_.members) {
        for (const System& system : systems_) {
          if (members > system.max_members || (members < 2 && !system.protocol->echoes())) continue;
          if (system.joins_slowly && members > kSlowMembers && run >= options_.slow_runs) continue;
          const bool idle = run == 0 && system.must_end_well && members == options_.members.back();
          std::vector<std::size_t> loads{1};
          if (members > 1) loads.push_back(kManyUnderWay);
          const bool burst = members > 1 && members <= kBurstMembers;
          add({run, &system, members, loads, burst,
               idle ? Step::Kind::kAlsoIdle : Step::Kind::kPlain});
        }
      }
    }
    for (const System& system : systems_) {
      if (system.must_end_well && options_.crowd > 0) {
        add({0, &system, options_.crowd, {kManyUnderWay}, false, Step::Kind::kCrowd});
      }
    }
  }

  void add(const Step& step) {
    if (step.members + kOwnDescriptors <= descriptors_) {
      plan_.push_back(step);
    } else {
      report_.notes.push_back("left out: " + step.system->name + ", " +
                              std::to_string(step.members) + " members: a process may open " +
                              std::to_string(descriptors_) + " files (ulimit -n)");
    }
  }

  void measure(const Step& step) {
    const System& system = *step.system;
    Running server = system.start(step.members);
    const pid_t pid = server.child.pid();
    Load load(*system.protocol, server.port, step.members, [=] { return cpu_time(pid); });

    Crowd crowd{step.run, system.name, step.members};
    const double resident_before = resident_kib(pid);
    const auto cpu_before = cpu_time(pid);
    const auto begin = chat::Clock::now();
    load.join(system.join_at_a_time);
    crowd.seconds = std::chrono::duration<double>(chat::Clock::now() - begin).count();
    crowd.server_cpu_s = std::chrono::duration<double>(cpu_time(pid) - cpu_before).count();

    for (const std::size_t under_way : step.loads) {
      add_figures(step, under_way, load.talk(under_way, options_.window));
    }
    crowd.kib_per_member =
        (resident_kib(pid) - resident_before) / static_cast<double>(step.members);
    report_.crowds.push_back(crowd);
    // Last: what a server holds back for a burst is not what a member takes.
    if (step.burst) add_figures(step, kBurstLines, load.burst(options_.window));

    load.keep_quiet(kAfterwards);
    if (step.kind == Step::Kind::kAlsoIdle) watch_idle(step, load, pid);
    const auto status = server.child.stop();
    if (system.must_end_well && status != 0) {
      throw std::runtime_error("the server has not ended with status 0");
    }
  }

  void add_figures(const Step& step, std::size_t under_way, const Talk& talk) {
    const Figures figures{step.run,
                          step.system->name,
                          step.members,
                          under_way,
                          talk.delivered / talk.seconds,
                          talk.server_cpu_s * 1e6 / std::max(talk.delivered, 1.0),
                          talk.latency.quantile(0.5),
                          talk.latency.quantile(0.99),
                          talk.latency.max()};
    if (step.kind == Step::Kind::kCrowd) {
      note_crowd(figures);
    } else {
      report_.figures.push_back(figures);
    }
  }

  void watch_idle(const Step& step, Load& load, pid_t pid) {
    const auto sleeps_before = sleeps(pid);
    const auto cpu_before = cpu_time(pid);
    load.keep_quiet(options_.idle);
    const double used = std::chrono::duration<double>(cpu_time(pid) - cpu_before).count();
    const double seconds = std::chrono::duration<double>(options_.idle).count();
    std::ostringstream note;
    note << "The " << step.system->name << " with " << step.members << " idle members for "
         << seconds << " s: " << used * 100 / seconds << " % CPU, woken "
         << sleeps(pid) - sleeps_before << " times in all its threads.";
    report_.notes.push_back(note.str());
  }

  void note_crowd(const Figures& figures) {
    std::ostringstream note;
    note.precision(3);
    note << "The " << figures.system << " with " << figures.members << " members, "
         << figures.under_way << " lines under way: all are in, all hear; " << figures.rate / 1e6
         << " million delivered lines/s, " << figures.cpu_us << " us of CPU each.";
    report_.notes.push_back(note.str());
  }

  // How much dearer a delivered line is in a large room than in one of 100.
  void add_growth() {
    constexpr std::size_t kSmall = 100;
    const std::size_t large = options_.members.back();
    for (const std::string& system : report_.systems) {
      const auto in_small = report_.median(system, kSmall, kManyUnderWay, &Figures::cpu_us);
      const auto in_large = report_.median(system, large, kManyUnderWay, &Figures::cpu_us);
      if (large <= kSmall || !in_small || !in_large) continue;
      std::ostringstream note;
      note.precision(3);
      note << "CPU per delivered line, " << system << ", " << kManyUnderWay
           << " lines under way: " << *in_large / *in_small << " x from " << kSmall << " to "
           << large << " members.";
      report_.notes.push_back(note.str());
    }
  }

  void show_progress(const std::string& what) const {
    const std::string line =
        "[" + std::to_string(begun_) + "/" + std::to_string(plan_.size()) + "] " + what;
    if (::isatty(STDERR_FILENO) == 1) {
      std::cerr << "\r\033[K" << line << std::flush;
    } else {
      std::cerr << line << '\n';
    }
  }

  Options options_;
  std::size_t descriptors_ = 0;
  std::vector<System> systems_;
  std::vector<Step> plan_;
  std::size_t begun_ = 0;
  bool failed_ = false;
  Report report_;
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  try {
    const auto options = bench::parse(argc, argv);
    if (options.help) {
      std::cout << bench::kUsage;
      return 0;
    }
    return bench::Bench(options).run() ? 0 : 1;
  } catch (const std::invalid_argument& error) {
    std::cerr << "bench: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << '\n';
    return 1;
  }
}
