// Wildcards in the sources of COPY and ADD, one path component at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "context/file_view.h"

namespace ixian::context {

// The paths of the view that the cleaned pattern matches (dockerfile::match_path for each component), sorted.
// "**" as a whole component matches any number of folders. Throws Error{kTaskFailed} for a malformed pattern.
std::vector<std::string> expand_wildcards(const FileView& view, const std::string& pattern);

// `pattern` without the backslashes that escape.
std::string unescaped(std::string_view pattern);

}  // namespace ixian::context
