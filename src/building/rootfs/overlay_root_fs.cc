// mount(2) takes its options in one page, in which the paths of a hundred layers have no room, and in which a
// colon in a path has to be escaped. So a thread that has a current directory of its own mounts from the
// folder that all of them are in. Where that is not enough, each lower directory gets a link with a number as
// its name, and the mount is made from the folder of these links.
//
// The kernel takes 500 lower directories. If there are more, the lowest of them are an overlay of their own:
// marks of one layer that hide what is in a layer below it work within that overlay, and nothing lies below
// it.
#include "rootfs/overlay_root_fs.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "base/threads.h"
#include "rootfs/file_metadata.h"

namespace ixian::rootfs {
namespace {

constexpr std::size_t kMostLowers = 500;
constexpr std::size_t kMostOptions = 3800;  // bytes of a page that paths may take

using Paths = std::vector<std::string>;

std::string marks_of(RootFsKind kind) {
  return kind == RootFsKind::kOverlay ? "trusted.overlay." : "user.overlay.";
}

void make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0) fail_path("create directory", path);
}

// Linux 5.10 and later can leave fsync() out, which is what makes package managers wait.
int mount_overlay(const std::string& folder, const std::string& target, const std::string& options,
                  bool writable) {
  int error = 0;
  base::start_thread([&] {
    if (::unshare(CLONE_FS) != 0 || ::chdir(folder.c_str()) != 0) {
      error = errno;
      return;
    }
    const unsigned long flags = writable ? 0 : MS_RDONLY;
    const std::string fast = writable ? options + ",volatile" : options;
    if (::mount("overlay", target.c_str(), "overlay", flags, fast.c_str()) == 0) return;
    if (writable && errno == EINVAL &&
        ::mount("overlay", target.c_str(), "overlay", flags, options.c_str()) == 0) {
      return;
    }
    error = errno;
  }).join();
  return error;
}

// The names of directories from one that they are all in, as mount options can have them.
struct Names {
  std::string folder;
  Paths lowers;
  std::string work;
};

// nullopt where options cannot hold these.
std::optional<Names> common_names(const Paths& lowers, const std::string& work) {
  std::string folder = work;
  std::size_t length = 2 * work.size();
  for (const std::string& lower : lowers) {
    while (!lower.starts_with(folder + "/")) {
      if (folder.empty()) return std::nullopt;
      folder.resize(folder.rfind('/'));
    }
    length += lower.size() + 1;
  }
  if (folder == work) folder.resize(folder.rfind('/'));
  if (length - (lowers.size() + 2) * (folder.size() + 1) > kMostOptions) return std::nullopt;
  Names names{folder + "/", {}, work.substr(folder.size() + 1)};
  for (const std::string& lower : lowers) names.lowers.push_back(lower.substr(folder.size() + 1));
  for (const std::string& name : names.lowers) {
    if (name.find_first_of(":,\\") != std::string::npos) return std::nullopt;
  }
  if (names.work.find_first_of(":,\\") != std::string::npos) return std::nullopt;
  return names;
}

void unmount(const std::string& path) {
  if (::umount2(path.c_str(), UMOUNT_NOFOLLOW) != 0 && errno == EBUSY) {
    ::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  }
}

// A directory as it was before a mount point was made in it.
struct Before {
  struct stat info;
  Xattrs xattrs;
};

// The kernel takes no directory twice. Two layers may be equal (two commands that write the same file, at a
// fixed time), and then the lower one shows nowhere.
void keep_topmost(Paths& lowers) {
  Paths kept;
  for (auto lower = lowers.rbegin(); lower != lowers.rend(); ++lower) {
    if (std::find(kept.begin(), kept.end(), *lower) == kept.end()) kept.push_back(*lower);
  }
  lowers.assign(kept.rbegin(), kept.rend());
}

class OverlayMount : public MountedRoot {
 public:
  OverlayMount(RootFsKind kind, Paths lowers, std::string work, bool writable)
      : kind_(kind), work_(std::move(work)), writable_(writable) {
    for (const std::string* folder : {&root_, &scratch_, &upper_}) make_folder(*folder);
    keep_topmost(lowers);
    if (lowers.size() + 1 > kMostLowers) lowers = stack(std::move(lowers));
    if (writable_) {
      make_folder(work_ + "/overlay");
      if (!lowers.empty()) take_after(lowers.back());
    } else {
      // A lone lower directory is no overlay, and its marks would show; nor is there one without any.
      make_folder(work_ + "/nothing");
      lowers.insert(lowers.begin(), 2 - std::min<std::size_t>(lowers.size(), 1), work_ + "/nothing");
      if (lowers.size() == 2 && lowers[0] == lowers[1]) {
        make_folder(work_ + "/nothing2");
        lowers[0] += "2";
      }
    }
    const int error = mount(root_, lowers, writable_);
    if (error != 0) {
      take_down();
      throw base::Error(base::ErrorCode::kTaskFailed,
                        fmt::format("cannot mount an overlay of {} layers on {}: {}", lowers.size(),
                                    base::printable_path(root_), base::errno_text(error)));
    }
    mounted_ = true;
  }
  ~OverlayMount() override { take_down(); }

  const std::string& path() const override { return root_; }
  const std::string& scratch() const override { return scratch_; }

  void touching(const std::string& directory) override {
    if (!writable_) return;
    for (std::string path = directory; !path.empty() && path != "/";) {
      Before before;
      struct stat ignored;
      const std::string here = root_ + path;
      if (::lstat((upper_ + path).c_str(), &ignored) != 0 && ::lstat(here.c_str(), &before.info) == 0) {
        before.xattrs = read_xattrs(here);
        // Only what the RUN has not changed itself yet: else it is the RUN's.
        touched_.emplace(path, std::move(before));
      }
      path.resize(path.rfind('/'));
    }
  }

