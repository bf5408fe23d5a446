// The real server, in a folder of its own, on a port of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

// The port that the line of a server that has come up names.
inline std::uint16_t port_in(const std::string& line) {
  return static_cast<std::uint16_t>(std::stoul(line.substr(line.find("port ") + 5)));
}

struct Served {
  using Words = std::vector<std::string>;

  explicit Served(Words arguments, const Words& through = {})
      : program(through.empty() ? "server" : through.front(),
                command(through, with_defaults(std::move(arguments))), Program::On::kPipes,
                folder.file("")),
        line(program.read_until("\n")),
        port(port_in(line)) {}

  static Words with_defaults(Words arguments) {
    arguments.insert(arguments.end(), {"--port", "0", "--bind", "127.0.0.1"});
    return arguments;
  }

  TemporaryFolder folder;
  Program program;
  std::string line;
  std::uint16_t port;

 private:
  // `through` is a program, by its path, and its arguments up to the one to run: it becomes that by
  // exec(), as setpriv does.
  static Words command(const Words& through, const Words& arguments) {
    if (through.empty()) return arguments;
    Words words(through.begin() + 1, through.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
  }
};
