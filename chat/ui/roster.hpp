// The list of who is online, as the server's lines tell: for the status line's number and the names
// that Tab completes. Pure; NOT thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "chat/ui/server_line.hpp"

namespace chat {

class Roster {
 public:
  void follow(const ServerLine& line);

  // Forgets a partial list: its other lines were lost with the connection.
  void connection_lost() { listed_.clear(); }

  std::size_t size() const { return people_.size(); }

  // The names that begin so, in any case; who spoke last comes first.
  std::vector<std::string> beginning_with(std::string_view beginning) const;

 private:
  struct Person {
    std::string name;
    std::uint64_t spoke = 0;  // counts what was said; 0: nothing yet
  };

  using People = std::map<std::string, Person, std::less<>>;  // by folded name

  void add(std::string_view name);
  void follow_list(std::string_view text);

  People people_;
  People listed_;  // of a list of so many, of which more lines are to come
  std::uint64_t listed_count_ = 0;
  std::uint64_t said_ = 0;
};

}  // namespace chat
