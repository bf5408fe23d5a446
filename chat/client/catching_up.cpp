#include "chat/client/catching_up.hpp"

#include <algorithm>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/base/text.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

constexpr std::string_view kTagLine = "/tagged\n";

constexpr std::string_view kNotChanged = "the password was not changed: the connection was lost";
constexpr std::string_view kPerhapsChanged =
    "the connection was lost: nobody knows whether the password was changed";

bool is_tag_answer(const ServerLine& line) {
  return line.text == protocol::text_of(protocol::kTagged);
}

}  // namespace

CatchingUp::CatchingUp() : outgoing_(kTagLine) {}

// Nothing: it is a command that says nothing, or the server refuses it.
std::optional<CatchingUp::Echo> CatchingUp::echo_of(std::string_view line) {
  if (line.empty() || line.size() > kMaxLine || !is_utf8(line)) return std::nullopt;
  const auto echo = [](ServerLine::Kind kind, std::string_view text) -> std::optional<Echo> {
    std::string said = sanitised(text);
    if (trimmed(said).empty()) return std::nullopt;
    return Echo{kind, std::move(said)};
  };
  if (const auto command = protocol::parse_command(line)) {
    if (lowercase(command->name) != "/me") return std::nullopt;
    return echo(ServerLine::Kind::kMe, command->arguments);
  }
  return echo(ServerLine::Kind::kSay, line.starts_with("//") ? line.substr(1) : line);
}

void CatchingUp::set_own_name(std::string_view name) { own_name_ = folded_name(name); }

std::size_t CatchingUp::secrets_after(std::string_view line) {
  const auto command = protocol::parse_command(line);
  return command ? protocol::secrets_after(command->name, command->arguments) : 0;
}

void CatchingUp::type(std::string_view line) {
  const std::size_t secrets = secrets_after(line);
  if (secrets > 0) secrets_to_come_ = secrets;
  unheard_.push_back({std::string(line), echo_of(line), Line::State::kWaits, secrets, false});
  unheard_bytes_ += line.size() + 1;
  if (caught_up()) send_waiting();
}

bool CatchingUp::answer(std::string_view secret) {
  if (secrets_to_come_ > 0) --secrets_to_come_;
  if (secrets_due_ == 0 && asking_ != Asking::kQuestion && !waits_to_ask()) return false;
  // To a line that is none the server would say so, and still take the next one for the answer.
  if (secret.size() > kMaxLine || !is_utf8(secret)) secret = {};
  unheard_.push_back({std::string(secret), std::nullopt, Line::State::kWaits, 0, true});
  unheard_bytes_ += secret.size() + 1;
  if (caught_up()) send_waiting();
  return true;
}

std::optional<std::string> CatchingUp::secret_asked() const {
  const auto is_secret = [](const Line& line) { return line.secret; };
  const bool typed = std::any_of(unheard_.begin(), unheard_.end(), is_secret);
  if (asking_ == Asking::kQuestion && !typed) return question_;
  if (secrets_to_come_ > 0 && (secrets_due_ > 0 || waits_to_ask())) return "";
  return std::nullopt;
}

// Secrets go ahead of what waits for their end. What is sent and brings no echo is forgotten: it is
// lost, or answered.
void CatchingUp::send_waiting() {
  for (auto line = unheard_.begin(); line != unheard_.end();) {
    if (line->state == Line::State::kSent || !may_send(*line)) {
      if (line->secrets_after > 0) return;  // what is behind it belongs to it
      ++line;
      continue;
    }
    send(*line);
    line->state = Line::State::kSent;
    if (line->echo) {
      ++line;
    } else {
      unheard_bytes_ -= line->text.size() + 1;
      line = unheard_.erase(line);
    }
  }
}

bool CatchingUp::may_send(const Line& line) const {
  return line.secret ? asking_ == Asking::kQuestion : asking_ == Asking::kNo;
}

