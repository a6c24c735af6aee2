// Nobody else writes to either tree, and both are walked from a folder of ours without following links, so
// paths are as good as descriptors here.
#include "rootfs/copy_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "files/fs.h"
#include "rootfs/file_metadata.h"

namespace ixian::rootfs {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) {
    errno = error.value();
    fail_path("read directory", folder);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Block by block in the kernel; by hand where it cannot. Both ends are at `from`.
void copy_range(int in, int out, off_t from, off_t size, const std::string& path) {
  off_t in_at = from;
  off_t out_at = from;
  while (in_at < from + size) {
    const auto left = static_cast<std::size_t>(from + size - in_at);
    ssize_t copied = ::copy_file_range(in, &in_at, out, &out_at, left, 0);
    if (copied > 0) continue;
    if (copied == 0) return;
    if (errno == EINTR) continue;
    std::vector<char> buffer(std::min<std::size_t>(left, 1 << 20));
    copied = ::pread(in, buffer.data(), buffer.size(), in_at);
    if (copied < 0) fail_path("read", path);
    if (copied == 0) return;
    if (::pwrite(out, buffer.data(), static_cast<std::size_t>(copied), out_at) != copied)
      fail_path("copy", path);
    in_at += copied;
    out_at += copied;
  }
}

void copy_content(const std::string& from, const std::string& to, off_t size) {
  const files::UniqueFd in(::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!in.valid()) fail_path("read", from);
  const files::UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out.valid()) fail_path("make", to);
  // Where the file system can share blocks nothing is copied at all.
  if (size == 0 || ::ioctl(out.get(), FICLONE, in.get()) == 0) return;
  // Holes stay holes: a file of many gigabytes may hold a few blocks.
  for (off_t at = 0; at < size;) {
    off_t data = ::lseek(in.get(), at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // a hole to the end
    if (data < 0) data = at;
    off_t hole = ::lseek(in.get(), data, SEEK_HOLE);
    if (hole < 0) hole = size;
    copy_range(in.get(), out.get(), data, std::min(hole, size) - data, from);
    at = hole;
  }
  if (::ftruncate(out.get(), size) != 0) fail_path("copy", from);
}

class Layering {
 public:
  Layering(const std::string& marks, base::Cancellation& cancellation)
      : marks_(marks), cancellation_(cancellation) {}

  void directory(const std::string& from, const std::string& to) {
    struct stat info;
    if (::lstat(from.c_str(), &info) != 0) fail_path("read the status of", from);
    for (const auto& name : names_in(from)) {
      cancellation_.throw_if_requested();
      entry(from + "/" + name, to + "/" + name);
    }
    set_metadata(to, info, read_xattrs(from, marks_));
  }

 private:
  void entry(const std::string& from, const std::string& to) {
    struct stat info;
    if (::lstat(from.c_str(), &info) != 0) fail_path("read the status of", from);
    struct stat there;
    const bool exists = ::lstat(to.c_str(), &there) == 0;
    if (S_ISDIR(info.st_mode)) {
      const bool merge = exists && S_ISDIR(there.st_mode) && !is_opaque(from, marks_);
      if (exists && !merge) remove_tree(to);
      if (!merge && ::mkdir(to.c_str(), 0700) != 0) fail_path("create directory", to);
      return directory(from, to);
    }
    if (exists) remove_tree(to);
    // It has done its work: what it hides is removed.
    if (is_whiteout(from, info, marks_)) return;
    if (info.st_nlink > 1) {
      const auto [known, first] = links_.emplace(std::pair(info.st_dev, info.st_ino), to);
      if (!first) {
        if (::link(known->second.c_str(), to.c_str()) != 0) fail_path("create link", to);
        return;
      }
    }
    make(from, to, info);
    set_metadata(to, info, read_xattrs(from, marks_));
  }

  static void make(const std::string& from, const std::string& to, const struct stat& info) {
    if (S_ISREG(info.st_mode)) return copy_content(from, to, info.st_size);
    if (S_ISLNK(info.st_mode)) {
      std::error_code error;
      const fs::path target = fs::read_symlink(from, error);
      if (error || ::symlink(target.c_str(), to.c_str()) != 0) fail_path("create link", to);
      return;
    }
    if (::mknod(to.c_str(), (info.st_mode & S_IFMT) | 0600, info.st_rdev) != 0) fail_path("make", to);
  }

  const std::string& marks_;
  base::Cancellation& cancellation_;
  // Where the first name of each hard-linked file was copied to.
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
};

}  // namespace

void apply_lowers(const std::string& lower, const std::string& target, const std::string& marks,
                  base::Cancellation& cancellation) {
  Layering(marks, cancellation).directory(lower, target);
}

void remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) {
    errno = error.value();
    fail_path("remove", path);
  }
}

}  // namespace ixian::rootfs
