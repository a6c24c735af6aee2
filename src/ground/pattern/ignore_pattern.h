// One pattern of a .dockerignore (moby/patternmatcher).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pattern/glob.h"

namespace ixian::pattern {

inline constexpr Language kIgnoreRules = {.separator = U'/',
                                          .double_star = Language::DoubleStar::kFolders,
                                          .classes = Language::Classes::kRegExp,
                                          .backslash = Language::Backslash::kEscapes};

// Immutable; any thread may ask.
class IgnorePattern {
 public:
  // `pattern` is clean (see clean_path). Throws std::invalid_argument with a sentence where it is malformed.
  explicit IgnorePattern(std::string pattern);

  const std::string& text() const { return text_; }

  // Whether it matches the path or one of the folders that the path lies in.
  bool matches_path_or_parent(std::string_view path) const;

  // Whether it may match something below `folder` that is neither the folder nor above it. May be wrong in
  // saying so, never in denying it.
  bool may_match_below(std::string_view folder) const;

 private:
  std::string text_;
  std::optional<Glob> glob_;  // without wildcards the text is compared
};

}  // namespace ixian::pattern
