// Whether overlays work depends on the kernel, on the file system, on who we are and on what a container
// around us lets through; no version or capability tells. So a small one is tried, with all that layers need
// of it.
#include "rootfs/root_fs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "rootfs/copy_root_fs.h"
#include "rootfs/copy_tree.h"
#include "rootfs/file_metadata.h"
#include "rootfs/overlay_root_fs.h"

namespace ixian::rootfs {
namespace {

[[noreturn]] void give_up(const std::string& message) {
  throw base::Error(base::ErrorCode::kTaskFailed, message);
}

void touch(const std::string& path) {
  const files::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!file.valid()) fail_path("make", path);
}

bool exists(const std::string& path) {
  struct stat info;
  return ::lstat(path.c_str(), &info) == 0;
}

class ProbeFolder {
 public:
  explicit ProbeFolder(const std::string& folder) : path_(folder + "/.probe.XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) fail_path("create a directory in", folder);
  }
  ~ProbeFolder() {
    try {
      remove_tree(path_);
    } catch (const base::Error&) {  // a folder remains that its owner clears away with the rest
    }
  }
  std::string make(std::string_view name) const {
    const std::string folder = path_ + "/" + std::string(name);
    files::make_directories(folder);
    return folder;
  }

 private:
  std::string path_;
};

// Throws with the reason where this kind does not do all that layers need.
void try_kind(RootFs& root_fs, const std::string& folder) {
  const ProbeFolder probe(folder);
  const std::string lower = probe.make("1");
  const std::string higher = probe.make("2");
  touch(probe.make("1/directory") + "/hidden");
  // Two layers and a change: a folder that hides the one below, a file that a layer removes, one that a RUN
  // makes and one that it removes.
  touch(lower + "/whited-out");
  touch(lower + "/removed");
  touch(probe.make("2/directory") + "/shown");
  if (::lsetxattr((higher + "/directory").c_str(), (root_fs.marks() + "opaque").c_str(), "y", 1, 0) != 0) {
    give_up(fmt::format("cannot mark directories with {}*: {}", root_fs.marks(), base::errno_text(errno)));
  }
  if (::mknod((higher + "/whited-out").c_str(), S_IFCHR, ::makedev(0, 0)) != 0) {
    give_up("cannot create whiteouts: " + base::errno_text(errno));
  }
  base::Cancellation never;
  const auto mount = root_fs.prepare({lower, higher}, probe.make("work"), never);
  const std::string& root = mount->path();
  if (exists(root + "/directory/hidden") || !exists(root + "/directory/shown") ||
      exists(root + "/whited-out")) {
    give_up("an overlay does not hide what layers hide");
  }
  touch(root + "/made");
  if (::unlink((root + "/removed").c_str()) != 0 || ::chown((root + "/made").c_str(), 0, 0) != 0) {
    give_up("cannot write to an overlay: " + base::errno_text(errno));
  }
  const std::string upper = mount->finish();
  struct stat info;
  if (!exists(upper + "/made") || ::lstat((upper + "/removed").c_str(), &info) != 0 ||
      !is_whiteout(upper + "/removed", info, root_fs.marks())) {
    give_up("an overlay does not keep changes as layers need them");
  }
}

// "" where it works.
std::string why_not(RootFsKind kind, const std::string& folder) {
  const auto root_fs = make_overlay(kind, "");
  try {
    try_kind(*root_fs, folder);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

std::string marks_for_copies(const std::string& folder) {
  const ProbeFolder probe(folder);
  // Copying needs no overlay, but reads and writes its marks; which of the two we may set depends on who we
  // are.
  const bool trusted = ::lsetxattr(probe.make("d").c_str(), "trusted.overlay.opaque", "y", 1, 0) == 0;
  return trusted ? "trusted.overlay." : "user.overlay.";
}

std::unique_ptr<RootFs> forced(std::string_view name, const std::string& folder) {
  if (name == "copy") return make_copying(marks_for_copies(folder), "IXIAN_ROOTFS is copy");
  if (name != "overlay" && name != "userns") {
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("invalid value \"{}\" for IXIAN_ROOTFS (expected: overlay, userns, copy)",
                                  base::printable_path(name)));
  }
  const RootFsKind kind = name == "overlay" ? RootFsKind::kOverlay : RootFsKind::kUserOverlay;
  const std::string reason = why_not(kind, folder);
  if (!reason.empty()) {
    throw base::Error(
        base::ErrorCode::kUsage,
        fmt::format("IXIAN_ROOTFS={} does not work on this machine\nhint: unset IXIAN_ROOTFS", name), reason);
  }
  return make_overlay(kind, kind == RootFsKind::kOverlay ? "" : "IXIAN_ROOTFS is userns");
}

}  // namespace

std::unique_ptr<RootFs> RootFs::choose(const std::string& folder) {
  const char* name = ::getenv("IXIAN_ROOTFS");
  if (name != nullptr && *name != '\0') return forced(name, folder);
  const std::string overlay = why_not(RootFsKind::kOverlay, folder);
  if (overlay.empty()) return make_overlay(RootFsKind::kOverlay, "");
  const std::string user = why_not(RootFsKind::kUserOverlay, folder);
  if (user.empty()) return make_overlay(RootFsKind::kUserOverlay, overlay);
  return make_copying(marks_for_copies(folder), overlay == user ? overlay : overlay + "; " + user);
}

}  // namespace ixian::rootfs
