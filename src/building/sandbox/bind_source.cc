// A source is turned into a descriptor when it is named, and all else is done with that: what it is, what is
// made in it for mounts on top of it, and the mount itself, which open_tree(2) copies from the descriptor. A
// mount can only be copied in the namespace that it is in, so that happens before a RUN has its own.
#include "sandbox/bind_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "rootfs/file_metadata.h"
#include "rootfs/resolve_in_root.h"

namespace ixian::sandbox {
namespace {

[[noreturn]] void fail_source(const std::string& name) {
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("cannot mount {}: {}", base::printable_path(name), base::errno_text(errno)));
}

}  // namespace

BindMount open_bind(const std::string& root, std::string_view path, bool read_only) {
  const files::UniqueFd root_fd(::open(root.empty() ? "/" : root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root_fd.valid()) rootfs::fail_path("open directory", root);
  files::UniqueFd source =
      rootfs::open_inside(root_fd.get(), rootfs::resolve_in_root(root_fd.get(), path), O_PATH);
  if (!source.valid()) fail_source(std::string(path));
  return bind_of(std::move(source), std::string(path), read_only);
}

BindMount bind_of(files::UniqueFd source, std::string name, bool read_only) {
  return {std::make_shared<const files::UniqueFd>(std::move(source)), std::move(name), read_only};
}

bool is_directory(const BindMount& bind) {
  struct stat info;
  if (::fstat(bind.source->get(), &info) != 0) fail_source(bind.name);
  return S_ISDIR(info.st_mode);
}

files::UniqueFd detached_mount(const BindMount& bind) {
  files::UniqueFd tree(::open_tree(bind.source->get(), "",
                                   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE));
  if (!tree.valid()) fail_source(bind.name);
  mount_attr flags = {};
  flags.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (bind.read_only ? MOUNT_ATTR_RDONLY : 0);
  flags.propagation = MS_PRIVATE;
  if (::mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &flags, sizeof(flags)) != 0) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("cannot restrict the mount of {} (mount_setattr needs Linux 5.12): {}",
                                  base::printable_path(bind.name), base::errno_text(errno)));
  }
  return tree;
}

}  // namespace ixian::sandbox
