#include "chat/ui/plain_output.hpp"

#include <chrono>
#include <iostream>

#include "chat/base/program_name.hpp"
#include "chat/ui/columns.hpp"
#include "chat/ui/display.hpp"

namespace chat {
namespace {

constexpr std::size_t kPlainIndent = 2;    // of a row that goes on, where there is no screen

}  // namespace

void PlainOutput::show(std::span<const ServerLine> lines) {
  std::string text;
  for (const ServerLine& line : lines) {
    if (!line.hidden) text += form_of(line);
  }
  if (text.empty()) return;
  const MutexLock lock(mutex_);
  terminal_.write(text);
}

std::string PlainOutput::form_of(const ServerLine& line) const {
  switch (form_) {
    case Form::kLines:
      return Rows(0, kPlainIndent, terminal_.output_columns()).add(plain_line(line)) + '\n';
    case Form::kJson:
      return json_of(line, std::chrono::system_clock::now());
    case Form::kNothing:
      return {};
  }
  return {};
}

void PlainOutput::tell(std::string_view news) {
  std::cerr << program_name() << ": " << news << std::endl;
}

}  // namespace chat