void CatchingUp::send(const Line& line) {
  if (line.secrets_after > 0) {
    outgoing_ += kTagLine;
    asking_ = Asking::kMark;
    secrets_due_ = line.secrets_after;
  } else if (line.secret) {
    asking_ = Asking::kAnswer;
    last_secret_ = line.text;
    secrets_due_ = line.text.empty() || secrets_due_ == 0 ? 0 : secrets_due_ - 1;
  }
  outgoing_.append(line.text).append("\n");
}

// Such a command is forgotten once it is sent.
bool CatchingUp::waits_to_ask() const {
  const auto asks = [](const Line& line) { return line.secrets_after > 0; };
  return std::any_of(unheard_.begin(), unheard_.end(), asks);
}

// What the server says to a command that makes it ask: a question, an error, or at the end, that it
// is done, to this user alone or to the room.
void CatchingUp::follow_asking(const ServerLine& line) {
  const bool notice = line.kind == ServerLine::Kind::kNotice;
  const bool alone = line.number == 0;
  if (notice && alone && protocol::asks_secret(line.text)) {
    asking_ = Asking::kQuestion;
    question_ = line.text;
    if (caught_up()) send_waiting();
  } else if (asking_ == Asking::kAnswer) {
    const bool refused = line.kind == ServerLine::Kind::kError;
    const bool done = notice && (alone || folded_name(line.from) == own_name_);
    if (refused || (done && secrets_due_ == 0)) end_asking();
  }
}

void CatchingUp::end_asking() {
  asking_ = Asking::kNo;
  secrets_due_ = 0;
  drop_secrets();
  if (!caught_up()) return;
  if (std::exchange(asks_later_, false)) return ask();
  send_waiting();
}

// Those of the command that was sent, not of one that waits.
void CatchingUp::drop_secrets() {
  for (auto line = unheard_.begin(); line != unheard_.end() && line->secrets_after == 0;) {
    if (line->secret) unheard_bytes_ -= line->text.size() + 1;
    line = line->secret ? unheard_.erase(line) : line + 1;
  }
}

std::vector<std::string> CatchingUp::unsaid(bool silent) const {
  std::vector<std::string> lines;
  for (const Line& line : unheard_) {
    if ((silent || line.state != Line::State::kSent) && !line.secret) lines.push_back(line.text);
  }
  return lines;
}

std::vector<std::string> CatchingUp::forget_unsaid() {
  std::vector<std::string> lines = unsaid(true);
  unheard_.clear();
  unheard_bytes_ = 0;
  return lines;
}

std::size_t CatchingUp::waiting() const {
  const auto waits = [](const Line& line) { return line.state != Line::State::kSent; };
  return static_cast<std::size_t>(std::count_if(unheard_.begin(), unheard_.end(), waits));
}

std::string_view CatchingUp::lose() {
  std::string_view news;
  if (asking_ != Asking::kNo)
    news = secrets_due_ > 0 || asking_ == Asking::kQuestion ? kNotChanged : kPerhapsChanged;
  asking_ = Asking::kNo;
  secrets_due_ = 0;
  asks_later_ = false;
  drop_secrets();
  outgoing_.clear();
  for (Line& line : unheard_) {
    if (line.state == Line::State::kSent) line.state = Line::State::kInDoubt;
  }
  // Where none was seen yet, what was sent may be anywhere in the log.
  before_ = last_.value_or(0);
  last_ = before_;
  highest_ = 0;
  marks_ = 1;
  opened_ = in_ = false;
  return news;
}

std::string CatchingUp::resumption(std::string_view credentials) {
  return std::string(kTagLine) + "resume\n" + std::string(credentials) + "\n" + since_line() +
         std::string(kTagLine);
}

std::string CatchingUp::since_line() {
  asked_after_ = last_.value_or(0);
  return "/since " + std::to_string(asked_after_) + (epoch_.empty() ? "" : "@" + epoch_) + "\n";
}

// The history that came first ends with the room's last line.
void CatchingUp::enter() {
  if (in_) return;
  in_ = true;
  if (highest_ > 0 && highest_ < before_) begin_anew();
  highest_ = 0;
}

bool CatchingUp::take(ServerLine& line) {
  follow_asking(line);
  return line.number > 0 ? take_numbered(line) : take_notice(line);
}

