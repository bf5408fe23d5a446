// A small terminal: bytes in, and what a person would see. It knows of a terminal's sequences what
// the client is allowed to use; anything else is an exception, so that nothing slips through.
#pragma once

#include <wchar.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/base/text.hpp"

class ScreenModel {
 public:
  // What a terminal makes of rows that are longer than its new width: it breaks them, as most do
  // (tmux, VTE, kitty, ...), or cuts them off (xterm, screen).
  enum class Resize { kBreaks, kCuts };

  ScreenModel(std::size_t rows, std::size_t columns, Resize resize = Resize::kBreaks)
      : height_(rows), width_(columns), resize_(resize) {
    chat::use_utf8_locale();
  }

  void feed(std::string_view bytes) {
    rest_ += bytes;
    std::size_t taken = 0;
    while (const std::size_t length = take(std::string_view(rest_).substr(taken))) taken += length;
    rest_.erase(0, taken);
  }

  void resize(std::size_t rows, std::size_t columns) {
    reshape(columns);
    height_ = rows;
    width_ = columns;
    column_ = std::min(column_, columns - 1);
    wrap_pending_ = false;
    if (lines_.size() > row_ + 1 && lines_.size() > height_) {
      // Lower: empty rows below the cursor go first.
      while (lines_.size() > row_ + 1 && text_of(lines_.back()).empty()) lines_.pop_back();
    }
    top_ = lines_.size() > height_ ? lines_.size() - height_ : 0;
    top_ = std::min(top_, row_);
  }

  // The rows on the screen from the top, without the spaces at their ends.
  std::vector<std::string> rows() const {
    std::vector<std::string> result;
    for (std::size_t i = top_; i < top_ + height_; ++i) {
      result.push_back(i < lines_.size() ? text_of(lines_[i]) : "");
    }
    return result;
  }

  // The same with what has scrolled off, and without the empty rows at the end.
  std::vector<std::string> all_rows() const {
    std::vector<std::string> result;
    for (const Line& line : lines_) result.push_back(text_of(line));
    while (!result.empty() && result.back().empty()) result.pop_back();
    return result;
  }

  std::string row_at_cursor() const { return text_of(lines_[row_]); }
  std::string row_below_cursor() const {
    return row_ + 1 < lines_.size() ? text_of(lines_[row_ + 1]) : "";
  }
  std::size_t cursor_column() const { return column_; }

  // How many rows, those scrolled off too, hold `text`.
  long count(std::string_view text) const {
    const auto all = all_rows();
    return std::count_if(all.begin(), all.end(), [&](const std::string& row) {
      return row.find(text) != std::string::npos;
    });
  }
  bool shows(std::string_view text) const { return count(text) > 0; }

  // The graphic rendition of the first `text` on the screen: its SGR numbers, as "1;31".
  std::string style_of(std::string_view text) const {
    for (const Line& line : lines_) {
      const auto at = raw_text_of(line).find(text);
      if (at == std::string::npos) continue;
      std::size_t bytes = 0;
      for (const Cell& cell : line.cells) {
        if (bytes >= at) return cell.style;
        bytes += cell.text.size();
      }
    }
    throw std::runtime_error("not on the screen: " + std::string(text));
  }

  std::size_t bells() const { return bells_; }
  bool marks_pastes() const { return marks_pastes_; }
  bool alt_escapes() const { return alt_escapes_; }  // rather than make another letter

  bool reports_focus() const { return reports_focus_; }
  const std::string& title() const { return title_; }
  const std::vector<std::string>& notifications() const { return notifications_; }

 private:
  struct Cell {
    std::string text = " ";  // empty: the right half of a wide character
    std::string style = {};
  };
  struct Line {
    std::vector<Cell> cells;
    bool wrapped = false;  // goes on in the next one
  };

