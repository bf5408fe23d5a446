// The chatroom's client: options, wiring, run.
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "chat/base/limits.hpp"
#include "chat/base/program_name.hpp"
#include "chat/base/system_call.hpp"
#include "chat/base/text.hpp"
#include "chat/base/version.hpp"
#include "chat/client/chat_client.hpp"
#include "chat/client/client_config.hpp"
#include "chat/client/client_options.hpp"

namespace {

// NAME, TAB, how it is reached and as whom.
void list(const chat::ClientConfig& config) {
  for (const chat::SavedRoom& room : config.rooms()) {
    const auto options = config.options({room.name}, "");
    const std::string who = options.name.empty() ? "" : options.name + "@";
    std::cout << room.name << '\t' << who << options.host << ':' << options.port
              << (room.name == chat::last_room() ? "\tlast" : "") << '\n';
  }
}

// Returns the first line that a command prints. The terminal is still the command's own: it may ask
// for something there, and Ctrl+C ends both.
std::string printed_by(const std::string& command) {
  std::FILE* const output = ::popen(command.c_str(), "re");
  if (output == nullptr) chat::throw_errno("popen");
  std::string line;
  bool inside = true;
  for (int c = std::fgetc(output); c != EOF; c = std::fgetc(output)) {
    inside = inside && c != '\n' && line.size() <= chat::kMaxPassword;
    if (inside && c != '\r') line += static_cast<char>(c);
  }
  if (::pclose(output) != 0) {
    throw std::runtime_error("no password: `" + command + "` has failed");
  }
  if (line.empty()) throw std::runtime_error("no password: `" + command + "` prints nothing");
  return line;
}

// A home that cannot be read, as another user's, keeps nobody out of the room.
chat::ClientConfig load_config() {
  try {
    return chat::ClientConfig::load(chat::config_file());
  } catch (const std::system_error& error) {
    std::cerr << chat::program_name() << ": " << error.what() << '\n';
    return {};
  }
}

int run(const std::vector<std::string>& arguments) {
  const auto given = chat::parse_client_options(arguments);
  if (given.version) {
    std::cout << "chatroom " << chat::kVersion << '\n';
    return 0;
  }
  if (given.help) {
    std::cout << chat::client_usage();
    return 0;
  }
  const auto config = load_config();
  auto options = config.options(arguments, chat::last_room());
  if (options.list) {
    list(config);
    return 0;
  }
  if (!options.error.empty()) {
    const std::string name = chat::program_name();
    std::cerr << name << ": " << options.error << "; see " << name << " --help\n";
    return 2;
  }
  if (!options.save.empty()) {
    chat::save_room(chat::config_file(), config.to_save(options));
    std::cout << "saved: " << chat::program_name() << " " << options.save << '\n';
    return 0;
  }
  if (!options.room.empty()) chat::remember_last_room(options.room);
  if (!options.password_command.empty()) options.password = printed_by(options.password_command);
  // The terminal is as it was before the reason is told.
  const chat::Ending ending = chat::ChatClient(options).run();
  if (!ending.reason.empty()) std::cerr << chat::program_name() << ": " << ending.reason << '\n';
  return chat::exit_status(ending.outcome);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    chat::reserve_standard_descriptors();
    chat::use_utf8_locale();
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << chat::program_name() << ": " << error.what() << '\n';
    return 1;
  }
}
