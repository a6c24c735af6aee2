// One process, and one thread of it, at a time.
#pragma once

#include <string>

#include "base/cancel.h"
#include "files/fs.h"

namespace ixian::layout {

// Holds the lock of `file`, which is made if it is missing and stays, from construction to destruction. By
// open file description (fcntl(2)): threads exclude each other too, NFS servers pass it on, and it ends with
// its owner. Waits as long as others hold it; throws Cancelled when stopping is requested meanwhile, and
// Error{kRegistry} where the file system cannot lock.
class FolderLock {
 public:
  FolderLock(const std::string& file, base::Cancellation& cancellation);

 private:
  files::UniqueFd fd_;
};

}  // namespace ixian::layout
