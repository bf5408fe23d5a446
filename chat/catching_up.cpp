#include "chat/catching_up.hpp"

#include <algorithm>

#include "chat/limits.hpp"
#include "chat/protocol.hpp"
#include "chat/text.hpp"

namespace chat {
namespace {

constexpr std::string_view kTagLine = "/tagged\n";

bool is_tag_answer(const ServerLine& line) {
  return line.text == protocol::kTagged.substr(2, protocol::kTagged.size() - 3);
}

}  // namespace

CatchingUp::CatchingUp() : outgoing_(kTagLine) {}

// Nothing: it is a command that says nothing, or the server refuses it.
std::optional<CatchingUp::Echo> CatchingUp::echo_of(std::string_view line) {
  if (line.empty() || line.size() > kMaxLine || !is_utf8(line)) return std::nullopt;
  if (const auto command = protocol::parse_command(line)) {
    if (lowercase(command->name) != "/me" || command->arguments.empty()) return std::nullopt;
    return Echo{ServerLine::Kind::kMe, neutralised(command->arguments)};
  }
  return Echo{ServerLine::Kind::kSay, neutralised(line.starts_with("//") ? line.substr(1) : line)};
}

void CatchingUp::set_own_name(std::string_view name) { own_name_ = folded_name(name); }

void CatchingUp::type(std::string_view line) {
  unheard_.push_back({std::string(line), echo_of(line), Line::State::kWaits});
  unheard_bytes_ += line.size() + 1;
  if (caught_up()) send_waiting();
}

// A command that was sent is lost, or answered.
void CatchingUp::send_waiting() {
  for (auto line = unheard_.begin(); line != unheard_.end();) {
    if (line->state == Line::State::kSent) {
      ++line;
      continue;
    }
    outgoing_.append(line->text).append("\n");
    line->state = Line::State::kSent;
    if (line->echo) {
      ++line;
    } else {
      unheard_bytes_ -= line->text.size() + 1;
      line = unheard_.erase(line);
    }
  }
}

std::size_t CatchingUp::waiting() const {
  const auto waits = [](const Line& line) { return line.state != Line::State::kSent; };
  return static_cast<std::size_t>(std::count_if(unheard_.begin(), unheard_.end(), waits));
}

void CatchingUp::lose() {
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
}

std::string CatchingUp::resumption(std::string_view credentials) {
  asked_after_ = last_.value_or(0);
  return std::string(kTagLine) + "resume\n" + std::string(credentials) + "\n/since " +
         std::to_string(asked_after_) + "\n" + std::string(kTagLine);
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
    if (!opened_) {
      opened_ = true;
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
  asked_after_ = last_.value_or(0);
  outgoing_.append("/since ").append(std::to_string(asked_after_)).append("\n").append(kTagLine);
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
