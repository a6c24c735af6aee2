// The lines at the bottom of a terminal that are drawn over and over, and what scrolls up above.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ui/frame.h"

namespace ixian::ui {

// Knows what is on the screen and answers what to write to change it. The caller writes all that,
// in order, and nobody else writes to the terminal while the region is not empty. The cursor is
// hidden for as long. Not thread-safe.
class LiveRegion {
 public:
  // `rewraps`: whether the terminal, when it becomes narrower, breaks the lines that are on it. If
  // it says so wrongly, replace() then erases lines above the region; if it denies it wrongly,
  // parts of old lines stay.
  explicit LiveRegion(bool rewraps) : rewraps_(rewraps) {}

  // Prints `above`, whole lines that may be wider than the terminal, and puts `lines`, each
  // narrower than `columns`, in the place of the region. Lines change in place: what stays the
  // same is never blank in between. They are clipped where the terminal is narrower than it said.
  // "" where there is nothing to change.
  std::string replace(std::string_view above, std::vector<FrameLine> lines, std::size_t columns);

  // Moves the cursor to the start of a line that nobody has written on, wherever it is now. May be
  // put before the lines above an empty region.
  static std::string fresh_line(std::size_t columns);

 private:
  std::size_t rows_above_cursor(std::size_t columns) const;
  std::string erase_region(std::size_t columns) const;

  const bool rewraps_;
  std::vector<FrameLine> lines_;
  std::size_t columns_ = 0;
};

}  // namespace ixian::ui
