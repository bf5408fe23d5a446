// The server on the near one of two machines, at all of its addresses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/network.hpp"
#include "tests/support/program.hpp"
#include "tests/support/served.hpp"
#include "tests/support/temporary_folder.hpp"

struct NearServer {
  // With more `options`, and `variables` of its environment.
  explicit NearServer(const Network& network, const Served::Words& options = {},
                      const Served::Words& variables = {})
      : program("/usr/bin/env", command(network, options, variables), Program::On::kPipes,
                folder.file("")),
        port(port_in(program.read_until("\n"))) {}

  TemporaryFolder folder;
  Program program;
  std::uint16_t port;

 private:
  static Served::Words command(const Network& network, const Served::Words& options,
                               const Served::Words& variables) {
    Served::Words words = variables;
    words.insert(words.end(), {"ip", "netns", "exec", network.near(), Program::path_of("server"),
                               "--max-users", "10", "--rate", "0", "--port", "0"});
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }
};
