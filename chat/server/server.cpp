#include "chat/server/server.hpp"

#include <pthread.h>

#include <exception>
#include <functional>
#include <new>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "chat/server/limits.hpp"
#include "chat/session/limits.hpp"
#include "chat/session/operator_commands.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

std::vector<Listener> adopted(const std::vector<int>& descriptors) {
  std::vector<Listener> listeners;
  for (const int fd : descriptors) listeners.push_back(Listener::adopt(Descriptor(fd)));
  return listeners;
}

std::vector<Listener> listeners_of(const ServerConfig& config, const Handover* taken_over) {
  if (taken_over != nullptr) return adopted(taken_over->listeners);
  if (!config.listeners.empty()) return adopted(config.listeners);
  auto listeners = Listener::open(config.address, config.port);
  if (!config.unix_path.empty()) listeners.push_back(Listener::open_unix(config.unix_path));
  return listeners;
}

}  // namespace

Server::Server(const ServerConfig& config, Stored<PasswordStorage>& accounts,
               Stored<RoomStorage>& storage, EventLog& log, const Handover* taken_over)
    : listeners_(listeners_of(config, taken_over)),
      room_(config, accounts, storage, log, taken_over != nullptr ? &taken_over->log : nullptr),
      unix_path_(config.unix_path) {
  watch_listeners();
  poller_.add_event(room_.wake, nullptr);
  if (taken_over != nullptr) {
    room_.countdown.restore(taken_over->shutdown);
    room_.registry.restore(taken_over->registry);
    // All are in before the first of them can say something, and who has no right to be there any
    // more is on its way out.
    for (const Session::State& begun : taken_over->sessions) take_up(begun);
    adopt_accounts(room_, *accounts.current());
    adopt_bans(room_);
    for (const Workers::iterator worker : all_running()) start_thread(worker);
  }
  if (!config.metrics.empty()) {
    metrics_.emplace(config.metrics,
                     [this](MetricsForm form) { return metrics_text(room_, form); });
  }
  accept_thread_ = std::thread([this] { accept_connections(); });
}

Server::~Server() { stop(); }

