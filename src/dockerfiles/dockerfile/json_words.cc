// A JSON array of strings, read where it stands, so that each string knows its column. What this does not
// take for one is shown to the real parser, which tells "no JSON" from "JSON, but not of strings".
#include <stdexcept>

#include "base/characters.h"
#include "base/json.h"
#include "dockerfile/lexer.h"
#include "pattern/utf8.h"

namespace ixian::dockerfile {
namespace {

// JSON nested deeper is not looked into, and so is no JSON.
constexpr int kDeepest = 100;

class StringArrayReader {
 public:
  StringArrayReader(const LogicalLine& line, std::size_t begin, std::size_t end)
      : line_(line), text_(std::string_view(line.text).substr(0, end)), at_(begin) {}

  std::optional<std::vector<base::Word>> read() {
    std::vector<base::Word> words;
    if (!take('[')) return std::nullopt;
    if (!take(']')) {
      do {
        skip_spaces();
        const std::size_t start = at_;
        auto string = read_string();
        if (!string) return std::nullopt;
        words.push_back({std::move(*string), line_.at(start)});
      } while (take(','));
      if (!take(']')) return std::nullopt;
    }
    skip_spaces();
    if (at_ != text_.size()) return std::nullopt;
    return words;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && base::is_space(text_[at_])) ++at_;
  }

  bool take(char c) {
    skip_spaces();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::optional<std::string> read_string() {
    if (!take('"')) return std::nullopt;
    std::string string;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return string;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        string += c;
      } else if (!read_escape(string)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  bool read_escape(std::string& string) {
    if (at_ >= text_.size()) return false;
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char c = text_[at_++];
    if (const std::size_t letter = kLetters.find(c); letter != std::string_view::npos) {
      string += kMeanings[letter];
      return true;
    }
    if (c != 'u') return false;
    auto unit = read_unit();
    if (!unit) return false;
    if (*unit >= 0xd800 && *unit < 0xdc00 && text_.substr(at_, 2) == "\\u") {
      const std::size_t before = at_;
      at_ += 2;
      const auto low = read_unit();
      if (!low) return false;
      if (*low >= 0xdc00 && *low < 0xe000) {
        pattern::append_utf8(string, 0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00));
        return true;
      }
      // What follows is no second half, and is read again for itself.
      at_ = before;
    }
    // Half a pair becomes the replacement character, as in Go.
    if (*unit >= 0xd800 && *unit < 0xe000) unit = 0xfffd;
    pattern::append_utf8(string, *unit);
    return true;
  }

  std::optional<char32_t> read_unit() {
    if (at_ + 4 > text_.size()) return std::nullopt;
    char32_t unit = 0;
    for (const char c : text_.substr(at_, 4)) {
      const char lower = static_cast<char>(c | 0x20);
      if (!base::is_digit(c) && (lower < 'a' || lower > 'f')) return std::nullopt;
      unit = unit * 16 + static_cast<char32_t>(base::is_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    at_ += 4;
    return unit;
  }

  const LogicalLine& line_;
  std::string_view text_;
  std::size_t at_;
};

bool is_json_array(std::string_view text) {
  try {
    return base::parse_json(text, base::kMostBytes, kDeepest).is_array();
  } catch (const std::invalid_argument&) {
    return false;
  }
}

}  // namespace

std::optional<std::vector<base::Word>> json_words(const LogicalLine& line, std::size_t begin,
                                                  std::size_t end) {
  while (begin < end && base::is_space(line.text[begin])) ++begin;
  if (begin >= end || line.text[begin] != '[') return std::nullopt;
  auto words = StringArrayReader(line, begin, end).read();
  if (!words && is_json_array(std::string_view(line.text).substr(begin, end - begin))) {
    throw line.source->error(line.at(begin), "only strings are allowed in this JSON array");
  }
  return words;
}

}  // namespace ixian::dockerfile
