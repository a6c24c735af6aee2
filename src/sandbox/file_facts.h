// What belongs to a file besides its content.
#pragma once

#include <sys/stat.h>

#include <map>
#include <string>

#include "base/fs.h"

namespace ixian::sandbox {

using Xattrs = std::map<std::string, std::string>;

// Overlayfs marks what it keeps in upper and lower directories with these; they belong to no image.
bool is_overlay_mark(const std::string& xattr_name);

// Of a path that is not followed; without overlay marks. Throws Error{kTaskFailed}.
Xattrs read_xattrs(const std::string& path);

// A character device 0/0, or an empty file with the xattr *.overlay.whiteout.
bool is_whiteout(const std::string& path, const struct stat& info);

// The directory hides what is below it.
bool is_opaque(const std::string& path);

// Owner, mode, xattrs and times of `path`, which is of the same type, become these. `keep`: xattrs that are
// there and not in `xattrs` stay. Throws Error{kTaskFailed}.
void set_facts(const std::string& path, const struct stat& info, const Xattrs& xattrs, bool keep = false);

// The folder that an absolute path is in; "" of what is in the root.
inline std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

// An error about a path, from errno.
[[noreturn]] void fail_path(const char* what, const std::string& path);

}  // namespace ixian::sandbox
