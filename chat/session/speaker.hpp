// Carries out a member's line: text for everyone, or a command. It belongs to the member's worker.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/net/line_reader.hpp"
#include "chat/room/broadcast.hpp"
#include "chat/room/registry.hpp"
#include "chat/session/room.hpp"
#include "chat/session/standstill.hpp"
#include "chat/wire/command_table.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

class Speaker {
 public:
  // All must outlive it. `name` is the member's, once it is in. `standing` is the worker's: it may
  // wait for its turn to hash.
  Speaker(Room& room, Subscriber& member, const Registry::Membership& membership,
          const std::string& name, const PeerAddress& peer, Standstill::Standing& standing)
      : room_(room),
        member_(member),
        membership_(membership),
        name_(name),
        peer_(peer),
        standing_(standing) {}

  // The member is in the room, and gets its lines so.
  void begin(AccountId account, Rendering rendering) noexcept;
  Rendering rendering() const { return rendering_; }

  // False ends the stay: the member wants to leave, or nobody would hear. Or the room is held for
  // handing over: then nothing has happened. `more`: the member's next line is on its way already.
  bool take(const LineReader::Line& line, bool more = false);

  // Whether take() was false because the member wants to leave.
  bool has_quit() const { return quit_; }

  // What the lines taken since it was asked last cost besides, in lines of the rate.
  int take_cost() { return std::exchange(cost_, 0); }

  // `lines` for this member alone. False: as take().
  bool tell(std::string lines);

 private:
  bool run(const CommandEntry& entry, std::string_view arguments, std::string_view line);
  bool report(std::string lines);
  bool tell_backwards(std::vector<std::string> lines);
  bool tell_in_pieces(const std::function<std::string()>& next);
  bool replay(MessageLog::Range lines);
  bool may(Access access) const;
  bool is_muted() const;
  bool tell_muted();

  bool say(std::string_view text, Kind kind);
  bool help(std::string_view name);
  bool who(std::string_view argument);
  bool whois(std::string_view name);
  bool msg(std::string_view arguments);
  bool reply(std::string_view text);
  bool tell_posted(const Registry::Posted& posted, std::string_view to, std::string_view text);
  bool away(std::string_view text);
  bool back();
  bool topic(std::string_view text);
  bool motd(std::string_view text);
  bool history(std::string_view count);
  bool since(std::string_view number);
  bool find(std::string_view arguments);
  bool context(std::string_view number);
  bool correct(std::string_view text);
  bool tag();

  bool take_passwords(const protocol::SecretCommand& command);
  std::string change_password(const protocol::SecretCommand& command);
  std::string add_account(const protocol::SecretCommand& command);
  std::string with_turn_to_hash(const std::function<bool()>& work);

  Room& room_;
  Subscriber& member_;
  const Registry::Membership& membership_;
  const std::string& name_;
  const PeerAddress& peer_;
  Standstill::Standing& standing_;
  AccountId account_ = 0;  // 0: registered
  int cost_ = 0;
  bool more_ = false;  // has come behind the line in hand
  bool quit_ = false;
  Rendering rendering_ = Rendering::kPlain;
  bool told_of_telnet_ = false;
};

}  // namespace chat
