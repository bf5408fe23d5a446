// One user's connection to the room: what comes from the server is shown, what is typed is sent.
//
// Two threads, both blocking. The one that calls run() waits for standard input, for signals, and,
// while it has something to send, for room in the socket; the other one (see Receiver), owned and
// joined here, connects, waits for the server, and comes back where the connection is lost.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/client/client_options.hpp"
#include "chat/client/client_parts.hpp"
#include "chat/client/client_view.hpp"
#include "chat/client/conversation.hpp"
#include "chat/client/hiding.hpp"
#include "chat/client/input.hpp"
#include "chat/client/link.hpp"
#include "chat/client/outcome.hpp"
#include "chat/client/receiver.hpp"
#include "chat/ui/output.hpp"
#include "chat/ui/screen.hpp"
#include "chat/ui/terminal.hpp"

namespace chat {

class ChatClient : private Input::Client {
 public:
  // Throws std::runtime_error where a file or the terminal is not as it has to be.
  explicit ChatClient(const ClientOptions& options);
  ChatClient(const ChatClient&) = delete;
  ChatClient& operator=(const ChatClient&) = delete;

  // Returns how it ended. Throws std::system_error where standard output takes no more.
  //
  // Who leaves while it still connects is not kept waiting: the process ends.
  Ending run();

 private:
  void handle(const Terminal::Ready& ready);
  void leave() override;
  void end_input() override;
  void wait_for_echo() override;
  void take_leave();
  Ending judge();
  [[noreturn]] void abandon(const Ending& ending);

  const ClientOptions options_;
  Terminal terminal_;
  const std::unique_ptr<Screen> screen_;  // one of the two
  const std::unique_ptr<Output> plain_output_;
  Output& output_;
  Hiding hiding_;
  Link link_;
  Conversation conversation_;
  ClientView view_;
  const ClientParts parts_;
  const std::unique_ptr<Input> input_;
  std::optional<Clock::time_point> deadline_;
  std::vector<std::string> unsaid_;  // when the user left
  bool silent_ = false;              // the server did not close the connection in time
  Receiver receiver_;                // its thread uses all of the above
};

}  // namespace chat
