// [a-z0-9]: one character of several.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ixian::pattern {

struct CharacterClass {
  bool negated = false;
  std::vector<std::pair<char32_t, char32_t>> ranges;  // one that runs backwards holds nothing

  bool contains(char32_t c) const;
  bool has_backward_range() const;
};

// Both read the class that begins at pattern[at], which is "[", and leave `at` behind its "]"; nullopt, with
// `at` anywhere, where there is none.

// As Go's filepath.Match has it: [^a-z], a backslash makes a character plain. There is none where the end is
// missing, where nothing is in it, and where "-" or "]" stand for themselves.
std::optional<CharacterClass> read_go_class(std::u32string_view pattern, std::size_t& at);

// As Python's fnmatch has it: [!a-z], nothing is escaped, and a "]" at the very beginning is one of the
// characters. There is none where the end is missing.
std::optional<CharacterClass> read_python_class(std::u32string_view pattern, std::size_t& at);

}  // namespace ixian::pattern
