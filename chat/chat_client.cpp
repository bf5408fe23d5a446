#include "chat/chat_client.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "chat/protocol.hpp"
#include "chat/server_line.hpp"
#include "chat/text.hpp"

namespace chat {
namespace {

bool wants_screen(const ClientOptions& options) { return !options.json && options.send.empty(); }

ScreenOptions screen_options(const ClientOptions& options) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool color = options.color.value_or(no_color == nullptr || *no_color == '\0');
  ScreenOptions result{{options.time, color, options.bell}, options.status, options.host, {}};
  if (options.port != kDefaultPort) result.room += ":" + std::to_string(options.port);
  if (!options.send.empty()) result.output = Output::kNothing;
  if (options.json) result.output = Output::kJson;
  return result;
}

std::string first_line_of(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line)) throw std::runtime_error("no password in " + file);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

bool is_quit(std::string_view line) {
  const auto command = protocol::parse_command(line);
  return command && lowercase(command->name) == "/quit";
}

// The same with the line end that the wire has.
bool is_line(std::string_view text, std::string_view of_protocol) {
  return text == of_protocol.substr(0, of_protocol.size() - 1);
}

}  // namespace

ChatClient::ChatClient(const ClientOptions& options)
    : options_(options),
      terminal_(wants_screen(options)),
      screen_(terminal_, screen_options(options)),
      coming_in_(options.mode, options.name),
      typed_(kMaxLine, kMaxUnterminated),
      echoes_(options.send.begin(), options.send.end()) {
  if (!options.log.empty()) log_file_.emplace(options.log);
}

ChatClient::~ChatClient() { join_receiver(); }

void ChatClient::run() {
  begin();
  receiver_ = std::thread([this] { receive(); });
  while (!finished_) {
    const bool may_read = input_open_ && pending_.size() < kMaxPending;
    const bool may_send = connected_ && !pending_.empty();
    const auto ready =
        terminal_.wait(may_read, may_send ? &socket_.descriptor() : nullptr, deadline_);
    if (ready.timed_out) break;
    handle(ready);
  }
  if (!connected_ && !finished_) fail("no connection in time");
  join_receiver();
  screen_.end_typing();
  judge();
}

// The password, where there is a file with it; the first question, where there is not.
void ChatClient::begin() {
  if (options_.mode) {
    screen_.set_own_name(options_.name);
    const bool in_file = !options_.password_file.empty() && options_.password_file != "-";
    if (in_file) return answer(first_line_of(options_.password_file));
    asks_password_ = !terminal_.has_screen();
  }
  screen_.ask(coming_in_.question());
  if (asks_password_ && terminal_.input_is_terminal()) std::cerr << coming_in_.question().prompt;
}

void ChatClient::handle(const Terminal::Ready& ready) {
  if (ready.output_closed) fail("standard output was closed");
  if (ready.stopped) screen_.suspend(Terminal::Stop::kProcess);
  if (ready.continued) screen_.continued();
  if (ready.resized) screen_.resized();
  if (ready.ended || (echoed_ && !left_)) leave();
  if (ready.sending) send_pending();
  if (ready.input) take_input();
  // What ended while it was still connecting ends the connection now.
  if (ready.woken && connected_ && input_ended_ && pending_.empty()) socket_.shutdown_write();
}

// The socket thread.

void ChatClient::receive() {
  try {
    connect();
    receive_lines();
  } catch (...) {
    failure_ = std::current_exception();  // for the thread of run(), which can restore the terminal
  }
  finished_ = true;
  terminal_.wake();
}

void ChatClient::connect() {
  socket_ = Socket::connect(options_.host, options_.port);
  connected_ = true;
  if (ending_) return socket_.shutdown();  // the other thread saw it too late
  screen_.set_connection("connected", true);
  terminal_.wake();
}

void ChatClient::receive_lines() {
  LineReader reader(kMaxServerLine, kMaxUnterminated);
  while (true) {
    const IoResult result = receive_some(reader);
    if (result.io == Io::kWouldBlock) continue;
    if (result.io != Io::kDone) {
      lost_ = result.io == Io::kFailed;
      break;
    }
    reader.received(result.bytes);
    std::vector<std::string> shown;
    while (const auto line = reader.next()) take_line(*line, shown);
    show(shown);
    if (reader.overflowed()) throw std::runtime_error("the server sends no lines");
  }
  std::vector<std::string> shown;
  if (const auto line = reader.rest()) take_line(*line, shown);
  show(shown);
  screen_.show_folded();
}

