// Text that this program itself reads and somebody else may have written, with the folder that it is in:
// Dockerfiles, lists of what to ignore, templates.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace ixian::files {

// The text of the file at `path`, absolute; nullopt where there is none.
//
// Where the path lies in `folder` ("" is none), nothing leads out of that: links are followed as if it were
// "/", and only a regular file will do. A path elsewhere was named on purpose: its links lead where they
// lead, and a pipe or a terminal is read to its end, once.
//
// What it is and how large is asked before anything is read. Throws Error{kUsage} for a link that leads
// nowhere, and for what is no file; Error{kTaskFailed} for more than kMostText, and where it cannot be read.
std::optional<std::string> read_text(const std::string& path, const std::string& folder);

// What is left to read of a descriptor. `name` is what messages call it. Throws as read_text().
std::string read_text(int fd, std::string_view name);

}  // namespace ixian::files
