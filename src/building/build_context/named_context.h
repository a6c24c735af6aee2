// Named contexts: what a name of FROM, --from or a mount's from means instead of a stage or an image.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "build_context/open_context.h"
#include "engine/stage_job.h"
#include "oci/image_repo.h"
#include "oci/open_repo.h"

namespace ixian::build_context {

struct NamedSource {
  enum class Kind { kFiles, kImage, kLayout };
  std::string name;  // as stages::context_name() gives it
  Kind kind = Kind::kFiles;
  ContextSource files;  // of kFiles
  std::string image;    // of kImage: a reference as text. Of kLayout a tag or a digest; "" is the usual one
  std::string folder;   // of kLayout, absolute
};

// `value` is a directory, an archive, a URL or a git repository as parse_context_source() has them,
// docker-image://REFERENCE, or oci-layout://DIRECTORY[:TAG][@DIGEST]. `flag` is where it was given, for
// messages. Throws Error{kUsage}.
NamedSource parse_named_source(const std::string& name, const std::string& value, const std::string& flag,
                               const std::string& here);

// "NAME=VALUE".
NamedSource parse_named_source(const std::string& text, const std::string& flag, const std::string& here);

struct OpenedNames {
  std::vector<engine::NamedContext> contexts;
  // Where images of OCI layouts are, by the name of their repository in `contexts`, for who opens
  // repositories: no registry has them.
  std::map<std::string, std::shared_ptr<oci::ImageRepo>> layouts;
  std::vector<std::shared_ptr<const void>> kept;  // temporary directories
};

// Throws what open_context() throws, and Error{kRegistry} for a layout that is damaged or has no such image.
OpenedNames open_named_sources(const std::vector<NamedSource>& sources, const ContextTools& tools);

// Asks for an image of an OCI layout there, and for all others `open`.
oci::OpenRepo with_layouts(oci::OpenRepo open,
                           std::map<std::string, std::shared_ptr<oci::ImageRepo>> layouts);

}  // namespace ixian::build_context
