#include "chat/client/catching_up.hpp"

#include <algorithm>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/client/limits.hpp"
#include "chat/wire/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

constexpr std::string_view kTagLine = "/tagged\n";

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

void CatchingUp::type(std::string_view line) {
  unheard_.push_back({std::string(line), echo_of(line), Line::State::kWaits});
  unheard_bytes_ += line.size() + 1;
  if (caught_up()) send_waiting();
}

// Forgets a line that is sent and brings no echo: it is lost, or answered.
void CatchingUp::send_waiting() {
  for (auto line = unheard_.begin(); line != unheard_.end();) {
    if (line->state != Line::State::kSent) send(*line);
    line->state = Line::State::kSent;
    if (line->echo) {
      ++line;
    } else {
      unheard_bytes_ -= line->text.size() + 1;
      line = unheard_.erase(line);
    }
  }
}

void CatchingUp::send(const Line& line) {
  const auto secret = protocol::parse_secret_command(line.text);
  if (secret && secret->password && !secret->is_of_account()) {
    passwords_.emplace_back(*secret->password);
  }
  outgoing_.append(line.text).append("\n");
}

// Errors of other commands may end so, too: then nobody tells of a loss, and the old password is
// the one to come back with.
std::optional<std::string> CatchingUp::changed_password(const ServerLine& line) {
  if (passwords_.empty() || line.number != 0) return std::nullopt;
  const bool changed = line.kind == ServerLine::Kind::kNotice &&
                       line.text == protocol::text_of(protocol::kPasswordChanged);
  const bool refused =
      line.kind == ServerLine::Kind::kError &&
      (line.text.ends_with(": nothing was changed") || line.text.starts_with("/password is for "));
  if (!changed && !refused) return std::nullopt;
  std::string password = std::move(passwords_.front());
  passwords_.pop_front();
  if (refused) return std::nullopt;
  return password;
}

std::vector<std::string> CatchingUp::unsaid(bool silent) const {
  std::vector<std::string> lines;
  for (const Line& line : unheard_) {
    if (silent || line.state != Line::State::kSent) {
      lines.push_back(protocol::without_passwords(line.text));
    }
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
  const std::string_view news = passwords_.empty() ? "" : kPerhapsChanged;
  passwords_.clear();
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
    if (caught_up()) return true;
    if (--marks_ == 0) reach_mark();
    return false;
  }
  if (protocol::is_missed_lines(line.text) && last_) {
    if (caught_up()) ask();
    return false;
  }
  if (caught_up()) return true;
  if (protocol::is_nothing_after(line.text)) return false;
  if (protocol::is_not_kept(line.text)) {
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
