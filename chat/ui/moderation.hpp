// The user's permissions, and the bans, mutes and ignored names that can be lifted, as far as the
// server's lines have told. Completion uses them. Pure; NOT thread safe.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "chat/ui/server_line.hpp"
#include "chat/wire/command_table.hpp"

namespace chat {

class Moderation {
 public:
  // The user's name, and whether it is an account's.
  void set_own(std::string_view name, bool account);

  void follow(const ServerLine& line);

  bool may(Access access) const;

  // Returns the names that `command` can lift and that start with `beginning`; for /unban also
  // addresses.
  std::vector<std::string> liftable(Command command, std::string_view beginning) const;

 private:
  using Targets = std::set<std::string>;  // folded

  void follow_room(std::string_view done);
  void follow_answer(std::string_view text);
  void follow_ignored(std::string_view names);

  std::string own_name_;  // folded
  bool account_ = false;
  bool operator_ = false;
  Targets ignored_;
  Targets muted_;
  Targets banned_;
};

}  // namespace chat