bool CatchingUp::take_numbered(ServerLine& line) {
  const std::uint64_t last = last_.value_or(0);
  if (line.replayed && caught_up()) {  // the first history, or what the user asked for
    if (!in_) last_ = std::max(last, line.number);
    return true;
  }
  if (line.replayed) {
    if (!in_) highest_ = std::max(highest_, line.number);
    if (!in_ || line.number <= last) return false;
    show(line);
    return true;
  }
  if (before_ > 0 && line.number <= before_) begin_anew();
  if (last_ && line.number <= *last_) return false;
  if (last_ && line.number != *last_ + 1) {
    highest_ = std::max(highest_, line.number);
    if (caught_up()) ask();
    return false;
  }
  show(line);
  return true;
}

// The server has lost its log, and counts from 1 again: all of that was missed.
void CatchingUp::begin_anew() {
  last_ = before_ = highest_ = 0;
  ask();
}

// The numbers count in another log: of that nothing was shown, and the server gives all of it.
void CatchingUp::follow_epoch(const std::string& epoch) {
  if (epoch.empty()) return;
  const bool other = !epoch_.empty() && epoch != epoch_;
  epoch_ = epoch;
  if (other) asked_after_ = before_ = highest_ = *(last_ = 0);
}

void CatchingUp::show(ServerLine& line) {
  line.replayed = false;
  last_ = line.number;
  if (folded_name(line.from) == own_name_) hear(line);
}

// Lines come back in the order in which they were sent: what stands before this one has been
// refused.
void CatchingUp::hear(const ServerLine& line) {
  const auto same = [&](const Line& each) {
    return each.state != Line::State::kWaits && each.echo && each.echo->kind == line.kind &&
           each.echo->text == line.text;
  };
  const auto found = std::find_if(unheard_.begin(), unheard_.end(), same);
  if (found == unheard_.end()) return;
  for (auto each = unheard_.begin(); each <= found; ++each) unheard_bytes_ -= each->text.size() + 1;
  unheard_.erase(unheard_.begin(), found + 1);
}

bool CatchingUp::take_notice(ServerLine& line) {
  if (line.kind != ServerLine::Kind::kNotice) return true;
  if (is_tag_answer(line)) {
    follow_epoch(line.epoch);
    if (!opened_) {
      opened_ = true;
      return false;
    }
    if (asking_ == Asking::kMark) {
      asking_ = Asking::kAnswer;
      return false;
    }
    if (caught_up()) return true;
    if (--marks_ == 0) reach_mark();
    return false;
  }
  if (line.text.starts_with("you missed lines ") && last_) {
    if (caught_up()) ask();
    return false;
  }
  if (caught_up()) return true;
  if (line.text.starts_with("there is nothing after line ")) return false;
  if (line.text.ends_with(" are not kept any more")) {
    if (const std::size_t lost = forget_doubtful(); lost > 0) {
      const std::string more = "; nobody knows whether " + std::to_string(lost) +
                               (lost == 1 ? " line" : " lines") + " of yours came through";
      line.text += more;
      line.plain += more;
    }
  }
  return true;
}

// Their traces are gone with the lines that are not kept.
std::size_t CatchingUp::forget_doubtful() {
  return std::erase_if(unheard_, [this](const Line& line) {
    if (line.state != Line::State::kInDoubt) return false;
    unheard_bytes_ -= line.text.size() + 1;
    return true;
  });
}

void CatchingUp::ask() {
  if (asking_ != Asking::kNo) {
    asks_later_ = true;
    return;
  }
  outgoing_.append(since_line()).append(kTagLine);
  ++marks_;
}

// A server that has not given what it has is not asked for ever.
void CatchingUp::reach_mark() {
  if (highest_ > last_.value_or(0)) {
    if (last_.value_or(0) > asked_after_) return ask();
    last_ = highest_;
  }
  highest_ = 0;
  send_waiting();
}

std::chrono::milliseconds reconnect_wait(unsigned failed, std::uint32_t random) {
  const auto wait = std::min(kFirstReconnect * (1U << std::min(failed, 10U)), kLongestReconnect);
  return wait * (80 + random % 41) / 100;
}

}  // namespace chat
