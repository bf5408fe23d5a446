// The lines typed before, newest first. Pure; NOT thread safe.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

class History {
 public:
  // Empty lines, and one that equals the newest, are not kept; beyond kMaxHistory the oldest go.
  void add(std::string_view line);

  std::size_t size() const { return lines_.size(); }
  const std::string& at(std::size_t age) const { return lines_[age]; }  // 0: the newest

  // The newest line that holds `part`, in any case, and is at least `age` old; and where in it.
  struct Found {
    std::size_t age;
    std::size_t at;
  };
  std::optional<Found> find(std::string_view part, std::size_t age) const;

 private:
  std::deque<std::string> lines_;
};

}  // namespace chat
