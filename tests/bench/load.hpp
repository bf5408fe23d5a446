// The load: so many members in one room, some of them talking, and every line that arrives checked.
//
// The loop is closed: a new line is said only when so many deliveries of earlier ones have come
// that no more than the wanted number of lines is under way. With one line under way, each is said
// when the one before has reached everybody. A burst is the opposite: one member says many at once.
//
// What is checked: each line reaches each member exactly once, byte for byte what was said and by
// whom, each talker's lines in the order they were said; where the system echoes, all members'
// lines are in one and the same order. Where it announces arrivals, each member hears of each later
// one exactly once, in that same order, and its list held exactly those who were there before it.
// Anything else is a std::runtime_error, and the load is of no further use.
//
// The check is one comparison with what the first member to get that line got, so that its cost
// stays small beside that of receiving.
//
// NOT thread safe.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/base/poller.hpp"
#include "chat/net/socket.hpp"
#include "tests/bench/latency.hpp"
#include "tests/bench/protocols.hpp"

namespace bench {

constexpr std::size_t kBurstLines = 1000;

struct Talk {
  double seconds = 0;       // while something was under way
  double delivered = 0;     // lines, each counted once for each member that it reached
  double server_cpu_s = 0;  // of the server, in that time
  // From saying a line until a member has it. Of a burst: from its first byte until the last member
  // has its last line.
  Latency latency;
};

class Load {
 public:
  // `server_cpu`: the CPU time that the server has used so far.
  Load(const Protocol& protocol, std::uint16_t port, std::size_t members,
       std::function<std::chrono::nanoseconds()> server_cpu);

  // All members come in, so many at a time. Returns when the last has heard of the last.
  void join(std::size_t at_a_time);

  // `lines_under_way` lines for a while to warm up, then measured for `duration`, then to the end
  // of what is under way.
  Talk talk(std::size_t lines_under_way, std::chrono::milliseconds duration);

  // One member says kBurstLines lines in one go, again and again for `duration`, at least once.
  // Before each of them it has been quiet for a moment.
  Talk burst(std::chrono::milliseconds duration);

  // Nobody says anything, and nothing may arrive.
  void keep_quiet(std::chrono::milliseconds duration);

 private:
  struct Member {
    chat::Socket socket;
    Newcomer newcomer;
    std::size_t cursor = 0;  // how many of the room's lines it has had, those before it counted
    std::string rest;        // the beginning of a line whose end has not come yet
  };
  // A line of the room as the first member to get it got it; all others must get the same.
  struct alignas(64) Line {
    std::size_t position = SIZE_MAX;
    std::size_t heard = 0;  // by so many members
    std::chrono::nanoseconds said_at{};
    std::size_t size = 0;
    std::array<char, 160> bytes;
    std::string_view text() const { return {bytes.data(), size}; }
  };

  void connect(std::size_t number);
  void check_arrivals() const;
  void take_turns(std::size_t talkers);
  void say(std::size_t lines);
  void hear_out();
  void pump(std::chrono::milliseconds patience);
  void read(Member& member);
  std::size_t hear_all(Member& member, std::string_view input);
  void hear(Member& member, std::string_view text);
  void come_in(Member& member, std::string_view text);
  void keep_first(Line& line, std::size_t position, std::string_view text);
  void keep_arrival(std::size_t position, std::string_view text);
  void keep_said(Line& line, std::string_view text);
  void check_turn(const Member& member, std::size_t number);
  std::string_view text_of(std::size_t number);
  static std::size_t number_in(std::string_view line);
  Line& line_at(std::size_t position) { return lines_[position & (lines_.size() - 1)]; }
  bool may_say(std::size_t lines_under_way);
  std::size_t under_way() const { return said_ * hearers_ - delivered_; }
  void expect_progress() const;
  static std::string name_of(const Member& member);

  const Protocol& protocol_;
  const std::uint16_t port_;
  const std::function<std::chrono::nanoseconds()> server_cpu_;
  const std::size_t hearers_;      // members that get a line
  const std::size_t first_said_;   // the position of the first line that is said
  const std::size_t frame_;        // see Protocol::frame()
  const std::size_t max_talkers_;  // in a talk; in a burst there is one

  chat::Poller poller_;
  std::vector<Member> members_;
  std::vector<chat::Socket> separate_talkers_;
  std::vector<char> input_;
  std::string text_;  // of a line that is said: a mark, its number, and padding

  std::size_t connected_ = 0;
  std::size_t in_ = 0;
  std::vector<std::size_t> arrivals_;  // by position: who
  std::vector<bool> has_arrived_;

  std::size_t talkers_count_ = 1;                  // line n is said by talker n modulo this
  std::vector<Line> lines_;                        // a ring by position
  std::vector<std::chrono::nanoseconds> said_at_;  // a ring by number
  // By talker, and where everyone hears in an order of its own by member and talker: the number
  // that must come next.
  std::vector<std::uint32_t> turns_;
  std::size_t oldest_ = 0;  // the first line that some member has not had
  std::size_t said_ = 0;
  std::size_t delivered_ = 0;
  Latency latency_;
  std::chrono::nanoseconds now_{};         // when the latest input was read
  std::chrono::nanoseconds last_input_{};  // the same, or when waiting for it began
};

}  // namespace bench
