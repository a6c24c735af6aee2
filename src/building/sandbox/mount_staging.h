// What a RUN mounts, made ready in a folder that only exists in memory and in one mount namespace.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "files/fs.h"
#include "sandbox/run_spec.h"
#include "sandbox/spec.h"

namespace ixian::sandbox {

// Use in a thread that has a mount namespace of its own: what is mounted here ends with that. Errors are
// Error{kTaskFailed}.
class MountStaging {
 public:
  // Mounts a tmpfs on `folder`, which exists.
  explicit MountStaging(std::string folder);

  std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }

  // A file, for all to read.
  std::string write(std::string_view name, std::string_view content) const;

  // The root directory, mounted once more such that device files in it lead nowhere: the RUN may read every
  // file, and an image may hold anything.
  std::string root(const std::string& root) const;

  // Attaches `tree`, which is detached_mount() of `what`.
  SpecMount bind(const BindMount& what, const files::UniqueFd& tree, std::string_view name) const;
  SpecMount socket(const SocketMount& what, std::string_view name) const;
  SpecMount device(const DeviceMount& what, std::string_view name) const;
  // Mounted here, since a runtime may give it the mode of the directory below.
  SpecMount tmpfs(const TmpfsMount& what, std::string_view name) const;
  SpecMount secret(const SecretMount& what, std::string_view name) const;

 private:
  std::string attach(const files::UniqueFd& tree, std::string_view name, bool directory) const;

  const std::string folder_;
};

}  // namespace ixian::sandbox
