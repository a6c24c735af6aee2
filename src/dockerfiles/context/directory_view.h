// A folder on disk as a FileView: the build context, a repository that ADD fetched.
#pragma once

#include <sys/stat.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "context/file_view.h"

namespace ixian::context {

// Everything is opened through the folder's own descriptor with openat2(2), beneath it and through no link,
// so that nobody who changes the folder meanwhile leads a build out of it. Sockets are not there. A file that
// this program's own output goes to is what it was when it was first asked for. Never writes.
class DirectoryView : public FileView {
 public:
  // Throws Error{kUsage} where `folder` cannot be opened.
  explicit DirectoryView(const std::string& folder);

  std::optional<tar::TarEntry> find(const std::string& path) const override;
  std::vector<std::string> children(const std::string& path) const override;
  std::vector<Child> list(const std::string& path) const override;
  std::map<std::string, std::string> xattrs(const std::string& path) const override;
  files::UniqueFd open(const std::string& path) const override;
  std::string hard_link_group(const std::string& path) const override;

  const std::string& folder() const { return folder_; }

  // What is at `path`, for fstat(2) and to be mounted (O_PATH); no link. Throws Error{kTaskFailed}.
  files::UniqueFd open_path(const std::string& path) const;

 private:
  struct Snapshot {
    files::UniqueFd file;
    struct stat status;  // of the file itself, when it was seen first
  };

  const Snapshot& snapshot(const std::string& path) const;
  files::UniqueFd open_at(const std::string& path, int flags) const;
  [[noreturn]] void fail(const std::string& path, int error_number) const;

  const std::string folder_;
  files::UniqueFd root_;
  // Guards `snapshots_`.
  mutable std::mutex mutex_;
  mutable std::map<std::pair<dev_t, ino_t>, Snapshot> snapshots_;
};

// What FileView::xattrs() says of an open descriptor; O_PATH will do.
std::map<std::string, std::string> kept_xattrs(int fd);

}  // namespace ixian::context
