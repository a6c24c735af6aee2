// Wildcards in paths, as Python's glob.glob(recursive=True) understands them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "task/folder_io.h"

namespace ixian::task {

// The paths that `pattern` names, unsorted, some perhaps twice. `pattern` and
// they are relative to the open folder `root` or absolute, without "." or ".."
// or a slash at the end. A step `**` is any number of folders, none of them
// hidden or a link; at the end of a pattern it is all that they hold as well.
// Nothing is listed or named in the folders `skip` that only a wildcard leads
// to. What no wildcard was needed for is not looked up: it may not exist.
// Throws Error{kTaskFailed} for a folder that cannot be read.
std::vector<std::string> expand(int root, std::string_view pattern, const std::vector<FolderId>& skip);

}  // namespace ixian::task
