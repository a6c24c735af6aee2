// Where temporary files go.
#pragma once

#include <cstdlib>
#include <string>

namespace ixian::files {

// $TMPDIR, else /tmp.
inline std::string temporary_folder() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

}  // namespace ixian::files
