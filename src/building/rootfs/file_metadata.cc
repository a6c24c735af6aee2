// Overlayfs keeps its own marks as extended attributes of files in lower and upper directories, under a
// prefix ("trusted.overlay." or "user.overlay."). An image may hold files with attributes of that very name,
// from a build inside a build. Overlayfs escapes these: `<prefix>overlay.<rest>` in the directory is
// `<prefix><rest>` for programs. Whoever reads or writes such directories by hand has to do the same.
#include "rootfs/file_metadata.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace ixian::rootfs {
namespace {

constexpr char kEscape[] = "overlay.";

bool no_xattrs_here(int error) {
  return error == ENOTSUP || error == EPERM || error == EACCES;
}

bool has_mark(const std::string& path, const std::string& mark, bool any_value) {
  char value = 0;
  const ssize_t size = ::lgetxattr(path.c_str(), mark.c_str(), &value, 1);
  // An empty value is one as well, and ERANGE one that is longer.
  if (any_value && (size >= 0 || errno == ERANGE)) return true;
  return size == 1 && value == 'y';
}

// "" for a mark.
std::string plain_name(const std::string& name, const std::string& marks) {
  if (marks.empty() || !name.starts_with(marks)) return name;
  const std::string rest = name.substr(marks.size());
  return rest.starts_with(kEscape) ? marks + rest.substr(sizeof(kEscape) - 1) : "";
}

std::string escaped_name(const std::string& name, const std::string& marks) {
  if (marks.empty() || !name.starts_with(marks)) return name;
  return marks + kEscape + name.substr(marks.size());
}

}  // namespace

void fail_path(const char* what, const std::string& path) {
  throw base::Error(
      base::ErrorCode::kTaskFailed,
      fmt::format("cannot {} {}: {}", what, base::printable_path(path), base::errno_text(errno)));
}

Xattrs read_xattrs(const std::string& path, const std::string& marks) {
  Xattrs result;
  std::string names;
  for (ssize_t size = 0;;) {
    size = ::llistxattr(path.c_str(), nullptr, 0);
    if (size == 0 || (size < 0 && no_xattrs_here(errno))) return result;
    if (size < 0) fail_path("read the extended attributes of", path);
    names.resize(static_cast<std::size_t>(size));
    size = ::llistxattr(path.c_str(), names.data(), names.size());
    if (size < 0 && errno == ERANGE) continue;
    if (size < 0) fail_path("read the extended attributes of", path);
    names.resize(static_cast<std::size_t>(size));
    break;
  }
  for (std::size_t at = 0; at < names.size();) {
    const std::string name(names.c_str() + at);
    at += name.size() + 1;
    std::string plain = plain_name(name, marks);
    if (plain.empty()) continue;
    const ssize_t size = ::lgetxattr(path.c_str(), name.c_str(), nullptr, 0);
    if (size < 0) continue;  // gone, or not for us to read
    std::string value(static_cast<std::size_t>(size), '\0');
    const ssize_t got = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (got != size) continue;
    result.emplace(std::move(plain), std::move(value));
  }
  return result;
}

Xattrs escaped(const Xattrs& xattrs, const std::string& marks) {
  Xattrs result;
  for (const auto& [name, value] : xattrs) result.emplace(escaped_name(name, marks), value);
  return result;
}

void escape_in_place(const std::string& path, const std::string& marks) {
  for (const auto& [name, value] : read_xattrs(path)) {
    const std::string other = escaped_name(name, marks);
    if (other == name) continue;
    if (::lsetxattr(path.c_str(), other.c_str(), value.data(), value.size(), 0) != 0 ||
        ::lremovexattr(path.c_str(), name.c_str()) != 0) {
      fail_path("set the extended attributes of", path);
    }
  }
}

bool is_whiteout(const std::string& path, const struct stat& info, const std::string& marks) {
  if (S_ISCHR(info.st_mode)) return info.st_rdev == ::makedev(0, 0);
  return S_ISREG(info.st_mode) && info.st_size == 0 && has_mark(path, marks + "whiteout", true);
}

bool is_opaque(const std::string& path, const std::string& marks) {
  return has_mark(path, marks + "opaque", false);
}

void set_metadata(const std::string& path, const struct stat& info, const Xattrs& xattrs, bool keep) {
  struct stat now;
  if (::lstat(path.c_str(), &now) != 0) fail_path("read the status of", path);
  if ((now.st_uid != info.st_uid || now.st_gid != info.st_gid) &&
      ::lchown(path.c_str(), info.st_uid, info.st_gid) != 0) {
    fail_path("set the owner of", path);
  }
  if (!keep) {
    for (const auto& [name, value] : read_xattrs(path)) {
      if (!xattrs.contains(name)) ::lremovexattr(path.c_str(), name.c_str());
    }
  }
  for (const auto& [name, value] : xattrs) {
    if (::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) == 0) continue;
    // What the machine's security module says of a file is not the image's.
    if (name == "security.selinux" && no_xattrs_here(errno)) continue;
    fail_path("set the extended attributes of", path);
  }
  if (!S_ISLNK(info.st_mode) && ::chmod(path.c_str(), info.st_mode & 07777) != 0) {
    fail_path("set the mode of", path);
  }
  // Last, since all of the above changes them. The mode after the owner: chown(2) takes set-user-ID away.
  const timespec times[2] = {info.st_atim, info.st_mtim};
  if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    fail_path("set the time of", path);
}

}  // namespace ixian::rootfs
