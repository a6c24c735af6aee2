// Names of images as docker archives hold them.
#pragma once

#include <string>

namespace ixian::layout {

// What two spellings of one name have in common: "debian" and "docker.io/library/debian:latest" are both the
// latter. What is no image's name stays as it is.
std::string full_name(const std::string& name);

// As docker writes it: "debian:12" for docker.io/library/debian:12, other hosts in full, "latest" where there
// is no tag. "" for a name without a tag but with a digest, which an archive cannot hold. Throws
// Error{kUsage} for what is no image's name.
std::string familiar_name(const std::string& name);

// The tag of a full or familiar name, "" where there is none.
std::string tag_of(const std::string& name);

}  // namespace ixian::layout
