// One path component as Python's glob.glob matches it.
#pragma once

#include <string>
#include <string_view>

#include "pattern/glob.h"

namespace ixian::pattern {

inline constexpr Language kPython = {.separator = 0,
                                     .double_star = Language::DoubleStar::kTwoStars,
                                     .classes = Language::Classes::kPython,
                                     .backslash = Language::Backslash::kPlain};

// Whether the pattern has a `*`, a `?` or a closed pair of brackets within one component.
bool has_python_wildcard(std::string_view pattern);

// `*` any run, `?` any one, `[a-z_]` one of, `[!a-z_]` one other than. One is a code point, or a byte that is
// not UTF-8. A name that starts with a dot is matched by a component that does, and ".git" by no wildcard. A
// component that has brackets also matches the name that is spelled like it. Immutable; any thread may ask.
class PythonGlob {
 public:
  explicit PythonGlob(std::string_view component);

  const std::string& text() const { return text_; }
  bool matches(std::string_view name) const;

 private:
  std::string text_;
  Glob glob_;
};

}  // namespace ixian::pattern
