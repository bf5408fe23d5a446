#include "chat/line_editor.hpp"

#include <algorithm>
#include <utility>

#include "chat/columns.hpp"
#include "chat/limits.hpp"

namespace chat {
namespace {

using Kind = LineEditor::Event::Kind;

constexpr std::string_view kDot = "•";

// What Alt+B and Alt+F stop at. Whatever is not ASCII counts as a letter.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

void LineEditor::ask(Question question) {
  killed_.clear();
  end_search(true);
  pasted_.reset();
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

// An ESC that comes last is the key, or a sequence that a slow line has torn apart: where a secret
// is asked for, nothing is lost by taking it for the key; but for the end of what is pasted.
void LineEditor::feed(std::string_view bytes) {
  const bool escape = question_.secret && bytes.ends_with('\x1B');
  if (escape) bytes.remove_suffix(1);
  for (Key& key : reader_.feed(bytes)) keys_.push_back(std::move(key));
  if (!escape) return;
  if (reader_.is_pasted()) {
    (void)reader_.feed("\x1B");  // no key yet
  } else {
    keys_.push_back({Key::Kind::kCancel});
  }
}

std::optional<LineEditor::Event> LineEditor::next() {
  while (events_.empty()) {
    if (!confirmed_.empty()) {
      submit(confirmed_.front());
      confirmed_.pop_front();
    } else if (!keys_.empty()) {
      take(keys_.front());
      keys_.pop_front();
    } else {
      return std::nullopt;
    }
  }
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

LineView LineEditor::view(std::size_t columns) const {
  if (pasted_) {
    const std::string amount = std::to_string(lines_of(*pasted_).size());
    return view_line("send these " + amount + " lines? y/n ", "", 0, columns);
  }
  if (search_) {
    const std::string what = search_->failed ? "(not found) " : "(search) ";
    return view_line(what + search_->part + ": ", text_, cursor_, columns);
  }
  return view_line(question_.prompt, masked(text_), masked(text_.substr(0, cursor_)).size(),
                   columns);
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
      {K::kUp, &LineEditor::go_older},
      {K::kDown, &LineEditor::go_newer},
      {K::kSearch, &LineEditor::begin_search},
  };
  return bindings;
}

void LineEditor::take(const Key& key) {
  using K = Key::Kind;
  if (pasted_ && take_answer(key)) return;
  if (search_ && take_search(key)) return;
  if (key.kind != K::kTab) cycle_.reset();
  const bool kills = key.kind == K::kKillToStart || key.kind == K::kKillToEnd ||
                     key.kind == K::kKillWordLeft || key.kind == K::kKillPartLeft ||
                     key.kind == K::kKillWordRight;
  if (!kills) killing_ = false;
  switch (key.kind) {
    case K::kText:
      return insert(key.text);
    case K::kPaste:
      return take_paste(key.text);
    case K::kPasteTooLong:
      return add({Kind::kPasteTooLong});
    case K::kEnter:
      return submit(std::exchange(text_, {}));
    case K::kInterrupt:
      return add({Kind::kInterrupt});
    case K::kSuspend:
      return add({Kind::kSuspend});
    case K::kClearScreen:
      return add({Kind::kClearScreen});
    case K::kCancel:
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

// The row that stays is wide enough for any line: the terminal wraps it.
void LineEditor::submit(const std::string& line) {
  add({Kind::kLine, line, question_.prompt + masked(line), question_.secret});
  if (question_.in_room) history_.add(line);
  text_.clear();
  draft_.clear();
  age_.reset();
  cursor_ = 0;
}

// A line end at its very end is what a mouse takes along: the user has still to press Enter.
void LineEditor::take_paste(const std::string& pasted) {
  const std::vector<std::string> lines = lines_of(pasted);
  if (!question_.in_room) {
    const bool complete_line = pasted.ends_with('\n');
    for (std::size_t i = 0; i < lines.size(); ++i) {
      insert(lines[i]);
      if (i + 1 < lines.size() || (complete_line && i > 0)) submit(std::exchange(text_, {}));
    }
  } else if (lines.size() == 1) {
    insert(lines.front());
  } else if (lines.size() > 1) {
    pasted_ = text_.substr(0, cursor_) + pasted + text_.substr(cursor_);
    add({Kind::kPasted, *pasted_});
  }
}

// While the user is asked about pasted text: y and n count, and what is not typed goes on.
bool LineEditor::take_answer(const Key& key) {
  using K = Key::Kind;
  if (key.kind == K::kSuspend || key.kind == K::kClearScreen) return false;
  const bool yes = key.kind == K::kText && (key.text == "y" || key.text == "Y");
  const bool no = (key.kind == K::kText && (key.text == "n" || key.text == "N")) ||
                  key.kind == K::kInterrupt || key.kind == K::kCancel;
  if (yes) {
    text_.clear();
    for (std::string& line : lines_of(*pasted_)) confirmed_.push_back(std::move(line));
  }
  if (yes || no) pasted_.reset();
  return true;
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
// cursor stays where a character begins.
void LineEditor::insert(std::string_view text) {
  const std::size_t room = kMaxLine - std::min(kMaxLine, text_.size());
  std::size_t taken = std::min(room, text.size());
  if (taken < text.size()) taken = previous_character(text, character_boundary(text, taken + 1));
  text_.insert(cursor_, text.substr(0, taken));
  cursor_ = character_boundary(text_, cursor_ + taken);
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

void LineEditor::yank() { insert(killed_); }

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

// Tab again: the next of the words that may stand there.
void LineEditor::complete() {
  if (!question_.in_room || !complete_) return;
  if (cycle_) {
    cycle_->index = (cycle_->index + 1) % cycle_->completion.words.size();
  } else {
    Completion completion = complete_(std::string_view(text_).substr(0, cursor_));
    if (completion.words.empty()) return;
    cycle_ = Cycle{std::move(completion), 0};
  }
  erase(cycle_->completion.begin, cursor_);
  insert(cycle_->completion.words[cycle_->index]);
}

// The history.

void LineEditor::go_older() {
  const std::size_t age = age_ ? *age_ + 1 : 0;
  if (!question_.in_room || age >= history_.size()) return;
  if (!age_) draft_ = text_;
  age_ = age;
  show_line(history_.at(age));
}

void LineEditor::go_newer() {
  if (!age_) return;
  if (*age_ == 0) {
    age_.reset();
    return show_line(draft_);
  }
  age_ = *age_ - 1;
  show_line(history_.at(*age_));
}

void LineEditor::show_line(std::string_view line) {
  text_ = line;
  cursor_ = text_.size();
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
  search_->age = found;
  text_ = history_.at(*found);
  cursor_ = text_.find(search_->part);
}

void LineEditor::end_search(bool keep) {
  if (!search_) return;
  if (keep && search_->age) {
    if (!age_) draft_ = search_->text;
    age_ = search_->age;
  } else {
    text_ = search_->text;
    cursor_ = search_->cursor;
  }
  search_.reset();
}

// `text` as it may be seen: a dot for each character that may not.
std::string LineEditor::masked(std::string_view text) const {
  if (question_.mask == Mask::kAll) return {};
  std::size_t begin = text.size();
  if (question_.mask == Mask::kAfterComma && text.find(',') < begin) begin = text.find(',') + 1;
  std::string result(text.substr(0, begin));
  for (std::size_t at = begin; at < text.size(); at = next_character(text, at)) result += kDot;
  return result;
}

}  // namespace chat
