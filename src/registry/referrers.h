// Which manifests refer to which (distribution specification, "Listing Referrers" and its fall-back).
#pragma once

#include "oci/image_repo.h"

namespace ixian::registry {

// For a registry that does not keep track of subjects itself (it answered a push without OCI-Subject): adds
// the manifest, if it has a subject, to the index under the tag "<alg>-<hex>" of its subject. Nothing happens
// to manifests without one.
void add_to_fallback_index(oci::ImageRepo& repo, const oci::RawManifest& manifest);

}  // namespace ixian::registry
