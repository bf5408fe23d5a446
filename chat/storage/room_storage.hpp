// The room's own settings, beside its accounts: bans, topic, message of the day, whether it is
// closed; and the file in which all that is kept.
//
// The file is text: lines that begin with # are comments, every other line is one entry, its fields
// separated by TAB. A time is UTC, and - where a ban has no end:
//
//   closed
//   topic     TEXT
//   motd      TEXT
//   ban       name|address  TARGET  TIME  BY  REASON
//
// Earlier versions kept here what an account hides (`settings`): the client does that now, and such
// an entry is forgotten. Anything else is damage and refused. Saving writes the entries anew,
// without bans that are over and with a comment on top; other comments are not kept.
//
// A value: Stored<RoomStorage> reads and writes the file. Threads: the const functions are thread
// safe as long as nobody changes the object. Errors: what changes it throws std::invalid_argument
// that says why not, and then has changed nothing. Texts are one line: UTF-8 that neutralised()
// leaves alone, without TAB.
#pragma once

#include <chrono>
#include <functional>  // std::less
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/safe_file.hpp"  // Others
#include "chat/base/time_format.hpp"
#include "chat/net/address_range.hpp"
#include "chat/net/socket.hpp"  // PeerAddress

namespace chat {

// Who may not come in. It is of a name, or of a range of addresses.
struct Ban {
  std::string name;
  std::optional<AddressRange> range;
  std::optional<WallTime> until;  // to the millisecond; nothing: for good
  std::string by;                 // the name of the operator
  std::string reason;             // may be empty

  std::string target() const { return range ? range->text() : name; }
  bool is_over(WallTime now) const { return until && *until <= now; }
  bool operator==(const Ban&) const = default;
};

class RoomStorage {
 public:
  // A server takes nobody's word but its own user's and root's for who is banned.
  static constexpr Others kOthers = Others::kMayRead;

  // Nothing at all.
  RoomStorage() = default;

  // The file that belongs to these accounts.
  static std::string file_beside(const std::string& accounts_file);

  // The file, which Stored reads and writes: see there.
  void take(std::string_view line);
  std::string text(WallTime now = std::chrono::system_clock::now()) const;

  // The ban that keeps one of this name, or from this address, out. Nothing: none does. Names that
  // look alike (name_skeleton()) are one here, so that nobody gets around a ban with b0b for bob. A
  // peer that is exempt is kept out by no ban of addresses, whatever the file says. Valid until a
  // ban is added or lifted.
  const Ban* ban_of(std::string_view name, WallTime now) const;
  const Ban* ban_of(const PeerAddress& peer, WallTime now) const;
  std::vector<Ban> bans(WallTime now) const;  // those of names first

  // Takes the place of the ban that the same target has. Bans that are over are forgotten.
  void ban(Ban ban, WallTime now);
  // Lifts the ban of the name or of the range that `target` is (see AddressRange::parse_typed()),
  // or both, since a name may look like an address. Gives those that are lifted.
  std::vector<Ban> unban(std::string_view target);

  const std::string& topic() const { return topic_; }  // empty: none
  void set_topic(const std::string& topic);
  const std::string& motd() const { return motd_; }  // the message of the day; empty: none
  void set_motd(const std::string& motd);
  bool closed() const { return closed_; }  // nobody may register
  void set_closed(bool closed) { closed_ = closed; }

 private:
  using Fields = std::vector<std::string_view>;

  // One entry of the file. Both throw std::invalid_argument; add_ban() gives false where the target
  // has a ban already.
  void take_ban(const Fields& fields);
  bool add_ban(Ban ban);

  std::map<std::string, Ban, std::less<>> name_bans_;  // by skeleton
  std::map<AddressRange, Ban> address_bans_;
  std::string topic_;
  std::string motd_;
  bool closed_ = false;
};

}  // namespace chat
