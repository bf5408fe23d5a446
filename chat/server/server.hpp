// The accept thread and the workers: one thread for each connection.
//
// Threads and their owners: Server owns the accept thread and every worker; Broadcast owns the
// broadcaster. The accept thread joins each worker soon after it has finished; stop() joins the
// rest and the accept thread. A worker's descriptor is shut down to wake it, and closed after the
// join.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "chat/base/event_log.hpp"
#include "chat/base/limits.hpp"
#include "chat/base/mutex.hpp"
#include "chat/base/poller.hpp"
#include "chat/net/address.hpp"
#include "chat/net/listener.hpp"
#include "chat/net/socket.hpp"
#include "chat/server/handover.hpp"
#include "chat/server/metrics.hpp"
#include "chat/session/room.hpp"
#include "chat/session/session.hpp"
#include "chat/storage/password_storage.hpp"
#include "chat/storage/room_storage.hpp"
#include "chat/storage/stored.hpp"
#include "chat/wire/limits.hpp"

namespace chat {

struct ServerConfig : RoomConfig {
  std::string address;  // empty: all addresses of this machine
  std::uint16_t port = kDefaultPort;
  std::vector<int> listeners;  // that are there already: instead of address and port
  std::string metrics;         // where figures are given, see MetricsServer; empty: nowhere
  std::string unix_path;       // of a Unix socket besides; empty: none
};

class Server {
 public:
  // Listens and serves from here on, or goes on from what was handed over. `accounts`, `storage`
  // and `log` must outlive the server. Throws where the accounts do not fit into the maximum, or
  // the address or port is not to be had. Signals should be blocked by the caller: the threads made
  // here inherit that.
  Server(const ServerConfig& config, Stored<PasswordStorage>& accounts,
         Stored<RoomStorage>& storage, EventLog& log, const Handover* taken_over = nullptr);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::vector<Listener>& listeners() const { return listeners_; }
  std::uint16_t port() const { return listeners_.front().port(); }

  // Everyone in the room gets the goodbye and end of file; all threads are joined. Takes at most
  // about kGoodbyeTimeout + kLingerTimeout. For the owning thread.
  void stop();

  // Reads accounts and bans anew, and opens the transcript anew, where there is one: see there.
  // What is wrong with a file is told to the log, and leaves what was known as it is.
  void reload() noexcept;

  // What is to be done now and then. Whoever waits for signals waits for attention() as well, and
  // not beyond attention_due(); then it calls attend(). True: an operator wants the end now.
  const WakeEvent& attention() const { return room_.attention; }
  std::optional<Clock::time_point> attention_due() const;
  bool attend();

  // For the owning thread. What operators have changed is stored, as far as it is not yet. Says why
  // it cannot be; empty: all is.
  std::string store();

  // Whether the accept thread and the broadcaster have moved since this was asked last, as they
  // always do within a second. For the owning thread.
  bool moves();

  // For the owning thread. Stops everything where another program can take it up, and gives what
  // that needs: then its descriptors have to outlive the execution. Nothing: that took too long,
  // and all goes on. Throws std::bad_alloc; then go_on() is due, too.
  std::optional<Handover> stand_still();
  // No other program has taken over.
  void go_on();

 private:
  struct Worker {
    Connection connection;
    std::optional<Session> session;
    std::thread thread;
  };
  using Workers = std::list<Worker>;

  void take_up(const Session::State& begun);
  void accept_connections();
  bool accept_some(Listener& listener);
  void try_to_store();
  void wait_for_a_place();
  bool refuse_one(Listener& listener);
  bool is_gone(Socket& socket, const PeerAddress& peer);
  bool is_banned(Socket& socket, const PeerAddress& peer);
  void start_worker(Socket socket, const PeerAddress& peer);
  void start_thread(Workers::iterator worker);
  void serve(Workers::iterator worker);
  void pause();
  void join_finished();
  std::vector<Workers::iterator> all_running();
  bool all_stand(Clock::time_point deadline);
  std::size_t nudge_workers();
  Handover describe();
  void watch_listeners();
  void ignore_listeners();

  std::vector<Listener> listeners_;
  Room room_;
  std::optional<Clock::time_point> store_due_;  // the owning thread's: when to try it again
  std::atomic<bool> accepting_{true};

  Mutex mutex_;
  Condition worker_finished_;
  Workers running_ GUARDED_BY(mutex_);
  Workers finished_ GUARDED_BY(mutex_);  // for joining

  // Only the accept thread touches these.
  Poller poller_;
  SpareDescriptor spare_;

  std::atomic<std::uint64_t> accept_moves_{0};

  // The owning thread's.
  std::uint64_t accept_moves_seen_ = 0;
  std::uint64_t broadcast_moves_seen_ = 0;
  const std::string unix_path_;

  std::thread accept_thread_;
  std::optional<MetricsServer> metrics_;
};

// The line that says that `server` is up: where, for how many, and what travels unencrypted.
std::string start_line(const Server& server, const ServerConfig& config,
                       const PasswordStorage& accounts);

// Gives every thread started from here on a stack that fits a worker. The default of 8 MiB is only
// address space, but ten thousand of them are more than some machines let a process have.
void limit_thread_stacks();

}  // namespace chat
