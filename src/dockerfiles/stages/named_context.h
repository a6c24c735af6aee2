// Names that mean something else than a stage or an image of that name: --build-context.
#pragma once

#include <string>
#include <string_view>

namespace ixian::stages {

struct NamedContext {
  std::string name;      // compared by context_name()
  std::string image{};   // what it means: the name of an image,
  std::string remote{};  // or the URL of a git repository or an archive; neither is a directory
};

// A name in the form in which names are compared, as BuildKit does: in small letters, without what stands for
// Docker Hub, and without the tag "latest".
std::string context_name(std::string_view text);

}  // namespace ixian::stages
