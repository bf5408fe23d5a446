#include "tests/bench/protocols.hpp"

#include <charconv>
#include <stdexcept>

namespace bench {
namespace {

std::string name_of(std::size_t member) { return "u" + std::to_string(member); }

// The member whose name `text` begins with; what follows it is left in `text`.
std::optional<std::size_t> take_name(std::string_view& text) {
  if (!text.starts_with('u')) return std::nullopt;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

}  // namespace

// The finaliser of splitmix64.
std::uint64_t fingerprint(std::size_t member) {
  std::uint64_t x = static_cast<std::uint64_t>(member) + 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::string ChatProtocol::hello(std::size_t member) const {
  return "register\n" + name_of(member) + ",secret\n";
}

void ChatProtocol::hear(Newcomer& newcomer, std::string_view line) const {
  if (line.starts_with("! ")) throw std::runtime_error("refused: " + std::string(line));
  if (const auto who = arrival(line)) {
    if (who != newcomer.number) throw std::runtime_error("hears of others before its own arrival");
    newcomer.in = true;
  } else if (take(line, "* online (")) {
    const char* const end = line.data() + line.size();
    const auto count = std::from_chars(line.data(), end, newcomer.announced);
    line = {count.ptr, end};
    std::string_view before_name = "): ";
    while (take(line, before_name)) {
      const auto name = take_name(line);
      if (!name) break;
      ++newcomer.listed;
      newcomer.list_sum += fingerprint(*name);
      before_name = ", ";
    }
    if (!line.empty()) throw std::runtime_error("a list of who is online that cannot be read");
  }
}

std::string ChatProtocol::say(std::string_view text) const { return std::string(text) + "\n"; }

bool ChatProtocol::is_said(std::string_view line, std::size_t talker, std::string_view text) const {
  return line == name_of(talker) + ": " + std::string(text);
}

std::optional<std::size_t> ChatProtocol::arrival(std::string_view line) const {
  if (!take(line, "* ")) return std::nullopt;
  const auto who = take_name(line);
  if (!who || line != " has entered the chat") return std::nullopt;
  return who;
}

std::string FloorProtocol::hello(std::size_t) const { return {}; }

void FloorProtocol::hear(Newcomer& newcomer, std::string_view line) const {
  newcomer.in = line == "in";
}

std::string FloorProtocol::say(std::string_view text) const { return std::string(text) + "\n"; }

bool FloorProtocol::is_said(std::string_view line, std::size_t, std::string_view text) const {
  return line == text;
}

std::string RedisProtocol::hello(std::size_t) const {
  return "*2\r\n" + bulk("SUBSCRIBE") + bulk("room");
}

std::string RedisProtocol::talkers_hello() const {
  return "*3\r\n" + bulk("CLIENT") + bulk("REPLY") + bulk("OFF");
}

void RedisProtocol::hear(Newcomer& newcomer, std::string_view line) const {
  if (line.starts_with('-')) throw std::runtime_error("refused: " + std::string(line));
  newcomer.in = line == ":1\r";  // the number of channels it is subscribed to
}

std::string RedisProtocol::say(std::string_view text) const {
  return "*3\r\n" + bulk("PUBLISH") + bulk("room") + bulk(text);
}

bool RedisProtocol::is_said(std::string_view line, std::size_t, std::string_view text) const {
  return line == "*3\r\n" + bulk("message") + bulk("room") + bulk(text);
}

std::size_t RedisProtocol::frame(std::size_t text_size) const {
  return ("*3\r\n" + bulk("message") + bulk("room") + bulk(std::string(text_size, 'x'))).size();
}

std::string IrcProtocol::hello(std::size_t member) const {
  const std::string name = name_of(member);
  return "NICK " + name + "\r\nUSER " + name + " 0 * :" + name + "\r\n";
}

void IrcProtocol::hear(Newcomer& newcomer, std::string_view line) const {
  if (line.starts_with("ERROR")) throw std::runtime_error("refused: " + std::string(line));
  // :server NUMBER me ...
  const auto space = line.find(' ');
  const std::string_view number = space < line.size() ? line.substr(space, 5) : "";
  if (number == " 001 ") newcomer.answer = "JOIN #room\r\n";
  if (number == " 366 ") newcomer.in = true;  // the end of the channel's list of names
}

std::string IrcProtocol::say(std::string_view text) const {
  return "PRIVMSG #room :" + std::string(text) + "\r\n";
}

bool IrcProtocol::is_said(std::string_view line, std::size_t talker, std::string_view text) const {
  return line.starts_with(":" + name_of(talker) + "!") &&
         line.ends_with("PRIVMSG #room :" + std::string(text) + "\r");
}

std::string IrcProtocol::reply(std::string_view line) const {
  if (!take(line, "PING")) return {};
  return "PONG" + std::string(line) + "\n";
}

}  // namespace bench
