// Wildcards in the sources of COPY and ADD.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "context/file_view.h"

namespace ixian::context {

// What a pattern matches with. Docker has two languages for it, which differ in "**".
enum class WildcardLanguage {
  kSources,   // of COPY and ADD, Go's filepath.Match: "**" is "*", within one component
  kIncludes,  // of COPY --parents, as in .dockerignore: "**" is any number of folders; no link is followed
};

// The paths below the folder `below` of the view that the cleaned pattern matches, sorted, each with `below`
// before it. What is matched is given, not what lies in it. Throws Error{kTaskFailed} for a malformed
// pattern.
std::vector<std::string> expand_wildcards(const FileView& view, const std::string& pattern,
                                          WildcardLanguage language, const std::string& below = "");

// `pattern` without the backslashes that escape.
std::string unescaped(std::string_view pattern);

// The pattern that matches this path and nothing else.
std::string literal(std::string_view path);

}  // namespace ixian::context
