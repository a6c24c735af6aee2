// Go's and Python's classes differ in more than the sign of negation, so each has its reader: in Go's a
// backslash escapes and a "-" or "]" must be escaped to be meant; in Python's nothing is escaped and a "]" or
// "-" in the first place is meant. Neither reader says what a "[" is that begins no class: that is an option
// of the language (see glob.h).
#include "pattern/character_class.h"

#include <algorithm>

namespace ixian::pattern {
namespace {

// One character of a class, a backslash makes it plain. Something must follow it.
std::optional<char32_t> read_character(std::u32string_view pattern, std::size_t& at) {
  if (at >= pattern.size() || pattern[at] == U'-' || pattern[at] == U']') return std::nullopt;
  if (pattern[at] == U'\\' && ++at >= pattern.size()) return std::nullopt;
  const char32_t c = pattern[at++];
  if (at >= pattern.size()) return std::nullopt;
  return c;
}

bool take(std::u32string_view pattern, std::size_t& at, char32_t wanted) {
  if (at >= pattern.size() || pattern[at] != wanted) return false;
  ++at;
  return true;
}

}  // namespace

bool CharacterClass::has_backward_range() const {
  return std::any_of(ranges.begin(), ranges.end(),
                     [](const auto& range) { return range.second < range.first; });
}

bool CharacterClass::contains(char32_t c) const {
  const bool inside = std::any_of(ranges.begin(), ranges.end(),
                                  [c](const auto& range) { return range.first <= c && c <= range.second; });
  return inside != negated;
}

std::optional<CharacterClass> read_go_class(std::u32string_view pattern, std::size_t& at) {
  CharacterClass result;
  ++at;
  result.negated = take(pattern, at, U'^');
  while (at >= pattern.size() || pattern[at] != U']' || result.ranges.empty()) {
    const auto first = read_character(pattern, at);
    if (!first) return std::nullopt;
    auto last = first;
    if (take(pattern, at, U'-')) {
      last = read_character(pattern, at);
      if (!last) return std::nullopt;
    }
    result.ranges.emplace_back(*first, *last);
  }
  ++at;
  return result;
}

// The end is looked for first, from the second character on: a "]" in the first place does not end the class.
std::optional<CharacterClass> read_python_class(std::u32string_view pattern, std::size_t& at) {
  CharacterClass result;
  ++at;
  result.negated = take(pattern, at, U'!');
  const std::size_t end = pattern.find(U']', at + 1);
  if (at >= pattern.size() || end == std::u32string_view::npos) return std::nullopt;
  while (at < end) {
    const char32_t first = pattern[at++];
    char32_t last = first;
    if (end - at > 1 && take(pattern, at, U'-')) last = pattern[at++];
    result.ranges.emplace_back(first, last);
  }
  ++at;
  return result;
}

}  // namespace ixian::pattern
