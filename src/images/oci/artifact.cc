// Artifacts without a type of their own are told by what their configuration is called (image-spec,
// manifest.md, "Guidelines for Artifact Usage").
#include "oci/artifact.h"

#include "base/text.h"
#include "oci/media_types.h"

namespace ixian::oci {

std::string artifact_type(const Manifest& manifest) {
  const std::string& config = manifest.config.media_type;
  if (config == kOciConfig || config == kDockerConfig) return "";
  return base::printable_path(manifest.artifact_type.empty() ? config : manifest.artifact_type);
}

}  // namespace ixian::oci
