#include "base/utf8.h"

#include <utf8proc.h>

#include <algorithm>

namespace ixian::base {
namespace {

utf8proc_ssize_t decode(std::string_view text, utf8proc_int32_t& code_point) {
  return utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                          static_cast<utf8proc_ssize_t>(text.size()), &code_point);
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  // Most text is ASCII.
  if (!text.empty() && static_cast<unsigned char>(text.front()) < 0x80) return 1;
  utf8proc_int32_t code_point = 0;
  return static_cast<std::size_t>(std::max<utf8proc_ssize_t>(decode(text, code_point), 0));
}

char32_t utf8_code_point(std::string_view sequence) {
  utf8proc_int32_t code_point = 0;
  decode(sequence, code_point);
  return static_cast<char32_t>(code_point);
}

std::size_t char_width(char32_t code_point) {
  if (code_point < 0x7f) return 1;
  // The flag of a country is two of these, and some terminals draw each by itself.
  if (code_point >= 0x1f1e6 && code_point <= 0x1f1ff) return 2;
  // Turns the character before it into an emoji, which then is wide.
  if (code_point == 0xfe0f) return 1;
  const auto code = static_cast<utf8proc_int32_t>(code_point);
  if (const int width = utf8proc_charwidth(code); width > 0) return static_cast<std::size_t>(width);
  // Characters that Unicode did not have when the library was made count as nothing there.
  const utf8proc_category_t category = utf8proc_category(code);
  const bool drawn_onto = category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME ||
                          category == UTF8PROC_CATEGORY_CF;
  // The soft hyphen is drawn by most terminals.
  return drawn_onto && code_point != 0xad ? 0 : 1;
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    columns += length == 0 ? 1 : char_width(utf8_code_point(text.substr(0, length)));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return columns;
}

}  // namespace ixian::base
