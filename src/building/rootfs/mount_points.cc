// A runtime makes missing mount points itself and leaves them behind, as empty files and directories in the
// layer. So they are made here before, and taken away afterwards, with the times that their directories had:
// a RUN with a mount gives the same layer as one without. What is not as it was made (another inode, content)
// is the RUN's own, and stays.
#include "rootfs/mount_points.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "rootfs/file_metadata.h"
#include "rootfs/resolve_in_root.h"

namespace ixian::rootfs {
namespace {

bool same_time(const timespec& left, const timespec& right) {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

[[noreturn]] void fail_mount_point(const std::string& path, const std::string& why) {
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("cannot mount on {}: {}", base::printable_path(path), why));
}

}  // namespace

MountPoints::MountPoints(const std::string& root, std::function<void(const std::string&)> touching)
    : touching_(std::move(touching)),
      root_fd_(
          std::make_shared<const files::UniqueFd>(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC))) {
  if (!root_fd_->valid()) fail_path("open directory", root);
}

MountPoints::~MountPoints() {
  for (auto made = made_.rbegin(); made != made_.rend(); ++made) remove(*made);
}

std::string MountPoints::resolve(std::string_view target) const {
  return resolve_in_root(root_fd_->get(), target).inside();
}

files::UniqueFd MountPoints::open_folder(const std::string& path) const {
  return open_inside(root_fd_->get(), resolve_in_root(root_fd_->get(), path), O_RDONLY | O_DIRECTORY);
}

void MountPoints::make(const std::string& resolved, bool directory) {
  const ConfinedPath where = resolve_in_root(root_fd_->get(), resolved);
  std::string path = where.found.empty() ? "" : "/" + where.found;
  if (where.missing.empty()) {
    struct stat info;
    const files::UniqueFd file = open_inside(root_fd_->get(), where, O_PATH);
    if (!file.valid() || ::fstat(file.get(), &info) != 0) fail_mount_point(resolved, base::errno_text(errno));
    if (S_ISDIR(info.st_mode) != directory) {
      fail_mount_point(resolved, directory ? "it is a file in the image" : "it is a directory in the image");
    }
    return;
  }
  if (touching_) touching_(path);
  for (std::size_t i = 0; i < where.missing.size(); ++i) {
    path += "/" + where.missing[i];
    make_one(path, directory || i + 1 < where.missing.size());
  }
}

void MountPoints::make_one(const std::string& path, bool directory) {
  Made made{path, directory, {}, {}, {}};
  const files::UniqueFd folder = open_folder(parent_of(path));
  if (!folder.valid() || ::fstat(folder.get(), &made.parent_before) != 0)
    fail_mount_point(path, base::errno_text(errno));
  const std::string name = name_of(path);
  if (directory) {
    if (::mkdirat(folder.get(), name.c_str(), 0755) != 0) fail_mount_point(path, base::errno_text(errno));
    ::fchmodat(folder.get(), name.c_str(), 0755, 0);
  } else {
    const files::UniqueFd file(
        ::openat(folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!file.valid()) fail_mount_point(path, base::errno_text(errno));
  }
  if (::fstatat(folder.get(), name.c_str(), &made.info, AT_SYMLINK_NOFOLLOW) != 0 ||
      ::fstat(folder.get(), &made.parent_after) != 0) {
    fail_mount_point(path, base::errno_text(errno));
  }
  made_.push_back(std::move(made));
}

void MountPoints::remove(const Made& made) {
  try {
    const files::UniqueFd folder = open_folder(parent_of(made.path));
    if (!folder.valid()) return;
    const std::string name = name_of(made.path);
    struct stat now;
    if (::fstatat(folder.get(), name.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (now.st_ino != made.info.st_ino || (now.st_mode & S_IFMT) != (made.info.st_mode & S_IFMT)) return;
    if (!made.directory && now.st_size != 0) return;
    struct stat parent;
    if (::fstat(folder.get(), &parent) != 0) return;
    if (::unlinkat(folder.get(), name.c_str(), made.directory ? AT_REMOVEDIR : 0) != 0) return;
    // What others have changed in the folder meanwhile has given it a time that stays.
    const bool ours = same_time(parent.st_mtim, made.parent_after.st_mtim);
    const struct stat& right = ours ? made.parent_before : parent;
    const timespec times[2] = {right.st_atim, right.st_mtim};
    ::futimens(folder.get(), times);
  } catch (const base::Error&) {  // the path has come to lead nowhere: nothing of ours is there
  }
}

}  // namespace ixian::rootfs