  // How many bytes it took; 0: the rest has not come yet.
  std::size_t take(std::string_view bytes) {
    if (bytes.empty()) return 0;
    const auto lead = static_cast<unsigned char>(bytes.front());
    if (lead == 0x1B) return take_sequence(bytes);
    if (lead < 0x20 || lead == 0x7F) {
      take_control(bytes.front());
      return 1;
    }
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (bytes.size() < length) return 0;
    put(bytes.substr(0, length));
    return length;
  }

  void take_control(char c) {
    switch (c) {
      case '\r':
        column_ = 0;
        wrap_pending_ = false;
        return;
      case '\n':
        go_down();
        return;
      case '\a':
        ++bells_;
        return;
      case '\t':
        column_ = std::min((column_ / 8 + 1) * 8, width_ - 1);
        return;
      default:
        throw std::runtime_error("a control character that is not for this terminal");
    }
  }

  std::size_t take_sequence(std::string_view bytes) {
    if (bytes.size() < 2) return 0;
    if (bytes[1] == ']') return take_control_string(bytes);
    std::size_t end = 2;
    while (end < bytes.size() && (bytes[end] < 0x40)) ++end;
    if (end == bytes.size()) return 0;
    const std::string sequence(bytes.substr(1, end));
    const std::string parameters(bytes.substr(2, end - 2));
    const std::size_t n = parameters.empty() ? 0 : std::strtoul(parameters.c_str(), nullptr, 10);
    const char final_byte = bytes[end];
    if (bytes[1] != '[') throw std::runtime_error("not for this terminal: ESC " + sequence);
    if (sequence == "[J") {
      line().cells.resize(std::min(line().cells.size(), column_));
      lines_.resize(row_ + 1);
      line().wrapped = false;
    } else if (sequence == "[2J") {
      lines_.resize(top_);
      lines_.resize(std::max(lines_.size(), row_ + 1));
    } else if (sequence == "[H") {
      row_ = top_;
      column_ = 0;
    } else if (sequence == "[K") {
      if (wrap_pending_) throw std::runtime_error("xterm would erase the last column");
      line().cells.resize(std::min(line().cells.size(), column_));
      line().wrapped = false;
    } else if (final_byte == 'A') {
      row_ -= std::min(std::max<std::size_t>(n, 1), row_ - top_);
      wrap_pending_ = false;
    } else if (final_byte == 'C') {
      column_ = std::min(column_ + std::max<std::size_t>(n, 1), width_ - 1);
    } else if (final_byte == 'm') {
      if (parameters == "0") style_.clear();
      if (parameters != "0") style_ += (style_.empty() ? "" : ";") + parameters;
    } else if (sequence == "[?2004h" || sequence == "[?2004l") {
      marks_pastes_ = final_byte == 'h';
    } else if (sequence == "[?1004h" || sequence == "[?1004l") {
      reports_focus_ = final_byte == 'h';
    } else if (sequence == "[22;2t") {
      saved_title_ = title_;
    } else if (sequence == "[23;2t") {
      title_ = saved_title_;
    } else if (sequence == "[?7h" || sequence == "[?7l") {
      wraps_ = final_byte == 'h';
    } else if (sequence == "[?1036h") {
      alt_escapes_ = true;
    } else if (sequence == "[?1036s") {
      saved_alt_escapes_ = alt_escapes_;
    } else if (sequence == "[?1036r") {
      alt_escapes_ = saved_alt_escapes_;
    } else {
      throw std::runtime_error("not for this terminal: ESC " + sequence);
    }
    return end + 1;
  }

  // OSC 2 and OSC 9.
  std::size_t take_control_string(std::string_view bytes) {
    const auto end = bytes.find('\a');
    if (end == std::string_view::npos) return 0;
    const std::string_view string = bytes.substr(2, end - 2);
    if (string.starts_with("2;")) {
      title_ = string.substr(2);
    } else if (string.starts_with("9;")) {
      notifications_.emplace_back(string.substr(2));
    } else {
      throw std::runtime_error("not for this terminal: OSC " + std::string(string));
    }
    return end + 1;
  }

