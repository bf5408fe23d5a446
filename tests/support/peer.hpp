// A bare client for the tests: a socket, lines, deadlines. What does not come in time, and what
// comes after the end, is an exception that says what was awaited and what had come.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "chat/net/socket.hpp"
#include "tests/support/patience.hpp"

class Peer {
 public:
  explicit Peer(std::uint16_t port, const std::string& host = "127.0.0.1")
      : socket_(chat::Socket::connect(host, port)) {}
  // Of another address of this machine: 127.0.0.2 counts as a stranger to 127.0.0.1.
  static Peer from(const std::string& address, std::uint16_t port,
                   const std::string& host = "127.0.0.1") {
    chat::Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in own{};
    own.sin_family = AF_INET;
    (void)::inet_pton(AF_INET, address.c_str(), &own.sin_addr);
    sockaddr_in room = own;
    room.sin_port = htons(port);
    (void)::inet_pton(AF_INET, host.c_str(), &room.sin_addr);
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&own), sizeof own) != 0 ||
        ::connect(fd.get(), reinterpret_cast<sockaddr*>(&room), sizeof room) != 0) {
      throw std::runtime_error("cannot connect from " + address);
    }
    return Peer(chat::Socket(std::move(fd)));
  }
  // Of any address, by way of a trusted proxy of this machine.
  static Peer through(const std::string& proxy, const std::string& address, std::uint16_t port) {
    Peer peer = from(proxy, port);
    const bool ipv6 = address.find(':') != std::string::npos;
    peer.send((ipv6 ? "PROXY TCP6 " + address + " ::1" : "PROXY TCP4 " + address + " 127.0.0.1") +
              " 51820 3490\r\n");
    return peer;
  }
  // The other end of a connection that somebody made: for tests that play the server.
  explicit Peer(chat::Socket socket) : socket_(std::move(socket)) {}

  // Comes in and has read up to its own arrival.
  static Peer registered(std::uint16_t port, const std::string& name) {
    return come_in(port, "register", name, "pw");
  }
  static Peer registered(Peer peer, const std::string& name) {
    return come_in(std::move(peer), "register", name, "pw");
  }
  static Peer logged_in(Peer peer, const std::string& name) {
    return come_in(std::move(peer), "login", name, "pw");
  }
  static Peer logged_in(std::uint16_t port, const std::string& name, const std::string& password) {
    return come_in(port, "login", name, password);
  }

  // The line, without its end, that a try to come in is answered with: a refusal or "* hello …".
  static std::string answer_to(std::uint16_t port, std::string_view mode,
                               std::string_view credentials) {
    return Peer(port).answer(mode, credentials);
  }
  std::string answer(std::string_view mode, std::string_view credentials) {
    send(std::string(mode) + "\n" + std::string(credentials) + "\n");
    std::string line = read_line();
    while (line.starts_with("* Welcome") || line.starts_with("* user,password?")) {
      line = read_line();
    }
    return line;
  }

  void send(std::string_view bytes) {
    if (!socket_.send_all(bytes)) throw std::runtime_error("the server is gone");
  }
  void say(std::string_view line) { send(std::string(line) + "\n"); }
  void half_close() { socket_.shutdown_write(); }

  // The connection ends as after a crash: a reset instead of an orderly end.
  void reset() {
    const linger now{1, 0};
    (void)::setsockopt(socket_.descriptor().get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_ = {};
  }
  void close() { socket_ = {}; }

  // The next line, without its end.
  std::string read_line() {
    std::string line;
    if (!next_line(line)) throw std::runtime_error("end of file after: " + transcript_tail());
    return line;
  }

  // Reads on until a line begins with `beginning`; not for ever, though other lines keep coming.
  std::string read_until(std::string_view beginning) {
    const std::string missing = "no \"" + std::string(beginning) + "\" ";
    const auto deadline = chat::Clock::now() + kPatience;
    while (chat::Clock::now() < deadline) {
      std::string line;
      if (!next_line(line)) {
        throw std::runtime_error(missing + "before end of file; last: " + transcript_tail());
      }
      if (line.starts_with(beginning)) return line;
    }
    throw std::runtime_error(missing + "in time; last: " + transcript_tail());
  }

  // All lines up to end of file.
  std::vector<std::string> read_all() {
    std::vector<std::string> lines;
    std::string line;
    while (next_line(line)) lines.push_back(line);
    return lines;
  }

  // Whether the connection ends without another line, by end of file or reset.
  bool ends() {
    std::string line;
    return !next_line(line) && partial_.empty();
  }

  const std::vector<std::string>& transcript() const { return transcript_; }
  chat::Socket& socket() { return socket_; }

 private:
  static Peer come_in(std::uint16_t port, const std::string& mode, const std::string& name,
                      const std::string& password) {
    return come_in(Peer(port), mode, name, password);
  }
  static Peer come_in(Peer peer, const std::string& mode, const std::string& name,
                      const std::string& password) {
    peer.send(mode + "\n" + name + "," + password + "\n");
    peer.read_until("* " + name + " has entered");
    return peer;
  }

  bool next_line(std::string& line) {
    const auto deadline = chat::Clock::now() + kPatience;
    while (true) {
      const auto end = partial_.find('\n', scanned_);
      if (end != std::string::npos) {
        line = partial_.substr(begin_, end - begin_);
        begin_ = scanned_ = end + 1;
        transcript_.push_back(line);
        return true;
      }
      partial_.erase(0, begin_);
      begin_ = 0;
      scanned_ = partial_.size();
      char bytes[65536];
      const auto received = socket_.receive_until(bytes, deadline);
      if (received.io == chat::Io::kEnd || received.io == chat::Io::kFailed) return false;
      if (received.io == chat::Io::kWouldBlock && chat::Clock::now() >= deadline) {
        throw std::runtime_error("nothing more came after: " + transcript_tail());
      }
      partial_.append(bytes, received.bytes);
    }
  }

  std::string transcript_tail() const {
    std::string tail;
    const std::size_t first = transcript_.size() < 5 ? 0 : transcript_.size() - 5;
    for (std::size_t i = first; i < transcript_.size(); ++i) tail += transcript_[i] + " | ";
    return tail + partial_;
  }

  chat::Socket socket_;
  std::string partial_;
  std::size_t begin_ = 0;
  std::size_t scanned_ = 0;
  std::vector<std::string> transcript_;
};
