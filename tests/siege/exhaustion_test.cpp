// A server that gets no more descriptors, threads or memory refuses whom it cannot serve, and goes
// on with the others.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "chat/base/limits.hpp"
#include "tests/siege/survived.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stopwatch.hpp"

namespace {

namespace utf = boost::unit_test;
using std::chrono::milliseconds;

constexpr int kCrowd = 200;
constexpr int kRounds = 10;

// From VmSize of /proc/PID/status, in bytes.
rlim_t address_space(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  std::string word;
  rlim_t kibibytes = 0;
  while (file >> word && !(word == "VmSize:" && file >> kibibytes)) {
  }
  return kibibytes * 1024;
}

// Sets one of a server's limits for as long as it lives.
class Limited {
 public:
  Limited(pid_t process, __rlimit_resource resource, rlim_t value)
      : process_(process), resource_(resource) {
    BOOST_REQUIRE(::prlimit(process, resource, nullptr, &before_) == 0);
    const rlimit lowered{value, before_.rlim_max};
    BOOST_REQUIRE(::prlimit(process, resource, &lowered, nullptr) == 0);
  }
  ~Limited() { (void)::prlimit(process_, resource_, &before_, nullptr); }
  Limited(const Limited&) = delete;
  Limited& operator=(const Limited&) = delete;

