// The chatroom's client: options, wiring, run.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "chat/base/program_name.hpp"
#include "chat/base/text.hpp"
#include "chat/base/version.hpp"
#include "chat/client/chat_client.hpp"
#include "chat/client/client_options.hpp"

int main(int argc, char** argv) {
  try {
    chat::reserve_standard_descriptors();
    chat::use_utf8_locale();
    const auto options = chat::parse_client_options({argv + 1, argv + argc});
    if (!options.error.empty()) {
      const std::string name = chat::program_name();
      std::cerr << name << ": " << options.error << "; see " << name << " --help\n";
      return 2;
    }
    if (options.version) {
      std::cout << "chatroom " << chat::kVersion << '\n';
      return 0;
    }
    if (options.help) {
      std::cout << chat::client_usage();
      return 0;
    }
    chat::ChatClient client(options);
    client.run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << chat::program_name() << ": " << error.what() << '\n';
    return 1;
  }
}
