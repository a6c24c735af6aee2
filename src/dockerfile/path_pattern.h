// One pattern of a .dockerignore (moby/patternmatcher).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/character_class.h"

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
  struct Token {
    enum class Kind {
      kLiteral,
      kAny,      // ?, not a slash
      kStar,     // *, no slash
      kClass,    // [a-z], perhaps a slash
      kFolders,  // **/, nothing or anything that ends with a slash
      kText,     // **, anything
    } kind;
    char32_t literal = 0;
    CharacterClass character_class;
  };

  void tokenize();
  void add_double_star(std::u32string_view pattern, std::size_t& at, bool first);

  std::string text_;
  std::vector<Token> tokens_;  // empty: there are no wildcards, and the text is compared
};

}  // namespace ixian::dockerfile
