// One picture of the board, for the bottom of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ui/progress_state.h"
#include "ui/style.h"
#include "ui/terminal.h"

namespace ixian::ui {

// A line of the picture: what to write, and the columns that it takes.
struct FrameLine {
  std::string bytes;
  std::size_t columns = 0;

  bool operator==(const FrameLine&) const = default;
};

inline constexpr std::size_t kMaxActivityLines = 8;
inline constexpr double kSpinnerTurnsPerSecond = 10;

// A line for each running activity, the earliest first, below it what its program said last, and a line that
// counts; no lines where nothing runs. Where there are not rows enough for both, a program's words are on the
// line of its activity. Two rows of the terminal stay free where it has more than two, and the last
// column of each line, so that none wraps. `now` is a time of Clock::steady.
std::vector<FrameLine> render(const ProgressState& board, const Style& style, TerminalSize size, double now);

}  // namespace ixian::ui
