#include "chat/client/conversation.hpp"

#include <algorithm>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/client/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {

std::string Conversation::name() const { return credentials_.substr(0, credentials_.find(',')); }

// The client resumes with these.
void Conversation::remember(std::string_view credentials) {
  std::string reason;
  const auto parsed = protocol::parse_credentials(credentials, reason, true);
  if (!parsed) return;  // the server will say so
  credentials_ = credentials;
  catching_up_.set_own_name(parsed->name);
}

void Conversation::come_in(std::string_view bytes, bool registers,
                           const std::vector<std::string>& texts) {
  MutexLock lock(mutex_);
  catching_up_.send(bytes);
  way_in_ = bytes;
  registered_ = registers;
  bytes.remove_suffix(1);
  remember(bytes.substr(bytes.rfind('\n') + 1));
  for (const std::string& text : texts) say(text);
  expects_echo_ = !texts.empty();
}

void Conversation::begin_again(Link& link) {
  MutexLock lock(mutex_);
  link.close();
  catching_up_ = CatchingUp();
  catching_up_.set_own_name(name());
  catching_up_.send(way_in_);
  letters_ = early_bytes_ = 0;
  for (const std::string& line : std::exchange(early_, {})) say(line);
}

void Conversation::say(std::string_view line) {
  if (!was_in_) {
    early_.emplace_back(line);
    early_bytes_ += line.size() + 1;
  }
  const auto command = protocol::parse_command(line);
  if (command && lowercase(command->name) == "/msg") ++letters_;
  catching_up_.type(line);
}

void Conversation::set_registers(bool registers) {
  MutexLock lock(mutex_);
  registered_ = registers;
}

void Conversation::set_credentials(std::string_view credentials) {
  MutexLock lock(mutex_);
  remember(credentials);
}

bool Conversation::is_registered() {
  MutexLock lock(mutex_);
  return registered_;
}

std::string Conversation::own_name() {
  MutexLock lock(mutex_);
  return name();
}

bool Conversation::has_been_in() {
  MutexLock lock(mutex_);
  return was_in_;
}

void Conversation::send(std::string_view bytes) {
  MutexLock lock(mutex_);
  catching_up_.send(bytes);
}

void Conversation::type(std::string_view line) {
  MutexLock lock(mutex_);
  say(line);
}

bool Conversation::is_full() {
  MutexLock lock(mutex_);
  return kept_bytes() >= kMaxUnheard;
}

bool Conversation::takes_more() {
  MutexLock lock(mutex_);
  return catching_up_.outgoing().size() < kMaxPending && kept_bytes() < kMaxUnheard;
}

// Early lines may be unheard as well.
std::size_t Conversation::kept_bytes() const {
  return std::max(catching_up_.unheard_bytes(), early_bytes_);
}

bool Conversation::has_outgoing() {
  MutexLock lock(mutex_);
  return !catching_up_.outgoing().empty();
}

void Conversation::send_some(Link& link) {
  MutexLock lock(mutex_);
  if (!catching_up_.outgoing().empty()) catching_up_.sent(link.send_some(catching_up_.outgoing()));
}

std::vector<std::string> Conversation::unsaid(bool silent) {
  MutexLock lock(mutex_);
  return was_in_ ? catching_up_.unsaid(silent) : std::vector<std::string>();
}

std::vector<std::string> Conversation::forget_unsaid() {
  MutexLock lock(mutex_);
  return catching_up_.forget_unsaid();
}

std::string Conversation::first_words() {
  MutexLock lock(mutex_);
  return was_in_ ? catching_up_.resumption(credentials_) : "";
}

std::string_view Conversation::lose(Link& link) {
  MutexLock lock(mutex_);
  link.close();  // before anything is there for the next one
  took_leave_ = in_room_ = false;
  liveness_.end();
  pings_ = 0;
  return catching_up_.lose();
}

void Conversation::enter(std::chrono::milliseconds silence) {
  MutexLock lock(mutex_);
  was_in_ = in_room_ = true;
  way_in_.clear();
  early_.clear();
  early_bytes_ = 0;
  catching_up_.enter();
  liveness_.begin(Clock::now(), silence);
}

bool Conversation::follow(ServerLine& line) {
  MutexLock lock(mutex_);
  if (const auto password = catching_up_.changed_password(line)) remember(name() + "," + *password);
  const bool shown = catching_up_.take(line);
  const bool own = folded_name(line.from) == folded_name(name());
  if (letters_ > 0 && own && line.kind == ServerLine::Kind::kPrivate) --letters_;
  if (catching_up_.all_heard()) liveness_.heard_all();
  look_for_echo();
  return shown;
}

void Conversation::look_for_echo() {
  if (!expects_echo_ || !in_room_ || letters_ > 0 || credentials_.empty()) return;
  if (catching_up_.all_heard()) come_back_ = true;
}

void Conversation::expect_echo() {
  MutexLock lock(mutex_);
  expects_echo_ = true;
  look_for_echo();
}

bool Conversation::has_come_back() {
  MutexLock lock(mutex_);
  return come_back_;
}

