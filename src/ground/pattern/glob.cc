// Backtracking takes exponential time on patterns with many stars. There are two ways around it.
//
// Where a pattern has no token that takes the separator, the last star alone is tried again, with one
// character more: what an earlier star could take in its place, it can take as well, and where a separator
// lies between them, nothing helps.
//
// With "**" that is not so. Then all places in the pattern where a match can be are moved along the text
// together. Place 2i is before token i, place 2i + 1 within it, where it has taken something and may take
// more.
#include "pattern/glob.h"

#include <algorithm>
#include <stdexcept>

#include "base/text.h"
#include "pattern/utf8.h"

namespace ixian::pattern {
namespace {

using Kind = Token::Kind;

// Of the pattern in a message: a whole one would fill the screen.
constexpr std::size_t kLongestShownPattern = 200;

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

bool may_take_nothing(Kind kind) {
  return kind == Kind::kStar || kind == Kind::kFolders || kind == Kind::kText;
}

// Tokens only lead onwards, so one pass is enough.
void pass_what_may_take_nothing(const std::vector<Token>& tokens, Places& places) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Kind kind = tokens[i].kind;
    if (may_take_nothing(kind) && places[2 * i]) places.add(2 * i + 2);
    if ((kind == Kind::kStar || kind == Kind::kText) && places[2 * i + 1]) places.add(2 * i + 2);
  }
}

// What follows a backslash, which is at pattern[at]; `at` is moved onto it.
char32_t escaped(std::u32string_view pattern, std::size_t& at, Language::Backslash backslash,
                 const auto& fail) {
  if (++at == pattern.size() && backslash == Language::Backslash::kEscapes) fail("ends with a backslash");
  const char32_t c = at < pattern.size() ? pattern[at] : U'\0';
  if (backslash == Language::Backslash::kEscapesWildcards &&
      std::u32string_view(U"*?\\/}").find(c) == std::u32string_view::npos)
    fail("has a backslash before something that needs none");
  return c;
}

std::optional<CharacterClass> read_class(std::u32string_view pattern, std::size_t& at,
                                         Language::Classes classes) {
  std::size_t end = at;
  auto found =
      classes == Language::Classes::kPython ? read_python_class(pattern, end) : read_go_class(pattern, end);
  // Go's path matching takes [z-a] for a class that holds nothing; its regular expressions do not compile it.
  if (found && classes == Language::Classes::kRegExp && found->has_backward_range()) return std::nullopt;
  if (found) at = end;
  return found;
}

}  // namespace

bool Token::takes(char32_t c) const {
  switch (kind) {
    case Kind::kLiteral:
      return c == literal;
    case Kind::kAny:
      return literal == 0 || c != literal;
    case Kind::kClass:
      return character_class.contains(c);
    case Kind::kStar:
    case Kind::kFolders:
    case Kind::kText:
      break;
  }
  return false;
}

Glob::Glob(std::string_view text, const Language& language) {
  const std::u32string pattern = to_code_points(text);
  const auto fail = [&](const char* reason) {
    throw std::invalid_argument("the pattern \"" +
                                base::printable_path(text.substr(0, kLongestShownPattern)) + "\" " + reason);
  };
  for (std::size_t at = 0; at < pattern.size();) {
    const char32_t c = pattern[at];
    if (c == U'*' && language.double_star == Language::DoubleStar::kFolders &&
        pattern.substr(at).starts_with(U"**")) {
      add_double_star(pattern, at);
      continue;
    }
    if (c == U'[' && language.classes != Language::Classes::kNone) {
      if (auto character_class = read_class(pattern, at, language.classes)) {
        tokens_.push_back({Kind::kClass, 0, *std::move(character_class)});
        continue;
      }
      if (language.classes != Language::Classes::kPython)
        fail("has a [ that begins no proper class of characters");
    }
    if (c == U'*' || c == U'?') {
      tokens_.push_back({c == U'*' ? Kind::kStar : Kind::kAny, language.separator, {}});
    } else {
      const bool escapes = c == U'\\' && language.backslash != Language::Backslash::kPlain;
      tokens_.push_back({Kind::kLiteral, escapes ? escaped(pattern, at, language.backslash, fail) : c, {}});
    }
    ++at;
  }
}

// "**x" is anything that ends with x where it stands at the beginning and no other wildcard follows, else a
// path whose last part begins with what matches x: patternmatcher turns patterns into regular expressions but
// in simple cases, whose meaning differs.
void Glob::add_double_star(std::u32string_view pattern, std::size_t& at) {
  const bool first = at == 0;
  at += 2;
  const bool slash = at < pattern.size() && pattern[at] == U'/';
  if (slash) ++at;
  const bool ends_here = at == pattern.size();
  const bool wildcards_follow = pattern.find_first_of(U"*?[]\\", at) != std::u32string_view::npos;
  const bool any_text = ends_here || (first && !slash && !wildcards_follow);
  tokens_.push_back({any_text ? Kind::kText : Kind::kFolders, 0, {}});
  has_double_star_ = true;
}

bool Glob::matches(std::string_view text) const {
  return has_double_star_ ? matches_by_places(text, false) : matches_by_stars(text);
}

bool Glob::matches_path_or_parent(std::string_view path) const {
  return matches_by_places(path, true);
}

bool Glob::matches_by_stars(std::string_view text) const {
  std::size_t token = 0;
  std::size_t star = tokens_.size();  // none
  std::string_view after_star;        // what is left of the text where the star has taken what it has
  while (!text.empty() || token < tokens_.size()) {
    if (token < tokens_.size() && tokens_[token].kind == Kind::kStar) {
      star = token++;
      after_star = text;
      continue;
    }
    if (token < tokens_.size() && !text.empty()) {
      std::string_view rest = text;
      if (tokens_[token].takes(take_code_point(rest))) {
        text = rest;
        ++token;
        continue;
      }
    }
    if (star == tokens_.size() || after_star.empty()) return false;
    const char32_t taken = take_code_point(after_star);
    // The star would have to take the separator.
    if (taken == tokens_[star].literal && taken != 0) return false;
    text = after_star;
    token = star + 1;
  }
  return true;
}

bool Glob::matches_by_places(std::string_view text, bool or_parent) const {
  const std::size_t end = 2 * tokens_.size();
  Places now(end + 1);
  Places next(end + 1);
  now.add(0);
  pass_what_may_take_nothing(tokens_, now);
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    // What has been read is a folder above the path.
    if (or_parent && c == U'/' && now[end]) return true;
    next.clear();
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (!now[2 * i] && !now[2 * i + 1]) continue;
      const Token& token = tokens_[i];
      switch (token.kind) {
        case Kind::kLiteral:
        case Kind::kAny:
        case Kind::kClass:
          if (token.takes(c)) next.add(2 * i + 2);
          break;
        case Kind::kStar:
          if (token.literal == 0 || c != token.literal) next.add(2 * i + 1);
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
    pass_what_may_take_nothing(tokens_, next);
    now.swap(next);
  }
  return now[end];
}

}  // namespace ixian::pattern
