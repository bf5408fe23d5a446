// References that the parts of the client share. Each object outlives the parts, and is thread safe
// or says otherwise.
#pragma once

#include "chat/client/client_options.hpp"
#include "chat/client/client_view.hpp"
#include "chat/client/conversation.hpp"
#include "chat/client/hiding.hpp"
#include "chat/client/link.hpp"
#include "chat/ui/output.hpp"
#include "chat/ui/terminal.hpp"

namespace chat {

struct ClientParts {
  const ClientOptions& options;
  Terminal& terminal;
  Output& output;
  Hiding& hiding;
  Link& link;
  Conversation& conversation;
  ClientView& view;
};

}  // namespace chat
