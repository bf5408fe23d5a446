// The connection to the server: made by this client, or by a program that is the way there.
//
// Threads: the socket thread connects, receives and closes; the rest is thread safe. A connection
// that is closed lives on for as long as another thread uses it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/client/client_options.hpp"
#include "chat/client/proxy_command.hpp"
#include "chat/net/address.hpp"
#include "chat/net/connecting.hpp"
#include "chat/net/socket.hpp"

namespace chat {

class Link {
 public:
  explicit Link(const ClientOptions& options) : options_(options) {}  // which outlive it
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // The socket thread's.

  // Throws std::runtime_error with the reason where there is no connection. `first` gives what the
  // new one begins with.
  void connect(const std::function<std::string()>& first) EXCLUDES(mutex_);
  // Blocks; with a deadline until then at most.
  IoResult receive(std::span<char> into, std::optional<Clock::time_point> deadline);
  // Whether the connection was reset, or given up.
  bool was_broken() const { return broken_; }
  void close() EXCLUDES(mutex_);
  // Throws why the program that is the way leads nowhere, if it has said so.
  void blame_program() EXCLUDES(mutex_);

  // Thread safe.

  // The connection has been made, and its first words are sent.
  bool is_connected() const { return connected_; }
  bool exists() EXCLUDES(mutex_) { return socket() != nullptr; }
  bool is_by_program() EXCLUDES(mutex_);
  bool has_input() EXCLUDES(mutex_);
  // What of `bytes` it takes without waiting: all, where there is no connection any more.
  std::size_t send_some(const std::string& bytes) EXCLUDES(mutex_);
  // For waiting until it takes more.
  std::shared_ptr<Socket> socket() EXCLUDES(mutex_);
  void shut_down_writing() EXCLUDES(mutex_);
  // Wakes the socket thread, where it receives.
  void shut_down() EXCLUDES(mutex_);
  // The same of a server that does not answer: the connection was lost.
  void give_up() EXCLUDES(mutex_);
  // Ends the process, and the program that is the way. A thread that looks a name up or connects
  // cannot be woken.
  [[noreturn]] void abandon(int status) EXCLUDES(mutex_);

 private:
  std::shared_ptr<Socket> new_connection() EXCLUDES(mutex_);

  const ClientOptions& options_;
  std::atomic<bool> connected_ = false;
  std::atomic<bool> broken_ = false;  // the kernel tells one thread only

  Mutex mutex_;
  std::shared_ptr<Socket> socket_ GUARDED_BY(mutex_);
  std::shared_ptr<ProxyCommand> program_ GUARDED_BY(mutex_);  // where that is the way

  // The socket thread's.
  std::shared_ptr<Socket> connection_;
  SocketAddress answered_;
};

}  // namespace chat
