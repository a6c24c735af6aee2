// Colours and marks, or their absence, so that no view asks whether there are any.
#pragma once

#include <cstddef>
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

  // The same Style with colours that nobody else can have written: each is marked with a number that is made
  // up once for this process. printable_text() tells them from escape sequences in what it is given, and
  // makes ordinary ones of them.
  Style sealed() const;
};

// What the sealed colour at the start of `text` is as an ordinary sequence, and how long it is; "" and 0
// where none is there.
struct Unsealed {
  std::string_view sequence;
  std::size_t length = 0;
};
Unsealed unseal(std::string_view text);

}  // namespace ixian::ui
