#include "dockerfile/unicode.h"

#include "base/text.h"
#include "base/utf8.h"

namespace ixian::dockerfile {

void append_utf8(std::string& text, char32_t c) {
  const auto add = [&](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    add(c);
  } else if (c >= 0xdc00 && c < 0xdd00) {
    add(c - 0xdc00);
  } else if (c < 0x800) {
    add(0xc0 | (c >> 6));
    add(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    add(0xe0 | (c >> 12));
    add(0x80 | ((c >> 6) & 0x3f));
    add(0x80 | (c & 0x3f));
  } else {
    add(0xf0 | (c >> 18));
    add(0x80 | ((c >> 12) & 0x3f));
    add(0x80 | ((c >> 6) & 0x3f));
    add(0x80 | (c & 0x3f));
  }
}

std::u32string to_code_points(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    const auto byte = [&](std::size_t i) {
      return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
    };
    if (length == 0) {
      result += 0xdc00 + byte(0);
    } else if (length == 1) {
      result += byte(0);
    } else {
      char32_t c = byte(0) & (0xffu >> (length + 1));
      for (std::size_t i = 1; i < length; ++i) c = (c << 6) | (byte(i) & 0x3f);
      result += c;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string from_code_points(std::u32string_view code_points) {
  std::string result;
  result.reserve(code_points.size());
  for (const char32_t c : code_points) append_utf8(result, c);
  return result;
}

}  // namespace ixian::dockerfile