// Blocks until something comes, or something folded is due and has been shown.
IoResult ChatClient::receive_some(LineReader& reader) {
  const auto due = screen_.fold_due();
  if (!due) return socket_.receive(reader.space());
  const IoResult result = socket_.receive_until(reader.space(), *due);
  if (Clock::now() >= *due) screen_.show_folded();
  return result;
}

// Adds to `shown` what is to be shown of the line, and follows what it says about this user.
void ChatClient::take_line(const LineReader::Line& line, std::vector<std::string>& shown) {
  if (line.too_long) throw std::runtime_error("the server sent a line that is too long");
  std::string text = neutralised(line.text);
  if (!in_room_ && text.starts_with("! ")) {
    // On a screen the refusal is read where it stays, below the restored terminal, and only there.
    if (!terminal_.has_screen()) shown.push_back(text);
    show(shown);
    refuse(std::string_view(text).substr(2));
  }
  if (!in_room_ && text.starts_with("* online (")) {
    in_room_ = true;
    screen_.enter_room();
  }
  if (is_line(text, protocol::kShuttingDown)) goodbye_ = true;
  if (in_room_ && !echoes_.empty()) await_echo(text);
  if (terminal_.has_screen()) {  // where prompts ask for what the server asks for
    if (is_line(text, protocol::kAskCredentials)) return;
    if (is_line(text, protocol::kWelcome)) text = text.substr(0, text.find('.'));
  }
  shown.push_back(std::move(text));
}

// A log that takes no more is given up: the talk goes on.
void ChatClient::show(const std::vector<std::string>& lines) {
  try {
    if (log_file_) log_file_->append(lines, std::chrono::system_clock::now());
  } catch (const std::system_error& error) {
    log_file_.reset();
    screen_.remark(error.what());
    if (!terminal_.has_screen()) std::cerr << "client: " << error.what() << std::endl;
  }
  screen_.show(lines);
}

void ChatClient::refuse(std::string_view reason) {
  std::string text(reason);
  const std::string_view advice = advice_after(reason);
  if (!advice.empty()) text.append("\nclient: ").append(advice);
  throw std::runtime_error(text);
}

// With --send: whether this is the next line come back, and then whether it is the last.
void ChatClient::await_echo(std::string_view line) {
  const ServerLine echo = parse_server_line(line);
  if (echo.kind == ServerLine::Kind::kError) throw std::runtime_error(echo.text);
  const bool own = folded_name(echo.from) == folded_name(options_.name);
  if (echo.kind != ServerLine::Kind::kSay || !own) return;
  if (echo.text != neutralised(echoes_.front())) return;
  echoes_.pop_front();
  if (!echoes_.empty()) return;
  echoed_ = true;
  terminal_.wake();
}

// The thread of run().

void ChatClient::take_input() {
  if (terminal_.has_screen()) {
    take_keys();
  } else {
    take_bytes();
  }
}

void ChatClient::take_keys() {
  std::array<char, 4096> keys;
  const auto count = terminal_.read(keys);
  if (!count) {
    input_open_ = false;
    return end_input();
  }
  screen_.type({keys.data(), *count});
  while (const auto event = screen_.next_event()) {
    switch (event->kind) {
      case LineEditor::Event::Kind::kLine:
        take_typed(event->text);
        break;
      case LineEditor::Event::Kind::kEndOfInput:
        end_input();
        break;
      case LineEditor::Event::Kind::kInterrupt:
        leave();
        break;
      case LineEditor::Event::Kind::kSuspend:
        screen_.suspend(Terminal::Stop::kJob);
        break;
      default:
        break;  // the screen has shown it
    }
  }
}

// After the end only Ctrl+C still has a meaning.
void ChatClient::take_typed(const std::string& line) {
  if (input_ended_ || left_) return;
  if (coming_in_.sent()) {
    left_ = is_quit(line);  // then it is no failure that the server closes the connection
    pending_ += line + '\n';
  } else if (is_quit(line)) {
    leave();
  } else {
    answer(line);
  }
}

