// A colour for each name, which a terminal shows readably on black and on white: at a contrast of
// at least 4.5 to both, as WCAG counts, where it has enough colours for that. NOT thread safe.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>

namespace chat {

// How many colours a terminal has; of kTrue as many as there are.
enum class Palette { kEight, k256, kTrue };

// What TERM and COLORTERM say.
Palette palette_of(std::string_view term, std::string_view color_term);

// Escape sequences (SGR) from which names get theirs.
std::span<const std::string_view> name_colors(Palette palette);

class NameColors {
 public:
  explicit NameColors(Palette palette) : palette_(palette) {}

  // The same for a name on every day and in every client, in any case; but none that one of the
  // last speakers has, who are not this one. `name` is the last speaker from now on.
  std::string_view of(std::string_view name);

 private:
  struct Speaker {
    std::string name;  // folded
    std::size_t color;
  };

  Palette palette_;
  std::deque<Speaker> last_;  // the newest first
};

}  // namespace chat
