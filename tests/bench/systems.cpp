#include "tests/bench/systems.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tests/bench/floor.hpp"

namespace bench {
namespace {

constexpr std::chrono::seconds kStartPatience{20};

// The port in the room's first line: "listening on address 127.0.0.1, port 40123: ...".
std::uint16_t port_in(const std::string& line) {
  const std::string before = ", port ";
  const auto found = line.find(before);
  std::uint16_t port = 0;
  if (found != std::string::npos) {
    (void)std::from_chars(line.data() + found + before.size(), line.data() + line.size(), port);
  }
  if (port == 0) throw std::runtime_error("the server does not say where it listens: " + line);
  return port;
}

Running start_room(const std::string& server, const std::string& log, std::size_t members) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  chat::Descriptor from(ends[0]);
  chat::Descriptor to(ends[1]);
  Child child = Child::program(
      {server, "--port", "0", "--bind", "127.0.0.1", "--max-users", std::to_string(members + 10),
       "--rate", "0", "--login-timeout", "300", "--accounts", log + ".accounts"},
      log, &to);
  to.reset();
  std::string line;
  char byte = 0;
  while (line.find('\n') == std::string::npos && ::read(from.get(), &byte, 1) == 1) line += byte;
  const auto port = port_in(line);
  return {std::move(child), port, std::move(from)};
}

Running start_floor(const std::string& log) {
  auto listener = std::move(chat::Listener::open("127.0.0.1", 0).front());
  const auto port = listener.port();
  return {Child::copy([&] { run_floor(std::move(listener)); }, log), port};
}

// For programs that can not be told to choose a port themselves.
std::uint16_t free_port() { return chat::Listener::open("127.0.0.1", 0).front().port(); }

// Such a program does not say when it listens either: it is tried until it does.
Running start_peer(const std::vector<std::string>& arguments, std::uint16_t port,
                   const std::string& log) {
  Child child = Child::program(arguments, log);
  const auto deadline = chat::Clock::now() + kStartPatience;
  while (true) {
    try {
      chat::Socket::connect("127.0.0.1", port);
      return {std::move(child), port};
    } catch (const std::runtime_error&) {
      if (child.ends_within(std::chrono::milliseconds(20)) || chat::Clock::now() > deadline) {
        throw std::runtime_error(arguments.front() + " does not start, see " + log);
      }
    }
  }
}

Running start_redis(const std::string& program, const std::string& folder, const std::string& log) {
  const auto port = free_port();
  return start_peer(
      {program, "--port", std::to_string(port), "--bind", "127.0.0.1", "--save", "", "--dir",
       folder, "--maxclients", "19900", "--client-output-buffer-limit", "pubsub 0 0 0"},
      port, log);
}

// Both IRC servers with every limit that would slow a talker down or close a slow reader lifted.
Running start_ngircd(const std::string& program, const std::string& folder,
                     const std::string& log) {
  const auto port = free_port();
  const std::string file = folder + "/ngircd.conf";
  std::ofstream(file) << "[Global]\nName = irc.bench\nInfo = bench\nListen = 127.0.0.1\nPorts = "
                      << port
                      << "\nMotdPhrase = hello\n"
                         "[Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\n"
                         "MaxPenaltyTime = 0\nPingTimeout = 3600\n"
                         "[Options]\nDNS = no\nIdent = no\nPAM = no\n";
  return start_peer({program, "--nodaemon", "--config", file}, port, log);
}

Running start_inspircd(const std::string& program, const std::string& folder,
                       const std::string& log) {
  const auto port = free_port();
  const std::string file = folder + "/inspircd.conf";
  std::ofstream(file)
      << "<server name=\"irc.bench\" description=\"bench\" network=\"bench\">\n"
         "<admin name=\"bench\" nick=\"bench\" email=\"bench@bench\">\n"
         "<bind address=\"127.0.0.1\" type=\"clients\" port=\""
      << port
      << "\">\n"
         "<connect allow=\"*\" resolvehostnames=\"no\" fakelag=\"no\" timeout=\"300\" "
         "pingfreq=\"3600\" limit=\"50000\" localmax=\"50000\" globalmax=\"50000\" "
         "threshold=\"10000000\" commandrate=\"10000000\" recvq=\"10000000\" "
         "softsendq=\"500000000\" hardsendq=\"500000000\">\n"
         "<performance softlimit=\"50000\" somaxconn=\"4096\" quietbursts=\"yes\" "
         "netbuffersize=\"65534\">\n"
         "<cidr ipv4clone=\"32\" ipv6clone=\"128\">\n"
         "<log method=\"file\" type=\"none\" level=\"default\" target=\""
      << folder << "/inspircd.log\">\n";
  return start_peer({program, "--nofork", "--runasroot", "--config", file}, port, log);
}

}  // namespace

std::vector<System> systems(const std::string& server, const std::string& folder) {
  const std::string log = folder + "/bench.log";
  std::vector<System> all;
  all.push_back({.key = "floor",
                 .name = "floor",
                 .protocol = std::make_shared<FloorProtocol>(),
                 .start = [=](std::size_t) { return start_floor(log); }});
  all.push_back({.key = "room",
                 .name = "room",
                 .protocol = std::make_shared<ChatProtocol>(),
                 .must_end_well = true,
                 .start = [=](std::size_t members) { return start_room(server, log, members); }});
  if (const auto program = find_program("redis-server")) {
    all.push_back({.key = "redis",
                   .name = "Redis",
                   .protocol = std::make_shared<RedisProtocol>(),
                   .start = [=](std::size_t) { return start_redis(*program, folder, log); }});
  }
  if (const auto program = find_program("inspircd")) {
    all.push_back({.key = "inspircd",
                   .name = "InspIRCd",
                   .protocol = std::make_shared<IrcProtocol>(),
                   .max_members = 1000,
                   .start = [=](std::size_t) { return start_inspircd(*program, folder, log); }});
  }
  // It lets a dozen in a second: the more wait at the same time, the sooner all are in.
  if (const auto program = find_program("ngircd")) {
    all.push_back({.key = "ngircd",
                   .name = "ngIRCd",
                   .protocol = std::make_shared<IrcProtocol>(),
                   .max_members = 1000,
                   .joins_slowly = true,
                   .join_at_a_time = 1000,
                   .start = [=](std::size_t) { return start_ngircd(*program, folder, log); }});
  }
  return all;
}

}  // namespace bench
