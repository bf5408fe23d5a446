#include "chat/chat_client.hpp"

#include <array>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "chat/protocol.hpp"
#include "chat/text.hpp"

namespace chat {

ChatClient::ChatClient(Socket socket)
    : socket_(std::move(socket)), screen_(terminal_), typed_(kMaxLine, kMaxUnterminated) {}

ChatClient::~ChatClient() { join_receiver(); }

void ChatClient::run() {
  receiver_ = std::thread([this] { receive(); });
  while (true) {
    const bool may_read = input_open_ && pending_.size() < kMaxPending;
    const Descriptor* sending = pending_.empty() ? nullptr : &socket_.descriptor();
    const auto ready = terminal_.wait(may_read, sending, leave_deadline_);
    if (ready.woken || ready.timed_out) break;
    if (ready.output_closed) throw std::runtime_error("standard output was closed");
    if (ready.signal) leave();
    if (ready.sending) send_pending();
    if (ready.input) take_input();
  }
  join_receiver();
  screen_.end_typing();
  judge();
}

void ChatClient::receive() {
  try {
    receive_lines();
  } catch (...) {
    failure_ = std::current_exception();  // for the thread of run(), which can restore the terminal
  }
  terminal_.wake();
}

void ChatClient::receive_lines() {
  LineReader reader(kMaxServerLine, kMaxUnterminated);
  while (true) {
    const IoResult result = socket_.receive(reader.space());
    if (result.io != Io::kDone) {
      lost_ = result.io == Io::kFailed;
      break;
    }
    reader.received(result.bytes);
    std::string shown;
    while (const auto line = reader.next()) take_line(*line, shown);
    screen_.print(shown);
    if (reader.overflowed()) throw std::runtime_error("the server sends no lines");
  }
  std::string shown;
  if (const auto line = reader.rest()) take_line(*line, shown);
  screen_.print(shown);
}

// Adds to `shown` what is to be shown of the line, and follows what it says about this user.
void ChatClient::take_line(const LineReader::Line& line, std::string& shown) {
  if (line.too_long) throw std::runtime_error("the server sent a line that is too long");
  const std::string text = neutralised(line.text);
  const bool refused = !in_room_ && text.starts_with("! ");
  // On a screen the refusal is read where it stays, below the restored terminal, and only there.
  if (!refused || !terminal_.has_screen()) shown += text + '\n';
  if (refused) {
    screen_.print(shown);
    throw std::runtime_error(text.substr(2));
  }
  if (!in_room_ && text.starts_with("* online (")) {
    in_room_ = true;
    screen_.enter_room();
  }
  if (text == "* the server is shutting down") goodbye_ = true;
}

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
  for (const auto& event : screen_.type({keys.data(), *count})) {
    switch (event.kind) {
      case LineEditor::Event::Kind::kLine:
        if (input_ended_ || left_) break;  // only Ctrl+C still has a meaning
        note_line(event.line);
        pending_ += event.line + '\n';
        break;
      case LineEditor::Event::Kind::kEndOfInput:
        end_input();
        break;
      case LineEditor::Event::Kind::kInterrupt:
        leave();
        break;
    }
  }
}

// Without a screen the bytes go on as they are.
void ChatClient::take_bytes() {
  const auto space = typed_.space();
  const auto count = terminal_.read(space);
  if (!count) {
    input_open_ = false;
    return end_input();
  }
  if (left_) return;
  pending_.append(space.data(), *count);
  typed_.received(*count);
  while (const auto line = typed_.next()) note_line(line->text);
}

// After /quit it is no failure that the server closes the connection.
void ChatClient::note_line(std::string_view line) {
  const auto command = protocol::parse_command(line);
  if (command && lowercase(command->name) == "/quit") left_ = true;
}

// The server gets what was typed so far, and then end of file; it answers, and closes.
void ChatClient::end_input() {
  input_ended_ = true;
  screen_.end_typing();
  if (pending_.empty()) socket_.shutdown_write();
}

// Logs out: the server sees the end of our input and closes. Whoever insists does not wait for it.
void ChatClient::leave() {
  const bool again = leave_deadline_.has_value();
  leave_deadline_ = Clock::now() + (again ? Clock::duration::zero() : kLeaveWait);
  left_ = true;
  pending_.clear();
  socket_.shutdown_write();
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
  socket_.shutdown();       // wakes it where it receives
  terminal_.stop_output();  // and where it writes
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
  if (left_ || goodbye_) return;
  if (lost_) throw std::runtime_error("the connection to the server broke");
  if (!input_ended_) throw std::runtime_error("the server closed the connection");
}

}  // namespace chat
