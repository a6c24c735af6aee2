// UTF-8 (RFC 3629), and how wide it is on a terminal.
#pragma once

#include <cstddef>
#include <string_view>

namespace ixian::base {

// The length of the well-formed sequence that `text` starts with, 0 where there is none.
std::size_t utf8_length(std::string_view text);

// The code point that a well-formed sequence stands for.
char32_t utf8_code_point(std::string_view sequence);

// Columns of one character on a terminal, or more, never less: 0 of what is drawn onto the character before
// it, 2 of what is wide or an emoji (Unicode's East Asian Width), 1 of the rest. A control character has no
// width that is known here, and counts as 1.
std::size_t char_width(char32_t code_point);

// Columns of text without control characters. A byte that is not UTF-8 counts as one.
std::size_t display_width(std::string_view text);

}  // namespace ixian::base
