// A region at the bottom is redrawn in place: cursor up to its first row, new lines over the old ones, the
// rest of each line and of the screen erased. What makes it hard is what a terminal does by itself. It may
// have become narrower and have broken the old lines into more rows; it may scroll while lines are printed
// above; a key may be echoed into it. So the number of rows is computed for the present width, lines are
// clipped while they are drawn (DECAWM off), and the cursor rests where an echo is drawn over next.
#include "ui/live_region.h"

#include <fmt/format.h>

#include <utility>

namespace ixian::ui {
namespace {

constexpr std::string_view kHideCursor = "\033[?25l";
constexpr std::string_view kShowCursor = "\033[?25h";
constexpr std::string_view kClipLines = "\033[?7l";
constexpr std::string_view kWrapLines = "\033[?7h";
constexpr std::string_view kEraseRestOfLine = "\033[K";
constexpr std::string_view kEraseBelow = "\033[J";

// A program may have left the terminal without its translation of newlines.
void append_lines(std::string& out, std::string_view lines) {
  for (const char c : lines) {
    if (c == '\n') out += '\r';
    out += c;
  }
}

}  // namespace

// The cursor rests at the start of the last line, where a ^C that the terminal echoes is drawn
// over next.
std::size_t LiveRegion::rows_above_cursor(std::size_t columns) const {
  if (lines_.empty()) return 0;
  if (!rewraps_) return lines_.size() - 1;
  std::size_t rows = 0;
  for (std::size_t i = 0; i + 1 < lines_.size(); ++i) {
    rows += 1 + (lines_[i].columns > 0 ? (lines_[i].columns - 1) / columns : 0);
  }
  return rows;
}

// From its first row. Erasing everything below at once would make tmux keep a copy where that is
// the whole screen.
std::string LiveRegion::erase_region(std::size_t columns) const {
  std::string out(kEraseRestOfLine);
  const bool one_row = lines_.size() == 1 && lines_[0].columns <= columns;
  if (!one_row) out += fmt::format("\033[B{}\033[A", kEraseBelow);
  return out;
}

// As many spaces as there are columns wrap, unless they start in the first column.
std::string LiveRegion::fresh_line(std::size_t columns) {
  return std::string(columns, ' ') + "\r" + std::string(kEraseRestOfLine);
}

std::string LiveRegion::replace(std::string_view above, std::vector<FrameLine> lines, std::size_t columns) {
  if (above.empty() && lines == lines_ && columns == columns_) return "";
  std::string out;
  if (!lines_.empty()) {
    out += '\r';
    if (const auto rows = rows_above_cursor(columns); rows > 0) {
      out += fmt::format("\033[{}A", rows);
    }
    // After a change of width a row may still count as the continuation of the one above, and would be joined
    // to it by the next change; only erasing it as a whole ends that.
    if (!above.empty() || lines.empty() || columns != columns_) out += erase_region(columns);
  }
  append_lines(out, above);
  if (lines_.empty() && !lines.empty()) out += kHideCursor;
  if (!lines_.empty() && lines.empty()) out += kShowCursor;
  if (!lines.empty()) out += kClipLines;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool last = i + 1 == lines.size();
    out += lines[i].bytes;
    out += last ? kEraseBelow : kEraseRestOfLine;
    out += last ? "\r" : "\r\n";
  }
  if (!lines.empty()) out += kWrapLines;
  lines_ = std::move(lines);
  columns_ = columns;
  return out;
}

}  // namespace ixian::ui
