#include "chat/ui/line_editor.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "chat/base/text.hpp"
#include "chat/ui/columns.hpp"
#include "chat/ui/limits.hpp"
#include "chat/wire/limits.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

using Kind = LineEditor::Event::Kind;

constexpr std::string_view kDot = "•";
constexpr std::string_view kBlankLine = "·";
constexpr std::string_view kReply = "/reply ";
constexpr std::array<std::string_view, 7> kAnswers = {"yes",  "yep", "yeah", "yup",
                                                      "nope", "no",  "nah"};

// What Alt+B and Alt+F stop at. Whatever is not ASCII counts as a letter.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Without empty ones at the beginning and at the end.
std::vector<std::string> lines_of(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of('\n'), text.size());
  text = text.substr(begin, text.find_last_not_of('\n') + 1 - begin);
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// As text it would be said with the passwords in it, or behind it.
bool is_secret(std::string_view line) {
  return protocol::parse_secret_command(trimmed(line)).has_value();
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

bool is_blank(std::string_view line) { return trimmed(line).empty(); }

// Pasted lines as they are sent, typed text around them: a command, as in /msg ann, goes in front
// of each, so that none goes to others; apart from that they are text. The room passes over a line
// of blanks, and gets a dot.
std::vector<std::string> as_sent(std::vector<std::string> lines, std::string_view before,
                                 std::string_view after) {
  const bool escaped = before.starts_with("//");
  const bool command = before.starts_with('/') && !escaped && before.find(' ') != before.npos;
  lines.back() += after;
  if (!command) lines.front().insert(0, before);
  for (std::string& line : lines) {
    if (is_blank(line)) line = kBlankLine;
    if (command) line.insert(0, before);
    if (!command && line.starts_with('/') && !(escaped && &line == &lines.front()))
      line.insert(0, "/");
  }
  return lines;
}

std::vector<std::string> as_said(std::vector<std::string> lines) {
  for (std::string& line : lines) line.erase(0, line.starts_with("//") ? 1 : 0);
  return lines;
}

// Answers that people type as a word; only the first letter counts.
bool begins_answer(std::string_view word) {
  const std::string folded = lowercase(word);
  return std::any_of(kAnswers.begin(), kAnswers.end(),
                     [&](std::string_view answer) { return answer.starts_with(folded); });
}

}  // namespace

void LineEditor::ask(Question question) {
  killed_.clear();
  undo_.clear();
  end_search(true);
  asked_.reset();
  if (question.secret != question_.secret) put_aside(question.secret);
  question_ = std::move(question);
}

void LineEditor::put_aside(bool secret) {
  text_.swap(put_aside_);
  if (!secret) put_aside_.clear();
  cursor_ = text_.size();
  age_.reset();
  cycle_.reset();
}

void LineEditor::feed(std::string_view bytes) {
  for (Key& key : reader_.feed(bytes)) keys_.push_back(std::move(key));
}

void LineEditor::lapse() {
  for (Key& key : reader_.lapse()) keys_.push_back(std::move(key));
}

void LineEditor::confirm(std::string_view question) {
  end_search(true);
  asked_ = Asked{std::string(question) + " y/n ", {}};
}

