// Where a RUN's mounts go.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rootfs/mount_points.h"
#include "rootfs/root_fs.h"
#include "sandbox/run_spec.h"

namespace ixian::sandbox {

// `path` is `folder` or something in it; both absolute and without links.
bool below(std::string_view path, std::string_view folder);

// Makes mount points in the image, or, below what is itself mounted, in that; takes them away in the end.
// Errors are Error{kTaskFailed}, and Error{kUsage} for a target that makes no sense.
// For one RUN on one thread; the mount outlives it.
class MountTargets {
 public:
  explicit MountTargets(rootfs::MountedRoot& mount);

  // A directory of the runtime's own mounts.
  void add_builtin(const std::string& path);

  // A file that the image may have a link for. Returns where that ends.
  std::string add_file(const std::string& path);

  // In the order of mounting. `mount` must outlive this.
  void add(const RunMount& mount);

  // Of what was added `index`th: absolute, without links.
  const std::string& resolved(std::size_t index) const { return resolved_[index]; }

 private:
  struct Cover {
    std::string target;
    const BindMount* bind;  // nullptr: nothing that lasts, so the runtime makes mount points itself
  };

  void make(const std::string& target, bool directory);
  void make_in(const BindMount& bind, const std::string& rest, bool directory);

  rootfs::MountPoints image_;
  std::vector<std::unique_ptr<rootfs::MountPoints>> binds_;
  std::vector<std::string> resolved_;
  std::vector<Cover> covers_;
};

}  // namespace ixian::sandbox
