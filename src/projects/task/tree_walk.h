// Walks folders with several threads at once and finds the kind and the digest
// of every file.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "task/folder_io.h"
#include "task/tree.h"

namespace ixian::task {

// How a file's content becomes a digest. Each thread of a walk has its own.
class FileReader {
 public:
  virtual ~FileReader() = default;

  // True, and the digest, where the content is known without reading.
  virtual bool recall(const struct stat& status, base::Sha256Bytes& digest) = 0;

  // Reads the open regular file that `status` describes. Returns 0 or an errno.
  virtual int read(int fd, const struct stat& status, base::Sha256Bytes& digest) = 0;
};

struct WalkOptions {
  std::vector<FolderId> skip;  // treated as absent, by whatever path they are reached
  unsigned threads = 1;        // at most, the caller's included; small walks use fewer
  std::function<std::unique_ptr<FileReader>()> make_reader;  // called by any thread
};

// Looks at each of `paths`, relative to the open folder `root` ("." is itself)
// or absolute, and at everything below those that are folders. A path that is a
// link is followed where that leads somewhere; links below are not. ".git" is
// passed over below, not as a path. Any depth; few descriptors. Throws
// Error{kTaskFailed} "Cannot read <path>: <reason>."
Tree walk(int root, const std::vector<std::string>& paths, const WalkOptions& options);

}  // namespace ixian::task
