#include "chat/client/receiver.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <system_error>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/base/program_name.hpp"
#include "chat/base/text.hpp"
#include "chat/client/coming_in.hpp"
#include "chat/client/limits.hpp"
#include "chat/wire/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

using std::chrono_literals::operator""s;

constexpr std::string_view kAnotherName = "another name? ";
constexpr std::string_view kUnknownPing = "unknown command /ping";

// The same with the line end that the wire has.
bool is_line(std::string_view text, std::string_view of_protocol) {
  return text == of_protocol.substr(0, of_protocol.size() - 1);
}

// Not let in now, but perhaps a little later.
struct NotYet : Failure {
  using Failure::Failure;
};

bool may_pass(std::string_view refusal) {
  const auto is = [&](std::string_view line) { return refusal == protocol::text_of(line); };
  return is(protocol::kNameUsed) || is(protocol::kAlreadyIn) || is(protocol::kRoomFull) ||
         is(protocol::kAddressFull) || is(protocol::kTooOften) || protocol::is_passing(refusal);
}

std::string with_advice(std::string_view refusal) {
  std::string text(refusal);
  const std::string_view advice = advice_after(refusal);
  if (!advice.empty()) text.append("\n" + program_name() + ": ").append(advice);
  return text;
}

}  // namespace

Receiver::Receiver(const ClientParts& parts) : parts_(parts) {
  if (!parts.options.log.empty()) log_file_.emplace(parts.options.log);
}

void Receiver::start() {
  thread_ = std::thread([this] { run(); });
}

void Receiver::join() {
  if (!thread_.joinable()) return;
  parts_.conversation.stop();     // wakes it where it waits to come back
  parts_.link.shut_down();        // where it receives
  parts_.terminal.stop_output();  // and where it writes
  thread_.join();
}

void Receiver::run() {
  try {
    come_in();
    if (!parts_.conversation.has_been_in() && !parts_.conversation.has_left()) {
      parts_.link.blame_program();
    }
    if (takes_over()) {
      connect();
      receive_lines();
    }
    for (unsigned failed = 0; goes_on(); ++failed) {
      if (in_room_) failed = 0;
      if (come_back(failed)) receive_lines();
    }
  } catch (const Failure& failure) {
    failure_ = failure.ending;
  } catch (const std::exception& error) {
    const bool was_connected = parts_.link.is_connected();
    failure_ = {was_connected ? Outcome::kFailed : Outcome::kNoConnection, error.what()};
  }
  finished_ = true;
  parts_.terminal.wake();
}

// With --timeout or --listen again and again, where the server is not there, or has no place yet.
void Receiver::come_in() {
  const ClientOptions& options = parts_.options;
  const auto deadline =
      options.listen ? Clock::time_point::max() : Clock::now() + options.timeout.value_or(0s);
  for (unsigned failed = 0;; ++failed) {
    const auto wait = reconnect_wait(failed, static_cast<std::uint32_t>(random_()));
    bool connected = false;
    try {
      connect();
      connected = true;
      receive_lines();
      if (parts_.conversation.has_been_in() || parts_.conversation.has_left()) return;
      if (Clock::now() >= deadline) return;
    } catch (const NotYet&) {
      if (Clock::now() >= deadline) throw;
    } catch (const std::exception&) {
      if (connected || Clock::now() >= deadline) throw;
    }
    const auto due = std::min(Clock::now() + wait, deadline);
    parts_.conversation.begin_again(parts_.link);
    in_room_ = tagged_ = false;
    const auto gives_up = [&] {
      return parts_.conversation.is_stopping() || parts_.conversation.has_left();
    };
    while (Clock::now() < due && !gives_up()) parts_.conversation.pause_until(due);
    if (gives_up()) return;
  }
}

// Whether the user, who is online elsewhere, goes on here.
bool Receiver::takes_over() {
  using TakeOver = Conversation::TakeOver;
  const TakeOver answer = parts_.conversation.wait_for_take_over(parts_.link);
  if (answer == TakeOver::kDeclined) {
    throw Failure(Outcome::kRefused, with_advice(protocol::text_of(protocol::kAlreadyIn)));
  }
  return answer == TakeOver::kAgreed;
}

void Receiver::connect() {
  parts_.link.connect([this] { return parts_.conversation.first_words(); });
  // Whoever waits for this thread may have seen no connection yet.
  if (parts_.conversation.is_stopping()) return parts_.link.shut_down();
  if (!parts_.conversation.has_been_in()) parts_.output.set_connection("connected", true);
  parts_.terminal.wake();
}

