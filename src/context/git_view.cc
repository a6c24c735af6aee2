#include "context/git_view.h"

namespace ixian::context {

void to_git_mode(oci::TarEntry& entry) {
  entry.uid = entry.gid = 0;
  entry.xattrs.clear();
  if (entry.type == oci::TarType::kSymlink) return;
  entry.mode = entry.type == oci::TarType::kFolder || (entry.mode & 0100) != 0 ? 0755 : 0644;
}

std::optional<oci::TarEntry> GitView::find(const std::string& path) const {
  auto entry = all_->find(path);
  if (!entry) return entry;
  to_git_mode(*entry);
  entry->mtime = time_;
  entry->mtime_ns = 0;
  return entry;
}

}  // namespace ixian::context
