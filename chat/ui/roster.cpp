#include "chat/ui/roster.hpp"

#include <algorithm>
#include <utility>

#include "chat/base/limits.hpp"
#include "chat/base/text.hpp"

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
    case ServerLine::Kind::kOnline:
      return follow_list(line.text);
    default:
      return;
  }
}

// "online (3): ann, ben, cid"; a long list is several such lines. Whole, it says who is here, and
// that nobody else is.
void Roster::follow_list(std::string_view text) {
  const auto begin = text.find('(');
  const auto colon = std::min(text.find("): "), text.size());
  if (begin == std::string_view::npos || colon < begin) return;
  const auto count = parse_number(text.substr(begin + 1, colon - begin - 1));
  if (!count || *count > kMaxUsersLimit) return;
  if (std::exchange(listed_count_, *count) != *count) listed_.clear();
  std::string_view names = text.substr(std::min(colon + 3, text.size()));
  while (!names.empty()) {
    const auto comma = std::min(names.find(", "), names.size());
    const std::string_view name = names.substr(0, comma);
    names.remove_prefix(std::min(comma + 2, names.size()));
    if (!is_name(name)) continue;
    const auto known = people_.find(folded_name(name));
    listed_[folded_name(name)] = {std::string(name),
                                  known == people_.end() ? 0 : known->second.spoke};
  }
  if (listed_.size() > *count) listed_.clear();  // no list: it names more than it says
  if (listed_.size() == *count) people_ = std::exchange(listed_, {});
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
