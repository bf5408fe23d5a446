// What a member's line means: something said to everyone, a command, or the answer to a question.
// It belongs to the member's worker.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "chat/net/line_reader.hpp"
#include "chat/room/broadcast.hpp"
#include "chat/server/handover.hpp"
#include "chat/session/room.hpp"
#include "chat/session/standstill.hpp"
#include "chat/wire/command_table.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

class Speaker {
 public:
  // All must outlive it. `name` is the member's, once it is in. `standing` is the worker's: it may
  // wait for its turn to hash. `drop_line` drops the line behind the one that is taken, if it has
  // come: false, it has not.
  Speaker(Room& room, Broadcast::Member& member, const std::string& name, const PeerAddress& peer,
          Standstill::Standing& standing, std::function<bool()> drop_line)
      : room_(room),
        member_(member),
        name_(name),
        peer_(peer),
        standing_(standing),
        drop_line_(std::move(drop_line)) {}

  // The member is in the room, and gets its lines so.
  void begin(AccountId account, Rendering rendering) noexcept;
  // The same, where another program has begun.
  void begin(const Handover::Connection& begun);
  void describe(Handover::Connection& connection) const;

  // False ends the stay: the member wants to leave, or nobody would hear. Or the room is held for
  // handing over: then nothing has happened.
  bool take(const LineReader::Line& line);

  // Whether take() was false because the member wants to leave.
  bool has_quit() const { return quit_; }

  // What the lines taken since it was asked last cost besides, in lines of the rate.
  int take_cost() { return std::exchange(cost_, 0); }

  // `lines` for this member alone. False: as take().
  bool tell(std::string lines);

 private:
  using Question = Handover::Question;

  bool answer(std::string_view text);
  bool run(const CommandEntry& entry, std::string_view arguments);
  bool report(std::string lines);
  bool tell_in_pieces(const std::function<std::string()>& next);
  bool replay(MessageLog::Range lines);
  bool refuse(std::string lines, std::size_t secrets);
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
  bool ignore(std::string_view name);
  bool unignore(std::string_view name);
  bool quiet(std::string_view arguments);
  bool change_filter(const LineFilter& filter, std::string answer);
  bool topic(std::string_view text);
  bool motd(std::string_view text);
  bool history(std::string_view count);
  bool since(std::string_view number);
  bool tag();

  bool ask(Question question, std::string_view about);
  std::string outcome_of_answer(std::string_view text);
  bool with_turn_to_hash(const std::function<bool()>& work, bool& right);

  Room& room_;
  Broadcast::Member& member_;
  const std::string& name_;
  const PeerAddress& peer_;
  Standstill::Standing& standing_;
  const std::function<bool()> drop_line_;
  AccountId account_ = 0;  // 0: registered
  int cost_ = 0;
  bool quit_ = false;
  Rendering rendering_ = Rendering::kPlain;
  Question question_ = Question::kNone;
  std::string asked_about_;  // the account
  bool told_of_telnet_ = false;
};

}  // namespace chat
