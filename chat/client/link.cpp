#include "chat/client/link.hpp"

#include <cstdlib>
#include <utility>

#include "chat/client/outcome.hpp"

namespace chat {

// By the program that is the way, where there is one: a new one each time.
std::shared_ptr<Socket> Link::new_connection() {
  if (options_.proxy_command.empty()) {
    return std::make_shared<Socket>(Socket::connect(options_.host, options_.port, answered_));
  }
  std::shared_ptr<ProxyCommand> old;
  {
    MutexLock lock(mutex_);
    old.swap(program_);
  }
  old.reset();  // which may take a while
  MutexLock lock(mutex_);
  // Nobody abandons one that has begun and is not known yet.
  program_ = std::make_shared<ProxyCommand>(options_.proxy_command);
  return std::make_shared<Socket>(program_->take_socket());
}

void Link::connect(const std::function<std::string()>& first) {
  connection_ = new_connection();
  broken_ = false;
  const std::string words = first();
  {
    MutexLock lock(mutex_);
    socket_ = connection_;
  }
  // So little goes into the empty buffer of a new connection without waiting.
  if (!words.empty()) (void)connection_->send_all(words);
  connected_ = true;
}

IoResult Link::receive(std::span<char> into, std::optional<Clock::time_point> deadline) {
  return deadline ? connection_->receive_until(into, *deadline) : connection_->receive(into);
}

void Link::close() {
  connected_ = false;
  MutexLock lock(mutex_);
  socket_.reset();
}

void Link::blame_program() {
  std::shared_ptr<ProxyCommand> program;
  {
    MutexLock lock(mutex_);
    program = program_;
  }
  const std::string words = program ? program->last_words() : "";
  if (words.empty()) return;
  const bool has_asked = words.find("Permission denied (") != std::string::npos ||
                         words.find("Host key verification failed") != std::string::npos;
  throw Failure(
      Outcome::kNoConnection,
      "cannot connect to " + options_.host + ": " + words +
          (options_.ssh.empty() || !has_asked ? ""
                                              : " It cannot ask here: first make `ssh " +
                                                    options_.ssh + "` work without a question."));
}

bool Link::is_by_program() {
  MutexLock lock(mutex_);
  return program_ != nullptr;
}

bool Link::has_input() {
  const auto connection = socket();
  return connection && connection->has_input();
}

std::size_t Link::send_some(const std::string& bytes) {
  const auto connection = socket();
  if (!connection) return 0;
  const IoResult result = connection->send_some(bytes);
  if (result.io != Io::kFailed) return result.bytes;
  broken_ = true;
  return bytes.size();
}

std::shared_ptr<Socket> Link::socket() {
  MutexLock lock(mutex_);
  return socket_;
}

void Link::shut_down_writing() {
  if (const auto connection = socket()) connection->shutdown_write();
}

void Link::shut_down() {
  if (const auto connection = socket()) connection->shutdown();
}

void Link::give_up() {
  broken_ = true;
  shut_down();
}

void Link::abandon(int status) {
  MutexLock lock(mutex_);  // to the end: no other program is begun meanwhile
  if (program_) program_->interrupt();
  std::_Exit(status);
}

}  // namespace chat