std::optional<LineEditor::Event> LineEditor::next() {
  while (events_.empty()) {
    if (keys_.empty()) return std::nullopt;
    const Key key = std::move(keys_.front());
    keys_.pop_front();
    take(key);
  }
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

LineEditor::Row LineEditor::row() const {
  if (asked_) return {asked_->prompt, {}};
  const std::size_t cursor = masked(text_.substr(0, cursor_)).size();
  if (!search_) return {question_.prompt, masked(text_), cursor};
  const std::string what = search_->failed ? "(not found) " : "(search) ";
  return {what + search_->part + ": ", masked(text_), cursor};
}

LineView LineEditor::view(std::size_t columns) const {
  const Row seen = row();
  return view_line(seen.prompt, seen.text, seen.cursor, columns);
}

const std::vector<LineEditor::Binding>& LineEditor::bindings() {
  using K = Key::Kind;
  static const std::vector<Binding> bindings = {
      {K::kLeft, &LineEditor::go_left},
      {K::kRight, &LineEditor::go_right},
      {K::kHome, &LineEditor::go_home},
      {K::kEnd, &LineEditor::go_end},
      {K::kWordLeft, &LineEditor::go_word_left},
      {K::kWordRight, &LineEditor::go_word_right},
      {K::kBackspace, &LineEditor::erase_left},
      {K::kDelete, &LineEditor::erase_right},
      {K::kDeleteOrEnd, &LineEditor::erase_right},
      {K::kKillToStart, &LineEditor::kill_to_start},
      {K::kKillToEnd, &LineEditor::kill_to_end},
      {K::kKillWordLeft, &LineEditor::kill_word_left},
      {K::kKillPartLeft, &LineEditor::kill_part_left},
      {K::kKillWordRight, &LineEditor::kill_word_right},
      {K::kYank, &LineEditor::yank},
      {K::kTranspose, &LineEditor::transpose},
      {K::kTab, &LineEditor::complete},
      {K::kBackTab, &LineEditor::complete_back},
      {K::kUp, &LineEditor::go_older},
      {K::kDown, &LineEditor::go_newer},
      {K::kSearch, &LineEditor::begin_search},
  };
  return bindings;
}

void LineEditor::take(const Key& key) {
  using K = Key::Kind;
  // These interrupt nothing.
  if (key.kind == K::kFocus) return add({Kind::kLooks});
  if (key.kind == K::kBlur) return add({Kind::kLooksAway});
  if (key.kind == K::kToggleNotifying) return add({Kind::kToggleNotifying});
  if (key.kind == K::kUndo && !asked_ && !search_) return undo();
  Step before{text_, cursor_};
  act(key);
  note_change(key, std::move(before));
}

// A word that is typed is one change. What a line of the history, or another question, has replaced
// does not come back: it has ways of its own.
void LineEditor::note_change(const Key& key, Step before) {
  using K = Key::Kind;
  const bool replaced = key.kind == K::kEnter || key.kind == K::kUp || key.kind == K::kDown ||
                        search_ || asked_ || !question_.in_room || question_.secret;
  if (replaced) undo_.clear();
  const bool goes_on = std::exchange(in_word_, key.kind == K::kText && key.text != " ") && in_word_;
  if (replaced || text_ == before.text || (goes_on && !undo_.empty())) return;
  undo_.push_back(std::move(before));
  if (undo_.size() > kMaxUndo) undo_.erase(undo_.begin());
}

void LineEditor::undo() {
  killing_ = in_word_ = false;
  cycle_.reset();
  if (undo_.empty()) return;
  text_ = std::move(undo_.back().text);
  cursor_ = undo_.back().cursor;
  undo_.pop_back();
}

void LineEditor::act(const Key& key) {
  using K = Key::Kind;
  const bool was_full = std::exchange(full_, false);
  if (asked_ && take_answer(key)) return;
  if (!answer_.empty() && take_rest_of_answer(key)) return;
  if (search_ && take_search(key)) return;
  if (key.kind != K::kTab && key.kind != K::kBackTab) cycle_.reset();
  const bool kills = key.kind == K::kKillToStart || key.kind == K::kKillToEnd ||
                     key.kind == K::kKillWordLeft || key.kind == K::kKillPartLeft ||
                     key.kind == K::kKillWordRight;
  if (!kills) killing_ = false;
  switch (key.kind) {
    case K::kText:
      full_ = !insert(key.text);
      return full_ && !was_full ? add({Kind::kFull}) : void();
    case K::kPaste:
      return take_paste(key.text);
    case K::kPasteTooLong:
      return refuse_long_paste();
    case K::kEnter:
      return submit(std::exchange(text_, {}));
    case K::kInterrupt:
      return interrupt();
    case K::kSuspend:
      return add({Kind::kSuspend});
    case K::kClearScreen:
      return add({Kind::kClearScreen});
    case K::kCancel:
    case K::kEscape:
      return question_.secret ? submit({}) : void();
    default:
      break;
  }
  if (key.kind == K::kDeleteOrEnd && text_.empty()) return add({Kind::kEndOfInput});
  for (const Binding& binding : bindings()) {
    if (binding.key == key.kind) (this->*binding.edit)();
  }
  if (kills) killing_ = true;
}

// Throws away what is typed, so that Ctrl+Y brings it back; where nothing is, it is for others.
void LineEditor::interrupt() {
  if (text_.empty()) return add({Kind::kInterrupt});
  if (question_.mask == Mask::kNone) killed_ = text_;
  erase(0, text_.size());
  age_.reset();
}

// The row that stays is wide enough for any line: the terminal wraps it.
void LineEditor::submit(const std::string& line) {
  add({Kind::kLine, line, question_.prompt + masked(line), question_.secret});
  if (question_.in_room && !is_secret(line)) history_.add(line);
  text_.clear();
  draft_.clear();
  edited_.clear();
  age_.reset();
  cursor_ = 0;
}

// A line end at its very end is what a mouse takes along: the user has still to press Enter.
void LineEditor::take_paste(const std::string& pasted) {
  if (!question_.in_room) return take_pasted_answers(pasted);
  const std::vector<std::string> lines = lines_of(pasted);
  for (const std::string& line : lines) {
    if (lines.size() == 1 || !is_secret(line)) continue;
    return add({Kind::kPasteRefused, std::string(trimmed(line)) + " has to be typed"});
  }
  if (lines.size() > 1) {
    ask_about(as_sent(lines, text_.substr(0, cursor_), text_.substr(cursor_)));
  } else if (lines.size() == 1) {
    // Two slashes begin no command, and would be said as one.
    const std::string escape = text_.empty() && lines.front().starts_with("//") ? "/" : "";
    if (!insert(escape + lines.front())) {
      add({Kind::kPasteRefused,
           "the line would be longer than " + std::to_string(kMaxLine) + " bytes"});
    }
  }
}

// On the way in each line answers a question.
void LineEditor::take_pasted_answers(const std::string& pasted) {
  const std::vector<std::string> lines = lines_of(pasted);
  const bool complete_line = pasted.ends_with('\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    full_ = !insert(lines[i]);
    if (i + 1 < lines.size() || (complete_line && i > 0)) submit(std::exchange(text_, {}));
  }
}

void LineEditor::refuse_long_paste() {
  add({Kind::kPasteRefused, "it is longer than " + std::to_string(kMaxPaste) + " bytes"});
}

void LineEditor::ask_about(const std::vector<std::string>& pasted) {
  for (const std::string& line : pasted) {
    if (line.size() <= kMaxLine) continue;
    return add({Kind::kPasteRefused,
                "a line of it is longer than " + std::to_string(kMaxLine) + " bytes"});
  }
  const std::string text = joined(pasted);
  if (text.size() > kMaxPaste) {  // a command in front of each line makes it longer
    return refuse_long_paste();
  }
  asked_ = Asked{"send these " + std::to_string(pasted.size()) + " lines (" +
                     std::to_string(text.size()) + " bytes)? y/n ",
                 pasted};
  add({Kind::kPasted, joined(as_said(pasted))});
}

// While the user is asked: y and n count, and what is not typed goes on.
bool LineEditor::take_answer(const Key& key) {
  using K = Key::Kind;
  if (key.kind == K::kSuspend || key.kind == K::kClearScreen) return false;
  const bool yes = key.kind == K::kText && (key.text == "y" || key.text == "Y");
  const bool typed_no = key.kind == K::kText && (key.text == "n" || key.text == "N");
  const bool no = typed_no || key.kind == K::kEnter || key.kind == K::kEscape ||
                  key.kind == K::kInterrupt || key.kind == K::kDeleteOrEnd ||
                  key.kind == K::kKillToStart || key.kind == K::kCancel;
  if (!yes && !no) return true;
  const Asked asked = *std::exchange(asked_, std::nullopt);
  if (yes || typed_no) answer_ = key.text;
  if (asked.pasted.empty()) add({yes ? Kind::kConfirmed : Kind::kDeclined});
  if (!yes || asked.pasted.empty()) return true;
  for (const std::string& line : asked.pasted) history_.add(line);
  add({Kind::kPasteAgreed, joined(asked.pasted)});
  erase(0, text_.size());
  draft_.clear();
  edited_.clear();
  age_.reset();
  return true;
}

// After "y", the "es" and Enter of "yes" still belong to the answer: then returns true. If another
// word comes of it, all but the first letter was typed for the row, and is put there.
bool LineEditor::take_rest_of_answer(const Key& key) {
  if (key.kind == Key::Kind::kText && begins_answer(answer_ + key.text)) {
    answer_ += key.text;
    return true;
  }
  const std::string typed = std::exchange(answer_, {}).substr(1);
  if (key.kind == Key::Kind::kEnter) return true;
  if (!typed.empty()) (void)insert(typed);
  return false;
}

// Moving.

void LineEditor::go_left() { cursor_ = previous_character(text_, cursor_); }
void LineEditor::go_right() { cursor_ = next_character(text_, cursor_); }
void LineEditor::go_home() { cursor_ = 0; }
void LineEditor::go_end() { cursor_ = text_.size(); }
void LineEditor::go_word_left() { cursor_ = word_left(); }
void LineEditor::go_word_right() { cursor_ = word_right(); }

std::size_t LineEditor::word_left() const {
  std::size_t at = cursor_;
  while (at > 0 && !is_letter(text_[at - 1])) --at;
  while (at > 0 && is_letter(text_[at - 1])) --at;
  return character_boundary(text_, at);
}

std::size_t LineEditor::word_right() const {
  std::size_t at = cursor_;
  while (at < text_.size() && !is_letter(text_[at])) ++at;
  while (at < text_.size() && is_letter(text_[at])) ++at;
  return character_boundary(text_, at);
}

// Changing.

// A combining mark may join what stands before the cursor, or what follows may join `text`: the
// cursor stays where a character begins. False: there is no room for it.
bool LineEditor::insert(std::string_view text) {
  if (text.size() > kMaxLine - std::min(kMaxLine, text_.size())) return false;
  text_.insert(cursor_, text);
  cursor_ = character_boundary(text_, cursor_ + text.size());
  address_reply();
  return true;
}

// /reply becomes /msg NAME at once: whoever writes while the answer is typed does not get it.
void LineEditor::address_reply() {
  if (!question_.in_room || !reply_to_ || cursor_ < kReply.size()) return;
  if (lowercase(text_.substr(0, kReply.size())) != kReply) return;
  const std::string name = reply_to_();
  const std::string command = "/msg " + name + " ";
  if (name.empty() || text_.size() - kReply.size() + command.size() > kMaxLine) return;
  text_.replace(0, kReply.size(), command);
  cursor_ = cursor_ - kReply.size() + command.size();
}

void LineEditor::erase(std::size_t begin, std::size_t end) {
  text_.erase(begin, end - begin);
  cursor_ = character_boundary(text_, begin);
}

void LineEditor::erase_left() { erase(previous_character(text_, cursor_), cursor_); }
void LineEditor::erase_right() { erase(cursor_, next_character(text_, cursor_)); }

// Several kills in a row are yanked together. A password is not kept.
void LineEditor::kill(std::size_t begin, std::size_t end) {
  if (!killing_) killed_.clear();
  const std::string text = text_.substr(begin, end - begin);
  if (question_.mask == Mask::kNone) killed_ = begin < cursor_ ? text + killed_ : killed_ + text;
  erase(begin, end);
}

void LineEditor::kill_to_start() { kill(0, cursor_); }
void LineEditor::kill_to_end() { kill(cursor_, text_.size()); }
void LineEditor::kill_part_left() { kill(word_left(), cursor_); }
void LineEditor::kill_word_right() { kill(cursor_, word_right()); }

void LineEditor::kill_word_left() {
  std::size_t at = cursor_;
  while (at > 0 && text_[at - 1] == ' ') --at;
  while (at > 0 && text_[at - 1] != ' ') --at;
  kill(character_boundary(text_, at), cursor_);
}

void LineEditor::yank() {
  if (!insert(killed_)) add({Kind::kFull});
}

// The character before the cursor changes places with the one behind it, and the cursor moves on;
// at the line's end, the last two.
void LineEditor::transpose() {
  const std::size_t middle = cursor_ == text_.size() ? previous_character(text_, cursor_) : cursor_;
  const std::size_t begin = previous_character(text_, middle);
  const std::size_t end = next_character(text_, middle);
  if (begin == middle || middle == end) return;
  std::rotate(text_.begin() + static_cast<std::ptrdiff_t>(begin),
              text_.begin() + static_cast<std::ptrdiff_t>(middle),
              text_.begin() + static_cast<std::ptrdiff_t>(end));
  cursor_ = character_boundary(text_, end);
}

// Tab again: what may stand there is shown, and the next word is put in.
void LineEditor::complete() {
  if (!question_.in_room || !complete_) return;
  if (!cycle_) {
    Completion completion = complete_(std::string_view(text_).substr(0, cursor_));
    if (completion.words.empty()) return;
    cycle_ = Cycle{std::move(completion), 0, false};
    return put_word(0);
  }
  const std::vector<std::string>& words = cycle_->completion.words;
  if (words.size() > 1 && !std::exchange(cycle_->shown, true)) {
    std::string all;
    for (const std::string& word : words) all.append(all.empty() ? "" : " ").append(trimmed(word));
    add({Kind::kCandidates, all});
  }
  put_word((cycle_->index + 1) % words.size());
}

void LineEditor::complete_back() {
  if (!cycle_) return complete();
  const std::size_t count = cycle_->completion.words.size();
  put_word((cycle_->index + count - 1) % count);
}

void LineEditor::put_word(std::size_t index) {
  cycle_->index = index;
  erase(cycle_->completion.begin, cursor_);
  if (!insert(cycle_->completion.words[index])) add({Kind::kFull});
}

// The history.

void LineEditor::go_older() {
  const std::size_t age = age_ ? *age_ + 1 : 0;
  if (question_.in_room && age < history_.size()) show_line(age);
}

void LineEditor::go_newer() {
  if (age_) show_line(*age_ == 0 ? std::nullopt : std::optional(*age_ - 1));
}

// The line of that age, or the draft, as it was left; so stays the one that was shown.
void LineEditor::show_line(std::optional<std::size_t> age) {
  if (age_) {
    edited_[*age_] = text_;
  } else {
    draft_ = text_;
  }
  age_ = age;
  const auto edited = age ? edited_.find(*age) : edited_.end();
  text_ = !age ? draft_ : edited != edited_.end() ? edited->second : history_.at(*age);
  cursor_ = text_.size();
  address_reply();
}

void LineEditor::begin_search() {
  if (question_.in_room) search_ = Search{{}, {}, text_, cursor_};
}

// True: the key belonged to the search. Any other ends it with the line found, and then counts.
bool LineEditor::take_search(const Key& key) {
  switch (key.kind) {
    case Key::Kind::kText:
      search_->part += key.text;
      search_from(search_->age.value_or(0));
      return true;
    case Key::Kind::kSearch:
      search_from(search_->age ? *search_->age + 1 : 0);
      return true;
    case Key::Kind::kBackspace:
      search_->part.resize(previous_character(search_->part, search_->part.size()));
      search_from(0);
      return true;
    case Key::Kind::kCancel:
    case Key::Kind::kInterrupt:
      end_search(false);
      return true;
    case Key::Kind::kEscape:
      end_search(true);
      return true;
    case Key::Kind::kSuspend:
    case Key::Kind::kClearScreen:
      return false;
    default:
      end_search(true);
      return false;
  }
}

void LineEditor::search_from(std::size_t age) {
  if (search_->part.empty()) {
    search_->age.reset();
    search_->failed = false;
    text_ = search_->text;
    cursor_ = search_->cursor;
    return;
  }
  const auto found = history_.find(search_->part, age);
  search_->failed = !found;
  if (!found) return;
  search_->age = found->age;
  text_ = history_.at(found->age);
  cursor_ = found->at;
}

void LineEditor::end_search(bool keep) {
  if (!search_) return;
  if (keep && search_->age) {
    if (age_) {
      edited_[*age_] = search_->text;
    } else {
      draft_ = search_->text;
    }
    edited_.erase(*search_->age);  // it is shown as it was sent
    age_ = search_->age;
    address_reply();
  } else {
    text_ = search_->text;
    cursor_ = search_->cursor;
  }
  search_.reset();
}

// `text` as it may be seen: a dot for each character that may not, and a space for a TAB, which
// would have another width at each place.
std::string LineEditor::masked(std::string_view text) const {
  if (question_.mask == Mask::kAll) return {};
  std::size_t begin = text.size();
  if (question_.mask == Mask::kAfterComma && text.find(',') < begin) begin = text.find(',') + 1;
  std::string result(text.substr(0, begin));
  std::replace(result.begin(), result.end(), '\t', ' ');
  for (std::size_t at = begin; at < text.size(); at = next_character(text, at)) result += kDot;
  return result;
}

}  // namespace chat
