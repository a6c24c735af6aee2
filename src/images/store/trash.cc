// The trees here are made by strangers: names are never followed, folders may be closed to their owner, and
// nesting may be deeper than there are descriptors. So a folder is entered by descriptor, opened up where
// that is needed, and one that lies too deep is renamed to the top and removed from there.
#include "store/trash.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <random>
#include <set>
#include <string_view>
#include <utility>

#include "files/fs.h"
#include "layout/file_io.h"

namespace ixian::store {
namespace {

constexpr int kMaxFolderDepth = 100;

std::string new_name() {
  static const unsigned salt = std::random_device{}();
  static std::atomic<unsigned> count{0};
  return fmt::format("{}-{:08x}-{}", ::getpid(), salt, ++count);
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

OpenFolder open_folder(int parent, const char* name) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  files::UniqueFd fd(::openat(parent, name, kFlags));
  // A tree's folders have the modes of the image; "chmod 000" in a RUN must not make them stay.
  if (!fd.valid() && errno == EACCES && ::fchmodat(parent, name, 0700, 0) == 0) {
    fd = files::UniqueFd(::openat(parent, name, kFlags));
  }
  if (!fd.valid()) return nullptr;
  OpenFolder folder(::fdopendir(fd.get()));
  if (folder != nullptr) fd.release();
  return folder;
}

bool is_dots(std::string_view name) {
  return name == "." || name == "..";
}

// Visits all below a folder, each file system object once: counts, and removes if told to.
class Walk {
 public:
  Walk(int top, bool remove) : top_(top), remove_(remove) {}

  void visit(int parent, const char* name, int depth) {
    struct stat status = {};
    if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (device_ == 0) device_ = status.st_dev;
    if (status.st_dev != device_) return;  // somebody's mount
    if (status.st_nlink < 2 || S_ISDIR(status.st_mode) || counted_.insert(status.st_ino).second) {
      bytes_ += static_cast<std::uint64_t>(status.st_blocks) * 512;
    }
    if (!S_ISDIR(status.st_mode)) {
      if (remove_) ::unlinkat(parent, name, 0);
      return;
    }
    // Each level holds a descriptor open, and a level of the stack.
    if (remove_ && depth > kMaxFolderDepth && ::renameat(parent, name, top_, new_name().c_str()) == 0) {
      deeper_ = true;
      return;
    }
    visit_entries(parent, name, depth);
    if (remove_) ::unlinkat(parent, name, AT_REMOVEDIR);
  }

  void visit_entries(int parent, const char* name, int depth) {
    const OpenFolder folder = open_folder(parent, name);
    if (folder == nullptr) return;
    const int fd = ::dirfd(folder.get());
    if (remove_ && ::faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0) ::fchmod(fd, 0700);
    while (const dirent* entry = ::readdir(folder.get())) {
      if (!is_dots(entry->d_name)) visit(fd, entry->d_name, depth + 1);
    }
  }

  std::uint64_t bytes() const { return bytes_; }
  bool deeper() { return std::exchange(deeper_, false); }

 private:
  const int top_;
  const bool remove_;
  dev_t device_ = 0;
  std::set<ino_t> counted_;
  std::uint64_t bytes_ = 0;
  bool deeper_ = false;
};

}  // namespace

bool Trash::take(const std::string& path) const {
  const std::string place = folder_ + "/" + new_name();
  if (::rename(path.c_str(), place.c_str()) == 0) return true;
  if (errno == ENOENT) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0) return false;
    layout::make_folders(folder_);
    if (::rename(path.c_str(), place.c_str()) == 0) return true;
  }
  // A folder may be moved only by who may write to it, since its ".." changes.
  if (errno == EACCES && ::chmod(path.c_str(), 0700) == 0 && ::rename(path.c_str(), place.c_str()) == 0) {
    return true;
  }
  layout::file_error("remove", path, errno);
}

std::uint64_t Trash::empty() const noexcept {
  try {
    const files::UniqueFd top(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!top.valid()) return 0;
    Walk walk(top.get(), true);
    do {
      walk.visit_entries(top.get(), ".", 0);
    } while (walk.deeper());
    return walk.bytes();
  } catch (...) {  // out of memory
    return 0;
  }
}

std::uint64_t disk_usage(const std::string& path) noexcept {
  try {
    Walk walk(-1, false);
    walk.visit(AT_FDCWD, path.c_str(), 0);
    return walk.bytes();
  } catch (...) {
    return 0;
  }
}

}  // namespace ixian::store
