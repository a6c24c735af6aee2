// Backtracking takes exponential time on patterns with many stars. So a pattern is taken apart at its stars,
// and for each part but the first a table says, for each place in the value, where that part goes if what is
// before it ends there. The tables are filled from the end, each in one pass, and a match is then looked up.
#include "pattern/shell_pattern.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "files/text_file.h"
#include "pattern/utf8.h"

namespace ixian::pattern {
namespace {

// Of tokens times characters: what the tables take in memory and, but for the length of one part, in time.
constexpr std::size_t kMostWork = 1 << 22;
constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

using Tokens = std::vector<Token>;

class ShellMatcher {
 public:
  ShellMatcher(const Tokens& tokens, std::u32string_view value, bool longest) : value_(value) {
    if (tokens.size() > kMostWork / (value.size() + 1)) {
      throw std::invalid_argument("the pattern and the value that it is for are too long");
    }
    parts_.emplace_back();
    for (const Token& token : tokens) {
      if (token.kind != Token::Kind::kStar) {
        parts_.back().push_back(token);
        // Stars in a row are one.
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
    const Tokens& tokens = parts_[part];
    if (at + tokens.size() > value_.size()) return false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const char32_t c = value_[at + i];
      if (!tokens[i].takes(c)) return false;
    }
    return true;
  }

  void fill_table(std::size_t part, bool longest) {
    std::vector<std::uint32_t>& table = tables_[part];
    table.assign(value_.size() + 1, kNowhere);
    for (std::size_t i = value_.size() + 1; i-- > 0;) {
      const bool here = part_matches(part, i) &&
                        (part + 1 == parts_.size() || tables_[part + 1][i + parts_[part].size()] != kNowhere);
      // The star before the part would have to take value_[i].
      const std::uint32_t later = i < value_.size() && value_[i] != U'\n' ? table[i + 1] : kNowhere;
      const bool prefer_later = later != kNowhere && (longest || !here);
      table[i] = prefer_later ? later : here ? static_cast<std::uint32_t>(i) : kNowhere;
    }
  }

  std::u32string_view value_;
  std::vector<Tokens> parts_;  // between the stars
  // [part][i]: where the part begins if the part before it ends at i, or kNowhere; that of part 0 is empty.
  std::vector<std::vector<std::uint32_t>> tables_;
};

}  // namespace

std::string trim_prefix(std::string_view value, std::string_view pattern, bool longest) {
  const std::u32string text = to_code_points(value);
  const auto end = ShellMatcher(Glob(pattern, kShell).tokens(), text, longest).match(0);
  return from_code_points(std::u32string_view(text).substr(end.value_or(0)));
}

// The shortest match at the end is the shortest one at the beginning of everything read backwards.
std::string trim_suffix(std::string_view value, std::string_view pattern, bool longest) {
  std::u32string text = to_code_points(value);
  std::reverse(text.begin(), text.end());
  Tokens tokens = Glob(pattern, kShell).tokens();
  std::reverse(tokens.begin(), tokens.end());
  const auto end = ShellMatcher(tokens, text, longest).match(0);
  text.erase(0, end.value_or(0));
  std::reverse(text.begin(), text.end());
  return from_code_points(text);
}

std::string replace_pattern(std::string_view value, std::string_view pattern, std::string_view replacement,
                            bool all) {
  const std::u32string text = to_code_points(value);
  const std::u32string_view view = text;
  const ShellMatcher matcher(Glob(pattern, kShell).tokens(), text, true);
  std::string result;
  std::size_t copied = 0;
  std::size_t at = 0;
  while (at <= text.size() && result.size() <= base::kMostText) {
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

}  // namespace ixian::pattern
