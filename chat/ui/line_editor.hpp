// The line being typed: keys in, events and one row to paint out. Pure: it neither reads nor
// writes, so that every key can be tested without a terminal.
//
// It knows the keys that a shell's line has: moving, killing and yanking, a history that can be
// searched (Ctrl+R), Tab. scripts/README.md lists them. Pasted text that holds several lines is
// asked about before it is said; it is text, whatever its lines begin with.
//
// NOT thread safe: the Screen that owns it guards it.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/ui/completion.hpp"
#include "chat/ui/history.hpp"
#include "chat/ui/key_reader.hpp"
#include "chat/ui/line_view.hpp"

namespace chat {

class LineEditor {
 public:
  struct Event {
    enum class Kind {
      kLine,          // `text` was typed
      kPasted,        // `text`, several lines, is to be shown: the user is asked about it
      kPasteAgreed,   // `text`, several lines, is to be sent, all of them or none
      kPasteRefused,  // `text` says why
      kFull,          // what was typed has no room any more
      kCandidates,    // `text` is what may stand there, to be shown
      kConfirmed,     // the question of confirm() was answered with yes
      kDeclined,      // or with no
      kEndOfInput,
      kInterrupt,
      kSuspend,
      kClearScreen,
      kLooks,      // the user does
      kLooksAway,  // or does not
      kToggleNotifying,
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
  static constexpr std::string_view kPrompt = "> ";
  struct Question {
    std::string prompt = std::string(kPrompt);
    Mask mask = Mask::kNone;
    bool in_room = true;
    // For a password, in the room: the line typed before is put aside for as long, and of the
    // answer nothing is left over. Esc and Ctrl+G answer with an empty line.
    bool secret = false;
  };

  // `complete` gets the line up to the cursor; it is called within next().
  using Completer = std::function<Completion(std::string_view)>;
  // `reply_to` gives who has written to the user alone last, or nobody.
  using ReplyTo = std::function<std::string()>;
  explicit LineEditor(Completer complete = {}, ReplyTo reply_to = {})
      : complete_(std::move(complete)), reply_to_(std::move(reply_to)) {}

  // The line typed so far stays (but for what is secret), and the history; what was killed is
  // forgotten, since it may be a password.
  void ask(Question question);

  // A line that was typed in an earlier session, as if it were typed now.
  void remember(std::string_view line) { history_.add(line); }

  // What the keyboard sent, cut up in any way; then what it amounts to, one by one: after an event
  // the next question may be another one.
  void feed(std::string_view bytes);
  std::optional<Event> next();

  // Whether the keyboard has sent the beginning of a key; and that no more of it has come.
  bool is_unfinished() const { return reader_.is_unfinished(); }
  void lapse();

  // Asks a question that y answers with yes, and n, Enter, Esc and the keys that interrupt with no.
  // The line typed stays.
  void confirm(std::string_view question);

  bool empty() const { return text_.empty(); }
  bool is_full() const { return full_; }  // and the last key had no room

  // The prompt and the text, whole; and the part to paint, at most `columns` - 1 wide.
  struct Row {
    std::string prompt;
    std::string text;
    std::size_t cursor = 0;  // a byte of the text
  };
  Row row() const;
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
    bool shown;  // all of them were
  };

  // The line before a change.
  struct Step {
    std::string text;
    std::size_t cursor;
  };

  // The question that y or n answers.
  struct Asked {
    std::string prompt;
    std::vector<std::string> pasted;  // as they are sent; none: it is the question of confirm()
  };

  using Edit = void (LineEditor::*)();
  struct Binding {
    Key::Kind key;
    Edit edit;
  };
  static const std::vector<Binding>& bindings();

  void take(const Key& key);
  void act(const Key& key);
  void note_change(const Key& key, Step before);
  void undo();
  bool take_answer(const Key& key);
  bool take_rest_of_answer(const Key& key);
  bool take_search(const Key& key);
  void take_paste(const std::string& pasted);
  void take_pasted_answers(const std::string& pasted);
  void ask_about(const std::vector<std::string>& pasted);
  void refuse_long_paste();
  void interrupt();
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
  bool insert(std::string_view text);
  void address_reply();
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
  void complete_back();
  void put_word(std::size_t index);

  // The history.
  void go_older();
  void go_newer();
  void show_line(std::optional<std::size_t> age);
  void begin_search();
  void search_from(std::size_t age);
  void end_search(bool keep);

  std::string masked(std::string_view text) const;

  Completer complete_;
  ReplyTo reply_to_;
  KeyReader reader_;
  std::deque<Key> keys_;      // not yet looked at
  std::deque<Event> events_;  // not yet given out
  Question question_;
  std::string text_;
  std::size_t cursor_ = 0;  // a byte of text_, where a character begins

  std::string killed_;
  bool killing_ = false;  // the last key killed: the next one adds to it

  std::vector<Step> undo_;  // the last one last
  bool in_word_ = false;    // the last key typed a character of a word

  History history_;
  std::optional<std::size_t> age_;             // of the line shown, where it is one of the history
  std::string draft_;                          // the line typed before going there
  std::map<std::size_t, std::string> edited_;  // lines of the history, by age, until one is sent
  std::string put_aside_;                      // while a secret is asked for

  std::optional<Search> search_;
  std::optional<Cycle> cycle_;  // Tab was the last key
  std::optional<Asked> asked_;
  std::string answer_;  // y or n, and what was typed of the same word behind it
  bool full_ = false;
};

}  // namespace chat
