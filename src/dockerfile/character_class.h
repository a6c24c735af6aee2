// [a-z0-9] and [^a-z], as Go's filepath.Match reads them.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ixian::dockerfile {

struct CharacterClass {
  bool negated = false;
  std::vector<std::pair<char32_t, char32_t>> ranges;

  bool contains(char32_t c) const;
};

// Reads the class that begins at pattern[at], which is "[", and leaves `at` behind its "]". nullopt where it
// is malformed: no end, nothing in it, "-" or "]" where a character should be, a range that runs backwards.
std::optional<CharacterClass> read_class(std::u32string_view pattern, std::size_t& at);

}  // namespace ixian::dockerfile
