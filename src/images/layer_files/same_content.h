// Whether two files hold the same bytes.
#pragma once

#include <string>

#include "base/cancel.h"
#include "layer_files/tree_entries.h"

namespace ixian::layer_files {

// Of two regular files with one path in two trees. Throws Error{kTaskFailed}, Cancelled.
bool same_content(const Tree& a, const Tree& b, const std::string& path, base::Cancellation& cancellation);

}  // namespace ixian::layer_files
