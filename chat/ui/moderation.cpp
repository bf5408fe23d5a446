#include "chat/ui/moderation.hpp"

#include <algorithm>

#include "chat/base/text.hpp"
#include "chat/ui/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

std::string_view take_until(std::string_view& text, std::string_view marks) {
  const std::string_view word = text.substr(0, text.find_first_of(marks));
  text.remove_prefix(word.size());
  return word;
}

// A name or an address.
bool is_target(std::string_view word) {
  return is_name(word) || (!word.empty() && word.find_first_not_of("0123456789abcdefABCDEF:./") ==
                                                std::string_view::npos);
}

void add(std::set<std::string>& targets, std::string_view word) {
  if (is_target(word) && targets.size() < kMaxLiftable) targets.insert(folded_name(word));
}

}  // namespace

void Moderation::set_own(std::string_view name, bool account) {
  own_name_ = folded_name(name);
  account_ = account;
}

bool Moderation::may(Access access) const {
  if (access == Access::kEveryone || access == Access::kClient) return true;
  return access == Access::kAccounts ? account_ : operator_;
}

std::vector<std::string> Moderation::liftable(Command command, std::string_view beginning) const {
  const Targets& all = command == Command::kUnignore ? ignored_
                       : command == Command::kUnmute ? muted_
                                                     : banned_;
  std::vector<std::string> found;
  const std::string folded = folded_name(beginning);
  for (auto i = all.lower_bound(folded); i != all.end() && i->starts_with(folded); ++i) {
    found.push_back(*i);
  }
  return found;
}

void Moderation::follow(const ServerLine& line) {
  if (line.kind != ServerLine::Kind::kNotice || line.replayed) return;
  if (line.number != 0) return follow_room(line.text);
  follow_answer(line.text);
}

// An operator `done` something.
void Moderation::follow_room(std::string_view done) {
  if (take_prefix(done, "has muted ")) {
    add(muted_, take_until(done, " "));
  } else if (take_prefix(done, "has unmuted ")) {
    muted_.erase(folded_name(done));
  } else if (take_prefix(done, "has banned ")) {
    if (done.starts_with("an address")) return;  // the room is not told which
    add(banned_, take_until(done, " :"));
  } else if (take_prefix(done, "has lifted the ban of ")) {
    banned_.erase(folded_name(done));
  } else if (take_prefix(done, "has made ")) {
    if (folded_name(take_until(done, " ")) != own_name_) return;
    if (done == " an operator") operator_ = true;
    if (done == " no operator any more") operator_ = false;
  }
}

// "you ignore ann, ben", "you ignore nobody", "192.0.2.7 is kept out until ...", "192.0.2.7 by ann
// until ..."
void Moderation::follow_answer(std::string_view text) {
  if (text == protocol::text_of(protocol::kOperator)) operator_ = true;
  if (take_prefix(text, "you ignore ")) return follow_ignored(text);
  const std::string_view target = take_until(text, " ");
  if (text.starts_with(" is kept out") || text.starts_with(" by ")) add(banned_, target);
  if (text == " is let in") banned_.erase(folded_name(target));
}

void Moderation::follow_ignored(std::string_view names) {
  if (names == "nobody") return;
  constexpr std::string_view kNoMore = " no more";
  if (names.ends_with(kNoMore)) {
    ignored_.erase(folded_name(names.substr(0, names.size() - kNoMore.size())));
    return;
  }
  while (!names.empty()) {
    add(ignored_, take_until(names, ","));
    names.remove_prefix(std::min<std::size_t>(names.size(), 2));
  }
}

}  // namespace chat
