// One lock for a layout, on a file of its own beside the index, as the index is replaced by renaming. By open
// file description, so that it works between threads too, and asked for again and again rather than waited
// for, so that a cancellation is heard.
#include "layout/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/error.h"
#include "layout/file_io.h"

namespace ixian::layout {

FolderLock::FolderLock(const std::string& file, base::Cancellation& cancellation)
    : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (!fd_.valid()) file_error("write", file, errno);
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  std::chrono::milliseconds pause{1};
  while (::fcntl(fd_.get(), F_OFD_SETLK, &range) != 0) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
      throw base::Error(base::ErrorCode::kRegistry,
                        fmt::format("cannot lock {}: {}\nhint: mount the file system with locking, or use a "
                                    "directory on another one",
                                    base::printable_path(file), base::errno_text(errno)));
    }
    if (cancellation.wait_for(pause)) throw base::Cancelled();
    pause = std::min(pause * 2, std::chrono::milliseconds{20});
  }
}

}  // namespace ixian::layout
