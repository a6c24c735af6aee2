// A folder of this machine with the name of a repository, for those who know repositories by their names
// alone.
#pragma once

#include <optional>
#include <string>

#include "oci/reference.h"

namespace ixian::layout {

// "dir.localhost/tmp/cache" for "/tmp/cache", an absolute path other than "/". Different folders have
// different names. Throws base::Error{kUsage} for a path that is too long for one.
std::string folder_repository(const std::string& folder);

// The folder that such a name stands for; nullopt for other names.
std::optional<std::string> repository_folder(const oci::Reference& reference);

}  // namespace ixian::layout
