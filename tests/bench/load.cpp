#include "tests/bench/load.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kMaxTalkers = 100;
constexpr std::size_t kTextSize = 64;
constexpr std::string_view kMark = "~T";
constexpr std::size_t kDigits = 8;
constexpr std::size_t kInput = 256 * 1024;     // read at once
constexpr std::size_t kLinesKept = 1024;       // at least: by so much members may be apart
constexpr std::chrono::seconds kPatience{20};  // nothing at all comes for so long: it is lost
constexpr std::chrono::milliseconds kWarmUp{300};
constexpr std::chrono::milliseconds kBetweenBursts{10};

static_assert(kBurstLines <= kLinesKept);

nanoseconds now() { return chat::Clock::now().time_since_epoch(); }

void send(chat::Socket& socket, std::string_view bytes) {
  if (bytes.empty()) return;
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  const auto sent = socket.send_some({&piece, 1});
  // So little is under way that a socket that does not take it is one that nobody reads from: over
  // loopback, one that is empty takes more than a whole burst.
  if (sent.io != chat::Io::kDone || sent.bytes != bytes.size()) {
    throw std::runtime_error("the server takes no more input");
  }
}

}  // namespace

Load::Load(const Protocol& protocol, std::uint16_t port, std::size_t members,
           std::function<nanoseconds()> server_cpu)
    : protocol_(protocol),
      port_(port),
      server_cpu_(std::move(server_cpu)),
      hearers_(protocol.echoes() ? members : members - 1),
      first_said_(protocol.announces() ? members : 0),
      frame_(protocol.frame(kTextSize)),
      max_talkers_(std::min(members, kMaxTalkers)),
      members_(members),
      input_(kInput),
      text_(kTextSize, 'x'),
      arrivals_(members),
      has_arrived_(members),
      lines_(std::bit_ceil(members + kLinesKept)),
      said_at_(lines_.size()),
      turns_(max_talkers_ * (protocol.echoes() ? 1 : members)),
      oldest_(first_said_) {
  std::copy(kMark.begin(), kMark.end(), text_.begin());
}

void Load::join(std::size_t at_a_time) {
  const auto everybody_knows = [&] {
    return !protocol_.announces() ||
           std::all_of(members_.begin(), members_.end(),
                       [&](const Member& member) { return member.cursor == members_.size(); });
  };
  last_input_ = now();
  while (in_ < members_.size() || !everybody_knows()) {
    while (connected_ < members_.size() && connected_ - in_ < at_a_time) connect(connected_++);
    pump(kPatience);
    if (now() - last_input_ >= kPatience) {
      throw std::runtime_error(std::to_string(members_.size() - in_) + " of " +
                               std::to_string(members_.size()) + " members do not come in");
    }
  }
  if (protocol_.announces()) check_arrivals();
  for (std::size_t i = 0; protocol_.has_separate_talkers() && i < max_talkers_; ++i) {
    separate_talkers_.push_back(chat::Socket::connect("127.0.0.1", port_));
    send(separate_talkers_.back(), protocol_.talkers_hello());
  }
}

void Load::connect(std::size_t number) {
  Member& member = members_[number];
  member.newcomer.number = number;
  member.socket = chat::Socket::connect("127.0.0.1", port_);
  poller_.add_readable(member.socket.descriptor(), &member);
  send(member.socket, protocol_.hello(number));
}

// A list was announced to hold so many names, its member's own the last to arrive: those must be
// the first so many arrivals.
void Load::check_arrivals() const {
  std::vector<std::uint64_t> sums;
  std::uint64_t sum = 0;
  for (const std::size_t who : arrivals_) sums.push_back(sum += fingerprint(who));
  for (const Member& member : members_) {
    const Newcomer& told = member.newcomer;
    if (told.listed != told.announced || told.list_sum != sums[told.announced - 1]) {
      throw std::runtime_error(name_of(member) +
                               "has a list of who is online that does not agree with the arrivals");
    }
  }
}

Talk Load::talk(std::size_t lines_under_way, std::chrono::milliseconds duration) {
  take_turns(max_talkers_);
  Talk result;
  bool measuring = false;
  std::size_t delivered_before = 0;
  nanoseconds begin{};
  nanoseconds cpu_before{};
  const nanoseconds start = last_input_ = now();
  while (true) {
    const nanoseconds time = now();
    if (!measuring && time - start >= kWarmUp) {
      measuring = true;
      delivered_before = delivered_;
      latency_.clear();
      cpu_before = server_cpu_();
      begin = now();
    } else if (measuring && time - begin >= duration) {
      result.server_cpu_s = std::chrono::duration<double>(server_cpu_() - cpu_before).count();
      result.seconds = std::chrono::duration<double>(now() - begin).count();
      result.delivered = static_cast<double>(delivered_ - delivered_before);
      result.latency = latency_;
      break;
    }
    while (may_say(lines_under_way)) say(1);
    pump(kPatience);
    expect_progress();
  }
  hear_out();
  return result;
}