  void put(std::string_view character) {
    wchar_t c = 0;
    std::mbstate_t state{};
    (void)std::mbrtowc(&c, character.data(), character.size(), &state);
    const int columns = std::max(::wcwidth(c), -1);
    const std::size_t needed = columns < 0 ? 1 : static_cast<std::size_t>(columns);
    if (needed == 0) {
      if (column_ == 0 && !wrap_pending_) return;
      std::size_t at = wrap_pending_ ? column_ : column_ - 1;
      while (at > 0 && line().cells[at].text.empty()) --at;
      line().cells[at].text += character;
      return;
    }
    if (!wraps_) {
      wrap_pending_ = false;
      column_ = std::min(column_, width_ - needed);
    } else if (wrap_pending_ || column_ + needed > width_) {
      line().wrapped = true;
      go_down();
      column_ = 0;
    }
    auto& cells = line().cells;
    if (cells.size() < column_ + needed) cells.resize(column_ + needed);
    cells[column_] = {std::string(character), style_};
    if (needed == 2) cells[column_ + 1] = {"", style_};
    column_ += needed;
    if (column_ == width_) {
      column_ = width_ - 1;
      wrap_pending_ = wraps_;
    }
  }

  void go_down() {
    wrap_pending_ = false;
    ++row_;
    (void)line();
    if (row_ >= top_ + height_) top_ = row_ + 1 - height_;
  }

  // Long rows are broken at the new width, those broken before are joined; the cursor stays with
  // its character.
  void reshape(std::size_t columns) {
    if (resize_ == Resize::kCuts) {
      for (Line& each : lines_) each.cells.resize(std::min(each.cells.size(), columns));
      return;
    }
    std::vector<Line> reshaped;
    std::size_t new_row = 0;
    std::size_t new_column = 0;
    for (std::size_t i = 0; i < lines_.size();) {
      std::vector<Cell> cells;
      std::size_t cursor = 0;
      bool has_cursor = false;
      for (bool more = true; more; ++i) {
        if (i == row_) {
          has_cursor = true;
          cursor = cells.size() + column_;
        }
        more = lines_[i].wrapped && i + 1 < lines_.size();
        cells.insert(cells.end(), lines_[i].cells.begin(), lines_[i].cells.end());
      }
      if (has_cursor) {
        new_row = reshaped.size() + cursor / columns;
        new_column = cursor % columns;
        cells.resize(std::max(cells.size(), cursor));
      }
      do {
        const std::size_t size = std::min(cells.size(), columns);
        const auto end = cells.begin() + static_cast<std::ptrdiff_t>(size);
        reshaped.push_back({{cells.begin(), end}, cells.size() > columns});
        cells.erase(cells.begin(), end);
      } while (!cells.empty());
    }
    lines_ = std::move(reshaped);
    row_ = new_row;
    column_ = new_column;
    (void)line();
  }

  Line& line() {
    if (lines_.size() <= row_) lines_.resize(row_ + 1);
    return lines_[row_];
  }

  static std::string raw_text_of(const Line& line) {
    std::string text;
    for (const Cell& cell : line.cells) text += cell.text;
    return text;
  }
  static std::string text_of(const Line& line) {
    std::string text = raw_text_of(line);
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  }

  std::size_t height_;
  std::size_t width_;
  Resize resize_;
  std::string rest_;  // of a sequence or character that has not come whole
  std::vector<Line> lines_{Line{}};
  std::size_t top_ = 0;  // the first line on the screen
  std::size_t row_ = 0;  // the cursor's
  std::size_t column_ = 0;
  bool wraps_ = true;
  bool wrap_pending_ = false;  // the last column is full: the next character wraps
  std::string style_;
  std::size_t bells_ = 0;
  bool marks_pastes_ = false;
  bool reports_focus_ = false;
  std::string title_ = "shell";
  std::string saved_title_;
  std::vector<std::string> notifications_;
  bool alt_escapes_ = false;
  bool saved_alt_escapes_ = false;
};
