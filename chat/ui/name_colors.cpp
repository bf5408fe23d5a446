#include "chat/ui/name_colors.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "chat/base/text.hpp"
#include "chat/ui/limits.hpp"

namespace chat {
namespace {

// Of eight colours only magenta can be read on either ground, besides the ground's own opposite;
// and red, which is that of errors.
constexpr std::array<std::string_view, 6> kEight = {"\x1B[35m",   "\x1B[1m",    "\x1B[4m",
                                                    "\x1B[1;35m", "\x1B[4;35m", "\x1B[1;4m"};

// Of 256 there are five, and a grey.
constexpr std::array<std::string_view, 16> k256 = {
    "\x1B[38;5;243m",  "\x1B[38;5;29m",    "\x1B[38;5;63m",    "\x1B[38;5;98m",
    "\x1B[38;5;131m",  "\x1B[38;5;163m",   "\x1B[1;38;5;29m",  "\x1B[1;38;5;63m",
    "\x1B[1;38;5;98m", "\x1B[1;38;5;131m", "\x1B[1;38;5;163m", "\x1B[4;38;5;29m",
    "\x1B[4;38;5;63m", "\x1B[4;38;5;98m",  "\x1B[4;38;5;131m", "\x1B[4;38;5;163m"};

// Sixteen hues, each as light as it takes.
constexpr std::array<std::string_view, 16> kTrue = {
    "\x1B[38;2;224;42;0m",   "\x1B[38;2;174;98;0m",  "\x1B[38;2;128;120;0m",
    "\x1B[38;2;88;128;0m",   "\x1B[38;2;42;134;0m",  "\x1B[38;2;0;136;9m",
    "\x1B[38;2;0;136;60m",   "\x1B[38;2;0;132;107m", "\x1B[38;2;0;127;156m",
    "\x1B[38;2;0;108;248m",  "\x1B[38;2;85;96;255m", "\x1B[38;2;133;77;255m",
    "\x1B[38;2;181;19;255m", "\x1B[38;2;210;0;197m", "\x1B[38;2;226;0;127m",
    "\x1B[38;2;234;0;44m"};

// FNV-1a.
std::uint32_t hash_of(std::string_view folded) {
  std::uint32_t hash = 2166136261u;
  for (const char c : folded) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash ^ (hash >> 16);
}

}  // namespace

Palette palette_of(std::string_view term, std::string_view color_term) {
  if (color_term == "truecolor" || color_term == "24bit") return Palette::kTrue;
  if (term.ends_with("-direct")) return Palette::kTrue;
  return term.find("256color") == std::string_view::npos ? Palette::kEight : Palette::k256;
}

std::span<const std::string_view> name_colors(Palette palette) {
  if (palette == Palette::kTrue) return kTrue;
  if (palette == Palette::k256) return k256;
  return kEight;
}

std::string_view NameColors::of(std::string_view name) {
  const auto colors = name_colors(palette_);
  const std::string folded = folded_name(name);
  std::size_t color = hash_of(folded) % colors.size();
  const auto same = [&](const Speaker& one) { return one.name == folded; };
  const auto known = std::find_if(last_.begin(), last_.end(), same);
  if (known != last_.end()) {
    color = known->color;
    last_.erase(known);
  } else {
    const auto taken = [&](const Speaker& one) { return one.color == color; };
    while (std::any_of(last_.begin(), last_.end(), taken)) color = (color + 1) % colors.size();
  }
  last_.push_front({folded, color});
  if (last_.size() > kLastSpeakers) last_.pop_back();
  return colors[color];
}

}  // namespace chat
