// The bytes of tar archives: ustar, and PAX for what ustar has no room for.
#pragma once

#include <string>

#include "tar/format.h"

namespace ixian::tar {

// All that precedes the member's body. Equal entries give equal bytes, on any machine at any time. The body
// of entry.size bytes follows, then tar_padding(entry.size) zeros. Folders get a slash at the end of their
// name. Throws std::invalid_argument for what no archive can hold: an empty name, a NUL in it, a size of
// something that is not a file, an extended attribute whose name has "=".
std::string tar_header(const TarEntry& entry);

// The two blocks of zeros that end an archive.
std::string tar_end();

}  // namespace ixian::tar