Talk Load::burst(std::chrono::milliseconds duration) {
  take_turns(1);
  Talk result;
  const nanoseconds cpu_before = server_cpu_();
  const nanoseconds end = now() + duration;
  do {
    last_input_ = now();
    say(kBurstLines);
    hear_out();
    const nanoseconds took = now_ - said_at_[(said_ - 1) & (said_at_.size() - 1)];
    result.seconds += std::chrono::duration<double>(took).count();
    result.delivered += static_cast<double>(kBurstLines * hearers_);
    result.latency.add(static_cast<std::uint64_t>(took.count()));
    keep_quiet(kBetweenBursts);
  } while (now() < end);
  result.server_cpu_s = std::chrono::duration<double>(server_cpu_() - cpu_before).count();
  return result;
}

void Load::keep_quiet(std::chrono::milliseconds duration) {
  const nanoseconds end = now() + duration;
  const std::size_t delivered_before = delivered_;
  while (now() < end) pump(std::chrono::ceil<std::chrono::milliseconds>(end - now()));
  if (delivered_ != delivered_before) throw std::runtime_error("something came that nobody said");
}

bool Load::may_say(std::size_t lines_under_way) {
  while (line_at(oldest_).position == oldest_ && line_at(oldest_).heard == hearers_) ++oldest_;
  return under_way() <= (lines_under_way - 1) * hearers_ &&
         first_said_ + said_ - oldest_ < kLinesKept;
}

// From the next line on so many talk, one after the other. Nothing is under way.
void Load::take_turns(std::size_t talkers) {
  talkers_count_ = talkers;
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    const std::size_t lines_before = (i % talkers + talkers - said_ % talkers) % talkers;
    turns_[i] = static_cast<std::uint32_t>(said_ + lines_before);
  }
}

// All by the talker whose turn it is, in one send(): more than one line where only one talks.
void Load::say(std::size_t lines) {
  const std::size_t talker = said_ % talkers_count_;
  std::string bytes;
  for (std::size_t i = 0; i < lines; ++i) bytes += protocol_.say(text_of(said_ + i));
  const nanoseconds time = now();
  for (std::size_t i = 0; i < lines; ++i) said_at_[said_++ & (said_at_.size() - 1)] = time;
  send(separate_talkers_.empty() ? members_[talker].socket : separate_talkers_[talker], bytes);
}

void Load::hear_out() {
  while (under_way() > 0) {
    pump(kPatience);
    expect_progress();
  }
}

void Load::expect_progress() const {
  if (now() - last_input_ < kPatience) return;
  throw std::runtime_error("lost: " + std::to_string(under_way()) + " of " +
                           std::to_string(said_ * hearers_) + " deliveries");
}

void Load::pump(std::chrono::milliseconds patience) {
  for (void* tag : poller_.wait(patience)) read(*static_cast<Member*>(tag));
}

void Load::read(Member& member) {
  // The lines are looked at where they were read to, a beginning from last time in front of them.
  std::copy(member.rest.begin(), member.rest.end(), input_.begin());
  const auto received = member.socket.receive(std::span(input_).subspan(member.rest.size()));
  now_ = last_input_ = now();
  const std::string_view input(input_.data(), member.rest.size() + received.bytes);
  try {
    if (received.io != chat::Io::kDone) throw std::runtime_error("has lost its connection");
    member.rest = input.substr(hear_all(member, input));
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(name_of(member) + error.what());
  }
}

// Gives how much of `input` it was: all but the beginning of a line at its end.
std::size_t Load::hear_all(Member& member, std::string_view input) {
  const char* at = input.data();
  const char* const end = at + input.size();
  while (at < end) {
    const auto left = static_cast<std::size_t>(end - at);
    if (frame_ > 0 && member.newcomer.in) {
      if (left < frame_) break;
      hear(member, {at, frame_});
      at += frame_;
    } else {
      const auto* const line_end = static_cast<const char*>(std::memchr(at, '\n', left));
      if (line_end == nullptr) break;
      hear(member, {at, static_cast<std::size_t>(line_end - at)});
      at = line_end + 1;
    }
  }
  return static_cast<std::size_t>(at - input.data());
}

