// Text that strangers wrote, made safe to show: it cannot move our cursor, colour our lines, or be
// wider than it is given room for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ixian::ui {

// One line of `text` as a terminal would leave it: no control characters, escape sequences or
// characters that turn the direction of writing; tabs become spaces; what a carriage return went
// back over is gone; newlines become spaces; bytes that are not UTF-8 become U+FFFD.
std::string printable(std::string_view text);

// The columns that a terminal gives to printable text, or more, never less.
std::size_t columns_of(std::string_view printable_text);

// As much of printable text as fits, ending in `ellipsis` (one column) where something is missing.
std::string cut_to(std::string_view printable_text, std::size_t columns, std::string_view ellipsis);

}  // namespace ixian::ui
