#include "chat/client/client_view.hpp"

#include <utility>

#include "chat/ui/server_line.hpp"

namespace chat {

void ClientView::show(const std::vector<std::string>& lines) {
  std::vector<ServerLine> shown;
  for (const std::string& line : lines) shown.push_back(parse_server_line(line));
  output_.show(shown);
}

void ClientView::show_waiting() {
  MutexLock lock(mutex_);
  const std::vector<std::string> lines = conversation_.unsaid();
  waits_ = !lines.empty();
  output_.set_waiting(lines);
}

void ClientView::show_liveness() {
  MutexLock lock(mutex_);
  if (!link_.exists()) return;
  const bool answers = !conversation_.waits_for_answer();
  if (std::exchange(answers_, answers) == answers) return;
  output_.set_connection(answers ? "connected" : "no answer", answers);
}

void ClientView::forget_liveness() {
  MutexLock lock(mutex_);
  answers_ = true;
}

}  // namespace chat
