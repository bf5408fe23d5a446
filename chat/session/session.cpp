#include "chat/session/session.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/session/limits.hpp"

namespace chat {
namespace {

// One who has said nothing yet.
Session::State newcomer(const Room& room) {
  Session::State state;
  state.login_left = room.login_timeout;
  return state;
}

}  // namespace

Session::Session(Room& room, Connection& connection) : Session(room, connection, newcomer(room)) {}

Session::Session(Room& room, Connection& connection, const State& begun)
    : room_(room),
      dialog_(room, connection, begun.phase),
      member_(dialog_.socket),
      rate_limit_(room.rate),
      login_(dialog_, member_, begun.mode, begun.member.rendering, Clock::now() + begun.login_left),
      name_(begun.seat.name),
      speaker_(room, member_, membership_, name_, connection.peer, dialog_.standing) {
  rate_limit_.restore(Clock::now() + begun.lines_spent);
  member_.spend_lines_until(rate_limit_.spent_until());
  speaker_.begin(begun.seat.account, begun.member.rendering);
  dialog_.reader.restore(begun.input);
  dialog_.input_ended = begun.input_ended;
  if (dialog_.phase == Phase::kIn) {
    membership_ = room_.registry.restore(member_, begun.seat, connection.peer, begun.member);
  }
  if (dialog_.phase == Phase::kLeaving) room_.broadcast.restore(member_, begun.member, true);
}

void Session::run() noexcept {
  if (dialog_.phase < Phase::kIn) {
    if (login_.run()) {
      name_ = login_.take_name();  // without memory of its own
      membership_ = login_.take_membership();
      rate_limit_.restore(member_.lines_spent_until());
      speaker_.begin(login_.account(), login_.rendering());
      dialog_.phase = Phase::kIn;
      dialog_.line_in_hand = false;
    } else if (!login_.was_refused()) {
      dialog_.log("gone", "-",
                  dialog_.connection.place.gone() ? "made room for another" : "without coming in");
    }
  }
  if (dialog_.phase == Phase::kIn) {
    const End end = stay();
    const std::string_view why = reason(end);  // before a stop could become the reason
    const bool left = room_.registry.leave(std::move(membership_), end != End::kLost);
    dialog_.log("left", name_, member_.was_replaced() ? "goes on in another connection" : why);
    wait_until_released();
    if (left && end == End::kLost) return;
  } else if (dialog_.phase == Phase::kLeaving) {
    wait_until_released();
  }
  dialog_.phase = Phase::kClosing;
  close_politely();
}

void Session::abandon() noexcept {
  if (dialog_.phase == Phase::kIn) {
    (void)room_.registry.leave(std::move(membership_), false);
    dialog_.log("left", name_, "no thread to go on with");
  }
  if (dialog_.phase == Phase::kIn || dialog_.phase == Phase::kLeaving) wait_until_released();
}

void Session::wait_until_released() {
  dialog_.phase = Phase::kLeaving;
  const Standstill::Aside aside(room_.standstill, dialog_.standing);
  room_.broadcast.wait_until_released(member_);
}

Session::State Session::state() const {
  using std::chrono::milliseconds;
  const auto from_now = [](Clock::time_point time) {
    return std::max(std::chrono::ceil<milliseconds>(time - Clock::now()), milliseconds(0));
  };
  State state;
  state.socket = dialog_.socket.descriptor().get();
  state.peer = dialog_.connection.peer;
  state.phase = dialog_.phase;
  state.mode = login_.mode();
  LineReader reader = dialog_.reader;
  if (dialog_.line_in_hand) reader.put_back();
  state.input = reader.unread();
  state.input_ended = dialog_.input_ended;
  state.login_left = from_now(login_.deadline());
  state.lines_spent = from_now(rate_limit_.spent_until());
  if (dialog_.phase == Phase::kIn || dialog_.phase == Phase::kLeaving) {
    state.member = room_.broadcast.state_of(member_);
  }
  state.member.rendering = dialog_.phase == Phase::kIn ? speaker_.rendering() : login_.rendering();
  return state;
}

Session::End Session::stay() {
  try {
    return talk();
  } catch (const std::bad_alloc&) {  // bad luck for this member; the room knows that it has left
    return End::kNoMemory;
  }
}

std::string_view Session::reason(End end) const {
  if (room_.stopping) return "shutdown";
  if (member_.was_too_slow()) return "did not read";
  if (member_.was_dismissed()) return "sent away";
  switch (end) {
    case End::kQuit:
      return "quit";
    case End::kEndOfInput:
      return "end of input";
    case End::kEndlessLine:
      return "line without end";
    case End::kNoMemory:
      return "out of memory";
    case End::kLost:
      break;
  }
  return "connection lost";
}

Session::End Session::talk() {
  while (true) {
    dialog_.stand_still_if_wanted();
    while (const auto line = dialog_.reader.next()) {
      if (!wait_for_rate()) return End::kLost;
      if (take(*line)) continue;
      if (!is_held_up()) return End::kQuit;
      dialog_.stand_still_if_wanted();
    }
    if (dialog_.reader.overflowed()) {
      if (!speaker_.tell(std::string(protocol::kEndlessLine)) && room_.standstill.is_wanted())
        continue;
      return End::kEndlessLine;
    }
    if (dialog_.input_ended) {
      // A half-close: the peer has said all it had to say, and still listens.
      const auto line = dialog_.reader.rest();
      if (line && !take(*line) && is_held_up()) continue;
      return End::kEndOfInput;
    }
    const auto space = dialog_.reader.space();
    if (room_.standstill.is_wanted()) continue;
    if (!take_in(dialog_.socket.receive(space))) return End::kLost;
  }
}

// False: the connection is lost.
bool Session::take_in(const IoResult& received) {
  if (received.io == Io::kDone) dialog_.reader.received(received.bytes);
  if (received.io != Io::kEnd) return received.io != Io::kFailed;
  // A reset that the broadcaster's send ran into looks like this here: then what lacks its end is
  // the beginning of something, not a last line.
  if (!dialog_.socket.wait_while_open(Clock::now())) return false;
  dialog_.input_ended = true;
  return true;
}

bool Session::take(const LineReader::Line& line) {
  dialog_.line_in_hand = true;
  const bool goes_on = speaker_.take(line, dialog_.reader.has_more());
  dialog_.line_in_hand = false;
  rate_limit_.charge(speaker_.take_cost());
  member_.spend_lines_until(rate_limit_.spent_until());
  return goes_on;
}

// Whether the line was refused because of a standstill (which may be over by now), and not because
// of this member. Then the line is put back, and is said later, here or by the new program.
bool Session::is_held_up() {
  if (speaker_.has_quit() || !room_.broadcast.hears(member_)) return false;
  dialog_.reader.put_back();
  return true;
}

// False: the connection died meanwhile. A standstill is not kept waiting.
bool Session::wait_for_rate() {
  const auto now = Clock::now();
  const auto own = rate_limit_.next(now);
  member_.spend_lines_until(rate_limit_.spent_until());
  const auto due = std::max(own, room_.source_limits.next_line(dialog_.connection.peer, now));
  while (Clock::now() < due && !room_.standstill.is_wanted()) {
    if (!dialog_.socket.wait_while_open(due)) return false;
  }
  return true;
}

// Closing while input is unread would make the kernel send a reset, which can overtake our last
// lines and destroy them. So: end of file first, then read what is still under way, but not for
// ever; and only what has come already where others need the place. At the end of the room all get
// their time.
void Session::close_politely() {
  const Standstill::Aside aside(room_.standstill, dialog_.standing);
  dialog_.socket.shutdown_write();
  if (dialog_.input_ended) return;
  const bool lingers =
      room_.stopping ||
      room_.lobby.linger(dialog_.connection.place, dialog_.socket, dialog_.connection.peer);
  const auto deadline = Clock::now() + (lingers ? kLingerTimeout : kLingerTimeout.zero());
  std::array<char, 4096> discarded;
  std::size_t bytes = 0;
  while (bytes < kLingerBytes) {
    const IoResult received = dialog_.socket.receive_until(discarded, deadline);
    bytes += received.bytes;
    if (received.io == Io::kEnd || received.io == Io::kFailed) return;
    if (received.io == Io::kWouldBlock && Clock::now() >= deadline) return;
  }
}

}  // namespace chat