  std::string finish() override {
    Paths unchanged;
    for (const auto& [path, before] : touched_) {
      struct stat now;
      const std::string here = root_ + path;
      if (::lstat(here.c_str(), &now) == 0 && now.st_mode == before.info.st_mode &&
          now.st_uid == before.info.st_uid && now.st_gid == before.info.st_gid &&
          now.st_mtim.tv_sec == before.info.st_mtim.tv_sec &&
          now.st_mtim.tv_nsec == before.info.st_mtim.tv_nsec && read_xattrs(here) == before.xattrs) {
        unchanged.push_back(upper_ + path);
      }
    }
    take_down();
    // Deepest first; what has come to hold something stays.
    for (auto path = unchanged.rbegin(); path != unchanged.rend(); ++path) remove_empty(*path);
    return writable_ ? upper_ : "";
  }

 private:
  // Removing an entry must not show in the folder that stays.
  static void remove_empty(const std::string& path) {
    const std::string parent = parent_of(path);
    struct stat info;
    if (::lstat(parent.c_str(), &info) != 0 || ::rmdir(path.c_str()) != 0) return;
    const timespec times[2] = {info.st_atim, info.st_mtim};
    ::utimensat(AT_FDCWD, parent.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

  // The root of an overlay is what its upper directory is.
  void take_after(const std::string& lower) {
    struct stat info;
    if (::lstat(lower.c_str(), &info) != 0) fail_path("read the status of", lower);
    set_metadata(upper_, info, escaped(read_xattrs(lower, marks()), marks()));
  }

  std::string marks() const { return marks_of(kind_); }

  Paths stack(Paths lowers) {
    const std::size_t keep = kMostLowers - 2;
    const auto border = lowers.end() - static_cast<std::ptrdiff_t>(keep);
    const Paths bottom(lowers.begin(), border);
    if (bottom.size() > kMostLowers) {
      throw base::Error(base::ErrorCode::kTaskFailed,
                        fmt::format("image has {} layers, more than overlays support ({})", lowers.size(),
                                    keep + kMostLowers));
    }
    make_folder(bottom_);
    if (const int error = mount(bottom_, bottom, false, "/links-bottom"); error != 0) {
      throw base::Error(base::ErrorCode::kTaskFailed,
                        "cannot mount the lowest layers of an image: " + base::errno_text(error));
    }
    stacked_ = true;
    Paths rest = {bottom_};
    rest.insert(rest.end(), border, lowers.end());
    return rest;
  }

  int mount(const std::string& target, Paths lowers, bool writable, const std::string& links = "/links") {
    if (lowers.empty()) {
      make_folder(work_ + "/empty");
      lowers.push_back(work_ + "/empty");
    }
    auto names = common_names(lowers, work_);
    if (!names) names = linked_names(lowers, work_ + links);
    std::reverse(names->lowers.begin(), names->lowers.end());  // overlayfs wants the highest first
    std::string options = "lowerdir=" + base::join(names->lowers, ":");
    if (writable) options += fmt::format(",upperdir={0}/upper,workdir={0}/overlay", names->work);
    // What is changed must be there in whole, by its own name: it becomes a layer.
    options += ",index=off,metacopy=off,redirect_dir=nofollow";
    if (kind_ == RootFsKind::kUserOverlay) options += ",userxattr";
    return mount_overlay(names->folder, target, options, writable);
  }

  static Names linked_names(const Paths& lowers, const std::string& links) {
    make_folder(links);
    Names names{links, {}, ".."};
    for (std::size_t i = 0; i < lowers.size(); ++i) {
      names.lowers.push_back(std::to_string(i));
      const std::string link = links + "/" + names.lowers.back();
      if (::symlink(lowers[i].c_str(), link.c_str()) != 0) fail_path("create symbolic link", link);
    }
    return names;
  }

  void take_down() {
    if (std::exchange(mounted_, false)) unmount(root_);
    if (std::exchange(stacked_, false)) unmount(bottom_);
  }

  const RootFsKind kind_;
  const std::string work_;
  const bool writable_;
  const std::string root_ = work_ + "/root";
  const std::string scratch_ = work_ + "/scratch";
  const std::string upper_ = work_ + "/upper";
  const std::string bottom_ = work_ + "/bottom";
  bool mounted_ = false;
  bool stacked_ = false;
  std::map<std::string, Before> touched_;
};

class Overlay : public RootFs {
 public:
  Overlay(RootFsKind kind, std::string reason) : kind_(kind), reason_(std::move(reason)) {}

  RootFsKind kind() const override { return kind_; }
  std::string marks() const override { return marks_of(kind_); }
  std::string reason() const override { return reason_; }
  std::unique_ptr<MountedRoot> prepare(const Paths& lowers, const std::string& work,
                                       base::Cancellation&) override {
    return std::make_unique<OverlayMount>(kind_, lowers, work, true);
  }
  std::unique_ptr<MountedRoot> prepare_read_only(const Paths& lowers, const std::string& work,
                                                 base::Cancellation&) override {
    return std::make_unique<OverlayMount>(kind_, lowers, work, false);
  }

 private:
  const RootFsKind kind_;
  const std::string reason_;
};

}  // namespace

std::unique_ptr<RootFs> make_overlay(RootFsKind kind, std::string reason) {
  return std::make_unique<Overlay>(kind, std::move(reason));
}

}  // namespace ixian::rootfs
