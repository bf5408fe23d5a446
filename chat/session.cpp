#include "chat/session.hpp"

#include <array>
#include <new>

#include "chat/text.hpp"

namespace chat {

constexpr Session::CommandEntry Session::kCommands[] = {
    {"/who", "who is online", &Session::who},
    {"/help", "this list", &Session::help},
    {"/quit", "leave the room", &Session::quit},
};

Session::Session(Room& room, Socket& socket)
    : room_(room),
      socket_(socket),
      reader_(kMaxLine, kMaxUnterminated),
      member_(socket),
      rate_limit_(room.rate),
      login_deadline_(Clock::now() + room.login_timeout) {}

void Session::run() {
  if (come_in()) {
    End end = End::kLost;
    try {
      end = talk();
    } catch (const std::bad_alloc&) {  // bad luck for this member; the room knows that it has left
    }
    room_.registry.leave(name_, member_, end != End::kLost);
    if (end == End::kLost) return;
  }
  close_politely();
}

// Until the member is in, this thread alone writes to the socket.
bool Session::come_in() {
  send(protocol::kWelcome);
  auto line = next_login_line();
  if (!line) return false;
  const auto mode = protocol::parse_mode(line->text);
  if (!mode) return refuse(protocol::kExpectedMode);
  send(protocol::kAskCredentials);
  line = next_login_line();
  if (!line) return false;
  if (line->too_long) return refuse(protocol::wrong_format("the line is too long"));
  std::string reason;
  auto credentials = protocol::parse_credentials(line->text, reason);
  if (!credentials) return refuse(protocol::wrong_format(reason));
  if (*mode == protocol::Mode::kLogin && !verify(*credentials)) return false;
  return enter(*mode, *credentials);
}

// The deadline is for coming in as a whole: a byte now and then does not move it.
std::optional<LineReader::Line> Session::next_login_line() {
  while (true) {
    if (auto line = reader_.next()) return line;
    if (reader_.overflowed()) {
      refuse(protocol::kEndlessLine);
      return std::nullopt;
    }
    if (input_ended_) return reader_.rest();
    const auto space = reader_.space();
    const IoResult received = socket_.receive_until(space, login_deadline_);
    if (received.io == Io::kDone) reader_.received(received.bytes);
    if (received.io == Io::kEnd) input_ended_ = true;
    if (received.io == Io::kFailed) return std::nullopt;
    if (received.io == Io::kWouldBlock && Clock::now() >= login_deadline_) {
      refuse(protocol::kTimedOut);
      return std::nullopt;
    }
  }
}

// Hashing is slow and holds no lock. The account's name and seat are its own all the while; who of
// several is first is decided when they enter.
bool Session::verify(protocol::Credentials& credentials) {
  if (!room_.hash_gate.enter(login_deadline_)) return refuse(protocol::kTimedOut);
  const auto name = room_.accounts.verify(credentials.name, credentials.password);
  room_.hash_gate.leave();
  if (!name) return refuse(protocol::kWrongCredentials);
  credentials.name = *name;
  return true;
}

bool Session::enter(protocol::Mode mode, const protocol::Credentials& credentials) {
  name_ = credentials.name;
  const auto entry = mode == protocol::Mode::kLogin
                         ? room_.registry.enter_login(name_, member_)
                         : room_.registry.enter_registered(name_, member_);
  switch (entry) {
    case Registry::Entry::kIn:
      return true;
    case Registry::Entry::kNameUsed:
      return refuse(protocol::kNameUsed);
    case Registry::Entry::kFull:
      return refuse(protocol::kRoomFull);
    case Registry::Entry::kAlreadyIn:
      return refuse(protocol::kAlreadyIn);
    case Registry::Entry::kClosed:
      break;
  }
  return refuse(protocol::kShuttingDown);
}

// So little is sent before a member is in that the socket's empty buffer takes it.
void Session::send(std::string_view lines) {
  const iovec piece{const_cast<char*>(lines.data()), lines.size()};
  (void)socket_.send_some({&piece, 1});  // a peer that is gone shows when it is read from
}

bool Session::refuse(std::string_view line) {
  send(line);
  return false;
}

Session::End Session::talk() {
  while (true) {
    while (const auto line = reader_.next()) {
      if (!wait_for_rate()) return End::kLost;
      if (!handle(*line)) return End::kLeft;
    }
    if (reader_.overflowed()) {
      room_.broadcast.tell(member_, std::string(protocol::kEndlessLine));
      return End::kLeft;
    }
    if (input_ended_) {
      // A half-close: the peer has said all it had to say, and still listens.
      if (const auto line = reader_.rest()) handle(*line);
      return End::kLeft;
    }
    const auto space = reader_.space();
    const IoResult received = socket_.receive(space);
    if (received.io == Io::kDone) reader_.received(received.bytes);
    if (received.io == Io::kFailed) return End::kLost;
    if (received.io == Io::kEnd) {
      // A reset that the broadcaster's send ran into looks like this here: then what lacks its end
      // is the beginning of something, not a last line.
      if (!socket_.wait_while_open(Clock::now())) return End::kLost;
      input_ended_ = true;
    }
  }
}

// False: the connection died meanwhile.
bool Session::wait_for_rate() {
  const auto now = Clock::now();
  const auto due = rate_limit_.next(now);
  return due <= now || socket_.wait_while_open(due);
}

// False ends the session: the user asked for it, or nobody would hear.
bool Session::handle(const LineReader::Line& line) {
  const std::string_view text = line.text;
  if (line.too_long) return room_.broadcast.tell(member_, std::string(protocol::kLineTooLong));
  if (!is_utf8(text)) return room_.broadcast.tell(member_, std::string(protocol::kNotUtf8));
  if (text.empty()) return true;
  if (const auto command = protocol::parse_command(text)) return run_command(*command);
  return say(text.starts_with("//") ? text.substr(1) : text);
}

bool Session::say(std::string_view text) {
  if (!needs_neutralising(text)) return room_.broadcast.say(member_, {name_, ": ", text, "\n"});
  return room_.broadcast.say(member_, {name_, ": ", neutralised(text), "\n"});
}

bool Session::run_command(const protocol::Command& command) {
  const std::string name = lowercase(command.name);
  for (const CommandEntry& entry : kCommands) {
    if (entry.name == name) return (this->*entry.handler)();
  }
  return room_.broadcast.tell(member_, "! unknown command " +
                                           neutralised(command.name.substr(0, kMaxName)) +
                                           "; /help lists the commands\n");
}

bool Session::who() {
  return room_.broadcast.tell(member_, protocol::online(room_.registry.online()));
}

bool Session::help() {
  std::string lines;
  for (const CommandEntry& entry : kCommands) {
    lines += "* " + std::string(entry.name) + "  " + std::string(entry.help) + "\n";
  }
  lines += "* //text  say /text\n";
  return room_.broadcast.tell(member_, lines);
}

bool Session::quit() { return false; }

// Closing while input is unread would make the kernel send a reset, which can overtake our last
// lines and destroy them. So: end of file first, then read what is still under way, but not for
// ever.
void Session::close_politely() {
  socket_.shutdown_write();
  const auto deadline = Clock::now() + kLingerTimeout;
  std::array<char, 512> discarded;
  while (!input_ended_) {
    input_ended_ = socket_.receive_until(discarded, deadline).io != Io::kDone;
  }
}

}  // namespace chat
