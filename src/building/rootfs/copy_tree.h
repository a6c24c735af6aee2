// Lower directories, laid over each other by copying.
#pragma once

#include <string>

#include "base/cancel.h"

namespace ixian::rootfs {

// Lays the overlay lower directory `lower`, with marks that start with `marks`, over the tree `target`, as
// overlayfs would show it: whiteouts remove, opaque directories replace. Everything of a file is kept: owner,
// mode, times, xattrs (but overlay's own), hard links within the lower directory, holes; blocks are shared
// where the file system can. Links are never followed. Throws Error{kTaskFailed}, Cancelled.
void apply_lowers(const std::string& lower, const std::string& target, const std::string& marks,
                  base::Cancellation& cancellation);

// `rm -rf`. Throws Error{kTaskFailed}.
void remove_tree(const std::string& path);

}  // namespace ixian::rootfs
