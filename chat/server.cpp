#include "chat/server.hpp"

#include <pthread.h>

#include <new>
#include <system_error>
#include <utility>

#include "chat/protocol.hpp"

namespace chat {

Server::Server(const ServerConfig& config, const PasswordStorage& accounts, EventLog& log)
    : listeners_(Listener::open(config.address, config.port)),
      broadcast_(config.stall_timeout, config.history,
                 config.transcript.empty()
                     ? nullptr
                     : &transcript_.emplace(config.transcript, config.transcript_sync, log)),
      registry_(config.max_users, accounts, broadcast_),
      lobby_(config.max_pending, config.max_pending_per_address, protocol::kMadeRoom),
      log_(log),
      room_{accounts, registry_, broadcast_,           hash_gate_, lobby_,
            log,      stopping_, config.login_timeout, config.rate} {
  watch_listeners();
  poller_.add_event(wake_, nullptr);
  accept_thread_ = std::thread([this] { accept_connections(); });
}

Server::~Server() { stop(); }

void Server::stop() {
  if (!accept_thread_.joinable()) return;
  stopping_ = true;
  wake_.signal();
  accept_thread_.join();
  hash_gate_.close();
  broadcast_.close(protocol::kShuttingDown);
  {
    // The members have had their end of file, and most close at once. The others are cut off.
    MutexLock lock(mutex_);
    const auto deadline = Clock::now() + kLingerTimeout / 2;
    while (!running_.empty() && worker_finished_.wait_until(lock, deadline)) {
    }
    for (Worker& worker : running_) worker.connection.socket.shutdown();
    while (!running_.empty()) worker_finished_.wait(lock);
  }
  join_finished();
}

void Server::reopen_transcript() noexcept {
  if (transcript_) transcript_->reopen();
}

void Server::accept_connections() {
  while (!stopping_) {
    try {
      for (void* tag : poller_.wait(std::nullopt)) {
        if (tag != nullptr && !stopping_) accept_some(*static_cast<Listener*>(tag));
      }
    } catch (const std::bad_alloc&) {  // whoever was being accepted is gone; others come
    }
    join_finished();
  }
  // Whoever still waits to be accepted is refused by the kernel rather than left to hang.
  for (const Listener& listener : listeners_) poller_.remove(listener.descriptor());
  listeners_.clear();
}

void Server::accept_some(Listener& listener) {
  AcceptError error = AcceptError::kNone;
  PeerAddress peer;
  // Not for as long as they come: finished workers are to be joined in between.
  for (int i = 0; i < kAcceptBatch && !stopping_; ++i) {
    if (auto socket = listener.accept(error, &peer)) {
      start_worker(std::move(*socket), peer);
    } else if (error == AcceptError::kNone) {
      return;
    } else if (error == AcceptError::kOutOfResources) {
      // Finished workers may hold what is missing.
      join_finished();
      if (!refuse_one(listener)) return pause();
    }
  }
}

bool Server::refuse_one(Listener& listener) {
  PeerAddress peer;
  if (!spare_.refuse_one(listener, protocol::kOutOfResources, &peer)) return false;
  log_.write("refused", peer.text, "-", "out of descriptors");
  return true;
}

void Server::start_worker(Socket socket, const PeerAddress& peer) {
  socket.configure_accepted();
  Workers worker(1);
  const auto it = worker.begin();
  it->connection.socket = std::move(socket);
  it->connection.peer = peer;
  lobby_.admit(it->connection.place, it->connection.socket, peer);
  {
    MutexLock lock(mutex_);
    running_.splice(running_.end(), worker);
  }
  start_thread(it);
}

// Where no thread is to be had, this client is refused, and others stay.
void Server::start_thread(Workers::iterator worker) {
  try {
    worker->thread = std::thread([this, worker] { serve(worker); });
    return;
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
  }
  const iovec line{const_cast<char*>(protocol::kOutOfResources.data()),
                   protocol::kOutOfResources.size()};
  (void)worker->connection.socket.send_some({&line, 1});
  log_.write("refused", worker->connection.peer.text, "-", "out of threads");
  MutexLock lock(mutex_);
  running_.erase(worker);
}

void Server::serve(Workers::iterator worker) {
  Session(room_, worker->connection).run();
  {
    MutexLock lock(mutex_);
    finished_.splice(finished_.end(), running_, worker);
    worker_finished_.notify_all();
  }
  wake_.signal();
}

// Accepting has failed and so would the next attempt: a short rest instead of a spin.
void Server::pause() {
  for (const Listener& listener : listeners_) poller_.remove(listener.descriptor());
  (void)poller_.wait(kAcceptPause);
  watch_listeners();
}

void Server::watch_listeners() {
  for (Listener& listener : listeners_) poller_.add_readable(listener.descriptor(), &listener);
}

void Server::join_finished() {
  Workers finished;
  {
    MutexLock lock(mutex_);
    finished.swap(finished_);
  }
  for (Worker& worker : finished) worker.thread.join();
}

std::string start_line(const Server& server, const ServerConfig& config,
                       const PasswordStorage& accounts) {
  const auto& listeners = server.listeners();
  std::string line = "listening on address " + listeners.front().address();
  bool loopback = true;
  for (const Listener& listener : listeners) {
    if (&listener != &listeners.front()) line += " and " + listener.address();
    loopback = loopback && listener.is_loopback();
  }
  line += ", port " + std::to_string(server.port()) + ": maximum " +
          std::to_string(config.max_users) + " users, " + std::to_string(accounts.login_users()) +
          " accounts, " + std::to_string(config.max_users - accounts.login_users()) + " free seats";
  if (!loopback) line += "; passwords and text travel unencrypted";
  return line;
}

void limit_thread_stacks() {
  pthread_attr_t attributes;
  int error = ::pthread_attr_init(&attributes);
  if (error == 0) error = ::pthread_attr_setstacksize(&attributes, kWorkerStack);
  // glibc's own call: std::thread has no way to say it.
  if (error == 0) error = ::pthread_setattr_default_np(&attributes);
  if (error != 0) throw std::system_error(error, std::generic_category(), "thread stack size");
  (void)::pthread_attr_destroy(&attributes);
}

}  // namespace chat
