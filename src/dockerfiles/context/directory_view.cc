// The context belongs to somebody who may change it while it is read, and an image built from it is to hold
// nothing from outside. So no path is ever looked up twice by name with a check in between: every access is
// one openat2(2) below the descriptor of the root, which refuses links on the way, and what it gives is asked
// by descriptor.
#include "context/directory_view.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "files/own_output.h"

namespace ixian::context {
namespace {

bool means_absent(int error_number) {
  // ELOOP is what openat2(2) says of a link on the way.
  return error_number == ENOENT || error_number == ENOTDIR || error_number == ELOOP;
}

std::string read_link(int fd) {
  std::string target(4096, '\0');
  const ssize_t length = ::readlinkat(fd, "", target.data(), target.size());
  target.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return target;
}

bool is_kept(std::string_view name) {
  return name == "security.capability" || (name.starts_with("user.") && !name.starts_with("user.overlay."));
}

}  // namespace

std::map<std::string, std::string> kept_xattrs(int fd) {
  std::map<std::string, std::string> kept;
  const std::string path = fmt::format("/proc/self/fd/{}", fd);
  const ssize_t length = ::listxattr(path.c_str(), nullptr, 0);
  if (length <= 0) return kept;
  std::string names(static_cast<std::size_t>(length), '\0');
  const ssize_t listed = ::listxattr(path.c_str(), names.data(), names.size());
  if (listed <= 0) return kept;
  names.resize(static_cast<std::size_t>(listed));
  for (std::string_view name : base::split(names, '\0')) {
    if (!is_kept(name)) continue;
    std::string value(64 << 10, '\0');
    const ssize_t size = ::getxattr(path.c_str(), std::string(name).c_str(), value.data(), value.size());
    if (size < 0) continue;
    value.resize(static_cast<std::size_t>(size));
    kept.emplace(name, std::move(value));
  }
  return kept;
}

DirectoryView::DirectoryView(const std::string& folder)
    : folder_(folder), root_(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!root_.valid()) {
    throw base::Error(base::ErrorCode::kUsage,
                      fmt::format("cannot open directory {}: {}", folder, base::errno_text(errno)));
  }
}

files::UniqueFd DirectoryView::open_at(const std::string& path, int flags) const {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const char* name = path.empty() ? "." : path.c_str();
  long fd = -1;
  do {
    fd = ::syscall(SYS_openat2, root_.get(), name, &how, sizeof(how));
    // EAGAIN: something was renamed during the walk, and the kernel cannot tell whether it stayed beneath.
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  return files::UniqueFd(static_cast<int>(fd));
}

void DirectoryView::fail(const std::string& path, int error_number) const {
  throw base::Error(base::ErrorCode::kTaskFailed,
                    fmt::format("cannot read {}/{}: {}", folder_, base::printable_path(path),
                                base::errno_text(error_number)));
}

std::optional<tar::TarEntry> DirectoryView::find(const std::string& path) const {
  const files::UniqueFd fd = open_at(path, O_PATH | O_NOFOLLOW);
  if (!fd.valid()) {
    if (means_absent(errno)) return std::nullopt;
    fail(path, errno);
  }
  struct stat status;
  if (::fstatat(fd.get(), "", &status, AT_EMPTY_PATH) != 0) fail(path, errno);
  // A log of this very build in its own context would never be the same twice.
  if (files::is_own_output(status)) status = snapshot(path).status;
  const auto type = tar::tar_type_of(status.st_mode);
  if (!type) return std::nullopt;
  tar::TarEntry entry;
  entry.name = base_name(path);
  entry.type = *type;
  entry.mode = status.st_mode & 07777;
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  entry.mtime = status.st_mtim.tv_sec;
  entry.mtime_ns = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
  if (entry.type == tar::TarType::kFile) entry.size = static_cast<std::uint64_t>(status.st_size);
  if (entry.type == tar::TarType::kSymlink) entry.link = read_link(fd.get());
  if (entry.type == tar::TarType::kCharacterDevice || entry.type == tar::TarType::kBlockDevice) {
    entry.device_major = major(status.st_rdev);
    entry.device_minor = minor(status.st_rdev);
  }
  return entry;
}

std::vector<FileView::Child> DirectoryView::list(const std::string& path) const {
  files::UniqueFd fd = open_at(path, O_RDONLY | O_DIRECTORY);
  if (!fd.valid()) {
    if (means_absent(errno)) return {};
    fail(path, errno);
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(fd.get()), ::closedir);
  if (!folder) fail(path, errno);
  fd.release();
  std::vector<Child> all;
  while (const dirent* each = ::readdir(folder.get())) {
    const std::string_view name = each->d_name;
    const bool may_be_folder = each->d_type == DT_DIR || each->d_type == DT_UNKNOWN;
    if (name != "." && name != "..") all.push_back({std::string(name), may_be_folder});
  }
  std::sort(all.begin(), all.end(),
            [](const Child& one, const Child& other) { return one.name < other.name; });
  return all;
}

std::vector<std::string> DirectoryView::children(const std::string& path) const {
  std::vector<std::string> names;
  for (Child& each : list(path)) names.push_back(std::move(each.name));
  return names;
}

std::map<std::string, std::string> DirectoryView::xattrs(const std::string& path) const {
  const files::UniqueFd fd = open_at(path, O_PATH | O_NOFOLLOW);
  return fd.valid() ? kept_xattrs(fd.get()) : std::map<std::string, std::string>();
}

files::UniqueFd DirectoryView::open(const std::string& path) const {
  // Without O_NONBLOCK a FIFO that took the file's place would be waited for.
  files::UniqueFd fd = open_at(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd.valid()) fail(path, errno);
  struct stat status;
  if (::fstat(fd.get(), &status) != 0 || !files::is_own_output(status)) return fd;
  files::UniqueFd copy(
      ::open(fmt::format("/proc/self/fd/{}", snapshot(path).file.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!copy.valid()) fail(path, errno);
  return copy;
}

files::UniqueFd DirectoryView::open_path(const std::string& path) const {
  files::UniqueFd fd = open_at(path, O_PATH | O_NOFOLLOW);
  if (!fd.valid()) fail(path, errno);
  return fd;
}

// The file grows while it is read, and what is read of it would never be what was seen of it before.
const DirectoryView::Snapshot& DirectoryView::snapshot(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const files::UniqueFd from = open_at(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat status;
  if (!from.valid() || ::fstat(from.get(), &status) != 0) fail(path, errno);
  const auto key = std::make_pair(status.st_dev, status.st_ino);
  if (const auto known = snapshots_.find(key); known != snapshots_.end()) return known->second;
  files::UniqueFd to = files::nameless_file();
  off_t at = 0;
  while (at < status.st_size) {
    const ssize_t count =
        ::sendfile(to.get(), from.get(), &at, static_cast<std::size_t>(status.st_size - at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, errno);
    if (count == 0) break;
  }
  status.st_size = at;
  return snapshots_.emplace(key, Snapshot{std::move(to), status}).first->second;
}

std::string DirectoryView::hard_link_group(const std::string& path) const {
  const files::UniqueFd fd = open_at(path, O_PATH | O_NOFOLLOW);
  struct stat status;
  if (!fd.valid() || ::fstatat(fd.get(), "", &status, AT_EMPTY_PATH) != 0) return "";
  if (!S_ISREG(status.st_mode) || status.st_nlink < 2) return "";
  return fmt::format("{}:{}", status.st_dev, status.st_ino);
}

}  // namespace ixian::context
