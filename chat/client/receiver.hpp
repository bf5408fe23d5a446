// The client's socket thread: connects, shows what the server sends, and comes back where the
// connection is lost.
//
// Everything the server sends is neutralised before it is shown: a client does not trust its server
// with the user's terminal.
#pragma once

#include <atomic>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "chat/base/limits.hpp"
#include "chat/client/client_parts.hpp"
#include "chat/client/log_file.hpp"
#include "chat/client/outcome.hpp"
#include "chat/net/line_reader.hpp"
#include "chat/ui/server_line.hpp"

namespace chat {

class Receiver {
 public:
  // Opens the log; throws std::system_error where it cannot.
  explicit Receiver(const ClientParts& parts);
  ~Receiver() { join(); }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  // The thread of the client.
  void start();
  bool is_running() const { return thread_.joinable(); }
  bool is_finished() const { return finished_; }  // it has nothing more to do
  // Wakes it wherever it waits, and joins it.
  void join();

  // Once it is joined: why it gave up, if it did; that the server has said that it shuts down; that
  // the connection broke, rather than ended.
  const std::optional<Ending>& failure() const { return failure_; }
  bool got_goodbye() const { return goodbye_; }
  bool was_lost() const { return lost_; }

 private:
  void run();
  void come_in();
  void connect();
  bool takes_over();
  bool goes_on();
  void lose();
  bool come_back(unsigned failed);
  bool wait_to_come_back(unsigned failed);
  void receive_lines();
  IoResult receive_some(LineReader& reader);
  void take_line(const LineReader::Line& line, std::vector<ServerLine>& shown);
  bool take_error(const ServerLine& line, std::vector<ServerLine>& shown);
  void enter_room();
  bool is_pong(const ServerLine& line);
  bool follow(ServerLine& line);
  bool lacks_its_name(std::string_view refusal);
  void ask_for_name(const std::string& refusal);
  void show(const std::vector<ServerLine>& lines);

  const ClientParts parts_;
  std::atomic<bool> finished_ = false;

  // The thread's until it is joined.
  std::optional<LogFile> log_file_;
  std::minstd_rand random_{std::random_device{}()};
  Clock::time_point came_back_ = Clock::time_point::min();
  bool in_room_ = false;   // by this connection
  bool tagged_ = false;    // and its lines are
  bool released_ = false;  // the room said that this user has left
  bool goodbye_ = false;
  bool lost_ = false;
  std::optional<Ending> failure_;

  std::thread thread_;
};

}  // namespace chat
