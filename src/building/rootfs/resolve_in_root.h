// Paths of an image, followed inside of it: what it calls /etc may be a link, and never leads outside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "files/fs.h"

namespace ixian::rootfs {

struct ConfinedPath {
  std::string found;  // what exists: relative to the root, without links or ".."; "" is the root
  std::vector<std::string> missing;  // the rest, one name after the other

  // Absolute, as seen inside.
  std::string inside() const;
};

// Follows `path` (absolute or not, from the root) as if the root were "/". Links, the last one too, are
// followed where they lead inside; a link to what does not exist is followed as well, so that `missing` can
// be made. Throws Error{kTaskFailed} for more than 40 links, or for a name below what is no directory.
ConfinedPath resolve_in_root(int root_fd, std::string_view path);

// Opens what resolve_in_root() found, with openat(2) flags. -1 and errno where it cannot.
files::UniqueFd open_inside(int root_fd, const ConfinedPath& path, int flags);

}  // namespace ixian::rootfs
