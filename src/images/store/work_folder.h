// Folders for what is being made.
#pragma once

#include <memory>
#include <string>

#include "layout/temporary_file.h"
#include "store/folder.h"

namespace ixian::store {

// An empty folder (0700) on the file system of the store, for an overlay's upper and work directories, say.
// It is removed with all that is in it by the destructor, or by the next user of the store where its process
// was killed. Mounts in it must be gone by then. Throws Error{kRegistry}.
// Owned by whoever works in it; it may go on any thread.
class WorkDir {
 public:
  explicit WorkDir(const Folder& folder);
  WorkDir();  // of a store that is only read: in $TMPDIR, or /tmp
  ~WorkDir();
  WorkDir(const WorkDir&) = delete;
  WorkDir& operator=(const WorkDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  const std::string trash_;
  const std::unique_ptr<layout::TemporaryFile> lock_;  // null: the folder is not the store's
  const std::string path_;
};

// Moves the work folders of processes that are no longer there into the trash.
void reclaim_work_folders(const Folder& folder);

}  // namespace ixian::store
