// A folder on disk as a FileView: the build context, a repository that ADD fetched.
#pragma once

#include <map>
#include <string>

#include "context/file_view.h"

namespace ixian::context {

// Everything is opened through the folder's own descriptor with openat2(2), beneath it and through no link,
// so that nobody who changes the folder meanwhile leads a build out of it. Sockets are not there.
// Never writes.
class DiskView : public FileView {
 public:
  // Throws Error{kUsage} where `folder` cannot be opened.
  explicit DiskView(const std::string& folder);

  std::optional<oci::TarEntry> find(const std::string& path) const override;
  std::vector<std::string> children(const std::string& path) const override;
  std::vector<Child> list(const std::string& path) const override;
  std::map<std::string, std::string> xattrs(const std::string& path) const override;
  base::UniqueFd open(const std::string& path) const override;
  std::string hard_link_group(const std::string& path) const override;

  const std::string& folder() const { return folder_; }

 private:
  base::UniqueFd open_at(const std::string& path, int flags) const;
  [[noreturn]] void fail(const std::string& path, int error_number) const;

  const std::string folder_;
  base::UniqueFd root_;
};

// What FileView::xattrs() says of an open descriptor; O_PATH will do.
std::map<std::string, std::string> kept_xattrs(int fd);

}  // namespace ixian::context
