// The user's side of the client: standard input and output, the terminal's mode, signals.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "chat/base/descriptor.hpp"
#include "chat/base/limits.hpp"
#include "chat/base/poller.hpp"

namespace chat {

// Standard input and output.
//
// While a Terminal lives, the signals that end, stop, continue or resize are blocked and taken by
// wait(), and SIGPIPE is ignored. Create it before any other thread, which then inherits that.
// There can be one only.
//
// Where both are terminals there can be a screen: keys come one by one and unechoed, Ctrl+C among
// them as a byte. It may be a plain one, on which nothing moves but the end of the text: where TERM
// is dumb, or a person is read to. Where only the input is a terminal, it keeps to lines, and
// echoes them from show_typing() on. The destructor puts the terminal back as it was, and throws
// away keys that nobody has read: they may be a password, and the shell would run them.
class Terminal {
 public:
  enum class Wanted { kNoScreen, kPlain, kScreen };
  // Throws std::system_error.
  explicit Terminal(Wanted wanted = Wanted::kScreen);
  ~Terminal() { restore(); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  bool has_screen() const { return has_screen_; }
  bool is_plain() const { return plain_; }
  bool can_paint() const;  // TERM is not dumb

  // Whether it is of xterm's kind; and what it makes of rows that are longer than its new width, if
  // the environment tells: it breaks them, or cuts them off.
  bool is_like_xterm() const;
  enum class Narrowed { kUnknown, kBreaks, kCuts };
  Narrowed narrowed() const;
  bool input_is_terminal() const { return saved_.has_value(); }

  // Of the main thread only.

  struct Ready {
    bool input = false;          // read() does not block
    bool sending = false;        // the socket takes bytes
    bool woken = false;          // wake() was called
    bool output_closed = false;  // nobody can read standard output any more
    bool ended = false;          // SIGINT, SIGTERM, SIGHUP, SIGQUIT or SIGXCPU came
    bool resized = false;        // SIGWINCH
    bool stopped = false;        // SIGTSTP, which has to be answered with suspend()
    bool continued = false;      // SIGCONT: somebody else may have used the terminal
  };

  // Blocks until something of it is so; input and sending only where asked for.
  Ready wait(bool input, const Descriptor* sending, std::optional<Clock::time_point> deadline);

  // How many bytes came; none at the end of input.
  std::optional<std::size_t> read(std::span<char> into);

  // Stops the process, or the whole job that it belongs to as Ctrl+Z does, with the terminal as it
  // was before; returns when it is continued. Where nobody could continue it, it does nothing.
  enum class Stop { kProcess, kJob };
  void suspend(Stop stop);

  // Sets the mode that the client needs, after somebody else has used the terminal.
  void take_over();

  // The terminal as it was before. May be called again.
  void restore();

  // Thread safe.

  void wake() { wake_.signal(); }

  // Writes all. Throws std::system_error where standard output takes no more.
  void write(std::string_view bytes);

  // From now on, write() drops what it cannot write: nobody reads it, and the client wants to end.
  void stop_output() { stop_.signal(); }

  struct Size {
    std::size_t rows;
    std::size_t columns;
  };
  Size size() const;
  // Of the rows that standard output is shown in; 0: it is no terminal.
  std::size_t output_columns() const;

  // Without a screen: the typed lines are no secret any more.
  void show_typing();

 private:
  void take_signals_into(Ready& ready);

  WakeEvent wake_;
  WakeEvent stop_;
  Descriptor signals_;
  bool has_screen_;
  bool plain_;
  std::optional<termios> saved_;  // how the terminal was, if standard input is one
  termios own_{};                 // how the client wants it
};

}  // namespace chat
