// Files of /proc, /sys and /etc that may say nothing.
#pragma once

#include <string>

#include "base/error.h"
#include "files/fs.h"

namespace ixian::files {

// "" where there is none, or none that may be read.
inline std::string read_or_empty(const std::string& path) {
  try {
    return read_file(path).value_or("");
  } catch (const base::Error&) {
    return "";
  }
}

}  // namespace ixian::files
