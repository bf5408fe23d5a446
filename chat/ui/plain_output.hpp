// The server's lines on standard output, where there is no screen: for pipes, files and scripts.
// The client's own words go to standard error.
#pragma once

#include "chat/base/mutex.hpp"
#include "chat/ui/output.hpp"
#include "chat/ui/terminal.hpp"

namespace chat {

class PlainOutput : public Output {
 public:
  enum class Form { kLines, kJson, kNothing };

  PlainOutput(Terminal& terminal, Form form) : terminal_(terminal), form_(form) {}

  void show(std::span<const ServerLine> lines) override EXCLUDES(mutex_);
  void tell(std::string_view news) override;
  void suspend(Terminal::Stop stop) override { terminal_.suspend(stop); }
  void continued() override { terminal_.take_over(); }

 private:
  std::string form_of(const ServerLine& line) const;

  Terminal& terminal_;
  const Form form_;
  Mutex mutex_;  // held while writing, which keeps lines whole
};

}  // namespace chat
