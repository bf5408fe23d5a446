// A screen on a terminal of the test's, as a person would see it.
#include "chat/ui/screen.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "chat/ui/limits.hpp"
#include "chat/wire/limits.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/screen_model.hpp"

namespace chat {
namespace {

using Words = std::vector<std::string>;

// A pseudo-terminal as standard input and output, and all that a Terminal changes of the process
// put back at the end. What the test has to say goes to standard error meanwhile.
class Seat {
 public:
  Seat(unsigned short rows, unsigned short columns, const char* kind) {
    boost::unit_test::unit_test_log.set_stream(std::cerr);
    std::cout.flush();
    winsize size{};
    size.ws_row = rows;
    size.ws_col = columns;
    int outside = -1;
    int inside = -1;
    BOOST_REQUIRE(::openpty(&outside, &inside, nullptr, nullptr, &size) == 0);
    person_ = Descriptor(outside);
    inside_ = Descriptor(inside);
    input_ = Descriptor(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    output_ = Descriptor(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) BOOST_REQUIRE(::dup2(inside, fd) == fd);
    (void)::pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
    for (int i = 1; i <= kSignals; ++i) (void)::sigaction(i, nullptr, &actions_[index(i)]);
    for (const char* name : {"TMUX", "VTE_VERSION", "XTERM_VERSION"}) (void)::unsetenv(name);
    (void)::setenv("TERM", kind, 1);
  }
  ~Seat() {
    (void)::dup2(input_.get(), STDIN_FILENO);
    (void)::dup2(output_.get(), STDOUT_FILENO);
    for (int i = 1; i <= kSignals; ++i) (void)::sigaction(i, &actions_[index(i)], nullptr);
    (void)::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    boost::unit_test::unit_test_log.set_stream(std::cout);
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  // What comes next.
  std::string read() {
    pollfd entry{person_.get(), POLLIN, 0};
    const auto wait = std::chrono::milliseconds(kPatience).count();
    if (::poll(&entry, 1, static_cast<int>(wait)) != 1) throw std::runtime_error("nothing comes");
    std::array<char, 4096> bytes;
    const ssize_t got = ::read(person_.get(), bytes.data(), bytes.size());
    if (got <= 0) throw std::runtime_error("the terminal is gone");
    return {bytes.data(), static_cast<std::size_t>(got)};
  }

  void resize(unsigned short rows, unsigned short columns) {
    winsize size{};
    size.ws_row = rows;
    size.ws_col = columns;
    BOOST_REQUIRE(::ioctl(person_.get(), TIOCSWINSZ, &size) == 0);
  }

 private:
  static constexpr int kSignals = 64;
  static std::size_t index(int signal) { return static_cast<std::size_t>(signal); }

  Descriptor person_;
  Descriptor inside_;
  Descriptor input_;
  Descriptor output_;
  sigset_t mask_{};
  std::array<struct sigaction, kSignals + 1> actions_{};
};

ScreenOptions options() {
  ScreenOptions options;
  options.display.time = false;
  options.display.color = false;
  options.room = "example.org";
  return options;
}

struct Desk {
  explicit Desk(unsigned short rows = 10, unsigned short columns = 60, const char* kind = "xterm",
                Terminal::Wanted wanted = Terminal::Wanted::kScreen,
                const ScreenOptions& chosen = options())
      : seat(rows, columns, kind), model(rows, columns), terminal(wanted) {
    screen.emplace(terminal, chosen);
  }

  // In the room as ann, connected.
  void come_in() {
    screen->set_own_name("ann", false);
    screen->enter_room();
    screen->set_connection("connected", true);
  }
  void comes(const Words& lines) {
    std::vector<ServerLine> parsed;
    for (const std::string& line : lines) parsed.push_back(parse_server_line(line));
    screen->show(parsed);
  }
  // The lines that were typed.
  Words type(std::string_view keys) {
    screen->type(keys);
    Words lines;
    while (const auto event = screen->next_event()) {
      if (event->kind == LineEditor::Event::Kind::kLine) lines.push_back(event->text);
    }
    return lines;
  }
  void resize(unsigned short rows, unsigned short columns) {
    (void)seen();
    model.resize(rows, columns);
    seat.resize(rows, columns);
    screen->resized();
  }

  // The screen with all that was written by now, behind which a mark is written.
  const ScreenModel& seen() {
    constexpr char kMark = '\x01';
    terminal.write({&kMark, 1});
    std::string all;
    while (!all.ends_with(kMark)) all += seat.read();
    all.pop_back();
    bytes += all;
    model.feed(all);
    return model;
  }
  Words rows() { return seen().all_rows(); }

  Seat seat;
  ScreenModel model;
  Terminal terminal;
  std::optional<Screen> screen;
  std::string bytes;  // all that came
};

}  // namespace

BOOST_AUTO_TEST_SUITE(screen)

BOOST_AUTO_TEST_CASE(lines_stand_above_the_line_being_typed_and_the_status_below) {
  Desk desk;
  desk.come_in();
  desk.comes({"* online (2): ann, ben"});
  BOOST_TEST(desk.type("hel").empty());
  desk.comes({"ben: one", "ben: two"});
  BOOST_TEST(desk.type("lo").empty());
  BOOST_TEST(desk.rows() == (Words{"* online (2): ann, ben", "ben: one", "ben: two", "> hello",
                                   "example.org · ann · 2 online · connected"}));
  BOOST_TEST(desk.model.row_at_cursor() == "> hello");
  BOOST_TEST(desk.model.cursor_column() == 7u);
}

BOOST_AUTO_TEST_CASE(the_cursor_stays_where_it_was_in_the_line_while_others_speak) {
  Desk desk;
  desk.come_in();
  BOOST_TEST(desk.type("hello\x1b[D\x1b[D").empty());
  desk.comes({"ben: one"});
  BOOST_TEST(desk.seen().row_at_cursor() == "> hello");
  BOOST_TEST(desk.model.cursor_column() == 5u);
  BOOST_TEST(desk.type("p") == Words{});
  BOOST_TEST(desk.seen().row_at_cursor() == "> helplo");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_typed_goes_in_the_room_and_stays_before_it) {
  Desk desk;
  desk.screen->ask({"login or register? ", LineEditor::Mask::kNone, false});
  BOOST_TEST(desk.type("login\r") == Words{"login"});
  BOOST_TEST(desk.seen().shows("login or register? login"));
  desk.come_in();
  BOOST_TEST(desk.type("hello\r") == Words{"hello"});
  BOOST_TEST(!desk.seen().shows("hello"));
  BOOST_TEST(desk.model.row_at_cursor() == ">");
}

BOOST_AUTO_TEST_CASE(who_looks_elsewhere_is_notified_and_finds_a_marker_and_the_title_goes_back) {
  Desk desk;
  desk.come_in();
  BOOST_TEST(desk.seen().reports_focus());
  desk.comes({"ben: seen"});
  BOOST_TEST(desk.type("hel\x1B[O").empty());
  desk.comes({"ben: hi all"});
  BOOST_TEST(desk.seen().title() == "shell");
  desk.comes({"ben: hi ann", "ben: more"});
  BOOST_TEST(desk.rows() == (Words{"ben: seen", "--- new", "ben: hi all", "ben: hi ann",
                                   "ben: more", "> hel", "example.org · ann · connected"}));
  BOOST_TEST(desk.model.title() == "(1) example.org");
  BOOST_TEST((desk.model.notifications() == Words{"ben: hi ann"}));
  BOOST_TEST(desk.type("\x1B[Ilo\r") == Words{"hello"});
  BOOST_TEST(desk.seen().title() == "shell");
  BOOST_TEST(desk.type("\x1Bn\x1B[O").empty());
  desk.comes({"ben: ann?"});
  BOOST_TEST(desk.seen().shows("* you are not notified of mentions (Alt+N: again)"));
  BOOST_TEST(desk.model.title() == "shell");
  BOOST_TEST(desk.type("\x1Bn").empty());
  desk.comes({"ben: ann!"});
  BOOST_TEST(desk.seen().title() == "(2) example.org");
  desk.screen->end_typing();
  BOOST_TEST(desk.seen().title() == "shell");
  BOOST_TEST(!desk.model.reports_focus());
}

BOOST_AUTO_TEST_CASE(a_hidden_line_is_not_shown_but_counts) {
  Desk desk;
  desk.come_in();
  ServerLine line = parse_server_line("* online (7): a, b, c, d, e, f, g");
  line.hidden = true;
  desk.screen->show({&line, 1});
  desk.comes({"a: hi"});
  BOOST_TEST(desk.rows() == (Words{"a: hi", ">", "example.org · ann · 7 online · connected"}));
}

BOOST_AUTO_TEST_CASE(the_clients_own_word_is_marked_as_such) {
  Desk desk;
  desk.screen->tell("cannot write the log");
  BOOST_TEST(desk.seen().shows("! cannot write the log"));
}

BOOST_AUTO_TEST_CASE(a_lost_connection_stands_in_the_status) {
  Desk desk;
  BOOST_TEST(desk.seen().row_below_cursor() == "");  // nothing was painted yet
  desk.come_in();
  desk.screen->set_connection("lost", false);
  BOOST_TEST(desk.seen().row_below_cursor() == "example.org · ann · lost");
}

BOOST_AUTO_TEST_CASE(lines_that_wait_stand_above_the_typed_row_the_last_of_them) {
  Desk desk(20);
  desk.come_in();
  desk.screen->set_waiting({"one\ttwo"});
  BOOST_TEST(desk.rows() ==
             (Words{"  one two", ">", "example.org · ann · connected · 1 line waits"}));
  Words lines;
  for (std::size_t i = 0; i < kMaxWaitingRows + 2; ++i) lines.push_back("line" + std::to_string(i));
  desk.screen->set_waiting(lines);
  desk.comes({"ben: hi"});
  const Words rows = desk.rows();
  BOOST_REQUIRE(rows.size() == kMaxWaitingRows + 3);
  BOOST_TEST(rows.at(0) == "ben: hi");
  BOOST_TEST(rows.at(1) == "… line2");
  BOOST_TEST(rows.at(kMaxWaitingRows) == "  line6");
  desk.screen->set_waiting({});
  BOOST_TEST(desk.rows() == (Words{"ben: hi", ">", "example.org · ann · connected"}));
}

BOOST_AUTO_TEST_CASE(a_low_screen_has_no_status) {
  Desk desk(3);
  desk.come_in();
  desk.comes({"ben: hi"});
  BOOST_TEST(desk.rows() == (Words{"ben: hi", ">"}));
  desk.resize(4, 60);
  BOOST_TEST(desk.seen().row_below_cursor() == "example.org · ann · connected");
}

BOOST_AUTO_TEST_CASE(without_a_status_there_is_none) {
  ScreenOptions chosen = options();
  chosen.status = false;
  Desk desk(10, 60, "xterm", Terminal::Wanted::kScreen, chosen);
  desk.come_in();
  desk.comes({"ben: hi"});
  BOOST_TEST(desk.rows() == (Words{"ben: hi", ">"}));
}

BOOST_AUTO_TEST_CASE(a_new_width_leaves_every_line_one_prompt_and_one_status) {
  for (const int columns : {100, 60, 45, 31}) {
    Desk desk(10, 60, "xterm-kitty");  // known to break its rows
    desk.come_in();
    desk.comes({"ben: one", "ben: two"});
    BOOST_TEST(desk.type(std::string(40, 'x')).empty());
    desk.resize(10, static_cast<unsigned short>(columns));
    BOOST_TEST_CONTEXT(columns << " columns") {
      BOOST_TEST(desk.seen().count("ben: one") == 1);
      BOOST_TEST(desk.model.count("ben: two") == 1);
      BOOST_TEST(desk.model.count("connected") == 1);
      BOOST_TEST(desk.model.count("xxx") == 1);
      BOOST_TEST(desk.model.row_at_cursor().ends_with("xxx"));
    }
  }
}

BOOST_AUTO_TEST_CASE(clearing_leaves_the_typed_line_and_the_status) {
  Desk desk;
  desk.come_in();
  desk.comes({"ben: one"});
  BOOST_TEST(desk.type("hello").empty());
  desk.screen->clear();
  BOOST_TEST(desk.seen().rows().at(0) == "> hello");
  BOOST_TEST(desk.model.rows().at(1) == "example.org · ann · connected");
  BOOST_TEST(desk.model.rows().at(2) == "");
}

BOOST_AUTO_TEST_CASE(a_full_line_rings_and_is_warned_of) {
  Desk desk;
  desk.come_in();
  BOOST_TEST(desk.type(std::string(kMaxLine, 'x')).empty());
  BOOST_TEST(desk.seen().bells() == 0u);
  BOOST_TEST(desk.type("y").empty());
  BOOST_TEST(desk.seen().bells() == 1u);
  BOOST_TEST(desk.model.row_below_cursor().starts_with("the line is full: 4096 bytes"));
  BOOST_TEST(desk.type("\x7f").empty());
  BOOST_TEST(!desk.seen().shows("the line is full"));
}

BOOST_AUTO_TEST_CASE(what_somebody_else_has_written_does_not_move_the_rows) {
  Desk desk;
  desk.come_in();
  BOOST_TEST(desk.type("hello").empty());
  desk.screen->set_waiting({"one", "two"});
  desk.terminal.write("\r\nof another program\r\n");
  desk.screen->continued();
  desk.comes({"ben: hi"});
  BOOST_TEST(desk.seen().shows("of another program"));
  BOOST_TEST(desk.model.row_at_cursor() == "> hello");
  BOOST_TEST(desk.model.row_below_cursor() == "example.org · ann · connected · 2 lines wait");
}

BOOST_AUTO_TEST_CASE(at_the_end_what_is_painted_goes_and_the_keyboard_is_as_it_was) {
  Desk desk;
  desk.come_in();
  desk.comes({"ben: hi"});
  BOOST_TEST(desk.type("hello").empty());
  BOOST_TEST(desk.seen().marks_pastes());
  BOOST_TEST(desk.model.alt_escapes());
  desk.screen->end_typing();
  BOOST_TEST(desk.rows() == Words{"ben: hi"});
  BOOST_TEST(!desk.model.marks_pastes());
  BOOST_TEST(!desk.model.alt_escapes());
  desk.comes({"ben: bye"});
  desk.screen->tell("nobody is told any more");
  BOOST_TEST(desk.rows() == (Words{"ben: hi", "ben: bye"}));
}

BOOST_AUTO_TEST_CASE(on_a_dumb_terminal_nothing_moves_but_the_end_of_the_text) {
  Desk desk(10, 60, "dumb");
  desk.come_in();
  BOOST_TEST(desk.type("hello").empty());
  desk.comes({"ben: hi"});
  BOOST_TEST(desk.type(" you\r") == Words{"hello you"});
  desk.screen->clear();
  desk.screen->set_connection("lost", false);
  BOOST_TEST(desk.seen().shows("ben: hi"));
  BOOST_TEST(desk.model.row_at_cursor() == "");
  BOOST_TEST(desk.model.count("hello you") == 1);
  BOOST_TEST(desk.model.shows("! lost"));
  BOOST_TEST(desk.bytes.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plain_screen_says_which_line_waits) {
  Desk desk(10, 60, "dumb");
  desk.come_in();
  desk.screen->set_waiting({"one"});
  desk.screen->set_waiting({"one", "two"});
  desk.screen->set_waiting({"two"});
  BOOST_TEST(desk.seen().count("! waits for the connection: one") == 1);
  BOOST_TEST(desk.model.count("! waits for the connection: two") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace chat
