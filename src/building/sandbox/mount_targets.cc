// Mount points of a RUN in the image. They are made before anything is mounted, so where a later mount's
// target lies below an earlier one, it is made in that one's source instead. Paths are resolved in the image
// and cannot leave it.
#include "sandbox/mount_targets.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "base/error.h"
#include "rootfs/resolve_in_root.h"
#include "sandbox/bind_source.h"

namespace ixian::sandbox {
namespace {

[[noreturn]] void fail_target(std::string message) {
  throw base::Error(base::ErrorCode::kUsage, std::move(message));
}

}  // namespace

bool below(std::string_view path, std::string_view folder) {
  return path == folder ||
         (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

MountTargets::MountTargets(rootfs::MountedRoot& mount)
    : image_(mount.path(), [&mount](const std::string& directory) { mount.touching(directory); }) {}

void MountTargets::add_builtin(const std::string& path) {
  const std::string target = image_.resolve(path);
  image_.make(target, true);
  covers_.push_back({target, nullptr});
}

std::string MountTargets::add_file(const std::string& path) {
  std::string target = image_.resolve(path);
  image_.make(target, false);
  return target;
}

void MountTargets::add(const RunMount& mount) {
  const std::string target = image_.resolve(mount.target);
  if (target == "/") fail_target("cannot mount on the root directory of RUN");
  if (below(target, "/proc") || below(target, "/sys")) {
    fail_target(fmt::format("cannot mount on {}", base::printable_path(mount.target)));
  }
  resolved_.push_back(target);
  const auto* bind = std::get_if<BindMount>(&mount.what);
  make(target, bind != nullptr ? is_directory(*bind) : std::holds_alternative<TmpfsMount>(mount.what));
  covers_.push_back({target, bind});
}

void MountTargets::make(const std::string& target, bool directory) {
  // From the last mount back: the topmost one over the target decides in which tree its mount point is made.
  for (auto cover = covers_.rbegin(); cover != covers_.rend(); ++cover) {
    if (target == cover->target) return;  // mounted over
    if (!below(target, cover->target)) continue;
    if (cover->bind != nullptr) make_in(*cover->bind, target.substr(cover->target.size()), directory);
    return;
  }
  image_.make(target, directory);
}

void MountTargets::make_in(const BindMount& bind, const std::string& rest, bool directory) {
  auto tree = std::make_unique<rootfs::MountPoints>(bind.source);
  const std::string target = tree->resolve(rest);
  if (bind.read_only && !rootfs::resolve_in_root(bind.source->get(), target).missing.empty()) {
    throw base::Error(
        base::ErrorCode::kTaskFailed,
        fmt::format("cannot mount on {} of a read-only mount: not found", base::printable_path(target)));
  }
  tree->make(target, directory);
  binds_.push_back(std::move(tree));
}

}  // namespace ixian::sandbox
