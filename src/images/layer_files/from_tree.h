// Folders on disk as layers: an overlay's upper directory, and what has changed between two trees.
#pragma once

#include <time.h>

#include <optional>
#include <string>

#include "base/cancel.h"
#include "files/byte_sink.h"
#include "layer/layer_writer.h"
#include "layer_files/attributes.h"

// Both write files, folders, symlinks, devices and FIFOs with mode, owner and mtime, hard links between files
// of the layer, and of the extended attributes security.capability and user.*; sockets are left out, as is
// the root folder itself. Folders on the way to something changed are in the layer, as overlayfs has them.
// The trees must not change meanwhile: a file whose size does is an Error{kTaskFailed} that names it. Errors
// of the file system are Error{kTaskFailed}, too.

namespace ixian::layer_files {

// `upper` is an upper directory of overlayfs that is not mounted any more: 0:0 devices and zero-size files
// with the attribute "whiteout" are whiteouts, folders with "opaque" = "y" are opaque; these attributes are
// those of `marks`. Throws Error{kTaskFailed} where files have redirect or metacopy attributes, which means
// that the overlay was mounted with these options. The root folder is in the layer if `with_root` says so.
//
// Of a folder that tidy_upper() has put right, the layer has one canonical form, which is from_diff()'s.
layer::WrittenLayer from_upper(const std::string& upper, Marks marks, bool with_root, files::ByteSink& blob,
                               const layer::WriteOptions& options, base::Cancellation& cancellation);

struct DiffOptions {
  layer::WriteOptions write;
  // When copying `before` to `after` was done, by CLOCK_REALTIME: what has no later ctime is known to be
  // unchanged where its type, mode, owner, size and mtime are. Without, content is compared.
  std::optional<timespec> copied_at;
};

// What turns `before` into `after`: names that are gone are whiteouts. Two names are the same where type,
// mode, owner, mtime (with nanoseconds), link target, device, attributes and content are.
layer::WrittenLayer from_diff(const std::string& before, const std::string& after, files::ByteSink& blob,
                              const DiffOptions& options, base::Cancellation& cancellation);

// The whole tree.
layer::WrittenLayer from_tree(const std::string& tree, files::ByteSink& blob,
                              const layer::WriteOptions& options, base::Cancellation& cancellation);

}  // namespace ixian::layer_files
