// One pattern of a .dockerignore (moby/patternmatcher).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ixian::dockerfile {

// Immutable. Time to match is bounded by the length of the pattern times that of the path.
class PathPattern {
 public:
  // `pattern` is clean (see clean_path). Throws std::invalid_argument with a sentence where it is malformed.
  explicit PathPattern(std::string pattern);

  const std::string& text() const { return text_; }

  // Whether it matches the path or one of the folders that the path lies in.
  bool matches_path_or_parent(std::string_view path) const;

  // Whether it may match something below `folder` that is neither the folder nor above it. May be wrong in
  // saying so, never in denying it.
  bool may_match_below(std::string_view folder) const;

 private:
  enum class Kind : std::uint8_t { kLiteral, kAny, kStar, kFolders, kEverything, kAnyText, kClass };
  struct Token {
    Kind kind;
    char32_t literal = 0;
    bool negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;
  };

  void tokenize();
  bool run(std::string_view path) const;

  std::string text_;
  bool plain_ = true;  // no wildcards: the text is compared
  std::vector<Token> tokens_;
};

}  // namespace ixian::dockerfile
