// Files of a view as files on disk, for mounts that a command may write to.
#pragma once

#include <string>

#include "base/cancel.h"
#include "engine/file_view.h"

namespace ixian::engine {

// Makes what is at `path` of the view, with all below it, as `target`, which must not exist. Everything
// belongs to root; sockets and devices are left out. Throws Error{kTaskFailed}, Cancelled.
void materialise(const FileView& view, const std::string& path, const std::string& target,
                 base::Cancellation& cancellation);

}  // namespace ixian::engine
