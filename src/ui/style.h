// Colours and marks, or their absence, so that no view asks whether there are any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ui/terminal.h"

namespace ixian::ui {

// The colours are escape sequences, "" where colour is off. Everything else is one column wide.
struct Style {
  std::string_view bold, dim, red, green, yellow, gray, reset;
  std::string_view tick, circle, cross, ellipsis, dot, bar_full, bar_empty;
  std::vector<std::string_view> spinner;

  // What suits `fd` and the process's environment.
  //
  // Colour: never where NO_COLOR is set and not empty (https://no-color.org); always where
  // CLICOLOR_FORCE or FORCE_COLOR is neither empty nor "0"; else on a terminal that is not dumb.
  //
  // Marks beyond ASCII: unless LC_ALL, LC_CTYPE or LANG, the first of them that is not empty,
  // names a locale that is not UTF-8, or TERM is "linux", whose font has none of them.
  static Style for_fd(int fd);

  // for_fd() with what it asks for given.
  static Style choose(bool terminal, const Environment& environment);

  static Style make(bool colour, bool unicode);

  // `text` in `colour`, a member of this Style.
  std::string paint(std::string_view colour, std::string_view text) const;
};

}  // namespace ixian::ui
