// The user's side of the client: standard input and output, the terminal's mode, signals; and the
// Screen, the one writer of what the user sees.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "chat/limits.hpp"
#include "chat/line_editor.hpp"
#include "chat/mutex.hpp"
#include "chat/socket.hpp"

namespace chat {

// Opens what is missing of descriptors 0, 1 and 2, for a program that is started with one of them
// closed: otherwise its socket would get that number, and be taken for standard input or output.
void reserve_standard_descriptors();

// Standard input and output.
//
// While a Terminal lives, SIGINT, SIGTERM, SIGHUP and SIGQUIT are blocked and taken by wait(), and
// SIGPIPE is ignored. Create it before any other thread, which then inherits that. There can be one
// only.
//
// Where both are terminals (and TERM is not dumb) there is a screen: keys come one by one and
// unechoed, Ctrl+C among them as a byte. Where only the input is a terminal, it keeps to lines, and
// echoes them from show_typing() on. The destructor puts the terminal back as it was, and throws
// away keys that nobody has read: they may be a password, and the shell would run them.
class Terminal {
 public:
  Terminal();  // throws std::system_error
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  bool has_screen() const { return has_screen_; }

  // Of the main thread only.

  struct Ready {
    bool input = false;          // read() does not block
    bool sending = false;        // the socket takes bytes
    bool signal = false;         // one of the signals above came
    bool woken = false;          // wake() was called: stays so
    bool output_closed = false;  // nobody can read standard output any more
    bool timed_out = false;      // the deadline has passed
  };

  // Blocks until something of it is so; input and sending only where asked for.
  Ready wait(bool input, const Descriptor* sending, std::optional<Clock::time_point> deadline);

  // How many bytes came; none at the end of input.
  std::optional<std::size_t> read(std::span<char> into);

  // Thread safe.

  void wake() { wake_.signal(); }

  // Writes all. Throws std::system_error where standard output takes no more.
  void write(std::string_view bytes);

  // From now on, write() drops what it cannot write: nobody reads it, and the client wants to end.
  void stop_output() { stop_.signal(); }

  std::size_t columns() const;

  // Without a screen: the typed lines are no secret any more.
  void show_typing();

 private:
  WakeEvent wake_;
  WakeEvent stop_;
  Descriptor signals_;
  bool has_screen_;
  std::optional<termios> saved_;  // how the terminal was, if standard input is one
};

// What the user sees: the server's lines and, where there is a screen, below them the line being
// typed. Each change is one write, so that a line that comes in never tears the one being typed:
// hide it, print, paint it again.
//
// Thread safe. The mutex is held while writing, which is what keeps the order: a terminal that
// takes no output holds up whoever wants to paint, and nobody else.
class Screen {
 public:
  explicit Screen(Terminal& terminal);  // `terminal` outlives it

  // `lines` are neutralised and end in LF each. Throws std::system_error like Terminal::write().
  void print(std::string_view lines) EXCLUDES(mutex_);

  // Keys into the line editor; gives what they amount to. Throws like print().
  std::vector<LineEditor::Event> type(std::string_view keys) EXCLUDES(mutex_);

  // The user is in. Until then, what follows a line's comma is painted as asterisks, whether or not
  // the server has asked for the password yet, and typed lines stay on the screen. From now on they
  // are shown, and go when they are sent: they come back from the server in the room's order.
  void enter_room() EXCLUDES(mutex_);

  // Nothing more is typed: the typed line goes.
  void end_typing() EXCLUDES(mutex_);

 private:
  void repaint(std::string_view above) REQUIRES(mutex_);

  Terminal& terminal_;
  Mutex mutex_;
  LineEditor editor_ GUARDED_BY(mutex_);
  bool typing_ GUARDED_BY(mutex_);  // there is a line to paint
  bool in_room_ GUARDED_BY(mutex_) = false;
};

}  // namespace chat
