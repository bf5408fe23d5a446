#include "chat/session/session.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <new>

#include "chat/base/text.hpp"
#include "chat/net/proxy_line.hpp"
#include "chat/session/operator_commands.hpp"

namespace chat {
namespace {

bool is_in(Registry::Entry entry) {
  return entry == Registry::Entry::kIn || entry == Registry::Entry::kResumed;
}

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
      connection_(connection),
      socket_(connection.socket),
      reader_(kMaxLine, kMaxUnterminated),
      member_(socket_),
      rate_limit_(room.rate),
      login_deadline_(Clock::now() + begun.login_left),
      phase_(begun.phase),
      mode_(begun.mode),
      rendering_(begun.member.rendering),
      input_ended_(begun.input_ended),
      name_(begun.seat.name),
      account_(begun.seat.account),
      speaker_(room, member_, name_, connection.peer, standing_) {
  rate_limit_.restore(Clock::now() + begun.lines_spent);
  member_.spend_lines_until(rate_limit_.spent_until());
  speaker_.begin(account_, rendering_);
  reader_.restore(begun.input);
  if (phase_ == Phase::kIn) {
    room_.registry.restore(member_, begun.seat, connection.peer, begun.member);
  }
  if (phase_ == Phase::kLeaving) room_.broadcast.restore(member_, begun.member, true);
}

void Session::run() noexcept {
  if (phase_ < Phase::kIn) {
    if (try_to_come_in()) {
      phase_ = Phase::kIn;
      line_in_hand_ = false;
    } else if (!refused_) {
      log("gone", "-", connection_.place.gone() ? "made room for another" : "without coming in");
    }
  }
  if (phase_ == Phase::kIn) {
    const End end = stay();
    const std::string_view why = reason(end);  // before a stop could become the reason
    const bool left = room_.registry.leave(member_, end != End::kLost);
    log("left", name_, member_.was_replaced() ? "goes on in another connection" : why);
    wait_until_released();
    if (left && end == End::kLost) return;
  } else if (phase_ == Phase::kLeaving) {
    wait_until_released();
  }
  phase_ = Phase::kClosing;
  close_politely();
}

void Session::abandon() noexcept {
  if (phase_ == Phase::kIn) {
    (void)room_.registry.leave(member_, false);
    log("left", name_, "no thread to go on with");
  }
  if (phase_ == Phase::kIn || phase_ == Phase::kLeaving) wait_until_released();
}

void Session::wait_until_released() {
  phase_ = Phase::kLeaving;
  const Standstill::Aside aside(room_.standstill, standing_);
  room_.broadcast.wait_until_released(member_);
}

void Session::stand_still_if_wanted() {
  if (room_.standstill.is_wanted()) const Standstill::Aside aside(room_.standstill, standing_);
}

Session::State Session::state() const {
  using std::chrono::milliseconds;
  const auto from_now = [](Clock::time_point time) {
    return std::max(std::chrono::ceil<milliseconds>(time - Clock::now()), milliseconds(0));
  };
  State state;
  state.socket = socket_.descriptor().get();
  state.peer = connection_.peer;
  state.phase = phase_;
  state.mode = mode_;
  LineReader reader = reader_;
  if (line_in_hand_) reader.put_back();
  state.input = reader.unread();
  state.input_ended = input_ended_;
  state.login_left = from_now(login_deadline_);
  state.lines_spent = from_now(rate_limit_.spent_until());
  if (phase_ == Phase::kIn || phase_ == Phase::kLeaving) {
    state.member = room_.broadcast.state_of(member_);
  }
  state.member.rendering = phase_ == Phase::kIn ? speaker_.rendering() : rendering_;
  return state;
}

bool Session::try_to_come_in() {
  try {
    return come_in();
  } catch (const std::exception&) {  // std::bad_alloc, or libcrypt for want of memory
    return refuse(protocol::kOutOfResources);
  }
}

// Until the member is in, this thread alone writes to the socket (and the lobby, once, to one who
// has to go).
bool Session::come_in() {
  if (phase_ == Phase::kNew) {
    if (!learn_peer()) return false;
    send(protocol::kWelcome);
    phase_ = Phase::kMode;
  }
  if (phase_ == Phase::kMode) {
    const auto line = next_login_line();
    if (!line) return false;
    const auto mode = protocol::parse_mode(line->text);
    if (!mode) return refuse(protocol::kExpectedMode);
    mode_ = *mode;
    send(protocol::kAskCredentials);
    phase_ = Phase::kCredentials;
  }
  const auto line = next_login_line();
  if (!line) return false;
  if (line->too_long) return refuse(protocol::wrong_format("the line is too long"));
  std::string reason;
  const bool by_user = room_.trust_unix_users && connection_.peer.uid;
  auto credentials = protocol::parse_credentials(line->text, reason,
                                                 by_user && mode_ != protocol::Mode::kRegister);
  if (!credentials) return refuse(protocol::wrong_format(reason));
  if (mode_ == protocol::Mode::kRegister) return answer(enter(*credentials));
  return prove(*credentials);
}

// One who comes by way of a proxy that is trusted: where from is what that one says, for limits and
// bans as well. False: it does not come in.
bool Session::learn_peer() {
  PeerAddress& peer = connection_.peer;
  if (!room_.trusted_proxy || !room_.trusted_proxy->is(peer)) return true;
  const auto line = next_login_line();
  if (!line) return false;
  PeerAddress named = peer;
  if (!take_proxy_line(line->text, named)) return refuse(protocol::kExpectedProxy);
  named.exempt = room_.exemptions.contains(named.address);
  peer = named;
  if (!room_.lobby.comes_from(connection_.place, peer)) return false;
  const auto storage = room_.storage.current();
  if (const Ban* const ban = storage->ban_of(peer, std::chrono::system_clock::now())) {
    return refuse(banned_line(*ban));
  }
  return true;
}

// Without a password: the account has to be called exactly as the Unix user who is connected. To
// ask for that name may take long, so only a few do at a time.
bool Session::prove_by_user(protocol::Credentials& credentials) {
  const auto account = room_.accounts.current()->name_of(credentials.name);
  struct Lookup {
    ~Lookup() { --under_way; }
    std::atomic<int>& under_way;
    const int before = under_way++;
  } lookup{room_.name_lookups};
  if (lookup.before >= kMostNameLookups) return refuse(protocol::kCrowded);
  const auto user = name_of_user();
  if (!account || account != user) return refuse(protocol::kWrongCredentials);
  credentials.name = *account;
  account_ = room_.accounts.current()->id_of(*account);
  return answer(enter(credentials));
}

std::optional<std::string> Session::name_of_user() {
  line_in_hand_ = true;
  if (!room_.lobby.becomes(connection_.place, Lobby::State::kWaitsForGuess)) return std::nullopt;
  const Standstill::Aside aside(room_.standstill, standing_);
  auto name = user_name(*connection_.peer.uid);
  (void)room_.lobby.becomes(connection_.place, Lobby::State::kAnswering);
  return name;
}

// The deadline is for coming in as a whole: a byte now and then does not move it.
std::optional<LineReader::Line> Session::next_login_line() {
  while (!connection_.place.gone()) {
    stand_still_if_wanted();
    if (auto line = reader_.next()) {
      line->text = protocol::without_telnet(line->text);
      if (!tagged_before_coming_in(*line)) return line;
      if (++tag_requests_ <= kMaxTagRequests) continue;
      refuse(protocol::kExpectedMode);
      return std::nullopt;
    }
    if (reader_.overflowed()) {
      refuse(protocol::kEndlessLine);
      return std::nullopt;
    }
    if (input_ended_) return reader_.rest();
    const IoResult received = receive_for_login();
    if (received.io == Io::kEnd) input_ended_ = true;
    if (received.io == Io::kFailed) return std::nullopt;
    if (Clock::now() >= login_deadline_) {
      refuse(protocol::kTimedOut);
      return std::nullopt;
    }
  }
  return std::nullopt;
}

bool Session::tagged_before_coming_in(const LineReader::Line& line) {
  if (lowercase(trimmed(line.text)) != protocol::kTagCommand) return false;
  rendering_ = Rendering::kTagged;
  put(tag_answer(room_.broadcast.epoch(), std::chrono::system_clock::now()));
  return true;
}

IoResult Session::receive_for_login() {
  const auto space = reader_.space();
  if (!socket_.has_input()) {
    (void)room_.lobby.becomes(connection_.place, Lobby::State::kReading);
    (void)socket_.wait_for_input(login_deadline_);
  }
  // Before it is read: else it would look as if nothing had come.
  (void)room_.lobby.becomes(connection_.place, Lobby::State::kAnswering);
  const IoResult received = socket_.receive_until(space, Clock::now());
  if (received.io == Io::kDone) reader_.received(received.bytes);
  return received;
}

// With a place of the hash gate, which is given back however it ends, and which a wrong password
// makes harder to get.
bool Session::prove(protocol::Credentials& credentials) {
  if (credentials.password.empty()) return prove_by_user(credentials);
  const Guesser guesser(connection_.peer.source, credentials.name);
  if (!wait_for_turn(guesser)) return false;
  struct Turn {
    ~Turn() { gate.leave(guesser, wrong); }
    HashGate& gate;
    const Guesser& guesser;
    bool wrong = false;
  } turn{room_.hash_gate, guesser};
  const bool login =
      mode_ == protocol::Mode::kLogin || room_.accounts.current()->contains(credentials.name);
  turn.wrong = login && !verify(credentials);
  if (turn.wrong) return false;
  const Registry::Entry entry = enter(credentials);
  turn.wrong = entry == Registry::Entry::kWrongPassword;
  return answer(entry);
}

// Hashing is slow and holds no lock. The account's name and seat are its own all the while; who of
// several is first is decided when they enter.
bool Session::verify(protocol::Credentials& credentials) {
  const auto accounts = room_.accounts.current();
  const auto name = accounts->verify(credentials.name, credentials.password);
  if (!name) {
    name_ = accounts->name_of(credentials.name).value_or("");
    return refuse(protocol::kWrongCredentials);
  }
  credentials.name = *name;
  account_ = accounts->id_of(*name);
  return true;
}

// After too many wrong guesses from its source, a connection waits here, at its own socket, where
// it takes no turn from others. A peer that has half-closed may be gone altogether: the wait ends.
bool Session::wait_for_turn(const Guesser& guesser) {
  while (true) {
    const auto turn = turn_at_hash_gate(guesser);
    switch (turn.answer) {
      case HashGate::Answer::kIn:
        return true;
      case HashGate::Answer::kCrowded:
        return refuse(protocol::kCrowded);
      case HashGate::Answer::kTimedOut:
        return refuse(protocol::kTimedOut);
      case HashGate::Answer::kClosed:
        return refuse(protocol::kShuttingDown);
      case HashGate::Answer::kGone:
        return false;
      case HashGate::Answer::kLater:
        break;
    }
    if (!wait_at_socket(std::min(turn.due, login_deadline_))) {
      return refuse(protocol::kGuessedTooOften);
    }
    if (Clock::now() >= login_deadline_) return refuse(protocol::kTimedOut);
  }
}

HashGate::Turn Session::turn_at_hash_gate(const Guesser& guesser) {
  line_in_hand_ = true;
  (void)room_.lobby.becomes(connection_.place, Lobby::State::kWaitsForGuess);
  const Standstill::Aside aside(room_.standstill, standing_);
  const auto turn = room_.hash_gate.enter(guesser, login_deadline_, connection_.place.gone());
  if (turn.answer == HashGate::Answer::kIn) {
    (void)room_.lobby.becomes(connection_.place, Lobby::State::kAnswering);
  }
  return turn;
}

// False: the peer has finished sending.
bool Session::wait_at_socket(Clock::time_point deadline) {
  const Standstill::Aside aside(room_.standstill, standing_);
  return socket_.wait_while_peer_stays(deadline);
}

Registry::Entry Session::enter(const protocol::Credentials& credentials) {
  if (!room_.lobby.becomes(connection_.place, Lobby::State::kEntering))
    return Registry::Entry::kGone;
  const auto kind = mode_ == protocol::Mode::kResume ? SourceLimits::Entry::kResume
                                                     : SourceLimits::Entry::kArrival;
  if (!room_.source_limits.may_enter(kind, connection_.peer, Clock::now())) {
    return Registry::Entry::kTooOften;
  }
  const auto entry = enter_registry(credentials);
  if (is_in(entry)) room_.lobby.leave(connection_.place);
  return entry;
}

Registry::Entry Session::enter_registry(const protocol::Credentials& credentials) {
  Registry& registry = room_.registry;
  name_ = credentials.name;
  const Visit visit = this->visit();
  switch (mode_) {
    case protocol::Mode::kLogin:
      return registry.enter_login(name_, account_, member_, visit);
    case protocol::Mode::kRegister:
      break;
    case protocol::Mode::kResume:
      if (account_ != 0) return registry.resume_login(name_, account_, member_, visit);
      return registry.resume_registered(name_, credentials.password, member_, visit);
  }
  return registry.enter_registered(name_, credentials.password, member_, visit);
}

// With what everyone is told.
Visit Session::visit() const {
  const auto storage = room_.storage.current();
  Visit visit{rendering_, connection_.peer, {}};
  if (room_.accounts.current()->is_operator(name_, account_)) visit.notices = protocol::kOperator;
  if (!storage->topic().empty()) visit.notices += "* topic: " + storage->topic() + "\n";
  if (!storage->motd().empty()) {
    visit.notices += "* message of the day: " + storage->motd() + "\n";
  }
  return visit;
}

// The ban of this name or of its source, if there is one: it may be newer than the connection.
std::optional<std::string> Session::ban() const {
  const auto storage = room_.storage.current();
  const auto now = std::chrono::system_clock::now();
  const Ban* ban = storage->ban_of(name_, now);
  if (ban == nullptr) ban = storage->ban_of(connection_.peer, now);
  if (ban == nullptr) return std::nullopt;
  return banned_line(*ban);
}

bool Session::answer(Registry::Entry entry) {
  if (is_in(entry)) {
    rate_limit_.restore(member_.lines_spent_until());
    speaker_.begin(account_, rendering_);
    ++room_.joins;
    log(entry == Registry::Entry::kIn ? "came-in" : "resumed", name_,
        account_ != 0 ? "login" : "register");
    return true;
  }
  const std::string banned = ban().value_or("! you are banned\n");
  const std::string sent_away = room_.registry.farewell_of(name_).value_or("! you were kicked\n");
  // Only a name that the room knows is fit for the log: see there.
  if (entry != Registry::Entry::kAlreadyIn)
    name_ = room_.accounts.current()->name_of(name_).value_or("");
  switch (entry) {
    case Registry::Entry::kNameUsed:
      return refuse(protocol::kNameUsed);
    case Registry::Entry::kOnlyAccounts:
      return refuse(protocol::kOnlyAccounts);
    case Registry::Entry::kBanned:
      return refuse(banned);
    case Registry::Entry::kSentAway:
      return refuse(sent_away);
    case Registry::Entry::kFull:
      return refuse(protocol::kRoomFull);
    case Registry::Entry::kAddressFull:
      return refuse(protocol::kAddressFull);
    case Registry::Entry::kTooOften:
      return refuse(protocol::kTooOften);
    case Registry::Entry::kAlreadyIn:
      return refuse(protocol::kAlreadyIn);
    case Registry::Entry::kWrongPassword:
      return refuse(protocol::kWrongCredentials);
    case Registry::Entry::kGone:
      return false;
    case Registry::Entry::kClosed:
    case Registry::Entry::kIn:
    case Registry::Entry::kResumed:
      break;
  }
  return refuse(protocol::kShuttingDown);
}

// So little is sent before a member is in that the socket's empty buffer takes it. It throws
// nothing: where not even memory for a refusal is left, there is none.
void Session::send(std::string_view lines) noexcept {
  std::string text;
  if (rendering_ == Rendering::kTagged) {
    try {
      text = rendered(std::string(lines), rendering_, std::chrono::system_clock::now());
    } catch (const std::bad_alloc&) {
    }
    lines = text;
  }
  put(lines);
}

void Session::put(std::string_view bytes) noexcept {
  (void)socket_.send_some(bytes);  // a peer that is gone shows when it is read from
}

bool Session::refuse(std::string_view line) {
  if (connection_.place.gone()) return false;    // it has been told
  room_.refused.add(protocol::reason_of(line));  // first: who is told may ask for it
  send(line);
  refused_ = true;
  // Without the mark of an error and the line's end.
  log("refused", name_, protocol::text_of(line));
  return false;
}

void Session::log(std::string_view event, std::string_view name, std::string_view more) noexcept {
  room_.log.write(event, connection_.peer.text, name.empty() ? "-" : name, more);
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
    stand_still_if_wanted();
    while (const auto line = reader_.next()) {
      if (!wait_for_rate()) return End::kLost;
      if (take(*line)) continue;
      if (!is_held_up()) return End::kQuit;
      stand_still_if_wanted();
    }
    if (reader_.overflowed()) {
      if (!speaker_.tell(std::string(protocol::kEndlessLine)) && room_.standstill.is_wanted())
        continue;
      return End::kEndlessLine;
    }
    if (input_ended_) {
      // A half-close: the peer has said all it had to say, and still listens.
      const auto line = reader_.rest();
      if (line && !take(*line) && is_held_up()) continue;
      return End::kEndOfInput;
    }
    const auto space = reader_.space();
    if (room_.standstill.is_wanted()) continue;
    if (!take_in(socket_.receive(space))) return End::kLost;
  }
}

// False: the connection is lost.
bool Session::take_in(const IoResult& received) {
  if (received.io == Io::kDone) reader_.received(received.bytes);
  if (received.io != Io::kEnd) return received.io != Io::kFailed;
  // A reset that the broadcaster's send ran into looks like this here: then what lacks its end is
  // the beginning of something, not a last line.
  if (!socket_.wait_while_open(Clock::now())) return false;
  input_ended_ = true;
  return true;
}

bool Session::take(const LineReader::Line& line) {
  line_in_hand_ = true;
  const bool goes_on = speaker_.take(line, reader_.has_more());
  line_in_hand_ = false;
  rate_limit_.charge(speaker_.take_cost());
  member_.spend_lines_until(rate_limit_.spent_until());
  return goes_on;
}

// Whether the line was refused because of a standstill (which may be over by now), and not because
// of this member. Then the line is put back, and is said later, here or by the new program.
bool Session::is_held_up() {
  if (speaker_.has_quit() || !room_.broadcast.hears(member_)) return false;
  reader_.put_back();
  return true;
}

// False: the connection died meanwhile. A standstill is not kept waiting.
bool Session::wait_for_rate() {
  const auto now = Clock::now();
  const auto own = rate_limit_.next(now);
  member_.spend_lines_until(rate_limit_.spent_until());
  const auto due = std::max(own, room_.source_limits.next_line(connection_.peer, now));
  while (Clock::now() < due && !room_.standstill.is_wanted()) {
    if (!socket_.wait_while_open(due)) return false;
  }
  return true;
}

// Closing while input is unread would make the kernel send a reset, which can overtake our last
// lines and destroy them. So: end of file first, then read what is still under way, but not for
// ever; and only what has come already where others need the place. At the end of the room all get
// their time.
void Session::close_politely() {
  const Standstill::Aside aside(room_.standstill, standing_);
  socket_.shutdown_write();
  if (input_ended_) return;
  const bool lingers =
      room_.stopping || room_.lobby.linger(connection_.place, socket_, connection_.peer);
  const auto deadline = Clock::now() + (lingers ? kLingerTimeout : kLingerTimeout.zero());
  std::array<char, 4096> discarded;
  std::size_t bytes = 0;
  while (bytes < kLingerBytes) {
    const IoResult received = socket_.receive_until(discarded, deadline);
    bytes += received.bytes;
    if (received.io == Io::kEnd || received.io == Io::kFailed) return;
    if (received.io == Io::kWouldBlock && Clock::now() >= deadline) return;
  }
}

}  // namespace chat