void Server::stop() {
  if (!accept_thread_.joinable()) return;
  room_.stopping = true;
  room_.wake.signal();
  accept_thread_.join();
  metrics_.reset();
  if (!unix_path_.empty()) remove_unix_socket(unix_path_);
  room_.hash_gate.close();
  room_.broadcast.close(protocol::kShuttingDown);
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

void Server::reload() noexcept {
  const auto attempt = [&](const char* what, const std::function<void()>& reloading) {
    try {
      reloading();
      room_.log.write("reloaded", what);
    } catch (const std::exception& error) {
      room_.log.write("not-reloaded", error.what());
    }
  };
  room_.exemptions.refresh();
  attempt("accounts", [&] { reload_accounts(room_); });
  attempt("bans, topic and message of the day", [&] {
    room_.storage.reload([](const RoomStorage&) {});
    adopt_bans(room_);
  });
  if (room_.transcript) room_.transcript->reopen();
}

bool Server::attend() {
  room_.tell_operators();
  try_to_store();
  const Countdown::Step step = room_.countdown.step(Clock::now());
  if (!step.text.empty()) room_.broadcast.announce(step.by, step.text);
  return step.end;
}

std::optional<Clock::time_point> Server::attention_due() const {
  const auto due = room_.countdown.due();
  return due && store_due_ ? std::min(*due, *store_due_) : due ? due : store_due_;
}

// What is in force and not stored yet, as on a full disk.
void Server::try_to_store() {
  if (!room_.storage.is_unstored()) return store_due_.reset();
  const auto now = Clock::now();
  if (store_due_ && now >= *store_due_ && room_.storage.store(now).empty()) {
    room_.log.write("stored", "what could not be before");
    room_.tell_operators_later("what was in force only is stored now");
    return store_due_.reset();
  }
  if (!store_due_ || now >= *store_due_) store_due_ = now + kStorePause;
}

std::string Server::store() { return room_.storage.store(); }

// The rest of what a connection needs is what its session was told.
void Server::take_up(const Session::State& begun) {
  Workers worker(1);
  Connection& connection = worker.front().connection;
  connection.socket = Socket(Descriptor(begun.socket));
  outlive_execution(begun.socket, false);
  connection.peer = begun.peer;
  if (begun.phase < Session::Phase::kIn) {
    room_.lobby.restore(connection.place, connection.socket, begun.peer);
  }
  worker.front().session.emplace(room_, connection, begun);
  MutexLock lock(mutex_);
  running_.splice(running_.end(), worker);
}

std::vector<Server::Workers::iterator> Server::all_running() {
  MutexLock lock(mutex_);
  std::vector<Workers::iterator> workers;
  for (auto worker = running_.begin(); worker != running_.end(); ++worker) {
    workers.push_back(worker);
  }
  return workers;
}

bool Server::moves() {
  const std::uint64_t accept = accept_moves_;
  const std::uint64_t broadcast = room_.broadcast.moves();
  const bool moved = accept != accept_moves_seen_ && broadcast != broadcast_moves_seen_;
  accept_moves_seen_ = accept;
  broadcast_moves_seen_ = broadcast;
  room_.wake.signal();
  room_.broadcast.nudge();
  return moved;
}

std::optional<Handover> Server::stand_still() {
  accepting_ = false;
  room_.wake.signal();
  accept_thread_.join();
  room_.standstill.want();
  room_.broadcast.hold();
  if (!all_stand(Clock::now() + kStandstillTimeout)) {
    go_on();
    return std::nullopt;
  }
  room_.broadcast.freeze();
  return describe();
}

void Server::go_on() {
  room_.broadcast.go_on();
  room_.standstill.end();
  accepting_ = true;
  accept_thread_ = std::thread([this] { accept_connections(); });
}

bool Server::all_stand(Clock::time_point deadline) {
  for (std::size_t standing = 0; Clock::now() < deadline;) {
    if (nudge_workers() == 0) return true;
    // A worker that was nudged too early is nudged again, after the others had their turn.
    const auto soon = Clock::now() + kNudgePause;
    standing = room_.standstill.standing(standing, soon);
  }
  return false;
}

// How many do not stand yet.
std::size_t Server::nudge_workers() {
  MutexLock lock(mutex_);
  std::size_t moving = 0;
  for (Worker& worker : running_) {
    if (worker.session->stands()) continue;
    Standstill::nudge(worker.thread);
    ++moving;
  }
  return moving;
}

Handover Server::describe() {
  Handover handover;
  for (const Listener& listener : listeners_) {
    handover.listeners.push_back(listener.descriptor().get());
  }
  handover.log = room_.broadcast.state();
  handover.shutdown = room_.countdown.state(Clock::now());
  handover.registry = room_.registry.state();
  MutexLock lock(mutex_);
  std::unordered_map<const Subscriber*, const Session*> sessions;
  for (const Worker& worker : running_) {
    sessions.emplace(&worker.session->member(), &*worker.session);
  }
  for (auto& [member, seat] : room_.registry.seats_taken()) {
    handover.sessions.push_back(sessions.extract(member).mapped()->state());
    handover.sessions.back().seat = std::move(seat);
  }
  // The others in the order in which they came: that is how they make room for each other.
  for (const Worker& worker : running_) {
    if (!sessions.contains(&worker.session->member())) continue;
    Session::State state = worker.session->state();
    // In the room, but without a seat: another connection has taken it, and its worker does not
    // know yet.
    if (state.phase == Session::Phase::kIn) state.phase = Session::Phase::kLeaving;
    handover.sessions.push_back(std::move(state));
  }
  return handover;
}

void Server::accept_connections() {
  while (!room_.stopping && accepting_) {
    ++accept_moves_;
    try {
      for (void* tag : poller_.wait(std::nullopt)) {
        if (tag == nullptr || room_.stopping) continue;
        if (!accept_some(*static_cast<Listener*>(tag))) break;
      }
    } catch (const std::bad_alloc&) {  // whoever was being accepted is gone; others come
    }
    join_finished();
  }
  if (!room_.stopping) return;
  // Whoever still waits to be accepted is refused by the kernel rather than left to hang.
  ignore_listeners();
  listeners_.clear();
}

// False: it has waited meanwhile, and what was ready before may not be so any more.
bool Server::accept_some(Listener& listener) {
  AcceptError error = AcceptError::kNone;
  PeerAddress peer;
  bool waited = false;
  // Not for as long as they come: finished workers are to be joined in between.
  for (int i = 0; i < kAcceptBatch && !room_.stopping && accepting_; ++i) {
    if (room_.lobby.is_busy()) {
      wait_for_a_place();
      waited = true;
    }
    if (auto socket = listener.accept(error, &peer)) {
      peer.exempt = room_.exemptions.contains(peer.address);
      if (is_gone(*socket, peer) || is_banned(*socket, peer)) continue;
      start_worker(std::move(*socket), peer);
    } else if (error == AcceptError::kNone) {
      break;
    } else if (error == AcceptError::kOutOfResources) {
      // Finished workers may hold what is missing.
      join_finished();
      if (!refuse_one(listener)) {
        pause();
        return false;
      }
    }
  }
  return !waited;
}

// Newcomers stay with the kernel, at most for so long; then somebody has to go for the next one.
void Server::wait_for_a_place() {
  const auto deadline = Clock::now() + kLobbyPatience;
  ignore_listeners();
  while (!room_.stopping && accepting_ && Clock::now() < deadline && room_.lobby.is_busy()) {
    (void)poller_.wait(std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()));
    ++accept_moves_;
    join_finished();
  }
  watch_listeners();
}

