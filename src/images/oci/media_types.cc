#include "oci/media_types.h"

#include "base/text.h"

namespace ixian::oci {

bool is_manifest_type(std::string_view type) {
  return type == kOciManifest || type == kDockerManifest;
}

bool is_index_type(std::string_view type) {
  return type == kOciIndex || type == kDockerList;
}

bool is_foreign_layer_type(std::string_view type) {
  return type == "application/vnd.oci.image.layer.nondistributable.v1.tar" ||
         type == "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip" ||
         type == "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd" ||
         type == "application/vnd.docker.image.rootfs.foreign.diff.tar" ||
         type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
}

std::string without_parameters(std::string_view content_type) {
  return base::to_lower(base::trim(content_type.substr(0, content_type.find(';'))));
}

}  // namespace ixian::oci