// An answer on the way in.
void ChatClient::answer(std::string_view line) {
  const ComingIn::Answer answer = coming_in_.take(line);
  if (!answer.remark.empty()) {
    if (!terminal_.has_screen()) fail(answer.remark);
    screen_.remark(answer.remark);
  }
  pending_ += answer.to_send;
  screen_.set_own_name(coming_in_.name());
  screen_.ask(coming_in_.question());
  if (!coming_in_.sent() || options_.send.empty()) return;
  input_open_ = false;
  // The room takes several lines a second from one who talks.
  deadline_ = Clock::now() + kEchoWait + std::chrono::seconds(options_.send.size());
  for (const std::string& text : options_.send) {
    pending_.append(text.starts_with('/') ? "/" : "").append(text).append("\n");
  }
}

// Without a screen the bytes go on as they are.
void ChatClient::take_bytes() {
  std::array<char, 4096> buffer;
  const auto count = terminal_.read(buffer);
  if (!count) {
    if (asks_password_) fail("no password: the input has ended");
    input_open_ = false;
    return end_input();
  }
  std::string_view bytes(buffer.data(), *count);
  if (asks_password_) bytes = take_password(bytes);
  if (!left_ && input_open_) pass_on(bytes);
}

// Gives what follows the password's line.
std::string_view ChatClient::take_password(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  password_ += bytes.substr(0, end);
  if (end == bytes.size()) {
    if (password_.size() > kMaxLine) fail("no password: the line has no end");
    return {};
  }
  if (password_.ends_with('\r')) password_.pop_back();
  asks_password_ = false;
  answer(std::exchange(password_, {}));
  return bytes.substr(end + 1);
}

void ChatClient::pass_on(std::string_view bytes) {
  pending_ += bytes;
  while (!bytes.empty()) {
    const auto space = typed_.space();
    const std::size_t taken = bytes.copy(space.data(), space.size());
    typed_.received(taken);
    bytes.remove_prefix(taken);
    while (const auto line = typed_.next()) left_ = left_ || is_quit(line->text);
  }
}

// The server gets what was typed so far, and then end of file; it answers, and closes.
void ChatClient::end_input() {
  input_ended_ = true;
  screen_.end_typing();
  if (!connected_ && terminal_.has_screen()) leave();
  if (connected_ && pending_.empty()) socket_.shutdown_write();
}

// Logs out: the server sees the end of our input and closes. Whoever insists does not wait for it.
void ChatClient::leave() {
  if (!connected_ && !finished_) abandon(terminal_.has_screen() ? "" : "ended before coming in");
  const bool again = left_ && deadline_.has_value();
  deadline_ = Clock::now() + (again ? Clock::duration::zero() : kLeaveWait);
  left_ = true;
  pending_.clear();
  if (connected_) socket_.shutdown_write();
}

void ChatClient::send_pending() {
  const iovec piece{pending_.data(), pending_.size()};
  const IoResult result = socket_.send_some({&piece, 1});
  if (result.io == Io::kWouldBlock) return;
  // A connection that is gone takes no more; why it went, the socket thread sees.
  pending_.erase(0, result.io == Io::kFailed ? pending_.size() : result.bytes);
  if (pending_.empty() && input_ended_) socket_.shutdown_write();
}

void ChatClient::join_receiver() {
  if (!receiver_.joinable()) return;
  ending_ = true;
  if (connected_) socket_.shutdown();  // wakes it where it receives
  terminal_.stop_output();             // and where it writes
  receiver_.join();
}

void ChatClient::judge() const {
  if (!in_room_ && left_ && terminal_.has_screen()) return;
  if (failure_) std::rethrow_exception(failure_);
  if (!in_room_) {
    if (input_ended_ && terminal_.has_screen()) return;
    throw std::runtime_error(left_ || input_ended_
                                 ? "ended before coming in"
                                 : "the server closed the connection before you were in");
  }
  if (!options_.send.empty() && !echoed_) {
    throw std::runtime_error("the text did not come back from the room");
  }
  if (left_ || goodbye_) return;
  if (lost_) throw std::runtime_error("the connection to the server broke");
  if (!input_ended_) throw std::runtime_error("the server closed the connection");
}

void ChatClient::fail(const std::string& reason) {
  if (receiver_.joinable() && !connected_ && !finished_) abandon(reason);
  throw std::runtime_error(reason);
}

// Nothing can wake a thread that looks a name up or connects, and nothing is to be undone but the
// terminal: so the process ends, and that thread with it.
void ChatClient::abandon(std::string_view reason) {
  screen_.end_typing();
  terminal_.restore();
  if (!reason.empty()) std::cerr << "client: " << reason << std::endl;
  std::_Exit(reason.empty() ? 0 : 1);
}

}  // namespace chat
