#include "dockerfile/path_match.h"

#include <stdexcept>
#include <vector>

#include "dockerfile/character_class.h"
#include "dockerfile/source.h"
#include "dockerfile/unicode.h"

namespace ixian::dockerfile {
namespace {

struct Element {
  enum class Kind { kLiteral, kAny, kStar, kClass } kind;
  char32_t literal = 0;
  CharacterClass character_class;

  bool matches(char32_t c) const {
    switch (kind) {
      case Kind::kLiteral:
        return c == literal;
      case Kind::kAny:
        return c != U'/';
      case Kind::kClass:
        return character_class.contains(c);
      case Kind::kStar:
        break;
    }
    return false;
  }
};

std::vector<Element> parse_pattern(std::string_view text) {
  const std::u32string pattern = to_code_points(text);
  std::vector<Element> elements;
  const auto fail = [&](const char* reason) {
    throw std::invalid_argument("the pattern \"" + shown(text) + "\" " + reason + ".");
  };
  for (std::size_t i = 0; i < pattern.size();) {
    const char32_t c = pattern[i];
    if (c == U'*') {
      elements.push_back({Element::Kind::kStar, 0, {}});
    } else if (c == U'?') {
      elements.push_back({Element::Kind::kAny, 0, {}});
    } else if (c == U'[') {
      auto character_class = read_class(pattern, i);
      if (!character_class) fail("has a [ that begins no proper class of characters");
      elements.push_back({Element::Kind::kClass, 0, *std::move(character_class)});
      continue;
    } else {
      if (c == U'\\' && ++i == pattern.size()) fail("ends with a backslash");
      elements.push_back({Element::Kind::kLiteral, pattern[i], {}});
    }
    ++i;
  }
  return elements;
}

}  // namespace

// A star takes as little as it can, and the last one takes one character more whenever what follows fails.
// Going back to earlier ones cannot help, unless a slash, which no star takes, lies between. Then nothing
// can.
bool match_path(std::string_view pattern, std::string_view name) {
  const std::vector<Element> elements = parse_pattern(pattern);
  const std::u32string text = to_code_points(name);
  std::size_t element = 0;
  std::size_t at = 0;
  std::size_t star = elements.size();  // none
  std::size_t star_at = 0;
  while (at < text.size() || element < elements.size()) {
    if (element < elements.size() && elements[element].kind == Element::Kind::kStar) {
      star = element++;
      star_at = at;
      continue;
    }
    if (element < elements.size() && at < text.size() && elements[element].matches(text[at])) {
      ++element;
      ++at;
      continue;
    }
    if (star == elements.size() || star_at >= text.size() || text[star_at] == U'/') return false;
    at = ++star_at;
    element = star + 1;
  }
  return true;
}

bool has_wildcards(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\') {
      ++i;
    } else if (path[i] == '*' || path[i] == '?' || path[i] == '[') {
      return true;
    }
  }
  return false;
}

std::string clean_path(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::string result = rooted ? "/" : "";
  std::vector<std::size_t> ends;  // of `result` before each component that ".." may take away
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view component = path.substr(at, end - at);
    at = end + 1;
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      if (!ends.empty()) {
        result.resize(ends.back());
        ends.pop_back();
        continue;
      }
      if (rooted) continue;
    } else {
      ends.push_back(result.size());
    }
    if (!result.empty() && result != "/") result += '/';
    result += component;
  }
  return result.empty() ? "." : result;
}

}  // namespace ixian::dockerfile
