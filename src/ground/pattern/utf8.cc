// Patterns take characters, but names of files are bytes and may be of any encoding. Bytes that are no UTF-8
// become code points that no UTF-8 stands for (lone surrogates), so that "?" takes one of them and they come
// out as they went in.
#include "pattern/utf8.h"

#include <utf8proc.h>

#include "base/utf8.h"

namespace ixian::pattern {
namespace {

constexpr char32_t kByte = 0xdc00;

}  // namespace

char32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : base::utf8_length(text);
  char32_t code_point = first;
  if (length == 0) code_point += kByte;
  if (length > 1) code_point = base::utf8_code_point(text.substr(0, length));
  text.remove_prefix(length == 0 ? 1 : length);
  return code_point;
}

void append_utf8(std::string& text, char32_t code_point) {
  // The low byte of both is the byte to write.
  if (code_point < 0x80 || (code_point >= kByte && code_point < kByte + 0x100)) {
    text += static_cast<char>(static_cast<unsigned char>(code_point));
    return;
  }
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::u32string to_code_points(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  while (!text.empty()) result += take_code_point(text);
  return result;
}

std::string from_code_points(std::u32string_view code_points) {
  std::string result;
  result.reserve(code_points.size());
  for (const char32_t c : code_points) append_utf8(result, c);
  return result;
}

}  // namespace ixian::pattern
