// A person at a terminal, with the client: types, and sees a screen.
#pragma once

#include <pty.h>
#include <termios.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "chat/base/descriptor.hpp"
#include "tests/support/fake_server.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/program.hpp"
#include "tests/support/screen_model.hpp"

class Seated {
 public:
  using Words = std::vector<std::string>;

  // Without the times, which would make every row another one at every moment.
  explicit Seated(std::uint16_t port, const Words& options = {"--no-time"},
                  const Program::Seat& seat = {},
                  ScreenModel::Resize resize = ScreenModel::Resize::kBreaks)
      : program("client", to(port, options), seat), screen(seat.rows, seat.columns, resize) {}

  // Another program, which runs the client.
  Seated(const std::string& path, const Words& words, const Program::Seat& seat)
      : program(path, words, seat), screen(seat.rows, seat.columns) {}

  // Registers, guided, and has seen the arrival.
  void come_in(const std::string& name) {
    see_prompt("login or register?");
    type("register\r");
    see_prompt("user,password?");
    type(name + ",pw\r");
    see("* " + name + " has entered the chat");
    see_prompt(">");
  }

  void type(std::string_view keys) { program.type(keys); }

  void resize(unsigned short rows, unsigned short columns) {
    screen.resize(rows, columns);
    program.resize(rows, columns);
  }

  // Waits until it is so on the screen.
  void see(std::string_view text) {
    until("\"" + std::string(text) + "\"", [&] { return screen.shows(text); });
  }
  // The whole of the row that is typed into.
  void see_prompt(std::string_view row) {
    until("the prompt \"" + std::string(row) + "\"", [&] { return screen.row_at_cursor() == row; });
  }
  // The row below it, too.
  void see_status(std::string_view part) {
    until("the status \"" + std::string(part) + "\"",
          [&] { return screen.row_below_cursor().find(part) != std::string::npos; });
  }
  void until(const std::string& what, const std::function<bool()>& so) {
    while (!so()) {
      const std::string more = program.read_more();
      if (more.empty()) throw std::runtime_error("ended without " + what + described());
      try {
        screen.feed(more);
      } catch (const std::exception& error) {
        throw std::runtime_error(error.what() + described());
      }
    }
  }

  // What stays when the program has ended.
  Words see_the_end() {
    screen.feed(program.read_all());
    return screen.all_rows();
  }

  std::string described() const {
    std::string text = " on the screen:\n";
    for (const std::string& row : screen.all_rows()) text += row + "\n";
    return text;
  }

  Program program;
  ScreenModel screen;
};

// The connection of one who registers as ann with password pw, guided by nothing but the options,
// and is let in by a server of the test's; she is alone.
inline Peer let_in(FakeServer& server, Seated& ann) {
  ann.type("pw\r");
  Peer connection = server.accept();
  connection.read_until("ann,pw");
  connection.say("* online (1): ann");
  ann.see_prompt(">");
  return connection;
}

// How a terminal is set that no program has touched.
inline termios untouched_mode() {
  int terminal = -1;
  int inside = -1;
  if (::openpty(&terminal, &inside, nullptr, nullptr, nullptr) != 0) {
    throw std::runtime_error("openpty");
  }
  const chat::Descriptor close_terminal(terminal);
  const chat::Descriptor close_inside(inside);
  termios mode{};
  if (::tcgetattr(terminal, &mode) != 0) throw std::runtime_error("tcgetattr");
  return mode;
}

inline bool same(const termios& one, const termios& other) {
  const auto flags = [](const termios& mode) {
    return std::tuple(mode.c_iflag, mode.c_oflag, mode.c_cflag, mode.c_lflag);
  };
  return flags(one) == flags(other) &&
         std::equal(std::begin(one.c_cc), std::end(one.c_cc), std::begin(other.c_cc));
}
