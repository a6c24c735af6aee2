// Unpacks a layer's blob into a folder, and nowhere else.
//
// The front door of this room: layers as files on disk. A blob becomes files by extract() for one layer and
// checkout() (checkout.h) for an image; files become a layer by what is in from_tree.h and from_entries.h.
// Whatever a layer says, nothing outside of the folder is touched (EntryMaker).
#pragma once

#include <cstdint>
#include <optional>

#include "base/byte_source.h"
#include "base/cancel.h"
#include "compression/limits.h"
#include "layer/listing.h"
#include "oci/descriptor.h"
#include "oci/digest.h"

namespace ixian::layer_files {

enum class ExtractInto {
  // An empty folder that becomes a lower directory of overlayfs: whiteouts become 0:0 character devices
  // (which every user may make since Linux 5.8), opaque folders get trusted.overlay.opaque, which only root
  // can set…
  kOverlay,
  // …or user.overlay.opaque, for overlays mounted with `userxattr`, as in a user namespace.
  kUserOverlay,
  // A plain tree that the layer is applied to: what whiteouts name is removed.
  kTree,
};

struct ExtractOptions {
  ExtractInto into = ExtractInto::kOverlay;
  compression::Limits limits;
  // Files belong to whom the layer says. Without, to whoever extracts: all that a user can do who has no ids
  // mapped. Set-id bits stay either way.
  bool owners = true;
};

struct Extracted {
  layer::LayerListing listing;
  oci::Digest diff_id;
  std::uint64_t tar_size = 0;
  // What could not be made without privileges, and is left out, as Docker and Podman do: device nodes (all
  // but 0:0) in a user namespace, and attributes that the file system does not have or that only root may
  // set. The listing has the devices all the same.
  std::uint64_t skipped_devices = 0;
  std::uint64_t skipped_attributes = 0;
};

// `blob` is read once to its end: hashed, unpacked (as unpack() does), and hashed again; on threads of its
// own, with bounded memory. `folder` is a descriptor of a folder, which stays open. Nobody else may change
// the folder meanwhile. Bytes behind the tar's end count for diff_id.
//
// Paths are resolved inside the folder, as if it were the root: absolute symlinks stay as they are, and lead
// to places inside. Throws Error{kRegistry} with the reason, and what has been unpacked stays for the caller
// to remove, where
//   - size or digest of the blob, or the diffID (where given), are others than expected,
//   - the blob or its tar is damaged, or something beyond `limits`,
//   - a name, or the target of a hard link, has "..", or the latter is not there,
//   - a whiteout's folder is reached through a symlink, or the name is ".wh." or ".wh.." alone,
//   - an attribute is overlayfs's own (trusted.overlay.*).
// user.overlay.* are ordinary attributes of files, which are never taken for marks (attributes.h).
// Throws Error{kTaskFailed} where the file system refuses, and Cancelled.
Extracted extract(base::ByteSource& blob, const oci::Descriptor& descriptor,
                  const std::optional<oci::Digest>& diff_id, int folder, const ExtractOptions& options,
                  base::Cancellation& cancellation);

}  // namespace ixian::layer_files