 private:
  const pid_t process_;
  const __rlimit_resource resource_;
  rlimit before_{};
};

struct Answers {
  int welcomed = 0;
  int refused = 0;
  int nothing = 0;  // the connection ended without a word
};

// Empty where the connection ends without one.
std::string first_line(Peer& peer) {
  std::array<char, 1> byte;
  const auto received = peer.socket().receive_until(byte, chat::Clock::now() + kPatience);
  if (received.io == chat::Io::kWouldBlock) throw std::runtime_error("no answer comes");
  return received.io == chat::Io::kDone ? byte[0] + peer.read_line() : std::string();
}

// What each of a crowd, which stays, hears first.
Answers greet(std::vector<Peer>& crowd) {
  Answers answers;
  for (Peer& peer : crowd) {
    const std::string line = first_line(peer);
    if (line.starts_with("* Welcome")) ++answers.welcomed;
    if (line == "! the server cannot take more connections now") ++answers.refused;
    if (line.empty()) ++answers.nothing;
  }
  BOOST_TEST_MESSAGE(answers.welcomed << " welcomed, " << answers.refused << " refused, "
                                      << answers.nothing << " without an answer");
  BOOST_TEST(answers.welcomed + answers.refused + answers.nothing ==
             static_cast<int>(crowd.size()));
  return answers;
}

std::vector<Peer> crowd_at(std::uint16_t port) {
  std::vector<Peer> crowd;
  for (int i = 0; i < kCrowd; ++i) crowd.emplace_back(port);
  return crowd;
}

// How long it takes until somebody new is welcome, in milliseconds.
long time_to_a_welcome(const Served& server) {
  const Stopwatch stopwatch(server.program.pid());
  const auto deadline = chat::Clock::now() + kPatience;
  while (true) {
    Peer peer(server.port);
    if (first_line(peer).starts_with("* Welcome")) break;
    BOOST_REQUIRE((chat::Clock::now() < deadline));
  }
  return stopwatch.elapsed().count();
}

// The server and a user of its own, since a limit of processes means nothing to root; nobody
// else's, since it counts all that this user has.
std::string user() { return std::to_string(100'000'000 + ::getpid()); }

boost::test_tools::assertion_result as_root(utf::test_unit_id) {
  boost::test_tools::assertion_result result(::geteuid() == 0);
  if (!result) result.message() << "only root can run a server as another user";
  return result;
}

boost::test_tools::assertion_result unsanitized(utf::test_unit_id) {
  boost::test_tools::assertion_result result(!kSanitized);
  if (!result) result.message() << "a sanitizer reserves address space for itself";
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exhaustion)

BOOST_AUTO_TEST_CASE(with_64_descriptors_and_200_connections_it_neither_spins_nor_stays_so) {
  Served server({"--max-users", "100", "--rate", "0"});
  survives("no descriptors", server, [&] {
    const Limited limited(server.program.pid(), RLIMIT_NOFILE, 64);
    for (int round = 0; round < kRounds; ++round) {
      auto crowd = crowd_at(server.port);
      const Answers answers = greet(crowd);
      BOOST_TEST(answers.welcomed < 64);
      BOOST_TEST(answers.refused > 0);
      BOOST_TEST(answers.nothing == 0);
      crowd.clear();
      const long back = time_to_a_welcome(server);
      BOOST_TEST_MESSAGE("back within " << back << " ms");
      BOOST_TEST(back <= 1000);
    }
  });
}

// The same without a healthy pair, which takes time of the processor itself. The connections come
// in the last state to be reached: the spare descriptor is in use as well, by the limit.
BOOST_AUTO_TEST_CASE(while_descriptors_are_exhausted_the_processor_is_at_rest) {
  Served server({"--max-users", "100", "--rate", "0"});
  const Limited limited(server.program.pid(), RLIMIT_NOFILE, 3);
  const auto crowd = crowd_at(server.port);
  const auto before = processor_time(server.program.pid());
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const long used = (processor_time(server.program.pid()) - before).count();
  BOOST_TEST_MESSAGE(used << " ms of processor time in 2 s");
  BOOST_TEST(used <= 100);
}

BOOST_AUTO_TEST_CASE(without_another_thread_to_be_had_a_client_is_refused_with_a_line,
                     *utf::precondition(as_root)) {
  const TemporaryFolder programs;  // where that user may reach the program
  std::filesystem::permissions(programs.file(""), std::filesystem::perms(0755));
  std::filesystem::copy(Program::path_of("server"), programs.file("server"));
  Served server({"--max-users", "100", "--rate", "0", "--accounts", programs.file("none")},
                {"/usr/bin/prlimit", "--nproc=20", "/usr/bin/setpriv", "--reuid", user(),
                 "--clear-groups", programs.file("server")});
  const auto attack = [&] {
    for (int round = 0; round < kRounds; ++round) {
      auto crowd = crowd_at(server.port);
      const Answers answers = greet(crowd);
      BOOST_TEST(answers.welcomed < 20);
      BOOST_TEST(answers.refused > 0);
      BOOST_TEST(answers.nothing == 0);
      crowd.clear();
      BOOST_TEST(time_to_a_welcome(server) <= 1000);
    }
  };
  survives("no threads", server, attack, 15);
}

// No new page of memory from here on. A thread's stack is most of what a client needs; what else is
// missing, and when, differs from one client to the next.
BOOST_AUTO_TEST_CASE(without_memory_to_be_had_a_client_is_refused_and_the_server_goes_on,
                     *utf::precondition(unsanitized)) {
  for (const rlim_t more : {0UL, 1024UL * 1024, 4096UL * 1024}) {
    Served server({"--max-users", "300", "--rate", "0"});
    survives("no memory", server, [&] {
      const rlim_t size = address_space(server.program.pid());
      const Limited limited(server.program.pid(), RLIMIT_AS, size + more);
      for (int round = 0; round < kRounds; ++round) {
        auto crowd = crowd_at(server.port);
        BOOST_TEST(greet(crowd).refused > 0);
        for (Peer& peer : crowd) {  // those who were welcome may miss something later on
          const std::string name = "u" + std::to_string(&peer - crowd.data());
          try {
            peer.send("register\n" + name + ",pw\n/who\n/help\n");
            peer.half_close();
          } catch (const std::runtime_error&) {  // refused before
          }
        }
        for (Peer& peer : crowd) (void)peer.read_all();
      }
    });
    BOOST_TEST(time_to_a_welcome(server) <= 1000);
  }
}

BOOST_AUTO_TEST_SUITE_END()
