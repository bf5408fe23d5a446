// A client's line, read in each of the three ways in which a session may read it; and a
// transcript's.
#include "chat/wire/protocol.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/base/text.hpp"
#include "chat/wire/limits.hpp"
#include "chat/wire/line_format.hpp"
#include "tests/fuzz/check.hpp"

namespace {

namespace protocol = chat::protocol;

// A line of the room, such as any terminal may show.
void check_line(std::string_view line) {
  check(line.ends_with('\n'), "a line has its end");
  line.remove_suffix(1);
  check(!chat::needs_neutralising(line), "a line is one line, and harmless");
}

void check_mode(std::string_view line) {
  const auto mode = protocol::parse_mode(line);
  const std::string word = chat::lowercase(chat::trimmed(line));
  check(mode.has_value() == (word == "login" || word == "register" || word == "resume"),
        "a mode is one of its words");
}

void check_credentials(std::string_view line) {
  std::string reason;
  const auto credentials = protocol::parse_credentials(line, reason);
  check(credentials.has_value() == reason.empty(), "whoever is refused is told why");
  if (!credentials) return check_line(protocol::wrong_format(reason));
  check(chat::is_name(credentials->name), "the name is a name");
  check(chat::is_password(credentials->password), "the password is a password");
  check(line.ends_with("," + credentials->password), "the password is all behind the first comma");
  check_line(protocol::hello(credentials->name));
}

// What a transcript may hold.
void check_room_line(std::string_view line) {
  const auto parsed = chat::parse_room_line(line);
  if (!parsed) return;
  for (const auto rendering : {chat::Rendering::kPlain, chat::Rendering::kTagged}) {
    std::string replayed;
    chat::append_replayed(replayed, *parsed, rendering);
    check_line(replayed);
  }
}

void check_command(std::string_view line) {
  const auto command = protocol::parse_command(line);
  check(command.has_value() == (line.starts_with('/') && !line.starts_with("//")),
        "a command begins with one slash");
  if (!command) return;
  check(line.starts_with(command->name), "its name comes first");
  check(command->name.find_first_of(" \t") == std::string_view::npos, "its name is one word");
  check(chat::trimmed(command->arguments) == command->arguments, "its arguments are trimmed");
  check(line.find(command->arguments) != std::string_view::npos, "its arguments are those typed");
}

// The list of who is online, made of names as long and as many as the bytes say.
void check_online(std::string_view bytes) {
  std::vector<std::string> names;
  std::size_t letters = 0;
  for (const char byte : bytes) {
    names.emplace_back(1 + static_cast<unsigned char>(byte) % chat::kMaxName, 'n');
    letters += names.back().size();
  }
  if (names.empty()) return;
  const std::string lines = protocol::online(names);
  std::size_t found = 0;
  for (std::string_view left = lines; !left.empty();) {
    const std::string_view line = left.substr(0, left.find('\n') + 1);
    check_line(line);
    check(line.size() <= chat::kMaxLine + 1, "a long list takes several lines");
    for (const char c : line.substr(line.find(':'))) found += c == 'n' ? 1 : 0;
    left.remove_prefix(line.size());
  }
  check(found == letters, "everyone is in the list");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(bytes), size);
  check_mode(line);
  check_credentials(line);
  check_command(line);
  check_room_line(line);
  check_online(line);
  return 0;
}
