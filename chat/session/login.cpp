#include "chat/session/login.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/net/proxy_line.hpp"
#include "chat/session/limits.hpp"
#include "chat/session/operator_commands.hpp"

namespace chat {
namespace {

bool is_in(Registry::Entry entry) {
  return entry == Registry::Entry::kIn || entry == Registry::Entry::kResumed;
}

}  // namespace

bool Login::run() noexcept {
  try {
    return come_in();
  } catch (const std::exception&) {  // std::bad_alloc, or libcrypt for want of memory
    return refuse(protocol::kOutOfResources);
  }
}

// Until the member is in, this thread alone writes to the socket (and the lobby, once, to one who
// has to go).
bool Login::come_in() {
  if (dialog_.phase == Phase::kNew) {
    if (!learn_peer()) return false;
    send(protocol::kWelcome);
    dialog_.phase = Phase::kMode;
  }
  if (dialog_.phase == Phase::kMode) {
    const auto line = next_login_line();
    if (!line) return false;
    const auto mode = protocol::parse_mode(line->text);
    if (!mode) return refuse(protocol::kExpectedMode);
    mode_ = *mode;
    send(protocol::kAskCredentials);
    dialog_.phase = Phase::kCredentials;
  }
  const auto line = next_login_line();
  if (!line) return false;
  if (line->too_long) return refuse(protocol::wrong_format("the line is too long"));
  std::string reason;
  const bool by_user = dialog_.room.trust_unix_users && dialog_.connection.peer.uid;
  auto credentials = protocol::parse_credentials(line->text, reason,
                                                 by_user && mode_ != protocol::Mode::kRegister);
  if (!credentials) return refuse(protocol::wrong_format(reason));
  if (mode_ == protocol::Mode::kRegister) return answer(enter(*credentials));
  return prove(*credentials);
}

// One who comes by way of a proxy that is trusted: where from is what that one says, for limits and
// bans as well. False: it does not come in.
bool Login::learn_peer() {
  PeerAddress& peer = dialog_.connection.peer;
  if (!dialog_.room.trusted_proxy || !dialog_.room.trusted_proxy->is(peer)) return true;
  const auto line = next_login_line();
  if (!line) return false;
  PeerAddress named = peer;
  if (!take_proxy_line(line->text, named)) return refuse(protocol::kExpectedProxy);
  named.exempt = dialog_.room.exemptions.contains(named.address);
  peer = named;
  if (!dialog_.room.lobby.comes_from(dialog_.connection.place, peer)) return false;
  const auto storage = dialog_.room.storage.current();
  if (const Ban* const ban = storage->ban_of(peer, std::chrono::system_clock::now())) {
    return refuse(banned_line(*ban));
  }
  return true;
}

// Without a password: the account has to be called exactly as the Unix user who is connected. To
// ask for that name may take long, so only a few do at a time.
bool Login::prove_by_user(protocol::Credentials& credentials) {
  const auto account = dialog_.room.accounts.current()->name_of(credentials.name);
  struct Lookup {
    ~Lookup() { --under_way; }
    std::atomic<int>& under_way;
    const int before = under_way++;
  } lookup{dialog_.room.name_lookups};
  if (lookup.before >= kMostNameLookups) return refuse(protocol::kCrowded);
  const auto user = name_of_user();
  if (!account || account != user) return refuse(protocol::kWrongCredentials);
  credentials.name = *account;
  account_ = dialog_.room.accounts.current()->id_of(*account);
  return answer(enter(credentials));
}

std::optional<std::string> Login::name_of_user() {
  dialog_.line_in_hand = true;
  if (!dialog_.room.lobby.becomes(dialog_.connection.place, Lobby::State::kWaitsForGuess))
    return std::nullopt;
  const Standstill::Aside aside(dialog_.room.standstill, dialog_.standing);
  auto name = user_name(*dialog_.connection.peer.uid);
  (void)dialog_.room.lobby.becomes(dialog_.connection.place, Lobby::State::kAnswering);
  return name;
}

// The deadline is for coming in as a whole: a byte now and then does not move it.
std::optional<LineReader::Line> Login::next_login_line() {
  while (!dialog_.connection.place.gone()) {
    dialog_.stand_still_if_wanted();
    if (auto line = dialog_.reader.next()) {
      line->text = protocol::without_telnet(line->text);
      if (!tagged_before_coming_in(*line)) return line;
      if (++tag_requests_ <= kMaxTagRequests) continue;
      refuse(protocol::kExpectedMode);
      return std::nullopt;
    }
    if (dialog_.reader.overflowed()) {
      refuse(protocol::kEndlessLine);
      return std::nullopt;
    }
    if (dialog_.input_ended) return dialog_.reader.rest();
    const IoResult received = receive_for_login();
    if (received.io == Io::kEnd) dialog_.input_ended = true;
    if (received.io == Io::kFailed) return std::nullopt;
    if (Clock::now() >= deadline_) {
      refuse(protocol::kTimedOut);
      return std::nullopt;
    }
  }
  return std::nullopt;
}

bool Login::tagged_before_coming_in(const LineReader::Line& line) {
  if (lowercase(trimmed(line.text)) != protocol::kTagCommand) return false;
  rendering_ = Rendering::kTagged;
  put(tag_answer(dialog_.room.broadcast.epoch(), std::chrono::system_clock::now()));
  return true;
}

IoResult Login::receive_for_login() {
  const auto space = dialog_.reader.space();
  if (!dialog_.socket.has_input()) {
    (void)dialog_.room.lobby.becomes(dialog_.connection.place, Lobby::State::kReading);
    (void)dialog_.socket.wait_for_input(deadline_);
  }
  // Before it is read: else it would look as if nothing had come.
  (void)dialog_.room.lobby.becomes(dialog_.connection.place, Lobby::State::kAnswering);
  const IoResult received = dialog_.socket.receive_until(space, Clock::now());
  if (received.io == Io::kDone) dialog_.reader.received(received.bytes);
  return received;
}

// With a place of the hash gate, which is given back however it ends, and which a wrong password
// makes harder to get.
bool Login::prove(protocol::Credentials& credentials) {
  if (credentials.password.empty()) return prove_by_user(credentials);
  const Guesser guesser(dialog_.connection.peer.source, credentials.name);
  if (!wait_for_turn(guesser)) return false;
  struct Turn {
    ~Turn() { gate.leave(guesser, wrong); }
    HashGate& gate;
    const Guesser& guesser;
    bool wrong = false;
  } turn{dialog_.room.hash_gate, guesser};
  const bool login = mode_ == protocol::Mode::kLogin ||
                     dialog_.room.accounts.current()->contains(credentials.name);
  turn.wrong = login && !verify(credentials);
  if (turn.wrong) return false;
  const Registry::Entry entry = enter(credentials);
  turn.wrong = entry == Registry::Entry::kWrongPassword;
  return answer(entry);
}

// Hashing is slow and holds no lock. The account's name and seat are its own all the while; who of
// several is first is decided when they enter.
bool Login::verify(protocol::Credentials& credentials) {
  const auto accounts = dialog_.room.accounts.current();
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
bool Login::wait_for_turn(const Guesser& guesser) {
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
    if (!wait_at_socket(std::min(turn.due, deadline_))) {
      return refuse(protocol::kGuessedTooOften);
    }
    if (Clock::now() >= deadline_) return refuse(protocol::kTimedOut);
  }
}

HashGate::Turn Login::turn_at_hash_gate(const Guesser& guesser) {
  dialog_.line_in_hand = true;
  (void)dialog_.room.lobby.becomes(dialog_.connection.place, Lobby::State::kWaitsForGuess);
  const Standstill::Aside aside(dialog_.room.standstill, dialog_.standing);
  const auto turn =
      dialog_.room.hash_gate.enter(guesser, deadline_, dialog_.connection.place.gone());
  if (turn.answer == HashGate::Answer::kIn) {
    (void)dialog_.room.lobby.becomes(dialog_.connection.place, Lobby::State::kAnswering);
  }
  return turn;
}

// False: the peer has finished sending.
bool Login::wait_at_socket(Clock::time_point deadline) {
  const Standstill::Aside aside(dialog_.room.standstill, dialog_.standing);
  return dialog_.socket.wait_while_peer_stays(deadline);
}

Registry::Entry Login::enter(const protocol::Credentials& credentials) {
  if (!dialog_.room.lobby.becomes(dialog_.connection.place, Lobby::State::kEntering))
    return Registry::Entry::kGone;
  const auto kind = mode_ == protocol::Mode::kResume ? SourceLimits::Entry::kResume
                                                     : SourceLimits::Entry::kArrival;
  if (!dialog_.room.source_limits.may_enter(kind, dialog_.connection.peer, Clock::now())) {
    return Registry::Entry::kTooOften;
  }
  auto entered = enter_registry(credentials);
  membership_ = std::move(entered.membership);
  if (is_in(entered.entry)) dialog_.room.lobby.leave(dialog_.connection.place);
  return entered.entry;
}

Registry::Entered Login::enter_registry(const protocol::Credentials& credentials) {
  Registry& registry = dialog_.room.registry;
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
Visit Login::visit() const {
  const auto storage = dialog_.room.storage.current();
  Visit visit{rendering_, dialog_.connection.peer, {}};
  if (dialog_.room.accounts.current()->is_operator(name_, account_))
    visit.notices = protocol::kOperator;
  if (!storage->topic().empty()) visit.notices += "* topic: " + storage->topic() + "\n";
  if (!storage->motd().empty()) {
    visit.notices += "* message of the day: " + storage->motd() + "\n";
  }
  return visit;
}

// The ban of this name or of its source, if there is one: it may be newer than the connection.
std::optional<std::string> Login::ban() const {
  const auto storage = dialog_.room.storage.current();
  const auto now = std::chrono::system_clock::now();
  const Ban* ban = storage->ban_of(name_, now);
  if (ban == nullptr) ban = storage->ban_of(dialog_.connection.peer, now);
  if (ban == nullptr) return std::nullopt;
  return banned_line(*ban);
}

bool Login::answer(Registry::Entry entry) {
  if (is_in(entry)) {
    ++dialog_.room.joins;
    dialog_.log(entry == Registry::Entry::kIn ? "came-in" : "resumed", name_,
                account_ != 0 ? "login" : "register");
    return true;
  }
  const std::string banned = ban().value_or("! you are banned\n");
  const std::string sent_away =
      dialog_.room.registry.farewell_of(name_).value_or("! you were kicked\n");
  // Only a name that the room knows is fit for the log: see there.
  if (entry != Registry::Entry::kAlreadyIn)
    name_ = dialog_.room.accounts.current()->name_of(name_).value_or("");
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
void Login::send(std::string_view lines) noexcept {
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

void Login::put(std::string_view bytes) noexcept {
  (void)dialog_.socket.send_some(bytes);  // a peer that is gone shows when it is read from
}

bool Login::refuse(std::string_view line) {
  if (dialog_.connection.place.gone()) return false;    // it has been told
  dialog_.room.refused.add(protocol::reason_of(line));  // first: who is told may ask for it
  send(line);
  refused_ = true;
  // Without the mark of an error and the line's end.
  dialog_.log("refused", name_, protocol::text_of(line));
  return false;
}

}  // namespace chat
