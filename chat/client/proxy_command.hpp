// A command whose standard input and output are the way to the server: ssh, openssl and the like.
//
// Its end, and what it has said on standard error until then, is the reason where a connection by
// it fails. It belongs to the thread that connects.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "chat/base/descriptor.hpp"
#include "chat/net/socket.hpp"

namespace chat {

class ProxyCommand {
 public:
  // Runs `command` by the shell, in a session of its own: keys of the terminal are not for it, and
  // it cannot ask there. Throws std::system_error.
  explicit ProxyCommand(const std::string& command);
  ~ProxyCommand();  // ends it, within kProxyGrace
  ProxyCommand(const ProxyCommand&) = delete;
  ProxyCommand& operator=(const ProxyCommand&) = delete;

  // The way to the server; once.
  Socket take_socket() { return std::move(socket_); }

  // So that it ends soon; thread safe.
  void interrupt() const;

  // The last line on standard error so far; empty: none.
  std::string last_words();

 private:
  pid_t pid_ = -1;
  Socket socket_;
  Descriptor errors_;
};

// The command that --ssh stands for: `host` is [USER@]HOST, as ssh takes it, and `port` the
// server's there.
std::string ssh_command(const std::string& host, std::uint16_t port);

}  // namespace chat