void Load::hear(Member& member, std::string_view text) {
  if (!member.newcomer.in) return come_in(member, text);
  std::size_t position = member.cursor;
  if (!protocol_.echoes()) {
    position = number_in(text);
    if (position == SIZE_MAX) return send(member.socket, protocol_.reply(text));
    check_turn(member, position);
  }
  Line& line = line_at(position);
  if (line.position != position || line.text() != text) {
    keep_first(line, position, text);
  }
  ++member.cursor;
  ++line.heard;
  if (position < first_said_) return;
  ++delivered_;
  latency_.add(static_cast<std::uint64_t>((now_ - line.said_at).count()));
}

void Load::come_in(Member& member, std::string_view text) {
  Newcomer& newcomer = member.newcomer;
  protocol_.hear(newcomer, text);
  send(member.socket, std::exchange(newcomer.answer, {}));
  if (!newcomer.in) {
    send(member.socket, protocol_.reply(text));
    return;
  }
  ++in_;
  if (!protocol_.announces()) return;
  if (newcomer.announced == 0 || newcomer.announced > members_.size()) {
    throw std::runtime_error("has come in without a list of who is online");
  }
  member.cursor = newcomer.announced - 1;
  hear(member, text);
}

// What the first member to get this line got. Or what another got who should have got the same.
void Load::keep_first(Line& line, std::size_t position, std::string_view text) {
  if (line.position == position) {
    throw std::runtime_error("has got '" + std::string(text) +
                             "' where the first member to get a line there got '" +
                             std::string(line.text()) + "'");
  }
  if (text.size() > line.bytes.size())
    throw std::runtime_error("has got '" + std::string(text) + "'");
  line.position = position;
  line.heard = 0;
  line.size = text.size();
  std::copy(text.begin(), text.end(), line.bytes.begin());
  if (position < first_said_) {
    keep_arrival(position, text);
  } else {
    keep_said(line, text);
  }
}

void Load::keep_arrival(std::size_t position, std::string_view text) {
  const auto who = protocol_.arrival(text);
  if (!who || *who >= members_.size() || has_arrived_[*who]) {
    throw std::runtime_error("has got '" + std::string(text) + "' instead of an arrival");
  }
  has_arrived_[*who] = true;
  arrivals_[position] = *who;
}

void Load::keep_said(Line& line, std::string_view text) {
  const std::size_t number = number_in(text);
  if (number >= said_ || !protocol_.is_said(text, number % talkers_count_, text_of(number))) {
    throw std::runtime_error("has got '" + std::string(text) + "', which nobody said");
  }
  if (protocol_.echoes()) check_turn(members_.front(), number);
  line.said_at = said_at_[number & (said_at_.size() - 1)];
}

// The lines of one talker come in the order they were said, none twice and none left out.
void Load::check_turn(const Member& member, std::size_t number) {
  const auto index = static_cast<std::size_t>(&member - members_.data());
  auto& turn = turns_[(protocol_.echoes() ? 0 : index * talkers_count_) + number % talkers_count_];
  if (number != turn) {
    throw std::runtime_error("has got line " + std::to_string(number) + " instead of " +
                             std::to_string(turn));
  }
  turn += static_cast<std::uint32_t>(talkers_count_);
}

// Valid until the next call.
std::string_view Load::text_of(std::size_t number) {
  char* const digits = text_.data() + kMark.size();
  std::fill_n(digits, kDigits, '0');
  std::array<char, kDigits> some;
  const auto end = std::to_chars(some.data(), some.data() + some.size(), number).ptr;
  const auto size = static_cast<std::size_t>(end - some.data());
  std::copy(some.data(), end, digits + kDigits - size);
  return text_;
}

// The number of a line that was said, whatever the system put around it; SIZE_MAX if it is another.
std::size_t Load::number_in(std::string_view line) {
  while (line.ends_with('\r') || line.ends_with('\n')) line.remove_suffix(1);
  if (line.size() < kTextSize) return SIZE_MAX;
  line.remove_prefix(line.size() - kTextSize);
  if (!line.starts_with(kMark)) return SIZE_MAX;
  std::size_t number = SIZE_MAX;
  const char* const digits = line.data() + kMark.size();
  (void)std::from_chars(digits, digits + kDigits, number);
  return number;
}

std::string Load::name_of(const Member& member) {
  return "member u" + std::to_string(member.newcomer.number) + " ";
}

}  // namespace bench
