// The folders are walked twice: down, where what lies in them is compared with what was below it, removed or
// put right, and then up, since what a folder is depends on what is left in it. Its times are those that it
// had before.
//
// Overlayfs says more than a layer has to: every new folder is opaque, whether or not anything lies below.
// Here a folder is *new* where nothing of the lower trees shows through it, and all folders in a new one are
// new. If the lower trees have a folder there, the new one is laid over it instead, with whiteouts for what
// it lacks; then what is in it can be compared as everything else.
#include "layer_files/tidy_upper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "layer/confined.h"
#include "layer/whiteout.h"
#include "layer_files/lower_trees.h"
#include "layer_files/same_content.h"
#include "layer_files/tree_entries.h"

namespace ixian::layer_files {
namespace {

using Attributes = std::map<std::string, std::string>;

constexpr const char* kAccess = "system.posix_acl_access";

// The mode without the access control list, whose mask the bits of the group are as long as there is one.
mode_t mode_without_list(const std::string& list, mode_t mode) {
  constexpr std::uint16_t kGroup = 4;
  constexpr std::uint16_t kMask = 16;
  mode_t group = mode >> 3 & 7;
  mode_t mask = 7;
  for (std::size_t at = 4; at + 8 <= list.size(); at += 8) {  // behind the version: tag, permissions, id
    std::uint16_t entry[2];
    std::memcpy(entry, list.data() + at, sizeof(entry));
    if (entry[0] == kGroup) group = entry[1] & 7;
    if (entry[0] == kMask) mask = entry[1] & 7;
  }
  return (mode & ~static_cast<mode_t>(070)) | (group & mask) << 3;
}

bool same_moment(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

class Tidying {
 public:
  Tidying(const std::string& upper, const std::vector<std::string>& lowers, Marks marks,
          const layer::WriteOptions& options, base::Cancellation& cancellation)
      : upper_(upper), lower_(lowers, marks), marks_(marks), options_(options), cancellation_(cancellation) {}

  bool run() {
    folders_.push_back(folder("", upper_.status(""), false, lower_.root()));
    for (std::size_t i = 0; i < folders_.size(); ++i) {
      cancellation_.throw_if_requested();
      visit(i);
    }
    // Only now are all names of each file known.
    finish_linked();
    // Backwards: what is in a folder stands behind it.
    for (std::size_t i = folders_.size(); i-- > 1;) finish(folders_[i]);
    return finish_root(folders_[0]);
  }

 private:
  // As it is found, and what was below it.
  struct UpperEntry {
    std::string path;
    struct stat status;  // its mode is the one that the layer is to have
    Attributes on_disk;
    std::optional<LowerTrees::Found> below;
  };
  struct Folder : UpperEntry {
    bool is_new = false;
  };
  struct LinkedFile {
    std::vector<UpperEntry> names;
  };

  UpperEntry look_at(const std::string& path, const struct stat& status,
                     std::optional<LowerTrees::Found> below) const {
    UpperEntry thing{path, status, upper_.attributes(path, status), std::move(below)};
    refuse_redirects(thing.on_disk, marks_, layer::join_path(upper_.path(), path));
    if (const auto list = thing.on_disk.find(kAccess); list != thing.on_disk.end())
      thing.status.st_mode = mode_without_list(list->second, status.st_mode);
    return thing;
  }

  Folder folder(const std::string& path, const struct stat& status, bool in_new,
                std::optional<LowerTrees::Found> below) const {
    Folder folder{look_at(path, status, std::move(below))};
    folder.is_new = in_new || overlay_attribute(folder.on_disk, "opaque", marks_) == "y";
    return folder;
  }

  static bool is_folder(const std::optional<LowerTrees::Found>& found) {
    return found && S_ISDIR(found->status.st_mode);
  }

  void visit(std::size_t index) {
    const std::string path = folders_[index].path;
    const bool is_new = folders_[index].is_new;
    const auto below = is_folder(folders_[index].below) ? folders_[index].below : std::nullopt;
    const auto names = upper_.names(path);
    if (overlay_attribute(folders_[index].on_disk, "opaque", marks_)) {
      const files::UniqueFd fd = upper_.open(path, O_RDONLY | O_DIRECTORY);
      const char* mark = marks_ == Marks::kTrusted ? "trusted.overlay.opaque" : "user.overlay.opaque";
      if (::fremovexattr(fd.get(), mark) != 0) layer::file_error("remove the mark of", path, errno);
    }
    if (is_new && below) {
      for (const std::string& name : lower_.names(*below, path)) {
        if (!std::binary_search(names.begin(), names.end(), name))
          make_whiteout(layer::join_path(path, name));
      }
    }
    for (const std::string& name : names) {
      const std::string child = layer::join_path(path, name);
      visit_child(child, is_new, below ? lower_.find(*below, child) : std::nullopt);
    }
  }

  void visit_child(const std::string& path, bool in_new, std::optional<LowerTrees::Found> below) {
    const struct stat status = upper_.status(path);
    const bool whiteout = S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
    if (whiteout || S_ISSOCK(status.st_mode)) {
      if (!below || !whiteout) remove(path, 0);
      // A socket that took the place of something hides it.
      if (below && !whiteout) make_whiteout(path);
      return;
    }
    if (S_ISDIR(status.st_mode)) {
      folders_.push_back(folder(path, status, in_new, std::move(below)));
      return;
    }
    UpperEntry thing = look_at(path, status, std::move(below));
    if (S_ISREG(status.st_mode) && status.st_size == 0 &&
        overlay_attribute(thing.on_disk, "whiteout", marks_)) {
      if (!thing.below) remove(path, 0);
      return;
    }
    if (status.st_nlink > 1) {
      linked_[{status.st_dev, status.st_ino}].names.push_back(std::move(thing));
    } else if (is_as_below(thing)) {
      remove(path, 0);
    } else {
      put_right(thing);
    }
  }

  // A file with several names stays one file: if one of them is kept, all are.
  void finish_linked() {
    for (const auto& [id, file] : linked_) {
      const auto& first = file.names.front();
      const bool all_as_below =
          std::all_of(file.names.begin(), file.names.end(), [&](const UpperEntry& name) {
            return is_as_below(name) && name.below->status.st_dev == first.below->status.st_dev &&
                   name.below->status.st_ino == first.below->status.st_ino;
          });
      if (!all_as_below) {
        put_right(first);
        continue;
      }
      for (const UpperEntry& name : file.names) remove(name.path, 0);
    }
  }

  void finish(const Folder& folder) {
    const files::UniqueFd fd = upper_.open(folder.path, O_RDONLY | O_DIRECTORY);
    if (is_folder(folder.below) && same_owner_and_mode(folder) && same_attributes(folder) &&
        layer::names_in(fd.get(), folder.path).empty()) {
      return remove(folder.path, AT_REMOVEDIR);
    }
    put_right(folder);
  }

  bool finish_root(Folder& root) {
    const bool as_below = root.below
                              ? same_owner_and_mode(root) && same_attributes(root)
                              : (root.status.st_mode & 07777) == 0755 && root.status.st_uid == 0 &&
                                    root.status.st_gid == 0 && kept_attributes(root.on_disk, marks_).empty();
    if (as_below && root.below) root.status.st_mtim = root.below->status.st_mtim;
    put_right(root);
    return !as_below;
  }

  bool same_owner_and_mode(const UpperEntry& thing) const {
    const struct stat& below = thing.below->status;
    return thing.status.st_mode == below.st_mode && thing.status.st_uid == below.st_uid &&
           thing.status.st_gid == below.st_gid;
  }

  bool same_attributes(const UpperEntry& thing) const {
    return kept_attributes(thing.on_disk, marks_) == lower_.attributes(*thing.below, thing.path);
  }

  bool is_as_below(const UpperEntry& thing) const {
    if (!thing.below || !same_owner_and_mode(thing)) return false;
    const struct stat& below = thing.below->status;
    const Tree& tree = lower_.tree(thing.below->tree);
    // A file from an extracted layer may have been rounded to what a layer can say.
    if (!same_moment(thing.status.st_mtim, below.st_mtim) &&
        !same_moment(time_in_layer(thing.status), below.st_mtim)) {
      return false;
    }
    if (S_ISLNK(below.st_mode)) return upper_.link(thing.path) == tree.link(thing.path);
    if (!S_ISREG(below.st_mode)) return thing.status.st_rdev == below.st_rdev;
    return thing.status.st_size == below.st_size && same_attributes(thing) &&
           same_content(upper_, tree, thing.path, cancellation_);
  }

  timespec time_in_layer(const struct stat& status) const {
    timespec time = status.st_mtim;
    if (!options_.nanoseconds) time.tv_nsec = 0;
    if (options_.latest_mtime && time.tv_sec >= *options_.latest_mtime) time = {*options_.latest_mtime, 0};
    return time;
  }

  void put_right(const UpperEntry& thing) const {
    const bool has_list = thing.on_disk.contains(kAccess);
    const auto foreign = [this](const auto& each) { return is_foreign_attribute(each.first, marks_); };
    if (std::any_of(thing.on_disk.begin(), thing.on_disk.end(), foreign)) {
      const files::UniqueFd fd = upper_.open(thing.path, O_RDONLY | O_NONBLOCK);
      for (const auto& [name, value] : thing.on_disk) {
        // What the machine's security module says of a file stays, and is not the image's.
        if (is_foreign_attribute(name, marks_)) ::fremovexattr(fd.get(), name.c_str());
      }
      if (has_list && ::fchmod(fd.get(), thing.status.st_mode & 07777) != 0)
        layer::file_error("set the mode of", thing.path, errno);
    }
    const timespec time = time_in_layer(thing.status);
    if (!S_ISDIR(thing.status.st_mode) && same_moment(time, thing.status.st_mtim)) return;
    const timespec times[2] = {{0, UTIME_OMIT}, time};
    if (::utimensat(upper_.root()->get(), thing.path.empty() ? "." : thing.path.c_str(), times,
                    AT_SYMLINK_NOFOLLOW) != 0) {
      layer::file_error("set the time of", thing.path, errno);
    }
  }

  void remove(const std::string& path, int flags) const {
    if (::unlinkat(upper_.root()->get(), path.c_str(), flags) != 0) layer::file_error("remove", path, errno);
  }

  void make_whiteout(const std::string& path) const {
    if (::mknodat(upper_.root()->get(), path.c_str(), S_IFCHR, makedev(0, 0)) != 0)
      layer::file_error("create the whiteout of", path, errno);
  }

  const Tree upper_;
  const LowerTrees lower_;
  const Marks marks_;
  const layer::WriteOptions& options_;
  base::Cancellation& cancellation_;
  std::vector<Folder> folders_;  // before what is in them
  std::map<std::pair<dev_t, ino_t>, LinkedFile> linked_;
};

}  // namespace

void refuse_redirects(const Attributes& on_disk, Marks marks, const std::string& path) {
  for (const char* name : {"redirect", "metacopy"}) {
    if (!overlay_attribute(on_disk, name, marks)) continue;
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("{} cannot be in a layer: its overlay was mounted with {}\nhint: mount it "
                                  "with redirect_dir=nofollow,metacopy=off",
                                  base::printable_path(path),
                                  std::string_view(name) == "redirect" ? "redirect_dir=on" : "metacopy=on"));
  }
}

bool tidy_upper(const std::string& upper, const std::vector<std::string>& lowers, Marks marks,
                const layer::WriteOptions& options, base::Cancellation& cancellation) {
  return Tidying(upper, lowers, marks, options, cancellation).run();
}

}  // namespace ixian::layer_files
