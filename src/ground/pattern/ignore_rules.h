// .dockerignore, and the patterns of COPY --exclude (moby/patternmatcher, with its corners).
//
// One pattern a line: * and ? within a path component, ** for any number of components, [a-z] [^a] classes, a
// backslash before what should be plain. "!" takes out again what an earlier line excluded; the last line
// that matches decides. What matches a folder matches all below it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pattern/ignore_pattern.h"

namespace ixian::pattern {

// Immutable; any thread may ask.
class IgnoreRules {
 public:
  IgnoreRules() = default;  // excludes nothing

  // The text of a .dockerignore: lines that begin with # are comments, a byte order mark is skipped, white
  // space around a pattern and slashes around it do not count. Throws Error{kTaskFailed} that points at a bad
  // pattern; `name` is how errors call the file.
  static IgnoreRules parse(std::string text, const std::string& name);

  // Patterns without the rules for files, as COPY --exclude has them: a leading slash counts (and matches
  // nothing), there are no comments. Throws std::invalid_argument with a sentence about the pattern.
  static IgnoreRules from_patterns(const std::vector<std::string>& patterns);

  bool empty() const { return rules_.empty(); }

  // Whether any pattern begins with "!".
  bool has_exceptions() const;

  // Whether a pattern ("*", "**" or "**/*") excludes all that the context holds, "!" aside.
  bool excludes_everything() const;

  // `path` is relative to the context, clean and with slashes: "src/a.py". "" and "." are never excluded.
  bool excludes(std::string_view path) const;

  // Whether nothing in the folder `path` can be anything but excluded, so that it need not be read. May say
  // false where that is so (a pattern with "!" and wildcards), and never says true where it is not.
  bool can_skip_folder(std::string_view path) const;

  // The patterns as they are matched, with their "!": for keys.
  std::vector<std::string> patterns() const;

 private:
  struct Rule {
    IgnorePattern pattern;
    bool exception = false;
  };

  void add(std::string_view pattern);

  std::vector<Rule> rules_;
};

}  // namespace ixian::pattern