bool Conversation::wants_attention() {
  MutexLock lock(mutex_);
  return come_back_ || input_ended_ || !catching_up_.outgoing().empty();
}

void Conversation::heard() {
  MutexLock lock(mutex_);
  liveness_.heard(Clock::now());
}

bool Conversation::is_answer_to_ping(bool pong) {
  MutexLock lock(mutex_);
  if (!pong || pings_ == 0) return false;
  --pings_;
  liveness_.heard_all();
  return true;
}

bool Conversation::waits_for_answer() {
  MutexLock lock(mutex_);
  return liveness_.waits_for_answer();
}

std::optional<Clock::time_point> Conversation::answer_due() {
  MutexLock lock(mutex_);
  return liveness_.due();
}

// Unread input counts as an answer: a terminal that takes no output may hold the socket thread up.
bool Conversation::look_after(Link& link) {
  MutexLock lock(mutex_);
  const auto now = Clock::now();
  if (!catching_up_.all_heard()) liveness_.said(now);
  const auto due = liveness_.due();
  if (due && *due <= now && link.has_input()) liveness_.heard(now);
  switch (liveness_.act(now)) {
    case Liveness::Act::kNothing:
      return false;
    case Liveness::Act::kAsk:
      catching_up_.send(std::string(protocol::kPing) + "\n");
      ++pings_;
      return true;
    case Liveness::Act::kLost:
      if (!link.exists()) return false;
      liveness_.end();
      link.give_up();
      return false;
  }
  return false;
}

void Conversation::ask_to_take_over() {
  MutexLock lock(mutex_);
  asked_ = Asked::kTakeOver;
}

bool Conversation::answer_take_over(bool agreed) {
  MutexLock lock(mutex_);
  if (asked_ != Asked::kTakeOver) return false;
  asked_ = agreed ? Asked::kAgreed : Asked::kDeclined;
  changed_.notify_all();
  return true;
}

Conversation::TakeOver Conversation::wait_for_take_over(Link& link) {
  MutexLock lock(mutex_);
  if (was_in_ || asked_ == Asked::kNothing) return TakeOver::kNotAsked;
  while (asked_ == Asked::kTakeOver && !stopping_) changed_.wait(lock);
  if (stopping_) return TakeOver::kNotAsked;
  if (asked_ != Asked::kAgreed) return TakeOver::kDeclined;
  asked_ = Asked::kNothing;
  link.close();
  catching_up_ = CatchingUp();
  catching_up_.set_own_name(name());
  catching_up_.send("resume\n" + credentials_ + "\n");
  return TakeOver::kAgreed;
}

void Conversation::ask_for_name() {
  MutexLock lock(mutex_);
  asked_ = Asked::kName;
}

bool Conversation::answer_name(const std::string& name) {
  MutexLock lock(mutex_);
  if (asked_ != Asked::kName) return false;
  if (!is_name(name)) return true;
  credentials_.replace(0, credentials_.find(','), name);
  catching_up_.set_own_name(name);
  asked_ = Asked::kNothing;
  changed_.notify_all();
  return true;
}

void Conversation::wait_for_name() {
  MutexLock lock(mutex_);
  while (asked_ == Asked::kName && !stopping_) changed_.wait(lock);
}

void Conversation::end_input() {
  MutexLock lock(mutex_);
  input_ended_ = true;
  changed_.notify_all();
}

bool Conversation::has_input_ended() {
  MutexLock lock(mutex_);
  return input_ended_;
}

void Conversation::leave() {
  MutexLock lock(mutex_);
  left_ = true;
}

bool Conversation::has_left() {
  MutexLock lock(mutex_);
  return left_;
}

std::vector<std::string> Conversation::leave_at_once(Link& link) {
  MutexLock lock(mutex_);
  left_ = true;
  changed_.notify_all();
  std::vector<std::string> unsaid;
  if (was_in_) unsaid = catching_up_.unsaid();
  const bool between_lines = catching_up_.outgoing().empty();
  catching_up_.sent(catching_up_.outgoing().size());
  if (link.is_by_program() && between_lines && was_in_) (void)link.send_some("/quit\n");
  link.shut_down_writing();
  return unsaid;
}

bool Conversation::take_leave(Link& link) {
  MutexLock lock(mutex_);
  if (!input_ended_ || !link.is_connected() || !catching_up_.all_sent()) return false;
  if (!link.is_by_program() || credentials_.empty()) {
    link.shut_down_writing();
    return false;
  }
  if (std::exchange(took_leave_, true)) return false;
  catching_up_.send("/quit\n");
  return true;
}

void Conversation::stop() {
  MutexLock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

bool Conversation::is_stopping() {
  MutexLock lock(mutex_);
  return stopping_;
}

void Conversation::pause_until(Clock::time_point time) {
  MutexLock lock(mutex_);
  if (!stopping_) changed_.wait_until(lock, time);
}

bool Conversation::goes_on(bool released, bool with_screen) {
  MutexLock lock(mutex_);
  if (!was_in_ || left_ || stopping_ || credentials_.empty()) return false;
  if (!input_ended_) return true;
  return !with_screen && !released && !catching_up_.all_heard();
}

}  // namespace chat
