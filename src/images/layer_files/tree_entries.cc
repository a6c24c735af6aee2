// Files of a folder as entries for a layer. Names of one file, told by device and inode, become hard links to
// the first of them; what a tar cannot hold (sockets) is the caller's to leave out.
#include "layer_files/tree_entries.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "layer/whiteout.h"
#include "layer_files/attributes.h"

namespace ixian::layer_files {

Tree::Tree(const std::string& path)
    : path_(path),
      root_(
          std::make_shared<const files::UniqueFd>(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))) {
  if (!root_->valid()) layer::file_error("open directory", path, errno);
}

files::UniqueFd Tree::open(const std::string& path, int flags) const {
  files::UniqueFd fd(
      layer::open_below(root_->get(), path, flags | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
  if (!fd.valid()) layer::file_error("open", layer::join_path(path_, path), errno);
  return fd;
}

std::vector<std::string> Tree::names(const std::string& folder) const {
  const files::UniqueFd fd = open(folder, O_RDONLY | O_DIRECTORY);
  return layer::names_in(fd.get(), folder);
}

struct stat Tree::status(const std::string& path) const {
  struct stat status = {};
  if (::fstatat(root_->get(), path.empty() ? "." : path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    layer::file_error("read", layer::join_path(path_, path), errno);
  }
  return status;
}

std::optional<struct stat> Tree::look(const std::string& path) const {
  struct stat status = {};
  if (::fstatat(root_->get(), path.empty() ? "." : path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
    return status;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  layer::file_error("read", layer::join_path(path_, path), errno);
}

std::string Tree::link(const std::string& path) const {
  std::string target(4096, '\0');
  const ssize_t count = ::readlinkat(root_->get(), path.c_str(), target.data(), target.size());
  if (count < 0) layer::file_error("read", layer::join_path(path_, path), errno);
  target.resize(static_cast<std::size_t>(count));
  return target;
}

std::map<std::string, std::string> Tree::attributes(const std::string& path,
                                                    const struct stat& status) const {
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return {};
  const files::UniqueFd fd = open(path, O_RDONLY | O_NONBLOCK);
  return read_attributes(fd.get(), layer::join_path(path_, path));
}

void TreeEntries::add(const std::string& path, const struct stat& status,
                      std::map<std::string, std::string> attributes) {
  LayerEntry added;
  tar::TarEntry& entry = added.entry;
  entry.name = path;
  const auto type = tar::tar_type_of(status.st_mode);
  if (!type) throw std::logic_error("A socket cannot be in a layer.");
  entry.type = *type;
  entry.mode = status.st_mode & 07777;
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  entry.mtime = status.st_mtim.tv_sec;
  entry.mtime_ns = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
  if (entry.type == tar::TarType::kSymlink) {
    entry.link = tree_.link(path);
    // File systems differ in what they say of links; nothing asks for it.
    entry.mode = 0777;
  }
  if (entry.type == tar::TarType::kCharacterDevice || entry.type == tar::TarType::kBlockDevice) {
    entry.device_major = major(status.st_rdev);
    entry.device_minor = minor(status.st_rdev);
  }
  if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
    const auto [found, is_first] = first_names_.try_emplace({status.st_dev, status.st_ino}, path);
    if (!is_first) {
      entry.type = tar::TarType::kHardLink;
      entry.link = found->second;
      entry.device_major = entry.device_minor = 0;
      entries_.push_back(std::move(added));
      return;
    }
  }
  entry.xattrs = std::move(attributes);
  if (entry.type == tar::TarType::kFile) {
    entry.size = static_cast<std::uint64_t>(status.st_size);
    added.size_known = true;
    added.content = FileAt{path, tree_.root()};
  }
  entries_.push_back(std::move(added));
}

void TreeEntries::mark(const std::string& path, LayerEntry::Mark mark) {
  LayerEntry entry;
  entry.entry.name = path;
  entry.mark = mark;
  entries_.push_back(std::move(entry));
}

}  // namespace ixian::layer_files
