// Backtracking takes exponential time on patterns with many stars. So a pattern is taken apart at its stars,
// and for each part but the first a table says, for each place in the value, where that part goes if what is
// before it ends there. The tables are filled from the end, each in one pass, and a match is then looked up.
#include "dockerfile/shell_pattern.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "dockerfile/source.h"
#include "dockerfile/unicode.h"

namespace ixian::dockerfile {
namespace {

constexpr std::size_t kMostWork = 1 << 22;
constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

struct ShellElement {
  enum class Kind { kLiteral, kAny, kStar } kind;
  char32_t literal = 0;
};

std::vector<ShellElement> parse_shell_pattern(std::string_view text) {
  const std::u32string pattern = to_code_points(text);
  std::vector<ShellElement> elements;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char32_t c = pattern[i];
    if (c == U'*') {
      elements.push_back({ShellElement::Kind::kStar});
      continue;
    }
    if (c == U'?') {
      elements.push_back({ShellElement::Kind::kAny});
      continue;
    }
    if (c == U'\\') {
      c = ++i < pattern.size() ? pattern[i] : U'\0';
      if (std::u32string_view(U"*?\\/}").find(c) == std::u32string_view::npos) {
        throw std::invalid_argument("the pattern \"" + shown(text) +
                                    "\" has a backslash before something that needs none");
      }
    }
    elements.push_back({ShellElement::Kind::kLiteral, c});
  }
  return elements;
}

class ShellMatcher {
 public:
  ShellMatcher(const std::vector<ShellElement>& elements, std::u32string_view value, bool longest)
      : value_(value) {
    if (elements.size() > kMostWork / (value.size() + 1)) {
      throw std::invalid_argument("the pattern and the value that it is for are too long");
    }
    parts_.emplace_back();
    for (const ShellElement& element : elements) {
      if (element.kind != ShellElement::Kind::kStar) {
        parts_.back().push_back(element);
      } else if (parts_.size() == 1 || !parts_.back().empty()) {
        parts_.emplace_back();
      }
    }
    tables_.resize(parts_.size());
    for (std::size_t part = parts_.size() - 1; part > 0; --part) fill_table(part, longest);
  }

  // The end of the match that begins at `at`.
  std::optional<std::size_t> match(std::size_t at) const {
    if (!part_matches(0, at)) return std::nullopt;
    std::size_t end = at + parts_[0].size();
    for (std::size_t part = 1; part < parts_.size(); ++part) {
      const std::uint32_t start = tables_[part][end];
      if (start == kNowhere) return std::nullopt;
      end = start + parts_[part].size();
    }
    return end;
  }

 private:
  bool part_matches(std::size_t part, std::size_t at) const {
    const std::vector<ShellElement>& elements = parts_[part];
    if (at + elements.size() > value_.size()) return false;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const char32_t c = value_[at + i];
      if (elements[i].kind == ShellElement::Kind::kAny ? c == U'\n' : c != elements[i].literal) return false;
    }
    return true;
  }

  void fill_table(std::size_t part, bool longest) {
    std::vector<std::uint32_t>& table = tables_[part];
    table.assign(value_.size() + 1, kNowhere);
    for (std::size_t i = value_.size() + 1; i-- > 0;) {
      const bool here = part_matches(part, i) &&
                        (part + 1 == parts_.size() || tables_[part + 1][i + parts_[part].size()] != kNowhere);
      const std::uint32_t later = i < value_.size() && value_[i] != U'\n' ? table[i + 1] : kNowhere;
      const bool prefer_later = later != kNowhere && (longest || !here);
      table[i] = prefer_later ? later : here ? static_cast<std::uint32_t>(i) : kNowhere;
    }
  }

  std::u32string_view value_;
  std::vector<std::vector<ShellElement>> parts_;  // between the stars
  std::vector<std::vector<std::uint32_t>> tables_;
};

}  // namespace

std::string trim_prefix(std::string_view value, std::string_view pattern, bool longest) {
  const std::u32string text = to_code_points(value);
  const auto end = ShellMatcher(parse_shell_pattern(pattern), text, longest).match(0);
  return from_code_points(std::u32string_view(text).substr(end.value_or(0)));
}

// The shortest match at the end is the shortest one at the beginning of everything read backwards.
std::string trim_suffix(std::string_view value, std::string_view pattern, bool longest) {
  std::u32string text = to_code_points(value);
  std::reverse(text.begin(), text.end());
  std::vector<ShellElement> elements = parse_shell_pattern(pattern);
  std::reverse(elements.begin(), elements.end());
  const auto end = ShellMatcher(elements, text, longest).match(0);
  text.erase(0, end.value_or(0));
  std::reverse(text.begin(), text.end());
  return from_code_points(text);
}

std::string replace_pattern(std::string_view value, std::string_view pattern, std::string_view replacement,
                            bool all) {
  const std::u32string text = to_code_points(value);
  const std::u32string_view view = text;
  const ShellMatcher matcher(parse_shell_pattern(pattern), text, true);
  std::string result;
  std::size_t copied = 0;
  std::size_t at = 0;
  while (at <= text.size() && result.size() <= kMostBytes) {
    const auto end = matcher.match(at);
    // An empty match right behind another one is none, as in Go's regular expressions.
    const bool counts = end && (*end > at || at == 0 || at > copied);
    if (counts) {
      result += from_code_points(view.substr(copied, at - copied));
      result += replacement;
      copied = *end;
      if (!all) break;
    }
    at = end && *end > at ? *end : at + 1;
  }
  return result + from_code_points(view.substr(copied));
}

}  // namespace ixian::dockerfile
