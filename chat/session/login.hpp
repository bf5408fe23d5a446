// Coming in: welcome, login, register or resume, and who it is; or a refusal that says why not. On
// the connection's worker, as one of a Session.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/net/line_reader.hpp"
#include "chat/net/socket.hpp"
#include "chat/room/broadcast.hpp"
#include "chat/room/registry.hpp"
#include "chat/session/dialog.hpp"
#include "chat/session/hash_gate.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

class Login {
 public:
  // Goes on where another program has begun: with `mode`, once that is known, and `rendering`. Both
  // references outlive it.
  Login(Dialog& dialog, Subscriber& member, protocol::Mode mode, Rendering rendering,
        Clock::time_point deadline)
      : dialog_(dialog), member_(member), mode_(mode), rendering_(rendering), deadline_(deadline) {}

  // Whether `member` is in, as take_name(), take_membership() and account() say then. It throws
  // nothing: where memory runs out, the client is told so.
  bool run() noexcept;

  // Whether it was told why it does not come in.
  bool was_refused() const { return refused_; }

  std::string take_name() noexcept { return std::move(name_); }
  Registry::Membership take_membership() noexcept { return std::move(membership_); }
  AccountId account() const { return account_; }  // 0: registered

  // Also for a thread that has brought the worker to a standstill.
  protocol::Mode mode() const { return mode_; }
  Rendering rendering() const { return rendering_; }
  Clock::time_point deadline() const { return deadline_; }

 private:
  bool come_in();
  bool learn_peer();
  std::optional<LineReader::Line> next_login_line();
  Registry::Entry enter(const protocol::Credentials& credentials);
  bool prove(protocol::Credentials& credentials);
  bool prove_by_user(protocol::Credentials& credentials);
  std::optional<std::string> name_of_user();
  bool verify(protocol::Credentials& credentials);
  Registry::Entered enter_registry(const protocol::Credentials& credentials);
  Visit visit() const;
  std::optional<std::string> ban() const;
  bool wait_for_turn(const Guesser& guesser);
  HashGate::Turn turn_at_hash_gate(const Guesser& guesser);
  bool wait_at_socket(Clock::time_point deadline);
  bool answer(Registry::Entry entry);
  bool tagged_before_coming_in(const LineReader::Line& line);
  IoResult receive_for_login();
  void send(std::string_view lines) noexcept;
  void put(std::string_view bytes) noexcept;
  bool refuse(std::string_view line);

  Dialog& dialog_;
  Subscriber& member_;
  protocol::Mode mode_;
  Rendering rendering_;  // of what this client gets
  const Clock::time_point deadline_;
  int tag_requests_ = 0;
  bool refused_ = false;
  std::string name_;
  AccountId account_ = 0;
  Registry::Membership membership_;  // until it is taken
};

}  // namespace chat
