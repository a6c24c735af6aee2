// Git knows files, not directories, so one without any file below it must not show: two checkouts would give
// two keys. To know it, the walk must look into each directory before it lists the one above. What it read
// for that is kept until the walk comes there, so that each directory is read once; memory is given back as
// the walk goes on.
#include "context/git_mode_view.h"

#include <algorithm>

namespace ixian::context {

void to_git_mode(tar::TarEntry& entry) {
  entry.uid = entry.gid = 0;
  entry.xattrs.clear();
  if (entry.type == tar::TarType::kSymlink) return;
  entry.mode = entry.type == tar::TarType::kFolder || (entry.mode & 0100) != 0 ? 0755 : 0644;
}

std::vector<FileView::Child> GitModeView::all_children(const std::string& path) const {
  {
    const std::lock_guard lock(mutex_);
    if (auto known = read_ahead_.extract(path)) return std::move(known.mapped());
  }
  return all_->list(path);
}

bool GitModeView::is_folder(const std::string& path, const Child& child) const {
  if (!child.may_be_folder) return false;
  const auto entry = all_->find(path);
  return entry && entry->type == tar::TarType::kFolder;
}

bool GitModeView::has_file(const std::string& folder) const {
  std::vector<Child> all = all_->list(folder);
  const bool found = std::any_of(all.begin(), all.end(), [&](const Child& each) {
    const std::string path = join_path(folder, each.name);
    return !is_folder(path, each) || has_file(path);
  });
  const std::lock_guard lock(mutex_);
  if (found) read_ahead_.insert_or_assign(folder, std::move(all));
  return found;
}

std::vector<FileView::Child> GitModeView::list(const std::string& path) const {
  if (empty_folders_ == EmptyFolders::kKept) return all_->list(path);
  std::vector<Child> all = all_children(path);
  std::erase_if(all, [&](const Child& each) {
    const std::string child = join_path(path, each.name);
    return is_folder(child, each) && !has_file(child);
  });
  return all;
}

std::vector<std::string> GitModeView::children(const std::string& path) const {
  std::vector<std::string> names;
  for (Child& each : list(path)) names.push_back(std::move(each.name));
  return names;
}

std::optional<tar::TarEntry> GitModeView::find(const std::string& path) const {
  auto entry = all_->find(path);
  if (!entry) return entry;
  to_git_mode(*entry);
  entry->mtime = time_;
  entry->mtime_ns = 0;
  return entry;
}

}  // namespace ixian::context
