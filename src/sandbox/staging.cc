#include "sandbox/staging.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "sandbox/confined.h"
#include "sandbox/file_facts.h"

// Mounts are copied with open_tree(2) from the descriptor that was checked, not from a path that may have
// become another one. Their flags are set here, on the whole tree of mounts below as well, and the runtime is
// only told to bind: it would set them on the topmost mount alone.

namespace ixian::sandbox {
namespace {

[[noreturn]] void fail_staging(const std::string& what) {
  throw base::Error(base::ErrorCode::kTaskFailed, what + ": " + base::errno_text(errno) + ".");
}

base::UniqueFd open_source(const std::string& root, const std::string& source) {
  const base::UniqueFd root_fd(::open(root.empty() ? "/" : root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root_fd.valid()) fail_path("open the folder", root);
  const ConfinedPath where = resolve_inside(root_fd.get(), source);
  base::UniqueFd file = open_inside(root_fd.get(), where, O_PATH);
  if (!file.valid()) {
    fail_staging(fmt::format("Cannot mount {}{}", base::printable_path(source),
                             root.empty() ? "" : " of " + base::printable_path(root)));
  }
  return file;
}

bool is_directory(int fd) {
  struct stat info;
  if (::fstat(fd, &info) != 0) fail_staging("Cannot look at what is to be mounted");
  return S_ISDIR(info.st_mode);
}

void make_file(const std::string& path) {
  const base::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) fail_path("make", path);
}

}  // namespace

Staging::Staging(std::string folder) : folder_(std::move(folder)) {
  // Linux 6.4 can keep it out of the swap space.
  if (::mount("tmpfs", folder_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700,noswap") != 0 &&
      ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") != 0) {
    fail_staging(fmt::format("Cannot mount a tmpfs on {}", base::printable_path(folder_)));
  }
}

std::string Staging::write(std::string_view name, std::string_view content) const {
  const std::string file = path(name);
  const base::UniqueFd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!out.valid() || ::fchmod(out.get(), 0644) != 0) fail_path("make", file);
  while (!content.empty()) {
    const ssize_t written = ::write(out.get(), content.data(), content.size());
    if (written < 0) fail_path("write", file);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

std::string Staging::attach(int source, std::string_view name, bool directory, bool read_only) const {
  const std::string target = path(name);
  if (directory) {
    if (::mkdir(target.c_str(), 0700) != 0) fail_path("make the folder", target);
  } else {
    make_file(target);
  }
  const base::UniqueFd tree(
      ::open_tree(source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE));
  if (!tree.valid()) fail_staging("Cannot copy a mount");
  mount_attr flags = {};
  flags.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (read_only ? MOUNT_ATTR_RDONLY : 0);
  flags.propagation = MS_PRIVATE;
  if (::mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &flags, sizeof(flags)) != 0) {
    fail_staging("Cannot restrict a mount (mount_setattr, which takes Linux 5.12)");
  }
  if (::move_mount(tree.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    fail_staging("Cannot move a mount to " + base::printable_path(target));
  }
  return target;
}

std::string Staging::root(const std::string& root) const {
  const std::string target = path("root");
  if (::mkdir(target.c_str(), 0700) != 0) fail_path("make the folder", target);
  const base::UniqueFd tree(
      ::open_tree(AT_FDCWD, root.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW));
  mount_attr flags = {};
  flags.attr_set = MOUNT_ATTR_NODEV;
  flags.propagation = MS_PRIVATE;
  if (!tree.valid() || ::mount_setattr(tree.get(), "", AT_EMPTY_PATH, &flags, sizeof(flags)) != 0 ||
      ::move_mount(tree.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    fail_staging("Cannot mount the root directory of a RUN");
  }
  return target;
}

SpecMount Staging::bind(const BindMount& what, std::string_view name, bool& directory) const {
  const base::UniqueFd source = open_source(what.root, what.source);
  directory = is_directory(source.get());
  std::vector<std::string> flags = {"nosuid", "nodev"};
  if (what.read_only) flags.emplace_back("ro");
  return {"", "bind", attach(source.get(), name, directory, what.read_only), {"rbind", "rprivate"}, flags};
}

SpecMount Staging::socket(const SocketMount& what, std::string_view name) const {
  const base::UniqueFd source = open_source("", what.source);
  struct stat info;
  if (::fstat(source.get(), &info) != 0 || !S_ISSOCK(info.st_mode)) {
    throw base::Error(base::ErrorCode::kTaskFailed, base::printable_path(what.source) + " is not a socket.");
  }
  return {"", "bind", attach(source.get(), name, false, false), {"bind", "rprivate"}, {"nosuid", "nodev"}};
}

SpecMount Staging::secret(const SecretMount& what, std::string_view name) const {
  const std::string file = write(name, what.content.reveal());
  if (::lchown(file.c_str(), what.uid, what.gid) != 0 || ::chmod(file.c_str(), what.mode & 07777) != 0) {
    fail_staging("Cannot give a secret its owner and mode");
  }
  return {"", "bind", file, {"bind", "rprivate", "ro", "nosuid", "nodev", "noexec"}, {}};
}

SpecMount Staging::tmpfs(const TmpfsMount& what, std::string_view name) const {
  const std::string target = path(name);
  if (::mkdir(target.c_str(), 0700) != 0) fail_path("make the folder", target);
  std::string options = fmt::format("mode={:o}", what.mode & 07777);
  if (what.size != 0) options += fmt::format(",size={}", what.size);
  if (::mount("tmpfs", target.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    fail_staging("Cannot mount a tmpfs");
  }
  return {"", "bind", target, {"bind", "rprivate"}, {"nosuid", "nodev"}};
}

}  // namespace ixian::sandbox
