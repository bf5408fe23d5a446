#include "chat/client/typed_lines.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "chat/base/environment.hpp"
#include "chat/base/safe_file.hpp"
#include "chat/base/text.hpp"
#include "chat/ui/limits.hpp"
#include "chat/wire/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

std::string file_of(std::string_view room) {
  const std::string folder = state_folder();
  if (folder.empty()) return "";
  std::string name(room);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == '\0'; }, '_');
  return folder + "/typed-" + name.substr(0, 200);
}

bool is_private(std::string_view line) {
  if (protocol::parse_secret_command(line)) return true;
  const auto command = protocol::parse_command(line);
  const std::string name = command ? lowercase(command->name) : "";
  return name == "/msg" || name == "/reply";
}

}  // namespace

TypedLines::TypedLines(std::string_view room) : file_(file_of(room)) {
  if (file_.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(file_).parent_path(), error);
  try {
    to_ = open_regular(file_, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, Others::kNothing);
  } catch (const std::exception&) {  // it is not this user's alone, or no file
  }
}

std::vector<std::string> TypedLines::load() const {
  std::vector<std::string> lines;
  if (!to_) return lines;
  std::ifstream file(file_);
  for (std::string line; std::getline(file, line);) {
    if (line.size() <= kMaxLine && is_utf8(line) && !needs_neutralising(line)) {
      lines.push_back(line);
    }
  }
  if (lines.size() <= 2 * kMaxHistory) return lines;
  lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kMaxHistory));
  std::string content;
  for (const std::string& line : lines) content += line + "\n";
  try {
    replace_file(file_, content);
  } catch (const std::exception&) {  // next time
  }
  return lines;
}

void TypedLines::add(std::string_view line) {
  if (!to_ || line.empty() || is_private(line) || needs_neutralising(line)) return;
  const std::string text = std::string(line) + "\n";
  // In one piece, for whoever else appends.
  if (::write(to_.get(), text.data(), text.size()) < 0) to_ = Descriptor();
}

}  // namespace chat
