// Mounts are copies of what was opened and checked, not of a path that may have become another one. Their
// flags are set on the whole tree of mounts below as well, and the runtime is only told to bind: it would set
// them on the topmost mount alone.
#include "sandbox/mount_staging.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "rootfs/file_metadata.h"
#include "sandbox/bind_source.h"

namespace ixian::sandbox {
namespace {

[[noreturn]] void fail_staging(const std::string& what) {
  throw base::Error(base::ErrorCode::kTaskFailed, what + ": " + base::errno_text(errno));
}

void make_file(const std::string& path) {
  const files::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) rootfs::fail_path("create", path);
}

}  // namespace

MountStaging::MountStaging(std::string folder) : folder_(std::move(folder)) {
  // Linux 6.4 can keep it out of the swap space.
  if (::mount("tmpfs", folder_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700,noswap") != 0 &&
      ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") != 0) {
    fail_staging(fmt::format("cannot mount a tmpfs on {}", base::printable_path(folder_)));
  }
}

std::string MountStaging::write(std::string_view name, std::string_view content) const {
  const std::string file = path(name);
  const files::UniqueFd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!out.valid() || ::fchmod(out.get(), 0644) != 0) rootfs::fail_path("create", file);
  while (!content.empty()) {
    const ssize_t written = ::write(out.get(), content.data(), content.size());
    if (written < 0) rootfs::fail_path("write", file);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

std::string MountStaging::attach(const files::UniqueFd& tree, std::string_view name, bool directory) const {
  const std::string target = path(name);
  if (directory) {
    if (::mkdir(target.c_str(), 0700) != 0) rootfs::fail_path("create directory", target);
  } else {
    make_file(target);
  }
  if (::move_mount(tree.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    fail_staging("cannot move a mount to " + base::printable_path(target));
  }
  return target;
}

std::string MountStaging::root(const std::string& root) const {
  const std::string target = path("root");
  if (::mkdir(target.c_str(), 0700) != 0) rootfs::fail_path("create directory", target);
  const files::UniqueFd tree(
      ::open_tree(AT_FDCWD, root.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW));
  mount_attr flags = {};
  flags.attr_set = MOUNT_ATTR_NODEV;
  flags.propagation = MS_PRIVATE;
  if (!tree.valid() || ::mount_setattr(tree.get(), "", AT_EMPTY_PATH, &flags, sizeof(flags)) != 0 ||
      ::move_mount(tree.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    fail_staging("cannot mount the root directory of RUN");
  }
  return target;
}

SpecMount MountStaging::bind(const BindMount& what, const files::UniqueFd& tree,
                             std::string_view name) const {
  std::vector<std::string> flags = {"nosuid", "nodev"};
  if (what.read_only) flags.emplace_back("ro");
  return {"", "bind", attach(tree, name, is_directory(what)), {"rbind", "rprivate"}, flags};
}

SpecMount MountStaging::socket(const SocketMount& what, std::string_view name) const {
  const BindMount source = open_bind("", what.source, false);
  struct stat info;
  if (::fstat(source.source->get(), &info) != 0 || !S_ISSOCK(info.st_mode)) {
    throw base::Error(base::ErrorCode::kTaskFailed, base::printable_path(what.source) + " is not a socket");
  }
  return {"", "bind", attach(detached_mount(source), name, false), {"bind", "rprivate"}, {"nosuid", "nodev"}};
}

SpecMount MountStaging::device(const DeviceMount& what, std::string_view name) const {
  const BindMount source = open_bind("", what.source, false);
  struct stat info;
  if (::fstat(source.source->get(), &info) != 0 || !(S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode)))
    throw base::Error(base::ErrorCode::kTaskFailed, base::printable_path(what.source) + " is not a device");
  const files::UniqueFd tree(
      ::open_tree(source.source->get(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
  mount_attr flags = {};
  flags.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
  flags.propagation = MS_PRIVATE;
  if (!tree.valid() || ::mount_setattr(tree.get(), "", AT_EMPTY_PATH, &flags, sizeof(flags)) != 0)
    fail_staging("Cannot mount the device " + base::printable_path(what.source));
  return {"", "bind", attach(tree, name, false), {"bind", "rprivate"}, {"nosuid", "noexec"}};
}

SpecMount MountStaging::secret(const SecretMount& what, std::string_view name) const {
  const std::string file = write(name, what.content.reveal());
  if (::lchown(file.c_str(), what.uid, what.gid) != 0 || ::chmod(file.c_str(), what.mode & 07777) != 0) {
    fail_staging("cannot set owner and mode of a secret");
  }
  return {"", "bind", file, {"bind", "rprivate", "ro", "nosuid", "nodev", "noexec"}, {}};
}

SpecMount MountStaging::tmpfs(const TmpfsMount& what, std::string_view name) const {
  const std::string target = path(name);
  if (::mkdir(target.c_str(), 0700) != 0) rootfs::fail_path("create directory", target);
  std::string options = fmt::format("mode={:o}", what.mode & 07777);
  if (what.size != 0) options += fmt::format(",size={}", what.size);
  if (::mount("tmpfs", target.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    fail_staging("cannot mount a tmpfs");
  }
  return {"", "bind", target, {"bind", "rprivate"}, {"nosuid", "nodev"}};
}

}  // namespace ixian::sandbox
