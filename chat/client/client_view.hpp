// Shows the waiting lines, whether the server answers, and the client's own lines, for both threads
// of the client. Thread safe.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "chat/base/mutex.hpp"
#include "chat/client/conversation.hpp"
#include "chat/client/link.hpp"
#include "chat/ui/output.hpp"

namespace chat {

class ClientView {
 public:
  // All of which outlive this.
  ClientView(Output& output, Conversation& conversation, Link& link)
      : output_(output), conversation_(conversation), link_(link) {}
  ClientView(const ClientView&) = delete;
  ClientView& operator=(const ClientView&) = delete;

  // Lines like those of the server, without their ends.
  void show(const std::vector<std::string>& lines);

  void show_waiting() EXCLUDES(mutex_);
  bool shows_waiting() const { return waits_; }

  void show_liveness() EXCLUDES(mutex_);
  // A new connection is to be made, which answers until it turns out not to.
  void forget_liveness() EXCLUDES(mutex_);

 private:
  Output& output_;
  Conversation& conversation_;
  Link& link_;
  std::atomic<bool> waits_ = false;  // lines are shown that wait to be sent

  // Held while a thread looks at the state and shows it, so that the screen ends with the latest
  // state.
  Mutex mutex_;
  bool answers_ GUARDED_BY(mutex_) = true;  // the server, as the screen says
};

}  // namespace chat
