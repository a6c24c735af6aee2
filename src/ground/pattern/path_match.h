// Paths as Go's package path/filepath treats them: what COPY's wildcards are made of.
#pragma once

#include <string>
#include <string_view>

#include "pattern/glob.h"

namespace ixian::pattern {

inline constexpr Language kGoPaths = {.separator = U'/',
                                      .double_star = Language::DoubleStar::kTwoStars,
                                      .classes = Language::Classes::kGo,
                                      .backslash = Language::Backslash::kEscapes};

// filepath.Match: * is any text and ? any character without a slash, [a-z] [^a-z] are classes, a backslash
// makes the next character plain. The whole name must match. Throws std::invalid_argument with a sentence
// where the pattern is malformed, whatever the name.
bool match_path(std::string_view pattern, std::string_view name);

// Whether there is a *, ? or [ that no backslash makes plain, which is when COPY takes a source for a
// pattern.
bool has_wildcards(std::string_view path);

// filepath.Clean: no "//", "." and "..", except leading ".."; "." for an empty path.
std::string clean_path(std::string_view path);

}  // namespace ixian::pattern
