#include "chat/ui/name_colors.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>

namespace chat {
namespace {

double linear(double part) {
  return part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
}

double luminance(int red, int green, int blue) {
  return 0.2126 * linear(red / 255.0) + 0.7152 * linear(green / 255.0) +
         0.0722 * linear(blue / 255.0);
}

// Of one of xterm's 256: its cube, and its greys.
double luminance(int index) {
  const int grey = 8 + 10 * (index - 232);
  if (index >= 232) return luminance(grey, grey, grey);
  constexpr std::array<int, 6> kLevels = {0, 95, 135, 175, 215, 255};
  const auto level = [&](int part) { return kLevels.at(static_cast<std::size_t>(part % 6)); };
  return luminance(level((index - 16) / 36), level((index - 16) / 6), level(index - 16));
}

void check_contrast(double light) {
  BOOST_TEST((light + 0.05) / 0.05 >= 4.5);  // on black
  BOOST_TEST(1.05 / (light + 0.05) >= 4.5);  // on white
}

}  // namespace

BOOST_AUTO_TEST_SUITE(colors_of_names)

BOOST_AUTO_TEST_CASE(each_can_be_read_on_black_and_on_white) {
  for (const std::string_view color : name_colors(Palette::kTrue)) {
    int red = 0, green = 0, blue = 0;
    BOOST_REQUIRE(
        std::sscanf(std::string(color).c_str(), "\x1B[38;2;%d;%d;%dm", &red, &green, &blue) == 3);
    check_contrast(luminance(red, green, blue));
  }
  for (const std::string_view color : name_colors(Palette::k256)) {
    const auto at = color.find("38;5;");
    BOOST_REQUIRE(at != std::string_view::npos);
    check_contrast(luminance(std::stoi(std::string(color.substr(at + 5)))));
  }
  for (const std::string_view color : name_colors(Palette::kEight)) {
    const auto at = color.find('3');
    BOOST_TEST((at == std::string_view::npos || color.substr(at, 2) == "35"));
  }
}

BOOST_AUTO_TEST_CASE(there_are_many_and_none_twice) {
  for (const auto& [palette, least] :
       {std::pair{Palette::kTrue, 16U}, {Palette::k256, 16U}, {Palette::kEight, 6U}}) {
    const auto colors = name_colors(palette);
    BOOST_TEST(std::set<std::string_view>(colors.begin(), colors.end()).size() == colors.size());
    BOOST_TEST(colors.size() >= least);
  }
}

BOOST_AUTO_TEST_CASE(the_last_speakers_differ_and_each_keeps_its_own) {
  for (const Palette palette : {Palette::kEight, Palette::k256, Palette::kTrue}) {
    NameColors colors(palette);
    std::set<std::string_view> seen;
    for (const char* name : {"ann", "ben", "cid", "dan", "eve"}) seen.insert(colors.of(name));
    BOOST_TEST(seen.size() == 5u);
    BOOST_TEST(colors.of("BEN") == colors.of("ben"));
  }
}

BOOST_AUTO_TEST_CASE(the_environment_says_how_many_colours_there_are) {
  BOOST_TEST((palette_of("xterm", "") == Palette::kEight));
  BOOST_TEST((palette_of("xterm-256color", "") == Palette::k256));
  BOOST_TEST((palette_of("screen-256color", "") == Palette::k256));
  BOOST_TEST((palette_of("xterm-256color", "truecolor") == Palette::kTrue));
  BOOST_TEST((palette_of("linux", "24bit") == Palette::kTrue));
  BOOST_TEST((palette_of("xterm-direct", "") == Palette::kTrue));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