bool Receiver::goes_on() {
  return parts_.options.reconnect &&
         parts_.conversation.goes_on(released_, parts_.terminal.has_screen());
}

void Receiver::lose() {
  in_room_ = tagged_ = released_ = goodbye_ = lost_ = false;
  if (!parts_.link.exists()) return;
  const std::string_view news = parts_.conversation.lose(parts_.link);
  parts_.view.forget_liveness();
  parts_.view.show_waiting();
  if (!news.empty()) parts_.output.tell(news);
}

// One try, after a while. False: it has failed, or is not wanted any more.
bool Receiver::come_back(unsigned failed) {
  if (failed == 0 && !parts_.terminal.has_screen()) {
    parts_.output.tell("the connection was lost; coming back");
  }
  lose();
  parts_.terminal.wake();
  if (!wait_to_come_back(failed)) return false;
  parts_.output.set_connection("connection lost, try " + std::to_string(failed + 1), false);
  try {
    connect();
  } catch (const std::runtime_error&) {
    return false;
  }
  return true;
}

bool Receiver::wait_to_come_back(unsigned failed) {
  const auto due = Clock::now() + reconnect_wait(failed, static_cast<std::uint32_t>(random_()));
  parts_.conversation.wait_for_name();
  while (goes_on()) {
    const auto left = due - Clock::now();
    if (left <= Clock::duration::zero()) return true;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(left);
    parts_.output.set_connection("reconnecting in " + std::to_string(seconds.count()) + " s",
                                 false);
    parts_.conversation.pause_until(due - (seconds - std::chrono::seconds(1)));
  }
  return false;
}

void Receiver::receive_lines() {
  LineReader reader(kMaxServerLine, kMaxUnterminated);
  while (true) {
    const IoResult result = receive_some(reader);
    if (result.io == Io::kWouldBlock) continue;
    if (result.io != Io::kDone) {
      lost_ = result.io == Io::kFailed || parts_.link.was_broken();
      break;
    }
    reader.received(result.bytes);
    parts_.conversation.heard();
    parts_.view.show_liveness();
    std::vector<ServerLine> shown;
    while (const auto line = reader.next()) take_line(*line, shown);
    if (parts_.view.shows_waiting()) parts_.view.show_waiting();
    show(shown);
    if (reader.overflowed()) throw Failure(Outcome::kFailed, "the server sends no lines");
  }
  std::vector<ServerLine> shown;
  // A tagged line that lacks its end was cut off.
  if (const auto line = reader.rest(); line && !tagged_) take_line(*line, shown);
  show(shown);
  parts_.output.show_folded();
}

// Blocks until something comes, or something folded is due and has been shown.
IoResult Receiver::receive_some(LineReader& reader) {
  const auto due = parts_.output.fold_due();
  const IoResult result = parts_.link.receive(reader.space(), due);
  if (due && Clock::now() >= *due) parts_.output.show_folded();
  return result;
}

// Adds to `shown` what is to be shown of the line, and follows what it says about this user.
void Receiver::take_line(const LineReader::Line& line, std::vector<ServerLine>& shown) {
  if (line.too_long) {
    throw Failure(Outcome::kFailed, "the server sent a line that is too long");
  }
  const std::string text = sanitised(line.text);
  tagged_ = tagged_ || is_tagged(text);
  ServerLine parsed = parse_server_line(text);
  if (is_pong(parsed)) return;
  const bool elsewhere = is_line(parsed.plain, protocol::kResumedElsewhere);
  // An earlier connection of this client's own, whose request came late: one more try.
  if (elsewhere && Clock::now() < came_back_ + kLateArrival) return;
  if (parsed.kind == ServerLine::Kind::kError && take_error(parsed, shown)) return;
  if (!in_room_ && parsed.kind == ServerLine::Kind::kOnline) enter_room();
  if (is_line(parsed.plain, protocol::kShuttingDown)) goodbye_ = true;
  const bool shows = follow(parsed);
  if (!shows || parsed.kind == ServerLine::Kind::kUnknown) return;
  if (!in_room_ && parts_.conversation.has_been_in()) return;  // the greeting is for who comes
  if (parts_.terminal.has_screen()) {  // where prompts ask for what the server asks for
    if (is_line(parsed.plain, protocol::kAskCredentials)) return;
    if (is_line(parsed.plain, protocol::kWelcome)) {
      parsed.text = parsed.text.substr(0, parsed.text.find('.'));
    }
  }
  parsed.hidden = parts_.hiding.hides(parsed, parts_.conversation.own_name());
  shown.push_back(std::move(parsed));
}

