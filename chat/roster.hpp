// Who is online, as the server's lines tell: for the number in the status line and the names that
// Tab completes. Pure; NOT thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "chat/server_line.hpp"

namespace chat {

class Roster {
 public:
  void follow(const ServerLine& line);

  std::size_t size() const { return people_.size(); }

  // The names that begin so, in any case; who spoke last comes first.
  std::vector<std::string> beginning_with(std::string_view beginning) const;

 private:
  struct Person {
    std::string name;
    std::uint64_t spoke = 0;  // counts what was said; 0: nothing yet
  };

  void add(std::string_view name);

  std::map<std::string, Person, std::less<>> people_;  // by folded name
  std::uint64_t said_ = 0;
};

}  // namespace chat
