// The line being typed: keys in, events and one row to paint out. Pure: it neither reads nor
// writes, so that every key can be tested without a terminal.
//
// It knows the keys that a shell's line has: moving, killing and yanking, a history that can be
// searched (Ctrl+R), Tab. README.md lists them. Pasted text that holds several lines is asked about
// before it becomes lines.
//
// NOT thread safe: the Screen that owns it guards it.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/completion.hpp"
#include "chat/history.hpp"
#include "chat/key_reader.hpp"
#include "chat/line_view.hpp"

namespace chat {

class LineEditor {
 public:
  struct Event {
    enum class Kind {
      kLine,    // `text` was typed
      kPasted,  // `text`, several lines, is to be shown: the user is asked about it
      kPasteTooLong,
      kEndOfInput,
      kInterrupt,
      kSuspend,
      kClearScreen,
    };
    Kind kind;
    std::string text = {};
    std::string row = {};  // of kLine: the prompt and the text as they may stay on the screen
    bool secret = false;   // of kLine: it answers such a question
  };

  // What of the line is not shown: what follows the first comma is dots, or nothing is painted.
  enum class Mask { kNone, kAfterComma, kAll };

  // What is asked for. Only what is said in the room is remembered and completed, and only there
  // several pasted lines are asked about.
  struct Question {
    std::string prompt = "> ";
    Mask mask = Mask::kNone;
    bool in_room = true;
    // For a password, in the room: the line typed before is put aside for as long, and of the
    // answer nothing is left over. Esc and Ctrl+G answer with an empty line.
    bool secret = false;
  };

  // `complete` gets the line up to the cursor; it is called within next().
  using Completer = std::function<Completion(std::string_view)>;
  explicit LineEditor(Completer complete = {}) : complete_(std::move(complete)) {}

  // The line typed so far stays (but for what is secret), and the history; what was killed is
  // forgotten, since it may be a password.
  void ask(Question question);

  // What the keyboard sent, cut up in any way; then what it amounts to, one by one: after an event
  // the next question may be another one.
  void feed(std::string_view bytes);
  std::optional<Event> next();

  bool empty() const { return text_.empty(); }

  // The row to paint, at most `columns` - 1 wide.
  LineView view(std::size_t columns) const;

 private:
  struct Search {
    std::string part;
    std::optional<std::size_t> age;  // of the line found
    std::string text;                // the line typed before
    std::size_t cursor;
    bool failed = false;  // nothing older holds `part`
  };
  struct Cycle {
    Completion completion;
    std::size_t index;
  };

  using Edit = void (LineEditor::*)();
  struct Binding {
    Key::Kind key;
    Edit edit;
  };
  static const std::vector<Binding>& bindings();

  void take(const Key& key);
  bool take_answer(const Key& key);
  bool take_search(const Key& key);
  void take_paste(const std::string& pasted);
  void submit(const std::string& line);
  void put_aside(bool secret);
  void add(Event event) { events_.push_back(std::move(event)); }

  // Moving.
  void go_left();
  void go_right();
  void go_home();
  void go_end();
  void go_word_left();
  void go_word_right();
  std::size_t word_left() const;
  std::size_t word_right() const;

  // Changing.
  void insert(std::string_view text);
  void erase(std::size_t begin, std::size_t end);
  void erase_left();
  void erase_right();
  void kill(std::size_t begin, std::size_t end);
  void kill_to_start();
  void kill_to_end();
  void kill_word_left();
  void kill_part_left();
  void kill_word_right();
  void yank();
  void transpose();
  void complete();

  // The history.
  void go_older();
  void go_newer();
  void show_line(std::string_view line);
  void begin_search();
  void search_from(std::size_t age);
  void end_search(bool keep);

  std::string masked(std::string_view text) const;

  Completer complete_;
  KeyReader reader_;
  std::deque<Key> keys_;               // not yet looked at
  std::deque<Event> events_;           // not yet given out
  std::deque<std::string> confirmed_;  // pasted lines, not yet events
  Question question_;
  std::string text_;
  std::size_t cursor_ = 0;  // a byte of text_, where a character begins

  std::string killed_;
  bool killing_ = false;  // the last key killed: the next one adds to it

  History history_;
  std::optional<std::size_t> age_;  // of the line shown, where it is one of the history
  std::string draft_;               // the line typed before going there
  std::string put_aside_;           // while a secret is asked for

  std::optional<Search> search_;
  std::optional<Cycle> cycle_;         // Tab was the last key
  std::optional<std::string> pasted_;  // the user is asked about it
};

}  // namespace chat
