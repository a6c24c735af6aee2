// What belongs to a file besides its content.
#pragma once

#include <sys/stat.h>

#include <map>
#include <string>

namespace ixian::rootfs {

using Xattrs = std::map<std::string, std::string>;

// Of a path that is not followed. Throws Error{kTaskFailed}.
//
// `marks` is "" for files as a program sees them. In upper and lower directories overlayfs keeps marks of its
// own, whose names start with RootFs::marks(); they are left out, and those of programs that start so, which
// have "overlay." between there, get their own names back.
Xattrs read_xattrs(const std::string& path, const std::string& marks = "");

// The other way round: as upper and lower directories have them.
Xattrs escaped(const Xattrs& xattrs, const std::string& marks);
void escape_in_place(const std::string& path, const std::string& marks);

// In an upper or lower directory: a character device 0/0, or an empty file with the mark "whiteout".
bool is_whiteout(const std::string& path, const struct stat& info, const std::string& marks);

// In an upper or lower directory: it hides what is below it.
bool is_opaque(const std::string& path, const std::string& marks);

// Owner, mode, xattrs and times of `path`, which is of the same type, become these. `keep`: xattrs that are
// there and not in `xattrs` stay. Throws Error{kTaskFailed}.
void set_metadata(const std::string& path, const struct stat& info, const Xattrs& xattrs, bool keep = false);

// The folder that an absolute path is in; "" of what is in the root.
inline std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

// An error about a path, from errno.
[[noreturn]] void fail_path(const char* what, const std::string& path);

}  // namespace ixian::rootfs