bool Server::refuse_one(Listener& listener) {
  PeerAddress peer;
  if (!spare_.refuse_one(listener, protocol::kOutOfResources, &peer)) return false;
  room_.log.write("refused", peer.text, "-", "out of descriptors");
  room_.refused.add("out of descriptors");
  return true;
}

// A connection that is reset by now costs no thread.
bool Server::is_gone(Socket& socket, const PeerAddress& peer) {
  if (socket.wait_while_open(Clock::now())) return false;
  room_.log.write("gone", peer.text, "-", "without coming in");
  return true;
}

// A banned address is told so before a thread is spent on it.
bool Server::is_banned(Socket& socket, const PeerAddress& peer) {
  const auto storage = room_.storage.current();
  const Ban* const ban = storage->ban_of(peer, std::chrono::system_clock::now());
  if (ban == nullptr) return false;
  const std::string line = banned_line(*ban);
  (void)socket.send_some(line);
  room_.log.write("refused", peer.text, "-", "banned");
  room_.refused.add(protocol::reason_of(line));
  return true;
}

void Server::start_worker(Socket socket, const PeerAddress& peer) {
  socket.configure_accepted();
  Workers worker(1);
  const auto it = worker.begin();
  it->connection.socket = std::move(socket);
  it->connection.peer = peer;
  room_.lobby.admit(it->connection.place, it->connection.socket, peer);
  it->session.emplace(room_, it->connection);
  {
    MutexLock lock(mutex_);
    running_.splice(running_.end(), worker);
  }
  start_thread(it);
}

// If there is no thread to be had, this client is refused, and the others stay.
void Server::start_thread(Workers::iterator worker) {
  try {
    worker->thread = std::thread([this, worker] { serve(worker); });
    return;
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
  }
  (void)worker->connection.socket.send_some(protocol::kOutOfResources);
  room_.log.write("refused", worker->connection.peer.text, "-", "out of threads");
  room_.refused.add("out of threads");
  worker->session->abandon();
  MutexLock lock(mutex_);
  running_.erase(worker);
}

void Server::serve(Workers::iterator worker) {
  worker->session->run();
  {
    MutexLock lock(mutex_);
    finished_.splice(finished_.end(), running_, worker);
    worker_finished_.notify_all();
  }
  room_.wake.signal();
}

// Accepting has failed and so would the next attempt: a short rest instead of a spin.
void Server::pause() {
  ignore_listeners();
  (void)poller_.wait(kAcceptPause);
  watch_listeners();
}

void Server::watch_listeners() {
  for (Listener& listener : listeners_) poller_.add_readable(listener.descriptor(), &listener);
}

void Server::ignore_listeners() {
  for (const Listener& listener : listeners_) poller_.remove(listener.descriptor());
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
