#include "chat/roster.hpp"

#include <algorithm>

#include "chat/limits.hpp"
#include "chat/text.hpp"

namespace chat {

void Roster::follow(const ServerLine& line) {
  if (line.replayed) return;  // who was here then may not be here now
  switch (line.kind) {
    case ServerLine::Kind::kSay:
    case ServerLine::Kind::kMe:
    case ServerLine::Kind::kPrivate:
      if (const auto found = people_.find(folded_name(line.from)); found != people_.end()) {
        found->second.spoke = ++said_;
      }
      return;
    case ServerLine::Kind::kEnter:
      return add(line.from);
    case ServerLine::Kind::kLeave:
      people_.erase(folded_name(line.from));
      return;
    case ServerLine::Kind::kOnline: {
      // "online (3): ann, ben, cid"; a long list is several such lines.
      std::string_view names = line.text;
      const auto colon = names.find(": ");
      names.remove_prefix(colon == std::string_view::npos ? names.size() : colon + 2);
      while (!names.empty()) {
        const auto comma = std::min(names.find(", "), names.size());
        add(names.substr(0, comma));
        names.remove_prefix(std::min(comma + 2, names.size()));
      }
      return;
    }
    default:
      return;
  }
}

void Roster::add(std::string_view name) {
  if (!is_name(name) || people_.size() >= kMaxUsersLimit) return;
  people_[folded_name(name)].name = name;
}

std::vector<std::string> Roster::beginning_with(std::string_view beginning) const {
  const std::string folded = folded_name(beginning);
  std::vector<const Person*> found;
  for (auto i = people_.lower_bound(folded); i != people_.end(); ++i) {
    if (!i->first.starts_with(folded)) break;
    found.push_back(&i->second);
  }
  std::stable_sort(found.begin(), found.end(), [](const Person* one, const Person* other) {
    return one->spoke > other->spoke;
  });
  std::vector<std::string> names;
  names.reserve(found.size());
  for (const Person* person : found) names.push_back(person->name);
  return names;
}

}  // namespace chat
