// Files of a view as files on disk, for mounts that a command may write to.
#pragma once

#include <string>

#include "base/cancel.h"
#include "context/file_view.h"

namespace ixian::context {

// Makes what is at `path` of the view, with all below it, as `target`. A folder that is there stays with what
// is in it, anything else in the way is replaced. Everything belongs to whoever calls; sockets and devices
// are left out. Throws Error{kTaskFailed}, Cancelled.
void write_tree(const FileView& view, const std::string& path, const std::string& target,
                base::Cancellation& cancellation);

}  // namespace ixian::context
