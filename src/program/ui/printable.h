// Text that strangers wrote, made safe to show: it cannot move our cursor, colour our lines, or be
// wider than it is given room for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ui/style.h"

namespace ixian::ui {

// One line of `text` as a terminal would leave it: no control characters, escape sequences or
// characters that turn the direction of writing; tabs become spaces; what a carriage return went
// back over is gone; newlines become spaces; bytes that are not UTF-8 become U+FFFD.
std::string printable(std::string_view text);

// Lines of text as they are, but that nothing in them steers a terminal: other controls than newline and tab,
// and characters that turn the direction of writing, come out as \x1b or \u202e, bytes that are not UTF-8 as
// \xff. The colours of `style`, which is sealed, are let through.
std::string printable_text(std::string_view text, const Style& style);

// The same for what has to stay in one line: newlines and tabs are \n and \t.
std::string printable_line(std::string_view text);

// A document in JSON with the same value, in which such characters are written as JSON has it: \u202e.
std::string printable_json(std::string_view document);

// As much of printable text as fits, ending in `ellipsis` (one column) where something is missing.
std::string cut_to(std::string_view printable_text, std::size_t columns, std::string_view ellipsis);

// The same for the name of an activity, of whose end, a number such as "3/7", nothing is cut as long as it
// leaves room for the start.
std::string cut_name(std::string_view printable_name, std::size_t columns, std::string_view ellipsis);

}  // namespace ixian::ui
