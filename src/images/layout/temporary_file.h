// A file that is not there until it is whole.
#pragma once

#include <string>

#include "base/cancel.h"
#include "files/fs.h"
#include "files/output_path.h"

namespace ixian::layout {

// Written under a name of its own in `folder` (which is made if it is missing), starting with `prefix`.
// Locked while it lives, so that remains of a program that was killed can be told from the work of one that
// runs. Removed by the destructor unless it has been moved to its place.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& folder, const std::string& prefix);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

  // Syncs the content, then renames. The folder is not synced: after a crash the file is there, whole, or not
  // there. Throws Error{kRegistry}.
  void move_to(const std::string& path);

  // Puts the content where a user wants it; see there. Throws base::Error, base::Cancelled.
  void give_to(const files::OutputPath& place, const base::Cancellation& cancellation);

  // Without syncing: after a loss of power the file may be there with other bytes than were written.
  void move_unsynced_to(const std::string& path);

 private:
  files::UniqueFd fd_;
  std::string path_;
  bool moved_ = false;
};

// Removes what programs that are no longer there left of temporary files of this prefix: at once where they
// ran on this machine since it started, after an hour without a write otherwise. Never throws: what cannot be
// removed stays.
void reclaim_temporary_files(const std::string& folder, const std::string& prefix) noexcept;

}  // namespace ixian::layout
