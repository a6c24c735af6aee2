// Files of a context or an image as files on the disk, for a RUN that mounts them. Shared with the originals
// where the file system can, else copied with their holes.
#include "context/write_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/error.h"
#include "files/sparse_writer.h"

namespace ixian::context {
namespace {

[[noreturn]] void fail(const std::string& path) {
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("cannot create {}: {}", base::printable_path(path), base::errno_text(errno)));
}

// Shared where the file system can, sparse where it cannot.
void copy_file(const files::UniqueFd& from, const files::UniqueFd& to, const std::string& path) {
  if (::ioctl(to.get(), FICLONE, from.get()) == 0) return;
  constexpr std::size_t kBuffer = 256 << 10;
  const std::unique_ptr<char[]> buffer(new char[kBuffer]);
  files::SparseWriter writer(to.get());
  ssize_t count = 0;
  while ((count = ::read(from.get(), buffer.get(), kBuffer)) > 0) {
    if (!writer.write({buffer.get(), static_cast<std::size_t>(count)})) fail(path);
  }
  if (count < 0 || !writer.finish()) fail(path);
}

// Makes room for something that is no folder, or for a folder.
void clear(const std::string& target, bool for_folder) {
  struct stat status;
  if (::lstat(target.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode) && for_folder) return;
  if (::remove(target.c_str()) != 0) fail(target);
}

}  // namespace

void write_tree(const FileView& view, const std::string& path, const std::string& target,
                base::Cancellation& cancellation) {
  cancellation.throw_if_requested();
  const auto entry = view.find(path);
  if (!entry) {
    throw base::Error(base::ErrorCode::kTaskFailed,
                      fmt::format("cannot mount {}: not found", base::printable_path(path)));
  }
  const timespec times[2] = {{entry->mtime, entry->mtime_ns}, {entry->mtime, entry->mtime_ns}};
  switch (entry->type) {
    case tar::TarType::kFolder:
      clear(target, true);
      // Its own mode, which may forbid writing, comes when its content is there.
      if (::mkdir(target.c_str(), 0700) != 0 && errno != EEXIST) fail(target);
      for (const std::string& name : view.children(path))
        write_tree(view, join_path(path, name), target + "/" + name, cancellation);
      if (::chmod(target.c_str(), entry->mode) != 0) fail(target);
      break;
    case tar::TarType::kSymlink:
      clear(target, false);
      if (::symlink(entry->link.c_str(), target.c_str()) != 0) fail(target);
      break;
    case tar::TarType::kFile: {
      clear(target, false);
      const files::UniqueFd to(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
      if (!to.valid()) fail(target);
      copy_file(view.open(path), to, target);
      if (::fchmod(to.get(), entry->mode) != 0) fail(target);
      break;
    }
    default:
      return;
  }
  // Last, for a directory too: what is made in it changes its time.
  ::utimensat(AT_FDCWD, target.c_str(), times, AT_SYMLINK_NOFOLLOW);
}

}  // namespace ixian::context
