#include "chat/room/line_filter.hpp"

#include "chat/base/text.hpp"

namespace chat {

bool LineFilter::ignores(std::string_view name) const {
  return ignored.contains(folded_name(name));
}

bool LineFilter::hides(const RoomLine& line) const {
  switch (line.kind) {
    case Kind::kSay:
    case Kind::kMe:
      return !ignored.empty() && ignores(line.from);
    case Kind::kEnter:
    case Kind::kLeave:
      return quiet && folded_name(line.from) != own_name;
    case Kind::kNotice:
      break;
  }
  return false;
}

}  // namespace chat
