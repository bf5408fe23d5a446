// What a member does not want to hear: others by name, or who comes and goes. Pure; thread safe
// where nobody changes it.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "chat/wire/line_format.hpp"

namespace chat {

struct LineFilter {
  std::string own_name;           // folded; one's own lines are always heard
  std::set<std::string> ignored;  // folded names
  bool quiet = false;             // no arrivals and departures

  bool hides_anything() const { return quiet || !ignored.empty(); }
  bool ignores(std::string_view name) const;
  bool hides(const RoomLine& line) const;
};

}  // namespace chat
