// Columns count characters, and a hostile file may have all its instructions on one line. So the characters
// before every block of the text are counted once, and a position costs one block.
#include "base/source_text.h"

#include <algorithm>

#include "base/text.h"
#include "base/url_login.h"
#include "base/utf8.h"

namespace ixian::base {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kWidestExcerpt = 100;
constexpr std::size_t kLongestShown = 120;

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string hex(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

// One column a character: what cannot be shown becomes a space or a question mark.
std::vector<std::string> columns_of(std::string_view line) {
  std::vector<std::string> columns;
  while (!line.empty()) {
    const std::size_t length = utf8_length(line);
    if (length == 0) {
      // A stray continuation byte has no column of its own; see Source::position.
      if (begins_character(line.front()) || columns.empty()) columns.emplace_back("?");
      line.remove_prefix(1);
      continue;
    }
    const std::string_view character = line.substr(0, length);
    if (character == "\t") {
      columns.emplace_back(" ");
    } else {
      columns.emplace_back(is_control(character.front()) ? "?" : character);
    }
    line.remove_prefix(length);
  }
  return columns;
}

}  // namespace

Source::Source(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
  line_starts_.push_back(0);
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (i % kBlock == 0) characters_.push_back(characters);
    if (begins_character(text_[i])) ++characters;
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
  characters_.push_back(characters);
}

std::size_t Source::characters_before(std::size_t offset) const {
  const std::size_t block = offset / kBlock;
  std::size_t count = characters_[block];
  for (std::size_t i = block * kBlock; i < offset; ++i) count += begins_character(text_[i]) ? 1 : 0;
  return count;
}

Position Source::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const std::size_t start = *(after - 1);
  return {static_cast<int>(after - line_starts_.begin()),
          static_cast<int>(characters_before(offset) - characters_before(start)) + 1};
}

std::string Source::excerpt(Position at) const {
  if (at.line < 1 || static_cast<std::size_t>(at.line) > line_starts_.size()) return "";
  const std::size_t begin = line_starts_[static_cast<std::size_t>(at.line) - 1];
  // Excerpts get into logs.
  const std::string shown_line = without_logins(text_.substr(begin, text_.find('\n', begin) - begin));
  std::string_view line = shown_line;
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::vector<std::string> columns = columns_of(line);

  const std::size_t caret = std::min(static_cast<std::size_t>(std::max(at.column, 1)) - 1, columns.size());
  const std::size_t first = caret < kWidestExcerpt ? 0 : caret - kWidestExcerpt / 2;
  const std::size_t last = std::min(first + kWidestExcerpt, columns.size());

  const std::string number = std::to_string(at.line);
  std::string text = "  " + number + " | " + (first > 0 ? "…" : "");
  for (std::size_t i = first; i < last; ++i) text += columns[i];
  if (last < columns.size()) text += "…";
  text += "\n  " + std::string(number.size(), ' ') + " | " +
          std::string(caret - first + (first > 0 ? 1 : 0), ' ');
  return text + "^";
}

Error Source::error(Position at, const std::string& sentence) const {
  std::string place = shown(name_);
  if (at.line > 0) place += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  return {ErrorCode::kTaskFailed, place + ": " + sentence, excerpt(at)};
}

namespace {

// By its mark, or by the zeros that half of the bytes of the first characters are: all that a Dockerfile
// begins with is ASCII.
bool is_utf16(std::string_view text) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) return true;
  constexpr std::size_t kLookedAt = 8;
  text = text.substr(0, kLookedAt);
  std::size_t zeros[2] = {0, 0};
  for (std::size_t i = 0; i < text.size(); ++i) zeros[i % 2] += text[i] == '\0' ? 1 : 0;
  return text.size() >= 4 && (zeros[0] == text.size() / 2 || zeros[1] == text.size() / 2);
}

}  // namespace

std::string checked_text(std::string text, const std::string& name) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.size() > kMostBytes) {
    throw Error(ErrorCode::kTaskFailed, shown(name) + " is larger than 1 MiB");
  }
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  if (is_utf16(text)) {
    throw Error(ErrorCode::kTaskFailed, shown(name) + " is encoded in UTF-16\nhint: save it as UTF-8");
  }
  return text;
}

std::string shown(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0 || is_control(text.front())) {
      result += hex(text.front());
      text.remove_prefix(1);
    } else {
      result += text.substr(0, length);
      text.remove_prefix(length);
    }
    if (result.size() > kLongestShown) return result + "…";
  }
  return result;
}

}  // namespace ixian::base
