// How to talk to each of the systems: how a member comes in, how it says a line, and how that line
// looks when it arrives. Immutable, but for the Newcomer that the caller owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

// What a member has been told while it comes in.
struct Newcomer {
  std::size_t number = 0;      // its name is u and this number
  std::string answer;          // to send now
  bool in = false;             // from the next line on it hears what is said
  std::size_t announced = 0;   // the size of the list of who is online, as the server gives it
  std::size_t listed = 0;      // how many names stood in it
  std::uint64_t list_sum = 0;  // of fingerprint() of each
};

// Spreads a member's number over 64 bits: two different sets of members have different sums.
std::uint64_t fingerprint(std::size_t member);

class Protocol {
 public:
  virtual ~Protocol() = default;

  // What a member sends once it is connected; what a talker who is not a member does.
  virtual std::string hello(std::size_t member) const = 0;
  virtual std::string talkers_hello() const { return {}; }
  // One line that came before the member was in. Throws std::runtime_error where it is a refusal.
  virtual void hear(Newcomer& newcomer, std::string_view line) const = 0;

  // What is sent to say `text`, and whether `line` is what the others must get of it.
  virtual std::string say(std::string_view text) const = 0;
  virtual bool is_said(std::string_view line, std::size_t talker, std::string_view text) const = 0;

  // Talkers are connections of their own, who hear nothing.
  virtual bool has_separate_talkers() const { return false; }
  // Everyone hears the same lines, the talker included. Otherwise all but the talker do.
  virtual bool echoes() const { return true; }
  // Everyone, the newcomer first, is told of each arrival: who has come in, as `line` says it.
  virtual bool announces() const { return false; }
  virtual std::optional<std::size_t> arrival(std::string_view) const { return std::nullopt; }
  // The answer that a line calls for whenever it comes ("are you there?").
  virtual std::string reply(std::string_view) const { return {}; }
  // Bytes of one delivery where that is not one line; 0 where it is.
  virtual std::size_t frame(std::size_t /*text_size*/) const { return 0; }
};

class ChatProtocol : public Protocol {
 public:
  std::string hello(std::size_t member) const override;
  void hear(Newcomer& newcomer, std::string_view line) const override;
  std::string say(std::string_view text) const override;
  bool is_said(std::string_view line, std::size_t talker, std::string_view text) const override;
  bool announces() const override { return true; }
  std::optional<std::size_t> arrival(std::string_view line) const override;
};

class FloorProtocol : public Protocol {
 public:
  std::string hello(std::size_t member) const override;
  void hear(Newcomer& newcomer, std::string_view line) const override;
  std::string say(std::string_view text) const override;
  bool is_said(std::string_view line, std::size_t talker, std::string_view text) const override;
};

// Members subscribe to a channel; talkers publish to it, and ask for no replies.
class RedisProtocol : public Protocol {
 public:
  std::string hello(std::size_t member) const override;
  std::string talkers_hello() const override;
  void hear(Newcomer& newcomer, std::string_view line) const override;
  std::string say(std::string_view text) const override;
  bool is_said(std::string_view line, std::size_t talker, std::string_view text) const override;
  bool has_separate_talkers() const override { return true; }
  std::size_t frame(std::size_t text_size) const override;
};

class IrcProtocol : public Protocol {
 public:
  std::string hello(std::size_t member) const override;
  void hear(Newcomer& newcomer, std::string_view line) const override;
  std::string say(std::string_view text) const override;
  bool is_said(std::string_view line, std::size_t talker, std::string_view text) const override;
  bool echoes() const override { return false; }
  std::string reply(std::string_view line) const override;
};

}  // namespace bench
