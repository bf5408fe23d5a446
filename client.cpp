// The chatroom's client: options, wiring, run.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "chat/chat_client.hpp"
#include "chat/client_options.hpp"
#include "chat/socket.hpp"
#include "chat/terminal.hpp"

int main(int argc, char** argv) {
  try {
    chat::reserve_standard_descriptors();
    const auto options = chat::parse_client_options({argv + 1, argv + argc});
    if (!options.error.empty()) {
      std::cerr << "client: " << options.error << '\n' << chat::client_usage();
      return 2;
    }
    if (options.help) {
      std::cout << chat::client_usage();
      return 0;
    }
    // Until it is connected, signals end the program the plain way: nothing is to be undone yet.
    chat::ChatClient client(chat::Socket::connect(options.host, options.port));
    client.run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "client: " << error.what() << '\n';
    return 1;
  }
}
