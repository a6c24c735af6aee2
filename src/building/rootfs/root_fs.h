// The file system that a RUN sees: the layers of an image on top of each other, and what the RUN changes
// apart.
//
// The front door of this room. In: the directories of an image's layers, lowest first. Out: a MountedRoot
// that a RUN may write to, and from its finish() the directory with what has changed. Whether that is an
// overlay or a copy is chosen once for each machine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"

namespace ixian::rootfs {

enum class RootFsKind {
  kOverlay,      // overlayfs, marks in trusted.overlay.*
  kUserOverlay,  // overlayfs with `userxattr`, marks in user.overlay.*: what a user namespace may mount
  kCopy,         // a copy of all files (shared blocks where the file system can), compared afterwards
};

// One root file system. Not thread-safe, and used by one RUN at a time. What is destroyed without finish() is
// taken down, and its files remain in the work folder for the owner of that folder to remove.
class MountedRoot {
 public:
  virtual ~MountedRoot() = default;

  // The root directory, absolute.
  virtual const std::string& path() const = 0;

  // A folder for what a RUN needs meanwhile. Empty, on the disk of the work folder.
  virtual const std::string& scratch() const = 0;

  // Takes the file system down and returns the folder that holds what has changed, as an overlay upper
  // directory: changed and new files, changed directories with their parents, character devices 0/0 as
  // whiteouts, and directories marked opaque by the xattr `RootFs::marks() + "opaque"`. The folder is in the
  // work folder and may be renamed elsewhere on its file system; it has not been synced, and fsync() of the
  // RUN's programs did not sync it either: syncfs(2) before relying on it. "" for a read-only mount. The
  // root's own metadata are in it as well. Throws Error{kTaskFailed}.
  virtual std::string finish() = 0;

  // Told by run() before it makes a mount point in `directory` (inside the root, without links). Where
  // nothing else changes in it or above it, finish() leaves it out of the result.
  virtual void touching(const std::string& directory) = 0;
};

// Thread-safe.
class RootFs {
 public:
  // Tries in `folder` (which must be where the lower directories and work folders will be) what works here,
  // and takes the first that does: overlay, overlay in a user namespace, copy. The environment variable
  // IXIAN_ROOTFS=overlay|userns|copy names one; throws Error{kUsage} with the reason where that cannot work.
  // Call after enter_namespaces().
  static std::unique_ptr<RootFs> choose(const std::string& folder);

  virtual ~RootFs() = default;

  virtual RootFsKind kind() const = 0;

  // The start of the names of xattrs by which lower directories mark what they hide: "trusted.overlay." or
  // "user.overlay.". Whiteouts are character devices 0/0 always: every user may make these (Linux 5.8).
  virtual std::string marks() const = 0;

  // Why a better kind does not work here, one sentence. "" for kOverlay.
  virtual std::string reason() const = 0;

  // `lowers`: absolute, LOWEST FIRST, as an image's manifest lists its layers; may be empty; each an overlay
  // lower directory, never written to, and not to be changed while mounted. `work` is an existing folder of
  // the caller's for this mount alone; what is made in it goes with it. At most 900 lowers for overlays.
  // Throws Error{kTaskFailed}; Cancelled while copying.
  virtual std::unique_ptr<MountedRoot> prepare(const std::vector<std::string>& lowers,
                                               const std::string& work, base::Cancellation& cancellation) = 0;

  // The same, to read from (COPY --from, RUN --mount=from). finish() returns "".
  virtual std::unique_ptr<MountedRoot> prepare_read_only(const std::vector<std::string>& lowers,
                                                         const std::string& work,
                                                         base::Cancellation& cancellation) = 0;
};

}  // namespace ixian::rootfs
