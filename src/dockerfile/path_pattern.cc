// Docker turns a pattern into a regular expression, except in simple cases, whose meaning differs a little:
// "**x" is anything that ends with x where no other wildcard follows, else a path whose last part begins with
// what matches x. Here a pattern becomes a list of tokens, and all places in it where a match can be are
// moved along the path together, so that nothing is tried twice.
#include "dockerfile/path_pattern.h"

#include <algorithm>
#include <stdexcept>

#include "dockerfile/source.h"
#include "dockerfile/unicode.h"

namespace ixian::dockerfile {
namespace {

constexpr std::string_view kWildcards = "*?[]\\";

// The set of places in the tokens: place i is before token i, or within it where it takes more than one
// character. Kept as flags.
class Places {
 public:
  explicit Places(std::size_t count) : flags_(count, 0) {}

  bool operator[](std::size_t place) const { return flags_[place] != 0; }
  void add(std::size_t place) { flags_[place] = 1; }
  void clear() { std::fill(flags_.begin(), flags_.end(), 0); }
  void swap(Places& other) { flags_.swap(other.flags_); }

 private:
  std::vector<char> flags_;
};

}  // namespace

PathPattern::PathPattern(std::string pattern) : text_(std::move(pattern)) {
  if (text_.find_first_of(kWildcards) != std::string::npos) tokenize();
}

void PathPattern::tokenize() {
  using Kind = Token::Kind;
  const std::u32string pattern = to_code_points(text_);
  const auto fail = [&](const char* reason) {
    throw std::invalid_argument("the pattern \"" + shown(text_) + "\" " + reason + ".");
  };
  for (std::size_t at = 0; at < pattern.size();) {
    const char32_t c = pattern[at];
    if (c == U'*' && at + 1 < pattern.size() && pattern[at + 1] == U'*') {
      add_double_star(pattern, at, at == 0);
      continue;
    }
    if (c == U'[') {
      auto character_class = read_class(pattern, at);
      if (!character_class) fail("has a [ that begins no proper class of characters");
      tokens_.push_back({Kind::kClass, 0, *std::move(character_class)});
      continue;
    }
    if (c == U'*' || c == U'?') {
      tokens_.push_back({c == U'*' ? Kind::kStar : Kind::kAny, 0, {}});
    } else {
      if (c == U'\\' && ++at == pattern.size()) fail("ends with a backslash");
      tokens_.push_back({Kind::kLiteral, pattern[at], {}});
    }
    ++at;
  }
}

void PathPattern::add_double_star(std::u32string_view pattern, std::size_t& at, bool first) {
  at += 2;
  const bool slash = at < pattern.size() && pattern[at] == U'/';
  if (slash) ++at;
  const bool ends_here = at == pattern.size();
  const bool wildcards_follow = pattern.find_first_of(U"*?[]\\", at) != std::u32string_view::npos;
  const bool any_text = ends_here || (first && !slash && !wildcards_follow);
  tokens_.push_back({any_text ? Token::Kind::kText : Token::Kind::kFolders, 0, {}});
}

// Places: 2i is before token i, 2i + 1 within it (kStar, kFolders, kText: it has taken something).
bool PathPattern::matches_path_or_parent(std::string_view path) const {
  using Kind = Token::Kind;
  if (tokens_.empty()) {
    return path.starts_with(text_) && (path.size() == text_.size() || path[text_.size()] == '/');
  }
  const std::size_t end = 2 * tokens_.size();
  Places now(end + 1);
  Places next(end + 1);
  now.add(0);
  // What needs no character to be passed. Tokens only lead onwards, so one pass is enough.
  const auto pass = [&](Places& places) {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const Kind kind = tokens_[i].kind;
      const bool may_be_empty = kind == Kind::kStar || kind == Kind::kFolders || kind == Kind::kText;
      if (may_be_empty && places[2 * i]) places.add(2 * i + 2);
      if ((kind == Kind::kStar || kind == Kind::kText) && places[2 * i + 1]) places.add(2 * i + 2);
    }
  };
  pass(now);
  for (const char32_t c : to_code_points(path)) {
    if (c == U'/' && now[end]) return true;
    next.clear();
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const bool before = now[2 * i];
      const bool within = now[2 * i + 1];
      if (!before && !within) continue;
      const Token& token = tokens_[i];
      switch (token.kind) {
        case Kind::kLiteral:
          if (c == token.literal) next.add(2 * i + 2);
          break;
        case Kind::kAny:
          if (c != U'/') next.add(2 * i + 2);
          break;
        case Kind::kClass:
          if (token.character_class.contains(c)) next.add(2 * i + 2);
          break;
        case Kind::kStar:
          if (c != U'/') next.add(2 * i + 1);
          break;
        case Kind::kText:
          next.add(2 * i + 1);
          break;
        case Kind::kFolders:
          next.add(2 * i + 1);
          if (c == U'/') next.add(2 * i + 2);
          break;
      }
    }
    pass(next);
    now.swap(next);
  }
  return now[end];
}

// Compares component by component, up to a wildcard that may take a slash or is not looked into.
bool PathPattern::may_match_below(std::string_view folder) const {
  std::string_view pattern = text_;
  while (!folder.empty()) {
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    const std::string_view component = pattern.substr(0, end);
    if (component.find_first_of(kWildcards) != std::string_view::npos) return true;
    const std::size_t folder_end = std::min(folder.find('/'), folder.size());
    if (component != folder.substr(0, folder_end)) return false;
    if (end == pattern.size()) return false;  // it ends at the folder or above it
    pattern.remove_prefix(end + 1);
    folder.remove_prefix(std::min(folder_end + 1, folder.size()));
  }
  return true;
}

}  // namespace ixian::dockerfile
