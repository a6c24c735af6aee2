#include "dockerfile/character_class.h"

#include <algorithm>

namespace ixian::dockerfile {
namespace {

// One character of a class, a backslash makes it plain. Something must follow it.
std::optional<char32_t> read_character(std::u32string_view pattern, std::size_t& at) {
  if (at >= pattern.size() || pattern[at] == U'-' || pattern[at] == U']') return std::nullopt;
  if (pattern[at] == U'\\' && ++at >= pattern.size()) return std::nullopt;
  const char32_t c = pattern[at++];
  if (at >= pattern.size()) return std::nullopt;
  return c;
}

}  // namespace

bool CharacterClass::contains(char32_t c) const {
  const bool inside = std::any_of(ranges.begin(), ranges.end(),
                                  [c](const auto& range) { return range.first <= c && c <= range.second; });
  return inside != negated;
}

std::optional<CharacterClass> read_class(std::u32string_view pattern, std::size_t& at) {
  CharacterClass result;
  ++at;
  if (at < pattern.size() && pattern[at] == U'^') {
    result.negated = true;
    ++at;
  }
  while (at >= pattern.size() || pattern[at] != U']' || result.ranges.empty()) {
    const auto first = read_character(pattern, at);
    if (!first) return std::nullopt;
    auto last = first;
    if (pattern[at] == U'-') {
      ++at;
      last = read_character(pattern, at);
      if (!last || *last < *first) return std::nullopt;
    }
    result.ranges.emplace_back(*first, *last);
  }
  ++at;
  return result;
}

}  // namespace ixian::dockerfile
