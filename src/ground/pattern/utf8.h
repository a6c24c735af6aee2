// UTF-8 as code points and back, without loss: a byte that is no UTF-8 becomes U+DC00 + byte, as in Python's
// surrogateescape.
#pragma once

#include <string>
#include <string_view>

namespace ixian::pattern {

// Takes the first character off `text`, which is not empty.
char32_t take_code_point(std::string_view& text);

void append_utf8(std::string& text, char32_t code_point);

std::u32string to_code_points(std::string_view text);
std::string from_code_points(std::u32string_view code_points);

}  // namespace ixian::pattern
