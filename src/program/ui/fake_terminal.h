// For tests: a terminal that remembers what a person would see.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "base/utf8.h"

namespace ixian::ui {

// Understands what the views write and keeps anything else in unknown(). fd() takes each write()
// as one; receive() shows what came since. Not thread-safe, except that others may write.
class FakeTerminal {
 public:
  FakeTerminal(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows) {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds_) != 0) std::abort();
    fcntl(fds_[0], F_SETFL, O_NONBLOCK);
    screen_.assign(rows, std::vector<std::string>(columns, " "));
  }
  ~FakeTerminal() {
    close(fds_[0]);
    close(fds_[1]);
  }
  FakeTerminal(const FakeTerminal&) = delete;
  FakeTerminal& operator=(const FakeTerminal&) = delete;

  int fd() const { return fds_[1]; }

  // What was written since, and how often.
  std::vector<std::string> receive() {
    std::vector<std::string> writes;
    std::string buffer(1u << 20, '\0');
    for (ssize_t n = 0; (n = read(fds_[0], buffer.data(), buffer.size())) > 0;) {
      writes.push_back(buffer.substr(0, static_cast<std::size_t>(n)));
      feed(writes.back());
    }
    return writes;
  }

  void feed(std::string_view bytes) {
    while (!bytes.empty()) {
      if (bytes[0] == '\033') {
        bytes.remove_prefix(command(bytes));
        continue;
      }
      const std::size_t length = std::max<std::size_t>(1, base::utf8_length(bytes));
      put(bytes.substr(0, length));
      bytes.remove_prefix(length);
    }
  }

  // All that was ever shown and not erased, scrolled away or not, without blanks at the ends.
  std::string text() const {
    std::string out = scrolled_;
    for (const auto& row : screen_) out += trimmed(row) + "\n";
    while (out.ends_with("\n\n")) out.pop_back();
    return out == "\n" ? "" : out;
  }

  bool cursor_visible() const { return cursor_visible_; }
  std::size_t cursor_column() const { return column_; }

  // How often a character did not fit its line.
  std::size_t overlong() const { return overlong_; }
  const std::string& unknown() const { return unknown_; }

 private:
  static std::string trimmed(const std::vector<std::string>& row) {
    std::string out = base::join(row, "");
    return out.substr(0, out.find_last_not_of(' ') + 1);
  }

  void put(std::string_view character) {
    if (character == "\r") {
      column_ = 0;
    } else if (character == "\n") {
      line_feed();
    } else if (character.size() == 1 && (character[0] < ' ' || character[0] > '~')) {
      unknown_ += character;
    } else {
      const std::size_t width = is_wide(character) ? 2 : 1;
      if (column_ + width > columns_) {
        ++overlong_;
        if (clips_) return;
        column_ = 0;
        line_feed();
      }
      screen_[row_][column_] = character;
      if (width == 2) screen_[row_][column_ + 1] = "";
      column_ += width;
    }
  }

  // Kana, han, hangul and most emoji.
  static bool is_wide(std::string_view character) {
    return (character >= "\u3041" && character <= "\ud7a3") || character >= "\U0001f300";
  }

  void line_feed() {
    if (++row_ < rows_) return;
    scrolled_ += trimmed(screen_.front()) + "\n";
    screen_.erase(screen_.begin());
    screen_.emplace_back(columns_, " ");
    row_ = rows_ - 1;
  }

  void erase(std::size_t row, std::size_t from) {
    for (std::size_t i = from; i < columns_; ++i) screen_[row][i] = " ";
  }

  // As tmux, when all is erased at once.
  void scroll_all_away() {
    for (const auto& row : screen_) {
      if (!trimmed(row).empty()) scrolled_ += trimmed(row) + "\n";
    }
  }

  // As xterm: in a full row the cursor is on the last column.
  void erase_rest_of_line() { erase(row_, std::min(column_, columns_ - 1)); }

  std::size_t command(std::string_view bytes) {
    const auto end = bytes.find_first_not_of("0123456789;?", 2);
    const auto sequence = bytes.substr(0, end == std::string_view::npos ? end : end + 1);
    const auto argument = std::string(sequence.substr(2, sequence.size() - 3));
    const char name = sequence.back();
    if (name == 'm') {
    } else if (name == 'K' && argument.empty()) {
      erase_rest_of_line();
    } else if (name == 'J' && argument.empty()) {
      if (row_ == 0 && column_ == 0) scroll_all_away();
      erase_rest_of_line();
      for (std::size_t row = row_ + 1; row < rows_; ++row) erase(row, 0);
    } else if (name == 'A' && argument.empty()) {
      row_ -= std::min<std::size_t>(row_, 1);
    } else if (name == 'B' && argument.empty()) {
      row_ = std::min(row_ + 1, rows_ - 1);
    } else if (name == 'A' && !argument.empty()) {
      row_ -= std::min(row_, static_cast<std::size_t>(std::stoi(argument)));
    } else if (argument == "?25" && (name == 'h' || name == 'l')) {
      cursor_visible_ = name == 'h';
    } else if (argument == "?7" && (name == 'h' || name == 'l')) {
      clips_ = name == 'l';
    } else {
      unknown_ += sequence;
    }
    return sequence.size();
  }

  int fds_[2] = {-1, -1};
  const std::size_t columns_;
  const std::size_t rows_;
  std::string scrolled_;
  std::vector<std::vector<std::string>> screen_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
  std::size_t overlong_ = 0;
  bool clips_ = false;
  bool cursor_visible_ = true;
  std::string unknown_;
};

}  // namespace ixian::ui
