// Wildcards: text that matches other text. There is one core for the four languages that Dockerfiles and
// projects use, and what they differ in are its options. Each language has a header with its rules:
// path_match (sources of COPY), ignore_pattern (.dockerignore), shell_pattern (${name#pattern}), python_glob
// (FileHash).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pattern/character_class.h"

namespace ixian::pattern {

struct Language {
  enum class DoubleStar {
    kTwoStars,
    kFolders,  // any number of path components, as moby/patternmatcher has it
  };
  enum class Classes {
    kNone,    // "[" is plain
    kGo,      // a "[" that begins no class is an error
    kRegExp,  // that of kGo, where a range that runs backwards is an error, too: it becomes a regular
              // expression
    kPython,  // a "[" that begins no class is plain
  };
  enum class Backslash {
    kPlain,
    kEscapes,           // whatever follows; nothing following is an error
    kEscapesWildcards,  // one of *?\/}; anything else is an error
  };

  char32_t separator = 0;  // what * and ? do not take; 0: they take everything
  DoubleStar double_star = DoubleStar::kTwoStars;
  Classes classes = Classes::kNone;
  Backslash backslash = Backslash::kPlain;
};

struct Token {
  enum class Kind {
    kLiteral,
    kAny,      // ?, but for the separator
    kClass,    // [a-z], perhaps the separator
    kStar,     // *, any number of characters but the separator
    kFolders,  // **/, nothing or anything that ends with a slash
    kText,     // **, anything
  };
  Kind kind = Kind::kLiteral;
  char32_t literal = 0;  // of kLiteral; of kAny and kStar the separator, or 0
  CharacterClass character_class;

  // Of kLiteral, kAny and kClass, which take one character: it may be this one.
  bool takes(char32_t c) const;
};

// A pattern as tokens. Immutable; any thread may ask. Time to match is bounded by the length of the pattern
// times that of the text.
class Glob {
 public:
  // Throws std::invalid_argument where the pattern is malformed: "the pattern "[a" has a [ that …", without a
  // full stop.
  Glob(std::string_view pattern, const Language& language);

  const std::vector<Token>& tokens() const { return tokens_; }

  // All of `text`.
  bool matches(std::string_view text) const;

  // All of `path`, or what stands before one of its slashes.
  bool matches_path_or_parent(std::string_view path) const;

 private:
  void add_double_star(std::u32string_view pattern, std::size_t& at);
  bool matches_by_stars(std::string_view text) const;
  bool matches_by_places(std::string_view text, bool or_parent) const;

  std::vector<Token> tokens_;
  bool has_double_star_ = false;
};

}  // namespace ixian::pattern