// Throws where the server refuses the user, and nothing can be done. False: the error is about
// something that was said.
bool Receiver::take_error(const ServerLine& line, std::vector<ServerLine>& shown) {
  if (in_room_ && !protocol::is_final(line.text)) return false;
  const bool was_in = parts_.conversation.has_been_in();
  if (was_in && protocol::is_passing(line.text)) return true;
  const bool screen = parts_.terminal.has_screen();
  if (!was_in && screen && line.text == protocol::text_of(protocol::kAlreadyIn)) {
    parts_.conversation.ask_to_take_over();
    parts_.output.confirm("you are online already: go on here, and end it there?");
    return true;
  }
  if (was_in && lacks_its_name(line.text)) {
    ask_for_name(line.text);
    return true;
  }
  const bool waits = parts_.options.listen || parts_.options.timeout;
  if (!was_in && waits && may_pass(line.text)) {
    throw NotYet(Outcome::kRefused, with_advice(line.text));
  }
  // On a screen the refusal is read where it stays, below the restored terminal, and only there.
  if (!screen) shown.push_back(line);
  show(shown);
  throw Failure(Outcome::kRefused, with_advice(line.text));
}

void Receiver::enter_room() {
  in_room_ = true;
  if (parts_.conversation.has_been_in()) {
    came_back_ = Clock::now();
    parts_.output.set_connection("connected", true);
  } else {
    parts_.output.enter_room();
    if (parts_.terminal.has_screen()) parts_.view.show(parts_.hiding.summary());
  }
  const auto more = std::uniform_int_distribution<std::int64_t>(0, kSilenceSpread.count())(random_);
  parts_.conversation.enter(kSilence + std::chrono::milliseconds(more));
  parts_.terminal.wake();  // to look after it from now on
}

// The answer to a /ping of the client's own; a server that does not know it says so.
bool Receiver::is_pong(const ServerLine& line) {
  const bool refused = line.kind == ServerLine::Kind::kError && line.text.starts_with(kUnknownPing);
  return parts_.conversation.is_answer_to_ping(is_line(line.plain, protocol::kPong) || refused);
}

// False: it is not to be shown.
bool Receiver::follow(ServerLine& line) {
  const bool tool = parts_.options.says() && in_room_;
  if (tool && line.kind == ServerLine::Kind::kError) throw Failure(Outcome::kNotSaid, line.text);
  const bool own = folded_name(line.from) == folded_name(parts_.conversation.own_name());
  if (own && line.kind == ServerLine::Kind::kLeave && !line.replayed) released_ = true;
  const bool full = !parts_.conversation.takes_more();  // then the input waits for what is heard
  const bool shown = parts_.conversation.follow(line);
  if (full || parts_.conversation.wants_attention()) parts_.terminal.wake();
  return shown;
}

// A log that takes no more is given up: the talk goes on.
void Receiver::show(const std::vector<ServerLine>& lines) {
  try {
    std::vector<std::string> plain;
    for (const ServerLine& line : lines) {
      if (!line.hidden) plain.push_back(plain_line(line));
    }
    if (log_file_) log_file_->append(plain, std::chrono::system_clock::now());
  } catch (const std::system_error& error) {
    log_file_.reset();
    parts_.output.tell(error.what());
  }
  parts_.output.show(lines);
}

// Somebody else has it: with another password, or by an account.
bool Receiver::lacks_its_name(std::string_view refusal) {
  return parts_.conversation.is_registered() &&
         (refusal == protocol::text_of(protocol::kWrongCredentials) ||
          refusal == protocol::text_of(protocol::kNameUsed));
}

// Lines that were not said under the old name are dropped: the new name does not say them.
void Receiver::ask_for_name(const std::string& refusal) {
  const std::vector<std::string> lines = parts_.conversation.forget_unsaid();
  const std::string news = refusal + ": somebody else has taken the name " +
                           parts_.conversation.own_name() + " meanwhile";
  if (!parts_.terminal.has_screen()) {
    throw Failure(Outcome::kRefused, news + (lines.empty() ? "" : "; ") + not_said(lines));
  }
  parts_.view.show_waiting();
  parts_.output.tell(news);
  for (const std::string& line : lines) parts_.output.tell("not said: " + neutralised(line));
  parts_.conversation.ask_for_name();
  parts_.output.ask({std::string(kAnotherName), LineEditor::Mask::kNone, false});
}

}  // namespace chat
