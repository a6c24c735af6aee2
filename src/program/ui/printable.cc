// What a program prints is shown beside other programs' output, in lines whose width must be known. So it is
// taken as a terminal would leave it, line by line: escape sequences are parsed to be dropped as a whole
// (ECMA-48), since dropping only the escape character would leave their parameters as text; a carriage return
// without a newline starts the line again, which is how progress bars are drawn; and characters that turn the
// direction of writing are dropped, since they can make a line read as another one (CVE-2021-42574).
#include "ui/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/utf8.h"

namespace ixian::ui {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::size_t kTabWidth = 8;

// Marks that reorder text, and separators that some terminals take for a newline.
bool misleads(std::uint32_t code) {
  return code == 0x061c || (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

bool is_between(char c, char first, char last) {
  return c >= first && c <= last;
}

// The part of `text`, what follows an escape character and "[", that belongs to the sequence.
std::size_t csi_length(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && is_between(text[i], 0x20, 0x3f)) ++i;
  return i < text.size() && is_between(text[i], 0x40, 0x7e) ? i + 1 : i;
}

// Strings such as a window title end with BEL or ESC \, or where another sequence starts.
std::size_t control_string_length(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\a') return i + 1;
    if (text[i] == '\033') return text.substr(i).starts_with("\033\\") ? i + 2 : i;
    if (text.substr(i).starts_with("\xc2\x9c")) return i + 2;
  }
  return text.size();
}

// The part of `text`, what follows an escape character, that belongs to its sequence (ECMA-48).
std::size_t escape_length(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] == '[') return 1 + csi_length(text.substr(1));
  if (std::string_view("]PX^_").find(text[0]) != std::string_view::npos) {
    return 1 + control_string_length(text.substr(1));
  }
  std::size_t i = 0;
  while (i < text.size() && is_between(text[i], 0x20, 0x2f)) ++i;
  return i < text.size() && is_between(text[i], 0x30, 0x7e) ? i + 1 : i;
}

// The same for the controls U+0080 to U+009F, each of which is ESC and a letter in one.
std::size_t c1_length(std::uint32_t code, std::string_view text) {
  if (code == 0x9b) return csi_length(text);
  const bool string = code == 0x90 || code == 0x98 || (code >= 0x9d && code <= 0x9f);
  return string ? control_string_length(text) : 0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string line;
  bool overwrites = false;
  std::size_t column = 0;
  const auto put = [&](std::string_view bytes, std::size_t width) {
    if (overwrites) {
      line.clear();
      column = 0;
      overwrites = false;
    }
    line += bytes;
    column += width;
  };
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    const auto sequence = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(sequence.size());
    const std::uint32_t code = length == 0 ? 0xfffd : base::utf8_code_point(sequence);
    if (length == 0) {
      put(kReplacement, 1);
    } else if (code == '\r') {
      // Not cleared yet: "\r\n" must keep the line.
      overwrites = true;
    } else if (code == '\n') {
      put(" ", 1);
    } else if (code == '\t') {
      const std::size_t start = overwrites ? 0 : column;
      const std::size_t spaces = kTabWidth - start % kTabWidth;
      put(std::string(spaces, ' '), spaces);
    } else if (code == 0x1b) {
      text.remove_prefix(escape_length(text));
    } else if (code >= 0x80 && code < 0xa0) {
      text.remove_prefix(c1_length(code, text));
    } else if (code >= 0x20 && code != 0x7f && !misleads(code)) {
      put(sequence, base::char_width(code));
    }
  }
  return line;
}

namespace {

bool steers(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || misleads(code);
}

// `put(code, bytes)` for each character; `bytes` is one byte, and `code` kNone, where it is not UTF-8.
constexpr std::uint32_t kNone = 0xffffffff;
template <typename Put>
void for_each_character(std::string_view text, const Put& put) {
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    const auto bytes = text.substr(0, std::max<std::size_t>(length, 1));
    const std::size_t used = put(length == 0 ? kNone : base::utf8_code_point(bytes), bytes, text);
    text.remove_prefix(std::max(used, bytes.size()));
  }
}

}  // namespace

std::string printable_text(std::string_view text, const Style& style) {
  std::string out;
  out.reserve(text.size());
  for_each_character(text,
                     [&](std::uint32_t code, std::string_view bytes, std::string_view rest) -> std::size_t {
                       if (code == 0x1b && !style.reset.empty()) {
                         if (const Unsealed colour = unseal(rest); colour.length > 0) {
                           out += colour.sequence;
                           return colour.length;
                         }
                       }
                       if (code == kNone) {
                         out += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[0]));
                       } else if (code == '\n' || code == '\t' || !steers(code)) {
                         out += bytes;
                       } else {
                         out += code < 0x80 ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{:04x}", code);
                       }
                       return 0;
                     });
  return out;
}

std::string printable_line(std::string_view text) {
  std::string out;
  for (const char c : printable_text(text, {})) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out;
}

std::string printable_json(std::string_view document) {
  std::string out;
  out.reserve(document.size());
  for_each_character(
      document, [&](std::uint32_t code, std::string_view bytes, std::string_view) -> std::size_t {
        if (code == kNone) {
          out += kReplacement;
        } else if (code >= 0x7f && steers(code)) {  // those below are escaped already, or are white space
          out += fmt::format("\\u{:04x}", code);
        } else {
          out += bytes;
        }
        return 0;
      });
  return out;
}

std::string cut_to(std::string_view printable_text, std::size_t columns, std::string_view ellipsis) {
  std::size_t used = 0;
  std::size_t fitting = 0;  // bytes that leave room for the ellipsis
  for (std::size_t i = 0; i < printable_text.size();) {
    const auto length = std::max<std::size_t>(base::utf8_length(printable_text.substr(i)), 1);
    used += base::display_width(printable_text.substr(i, length));
    i += length;
    if (used > columns) {
      std::string out(printable_text.substr(0, fitting));
      if (columns > 0) out += ellipsis;
      return out;
    }
    if (used < columns) fitting = i;
  }
  return std::string(printable_text);
}

std::string cut_name(std::string_view printable_name, std::size_t columns, std::string_view ellipsis) {
  const auto space = printable_name.rfind(' ');
  if (space == std::string_view::npos || base::display_width(printable_name) <= columns)
    return cut_to(printable_name, columns, ellipsis);
  const auto number = printable_name.substr(space);
  const bool counts = number.find('/') != std::string_view::npos &&
                      number.find_first_not_of(" 0123456789/") == std::string_view::npos;
  if (!counts || number.size() + 2 > columns) return cut_to(printable_name, columns, ellipsis);
  return cut_to(printable_name.substr(0, space), columns - number.size(), ellipsis) + std::string(number);
}

}  // namespace ixian::ui
